//! One cell of the table: a cycle with an odd answer in it, and the recovery.

use super::{
    clock::CellClock,
    company::{Company, JOB, TOKEN, Workplace, application, content},
    faulty_server::{FaultyServer, Order},
    odd_answer::{Expected, OddAnswer},
    request_kind::RequestKind,
};
use scimulator::{
    engine::{CycleResult, CycleState},
    scim::trace::{Recording, Trace},
    store::{LogQuery, LogRow},
};
use std::{sync::Arc, time::Duration};

/// How long a cell may take in real time before it counts as hanging: many times what it needs.
const PATIENCE: Duration = Duration::from_secs(120);

/// An odd answer in place of one request.
pub(crate) struct Cell {
    pub(crate) odd: OddAnswer,
    pub(crate) kind: RequestKind,
    /// Whether the application carries the request out all the same.
    pub(crate) carried_out: bool,
    pub(crate) expected: Expected,
}

impl Cell {
    /// What it is called in a complaint.
    pub(crate) fn name(&self) -> String {
        let when = if self.carried_out { "after" } else { "in place of" };
        format!("`{}` {when} {}", self.odd.name, self.kind.name())
    }

    /// Walks it; says what is not as it should be.
    pub(crate) async fn walk(&self, company: &Company) -> Result<(), String> {
        tokio::time::timeout(PATIENCE, self.walked(company)).await.unwrap_or_else(|_| Err("it hangs".to_owned()))
    }

    async fn walked(&self, company: &Company) -> Result<(), String> {
        let folder = company.copy();
        let clock = CellClock::at(company.now);
        let server = FaultyServer::start(Arc::new(application(folder.path(), &clock, 3)), clock.clone()).await;
        let place = Workplace::open(folder.path(), &server.url(), clock.clone(), company.transport.clone(), 4);
        let recording = Arc::new(Recording::default());
        let (kind, ids) = (self.kind, company.ids.clone());
        server.misbehave(Order { odd: self.odd.clone(), kind, carried_out: self.carried_out, ids });
        let result = place.cycle(Trace::to(recording.clone())).await;
        if server.behave() == 0 {
            return Err("there was no such request".to_owned());
        }
        let records = records(&place, &result).await;
        self.judge(&result, &records)?;
        shows_no_token(&recording, &records)?;
        if matches!(self.expected, Expected::Fine) {
            same(&content(server.application()), &company.expected)?;
        }
        recover(&place).await?;
        same(&content(server.application()), &company.expected)
    }

    /// Whether the cycle and its log say what there is to say.
    fn judge(&self, result: &CycleResult, records: &[LogRow]) -> Result<(), String> {
        let failed: Vec<_> = records.iter().filter(|record| record.status == "failure").collect();
        let told: Vec<_> = failed.iter().map(|record| format!("{}: {:?}", record.source_name, record.reason)).collect();
        let Expected::Fails(said) = &self.expected else {
            let good = result.state == CycleState::Succeeded && failed.is_empty();
            return if good { Ok(()) } else { Err(format!("{:?} {:?} {told:?}", result.state, result.error)) };
        };
        let stopped = result.error.as_ref().map(|error| error.message.as_str());
        if self.kind == RequestKind::Probe {
            let told = stopped.filter(|message| message.contains("GET /scim/Users?filter=") && message.contains(*said));
            return told.map(drop).ok_or_else(|| format!("the cycle's error is {:?}", result.error));
        }
        match failed.as_slice() {
            [record] if record.source_name == self.kind.object() => {
                let reason = record.reason.as_deref().unwrap_or_default();
                if !reason.contains(*said) {
                    return Err(format!("the log says {reason:?} instead of {said:?}"));
                }
            }
            _ => return Err(format!("the log has these failures: {told:?}")),
        }
        if stopped.is_some() == (self.odd.name == "401") {
            return Ok(());
        }
        Err(format!("bad credentials, and nothing else, stop the cycle; its error is {:?}", result.error))
    }
}

async fn records(place: &Workplace, result: &CycleResult) -> Vec<LogRow> {
    let query = LogQuery { cycle: Some(result.cycle_id.clone()), ..LogQuery::default() };
    place.engine.store.read(move |tables| tables.records(&query)).await.unwrap()
}

/// Neither the trace nor the log holds the secret token.
fn shows_no_token(recording: &Recording, records: &[LogRow]) -> Result<(), String> {
    let trace = serde_json::to_string(&recording.entries()).unwrap();
    let told = format!("{records:?}");
    for text in [&trace, &told] {
        for token in [TOKEN, "open-sesame%2F7", "open-sesame%2f7", "open-sesame\\/7"] {
            if text.contains(token) {
                return Err(format!("the token is shown as `{token}`"));
            }
        }
    }
    Ok(())
}

/// Runs cycles until there is nothing left to do.
async fn recover(place: &Workplace) -> Result<(), String> {
    let mut told = String::new();
    for hours in [1, 7, 25, 25, 25] {
        place.clock.advance(Duration::from_secs(hours * 3600));
        let result = place.cycle(Trace::off()).await;
        let escrows = place.engine.store.read(|tables| tables.count_escrows(JOB)).await.unwrap();
        let quiet = result.requests == 1 && result.state == CycleState::Succeeded;
        if quiet && escrows.objects + escrows.references == 0 {
            return Ok(());
        }
        told = format!("{result:?}, {:?}", records(place, &result).await);
    }
    Err(format!("it does not recover: {told}"))
}

/// Whether the application holds what it should.
fn same(held: &[String], expected: &[String]) -> Result<(), String> {
    let differences: Vec<_> = held
        .iter()
        .filter(|one| !expected.contains(one))
        .map(|one| format!("too much: {one}"))
        .chain(expected.iter().filter(|one| !held.contains(one)).map(|one| format!("missing: {one}")))
        .collect();
    if held == expected { Ok(()) } else { Err(format!("the application holds {} things; {differences:?}", held.len())) }
}
