//! *Discover*: the accounts that the target has already, held against the directory. Writes nothing, there or here.
//!
//! The target's users are listed page by page, and each is looked up by the first matching attribute, which must be a
//! direct mapping: *local* (no user of the directory has that value), *unassigned* (one has, who is not assigned to the
//! application) or *assigned*. One that is connected to a user who is no longer in the directory is *deleted*. Each account is
//! listed once, and the listing ends: some applications answer a page past the end with the first one again, or know no pages
//! at all. Source: `spec/ENGINE.md` §6.

use super::{cycle::Engine, facts::Facts, job::Job};
use crate::{
    scim::{
        answer::resource_id,
        client::Client,
        failure::Failure,
        path::Path,
        query::{Query, Resource},
        resource,
        trace::Trace,
    },
    store::{EscrowKind, ObjectKind, ObjectState, StoreError, Tables, WorkRow},
};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// How many accounts are asked for at once.
const PAGE: u64 = 100;
/// How many users of the directory are read at once.
const SOURCE_PAGE: usize = 1_000;

/// What an account is to the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Nobody in the directory has its matching value.
    Local,
    /// It is connected to somebody who is in the recycle bin, or deleted for good.
    Deleted,
    /// Somebody has, and is not assigned to the application.
    Unassigned,
    /// Somebody has, and is assigned.
    Assigned,
}

/// An account at the target.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoveredAccount {
    /// What it is to the directory.
    pub standing: Standing,
    /// Its id at the target.
    pub target_id: String,
    /// Its value of the matching attribute.
    pub value: Option<String>,
    /// The user principal name of the user who has the same, or who is deleted.
    pub user: Option<String>,
    /// Whether the job has connected the account already, to whomever.
    pub connected: bool,
}

/// How far a listing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// How many accounts were listed.
    pub listed: u64,
    /// How many the target says that it has.
    pub total: u64,
}

/// Why nothing could be discovered.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// The first matching attribute is computed.
    #[error(
        "the first matching attribute `{0}` is not a direct mapping; accounts can only be discovered by one that is"
    )]
    NotDirect(String),
    /// The target failed.
    #[error("{0}")]
    Target(Box<Failure>),
    /// The state file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Lists the target's accounts, and hands each to `take`. Fewer than there are come where the target repeats itself.
    pub async fn discover(
        &self,
        job: &Arc<Job>,
        trace: Trace,
        mut take: impl FnMut(DiscoveredAccount),
    ) -> Result<Listing, DiscoveryError> {
        let matching = job.template.users.matching();
        let Some((path, attribute)) = matching
            .first()
            .and_then(|line| Some((&line.target.path, line.source.as_ref()?.direct_attribute()?.to_owned())))
        else {
            let path = matching.first().map(|line| line.target.path.to_string());
            return Err(DiscoveryError::NotDirect(path.unwrap_or_default()));
        };
        let known = self.values_of(attribute).await?;
        let client = job.client.traced(trace.of_job(job.name()));
        let (mut start, mut total, mut seen) = (1, 0, HashSet::new());
        loop {
            let mut page = page(&client, start).await.map_err(|failure| DiscoveryError::Target(Box::new(failure)))?;
            total = page.total.max(total);
            let length = count(page.accounts.len());
            start += length;
            page.accounts.retain(|account| seen.insert(resource_id(account).unwrap_or_default().to_owned()));
            let has_new = !page.accounts.is_empty();
            for account in self.judge_accounts(job, path, &known, page.accounts).await? {
                take(account);
            }
            // Some applications give the length of the page as the total: after a full page another one may come.
            if !has_new || (start > total && length < PAGE) {
                return Ok(Listing { listed: count(seen.len()), total });
            }
        }
    }

    /// Who has which value of a source attribute, ignoring letter case.
    async fn values_of(&self, attribute: String) -> Result<HashMap<String, i64>, StoreError> {
        let mut found = HashMap::new();
        let mut after = 0;
        loop {
            let rows = self.store.read(move |tables| tables.users_after(after, SOURCE_PAGE)).await?;
            let Some(last) = rows.last() else { return Ok(found) };
            after = last.key;
            for row in &rows {
                let values: Value = serde_json::from_str(&row.attributes).unwrap_or_default();
                if let Some(value) = scalar_text(&values[&attribute]) {
                    found.entry(value.to_lowercase()).or_insert(row.key);
                }
            }
        }
    }

    async fn judge_accounts(
        &self,
        job: &Arc<Job>,
        path: &Path,
        known: &HashMap<String, i64>,
        accounts: Vec<Value>,
    ) -> Result<Vec<DiscoveredAccount>, StoreError> {
        let found: Vec<_> = accounts
            .iter()
            .map(|account| {
                let value = resource::read(account, path).and_then(scalar_text);
                let key = value.as_ref().and_then(|value| known.get(&value.to_lowercase()).copied());
                (resource_id(account).unwrap_or_default().to_owned(), value, key)
            })
            .collect();
        let job = job.clone();
        let judge = move |tables: &Tables| {
            let page = found.iter().filter_map(|(.., key)| Some(WorkRow { object: (*key)?, known: None })).collect();
            let facts = Facts::read(tables, &job, page, EscrowKind::Object)?;
            let facts: HashMap<i64, Facts> = facts.into_iter().map(|facts| (facts.object.key, facts)).collect();
            let judged = found.into_iter().map(|(target_id, value, key)| {
                let facts = key.and_then(|key| facts.get(&key));
                let connection = tables.connection_to(job.name(), ObjectKind::User, &target_id)?;
                let held = connection.as_ref().map(|held| tables.object(held.object)).transpose()?.flatten();
                let deleted = held.filter(|held| facts.is_none() && held.state != ObjectState::Live);
                let standing = match facts {
                    None if deleted.is_some() => Standing::Deleted,
                    None => Standing::Local,
                    Some(facts) if job.everybody() || !facts.entitlements.is_empty() => Standing::Assigned,
                    Some(_) => Standing::Unassigned,
                };
                Ok(DiscoveredAccount {
                    standing,
                    value,
                    user: facts.map(|facts| facts.object.name.clone()).or(deleted.map(|user| user.name)),
                    connected: connection.is_some(),
                    target_id,
                })
            });
            judged.collect()
        };
        self.store.read(judge).await
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A value that two sides can be compared by: a text, a number or a boolean.
fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A page of the target's accounts.
struct Page {
    accounts: Vec<Value>,
    total: u64,
}

async fn page(client: &Client, start: u64) -> Result<Page, Failure> {
    let query = Query { start_index: Some(start), count: Some(PAGE), ..Query::of(Resource::Users) };
    let list = client.list(Resource::Users, &query).await?;
    Ok(Page { total: list.total, accounts: list.resources })
}
