//! Living through a history, with the engine and with the model side by side.

use super::{
    company::{Company, Object},
    history::{Fault, History, Step},
    rules::Model,
    stage::{START, Stage, is_probe},
};
use scimulator::clock::Clock as _;
use serde_json::Value;

/// How many minutes lie between two cycles.
const INTERVAL: u64 = 40;
/// How many requests an object may cost.
const REQUESTS: usize = 4;
/// How many days failed operations are given, at the end, before they count as failing for good.
const RETRIES: usize = 3;

/// A history under way.
struct Run {
    stage: Stage,
    model: Model,
    company: Company,
    /// What happened, for whoever looks into a failure.
    story: Vec<String>,
}

/// Lives through a history. An error says what happened and where engine and model disagree.
pub(crate) fn live(history: &History) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let model = Model::new(history.configuration, START.parse().unwrap());
        let stage = Stage::new(history, &model.target.content());
        let company = Company::new(history.populated);
        let mut run = Run { stage, model, company, story: Vec::new() };
        let lived = run.live(history).await;
        lived.map_err(|error| run.stage.named(&format!("{}\n{error}", run.story.join("\n"))))
    })
}

impl Run {
    async fn live(&mut self, history: &History) -> Result<(), String> {
        for step in &history.steps {
            self.story.push(format!("{step:?}"));
            self.model.at(self.stage.clock.now());
            self.take(step).await?;
        }
        self.story.push("the end".to_owned());
        self.cycle(None).await?;
        for _ in 0..RETRIES {
            if self.model.has_escrows() {
                self.later(24 * 60);
                self.cycle(None).await?;
            }
        }
        let escrows = self.stage.escrows().await;
        if escrows.is_empty() == self.model.has_escrows() {
            let expected = if self.model.has_escrows() { "something" } else { "nothing" };
            return Err(format!("{expected} should be left to try again, and there is {escrows:#?}"));
        }
        if !self.model.has_escrows() {
            let requests = self.cycle(None).await?;
            if requests.len() != 1 {
                return Err(format!("a cycle with nothing to do sent {requests:#?}"));
            }
        }
        Ok(())
    }

    async fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Hours(hours) => self.later(hours * 60),
            Step::Cycle(fault) => {
                self.cycle(fault.clone()).await?;
            }
            Step::Restart(forget) => {
                self.stage.restart(*forget).await;
                self.model.restart(*forget);
            }
            Step::Reopen => self.stage.reopen(),
            Step::Allow => {
                self.stage.allow_deletes().await;
                self.model.allow_deletes();
            }
            Step::Scope => {
                self.stage.turn_scope();
                self.model.turn_scope();
            }
            Step::Unlink(object) => {
                self.stage.unlink(*object).await;
                self.model.unlink(*object);
            }
            Step::Demand(person) => self.demand(Object::User(*person), &[]).await?,
            Step::DemandGroup(group, members) => self.demand(Object::Group(*group), members).await?,
            Step::Purge(person) => {
                step.change(&mut self.company, self.stage.clock.now());
                let (real, expected) = (self.stage.purge(*person).await, self.model.purge(*person));
                if real != expected {
                    return Err(format!("purged: {real}, and expected {expected}"));
                }
            }
            change => change.change(&mut self.company, self.stage.clock.now()),
        }
        Ok(())
    }

    fn later(&mut self, minutes: u64) {
        self.stage.later(minutes);
        self.model.at(self.stage.clock.now());
    }

    async fn import(&mut self) -> Result<(), String> {
        self.model.import(&self.company);
        self.stage.import(&self.company).await
    }

    async fn demand(&mut self, object: Object, members: &[usize]) -> Result<(), String> {
        self.import().await?;
        let known = |member: &&usize| self.model.knows(Object::User(**member));
        let members: Vec<usize> = members.iter().filter(known).copied().collect();
        let members = members.as_slice();
        if self.model.knows(object) {
            let requests = self.stage.demand(object, members).await?;
            self.story.extend(requests.iter().map(|request| format!("    {request}")));
            match object {
                Object::User(person) => self.model.demand(person),
                Object::Group(group) => self.model.demand_group(group, members),
            }
        }
        self.compare()
    }

    /// Imports and runs a cycle with both, and compares. Returns the requests.
    async fn cycle(&mut self, fault: Option<Fault>) -> Result<Vec<String>, String> {
        self.import().await?;
        let troubled = fault.is_some() || self.model.has_escrows();
        let requests = self.stage.cycle(fault.clone()).await?;
        self.story.extend(requests.iter().map(|request| format!("    {request}")));
        let looked_at = self.model.cycle(fault);
        self.compare()?;
        if !requests.first().is_some_and(|line| is_probe(line)) {
            return Err("the cycle does not begin with its probe".to_owned());
        }
        let most = if troubled { usize::MAX } else { REQUESTS * looked_at };
        if looked_at == 0 && requests.len() > 1 {
            return Err("nothing changed, and yet something was sent".to_owned());
        }
        if requests.len() - 1 > most {
            return Err(format!("{} requests for {looked_at} objects", requests.len() - 1));
        }
        if let Some(line) = requests.iter().find(|line| self.stage.is_about_strangers(line)) {
            return Err(format!("nobody ever matched the account that this is about: {line}"));
        }
        self.later(INTERVAL);
        Ok(requests)
    }

    fn compare(&self) -> Result<(), String> {
        let (real, expected) = (self.stage.content(), self.model.target.content());
        let lacks = |one: &[Value], other: &[Value]| -> Vec<String> {
            one.iter().filter(|resource| !other.contains(resource)).map(|resource| format!("    {resource}")).collect()
        };
        if real == expected {
            return Ok(());
        }
        let (real, expected) = (lacks(&real, &expected), lacks(&expected, &real));
        Err(format!("the target has\n{}\n  and should have\n{}", real.join("\n"), expected.join("\n")))
    }
}
