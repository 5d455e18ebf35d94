//! `demo`: everything at once, nothing to configure.
//!
//! Five sandbox applications on ports of the loopback interface, each with the attributes of its mapping; the sample company
//! in a folder; an initial cycle of all five jobs; a change in the company; an incremental cycle; the log. All of it is in a
//! temporary folder, unless `--keep` names one.

use super::{
    arguments::DemoCommand,
    exit::{CommandError, Exit},
    sync::result_text,
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::{self, Settings},
    counted::counted,
    directory::sample,
    engine::{CycleResult, Unobserved},
    mapping::{embedded, read},
    sandbox::{Application, Settings as SandboxSettings, serve},
    scim::trace::Trace,
    service::{Service, ServiceError, SyncOrder},
    simulate::schema_of,
    store::{LogQuery, Scratch, private_folder},
};
use secrecy::SecretString;
use serde_json::Value;
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// The applications that are shown.
const APPLICATIONS: [&str; 5] = ["flock", "frankli", "askspoke", "mediusflow", "tribeloo"];
/// The secret token of the sandbox applications, which live as long as the demonstration.
const TOKEN: &str = "sandbox-token-of-the-demonstration";

struct Target {
    name: &'static str,
    title: String,
    application: Arc<Application>,
    url: String,
    served: JoinHandle<()>,
}

pub(super) async fn run(command: &DemoCommand) -> Result<Exit, CommandError> {
    let (folder, _temporary) = folder(command)?;
    let stop = CancellationToken::new();
    let targets = open_applications(&stop, command.keep.is_some().then_some(folder.as_path())).await?;
    let settings = configure(&folder, &targets)?;
    say!("Contoso, a company of 47, and five applications on this machine:");
    for target in &targets {
        say!("  {:<12} {}", target.title, target.url);
    }
    let service = Service::open(settings, "scimulator demo", Arc::new(SystemClock), Arc::new(Chance::from_system()))?;

    say!("\nThe initial cycle: everybody who is assigned is matched, then created.");
    let first = all_jobs(&service).await?;
    say!("\nNow in the applications:");
    for target in &targets {
        say!("  {}", inventory(target));
    }
    let expected = "Default Access in Flock; no address, no mail for Frankli: as Entra has it";
    say!("  (who was skipped, and why: {expected})");

    say!("\nAt Contoso: {}", change_the_company(&folder)?);
    say!("The incremental cycle: only what changed is read and sent.");
    let second = all_jobs(&service).await?;
    print_changes(&service, &second).await?;

    let failed = first.iter().chain(&second).fold(Exit::Success, |exit, result| exit.worse(Exit::of(result)));
    look_further(command, &folder, &targets);
    stop.cancel();
    for target in targets {
        let _ = target.served.await;
    }
    Ok(failed)
}

/// The folder of the demonstration, and what removes it in the end.
fn folder(command: &DemoCommand) -> Result<(PathBuf, Option<Scratch>), CommandError> {
    let failed = |error: std::io::Error| CommandError::failed(format!("the demonstration has no folder: {error}"));
    match &command.keep {
        Some(folder) => {
            if folder.join(config::DEFAULT_FILE).exists() {
                let message = format!("`{}` holds a configuration already; name a new folder", folder.display());
                return Err(CommandError::usage(message));
            }
            private_folder(folder).map_err(failed)?;
            Ok((folder.clone(), None))
        }
        None => {
            let temporary = Scratch::new().map_err(failed)?;
            Ok((temporary.path().to_owned(), Some(temporary)))
        }
    }
}

/// Opens the applications; with `kept`, each keeps its users in a file of that folder.
async fn open_applications(stop: &CancellationToken, kept: Option<&Path>) -> Result<Vec<Target>, CommandError> {
    let mut targets = Vec::new();
    for name in APPLICATIONS {
        let template = embedded::find(name).and_then(|(name, text)| read::parse(name, text).ok());
        let Some((template, _)) = template else {
            return Err(CommandError::failed(format!("the embedded mapping `{name}` cannot be read")));
        };
        let settings = SandboxSettings {
            token: Some(SecretString::from(TOKEN)),
            schema: Some(schema_of(&template)),
            state: kept.map(|folder| folder.join(format!("{name}.application"))),
            ..SandboxSettings::default()
        };
        let application = Application::open(settings, Arc::new(SystemClock), Arc::new(Chance::from_system()))
            .map_err(|error| CommandError::failed(error.to_string()))?;
        let application = Arc::new(application);
        let listening = |error| CommandError::failed(format!("no port on the loopback interface: {error}"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(listening)?;
        let url = format!("http://{}/scim", listener.local_addr().map_err(listening)?);
        let (served, stopped) = (application.clone(), stop.clone());
        let served = tokio::spawn(async move {
            if let Err(error) = serve(listener, served, stopped.cancelled_owned()).await {
                tracing::error!("the sandbox stopped: {error}");
            }
        });
        targets.push(Target { name, title: template.title, application, url, served });
    }
    Ok(targets)
}

/// Writes company and configuration, and reads the latter as any other.
fn configure(folder: &Path, targets: &[Target]) -> Result<Settings, CommandError> {
    let company = folder.join("contoso");
    let written =
        |error: std::io::Error| CommandError::failed(format!("`{}` cannot be written: {error}", folder.display()));
    sample::write_to(&company).map_err(written)?;
    let mut text =
        "[tenant]\nname = \"Contoso\"\n\n[directory]\npath = \"contoso\"\n\n[state]\npath = \"state/scimulator.db\"\n"
            .to_owned();
    for Target { name, url, .. } in targets {
        let _ = write!(
            text,
            "\n[[jobs]]\nname = {name:?}\nmapping = {name:?}\ntenant_url = {url:?}\nsecret_token = {TOKEN:?}\n"
        );
    }
    let file = folder.join(config::DEFAULT_FILE);
    std::fs::write(&file, &text).map_err(written)?;
    let (settings, _) = config::parse(&file.display().to_string(), &text, folder)
        .map_err(|error| CommandError::failed(error.to_string()))?;
    Ok(settings)
}

async fn all_jobs(service: &Service) -> Result<Vec<CycleResult>, CommandError> {
    service.import(false).await?;
    let stop = CancellationToken::new();
    let cycles = APPLICATIONS.iter().map(|name| {
        let order = SyncOrder { initial: false, trace: Trace::off() };
        service.cycle(name, order, &Unobserved, &stop)
    });
    let ended: Result<Vec<_>, ServiceError> = futures_util::future::join_all(cycles).await.into_iter().collect();
    let results = ended?;
    for result in &results {
        say!("  {}", result_text(result).replace('\n', "\n  "));
    }
    Ok(results)
}

/// What an application holds now, in a line.
fn inventory(target: &Target) -> String {
    let users = target.application.users();
    let groups = target.application.groups();
    let names: Vec<_> = users.iter().take(3).filter_map(|user| user.get("userName").and_then(Value::as_str)).collect();
    let mut line = format!("{:<12} {} ({}, ..)", target.title, counted(users.len(), "user"), names.join(", "));
    if !groups.is_empty() {
        let names: Vec<_> =
            groups.iter().filter_map(|group| group.get("displayName").and_then(Value::as_str)).collect();
        let _ = write!(line, ", {} ({})", counted(groups.len(), "group"), names.join(", "));
    }
    line
}

/// A promotion, and somebody who leaves the company's accounts disabled.
fn change_the_company(folder: &Path) -> Result<&'static str, CommandError> {
    let file = folder.join("contoso/users.json");
    let failed = |error: &dyn std::fmt::Display| {
        CommandError::failed(format!("`{}` cannot be changed: {error}", file.display()))
    };
    let text = std::fs::read_to_string(&file).map_err(|error| failed(&error))?;
    let mut users: Vec<Value> = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    for user in &mut users {
        match user.get("userPrincipalName").and_then(Value::as_str) {
            Some("emily.carter@contoso.example") => user["jobTitle"] = "Head of Partner Sales".into(),
            Some("jasmine.brooks@contoso.example") => user["accountEnabled"] = false.into(),
            _ => {}
        }
    }
    let text = serde_json::to_string_pretty(&users).map_err(|error| failed(&error))?;
    std::fs::write(&file, text).map_err(|error| failed(&error))?;
    Ok("Emily Carter has a new title, and Jasmine Brooks's account is disabled.")
}

/// What the log says of the incremental cycle.
async fn print_changes(service: &Service, results: &[CycleResult]) -> Result<(), CommandError> {
    say!("\nThe log of that cycle:");
    for result in results {
        let query = LogQuery { cycle: Some(result.cycle_id.clone()), ..LogQuery::default() };
        for row in service.engine.store.read(move |tables| tables.records(&query)).await? {
            let modified: Vec<crate::log::ModifiedProperty> = serde_json::from_str(&row.modified).unwrap_or_default();
            let changes: Vec<_> = modified
                .iter()
                .map(|property| {
                    let old = property.old_value.as_deref().unwrap_or("-");
                    format!("{}: {old} -> {}", property.display_name, property.new_value.as_deref().unwrap_or("-"))
                })
                .collect();
            let what = if changes.is_empty() { row.error_code.unwrap_or_default() } else { changes.join(", ") };
            say!("  {:<11} {:<8} {:<8} {:<34} {what}", row.job, row.action, row.status, row.source_name);
        }
    }
    Ok(())
}

fn look_further(command: &DemoCommand, folder: &Path, targets: &[Target]) {
    say!("\nTo look further:");
    match &command.keep {
        Some(_) => {
            let config = folder.join(config::DEFAULT_FILE);
            if let Some(Target { name, url, .. }) = targets.first() {
                let address = url.trim_start_matches("http://").trim_end_matches("/scim");
                let file = folder.join(format!("{name}.application"));
                say!("  scimulator sandbox --app {name} --listen {address} --token {TOKEN} --state {}", file.display());
                say!("  scimulator --config {} sync now {name}     while that sandbox runs", config.display());
            }
            say!("  scimulator --config {} logs", config.display());
            say!("  sqlite3 {} 'SELECT * FROM provisioning_logs'", folder.join("state/scimulator.db").display());
        }
        None => {
            say!("  scimulator demo --keep FOLDER     the same, with configuration, company and state to go on with");
        }
    }
    say!("  scimulator sandbox --app frankli  a sandbox application of your own");
    say!("  scimulator init                   a configuration for your own endpoint");
}
