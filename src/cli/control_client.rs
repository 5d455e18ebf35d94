//! The asking side of the control socket: how a command reaches the daemon.

use super::exit::CommandError;
use crate::{
    config::Settings,
    directory::{PurgeOrder, Purged},
    service::{
        DirectoryRefusal,
        control::{DemandCall, Event, SyncCall, socket_path},
    },
};
use reqwest::{Client, Response, StatusCode};

/// A daemon that holds the state file.
pub(super) struct Daemon {
    client: Client,
}

impl Daemon {
    /// The daemon of this configuration's state file, if one runs.
    pub(super) async fn find(settings: &Settings) -> Option<Self> {
        let path = socket_path(settings.state_folder());
        if !path.exists() {
            return None;
        }
        let client = Client::builder().unix_socket(path).no_proxy().build().ok()?;
        let answer = client.get("http://daemon/").send().await.ok()?;
        (answer.status() == StatusCode::OK).then_some(Self { client })
    }

    /// Asks for cycles, and hands each event to `take` as it comes.
    pub(super) async fn sync(&self, call: &SyncCall, take: impl FnMut(Event)) -> Result<(), CommandError> {
        self.ask("sync", call, take).await
    }

    /// Asks for a run on demand, and hands each event to `take` as it comes.
    pub(super) async fn provision(&self, call: &DemandCall, take: impl FnMut(Event)) -> Result<(), CommandError> {
        self.ask("provision", call, take).await
    }

    async fn ask(
        &self,
        path: &str,
        call: &impl serde::Serialize,
        mut take: impl FnMut(Event),
    ) -> Result<(), CommandError> {
        let mut answer = self.post(path, serde_json::to_string(call).unwrap_or_default(), "application/json").await?;
        let mut pending: Vec<u8> = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(lost)? {
            pending.extend_from_slice(&chunk);
            while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                let event = serde_json::from_slice(&line);
                take(
                    event.map_err(|error| {
                        CommandError::failed(format!("the daemon's answer cannot be read: {error}"))
                    })?,
                );
            }
        }
        Ok(())
    }

    /// Moves a lever of a job. Some move only between two cycles: whoever waits for that is told.
    pub(super) async fn pull(&self, job: &str, lever: &str, body: String) -> Result<(), CommandError> {
        if !matches!(lever, "start" | "pause") && self.get(&format!("jobs/{job}/running")).await.unwrap_or_default() {
            complain!("waiting for the running cycle of `{job}` to end");
        }
        self.post(&format!("jobs/{job}/{lever}"), body, "text/plain").await.map(drop)
    }

    /// Why the daemon refused the directory the last time that it was to import it, if it did.
    pub(super) async fn directory_refusal(&self) -> Option<DirectoryRefusal> {
        self.get("directory/refusal").await.flatten()
    }

    /// Asks for a fact. None: the daemon does not tell.
    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Option<T> {
        let answer = self.client.get(format!("http://daemon/{path}")).send().await.ok()?;
        serde_json::from_slice(&answer.bytes().await.ok()?).ok()
    }

    /// Has soft-deleted users deleted for good; returns who they were.
    pub(super) async fn purge(&self, order: &PurgeOrder) -> Result<Vec<Purged>, CommandError> {
        let body = serde_json::to_string(order).unwrap_or_default();
        let answer = self.post("directory/purge", body, "application/json").await?.bytes().await.map_err(lost)?;
        serde_json::from_slice(&answer)
            .map_err(|error| CommandError::failed(format!("the daemon's answer cannot be read: {error}")))
    }

    async fn post(&self, path: &str, body: String, content_type: &str) -> Result<Response, CommandError> {
        let request = self.client.post(format!("http://daemon/{path}")).header("Content-Type", content_type).body(body);
        let answer = request.send().await.map_err(lost)?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let failed = answer.status().is_server_error();
        let message = answer.text().await.unwrap_or_default();
        Err(if failed { CommandError::failed(message) } else { CommandError::usage(message) })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn lost(error: reqwest::Error) -> CommandError {
    CommandError::failed(format!(
        "the daemon cannot be reached any more ({error}); what it was asked for goes on there"
    ))
}
