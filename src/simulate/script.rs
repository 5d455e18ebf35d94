//! The script at work: the events of a scenario, each at its moment, before whatever the jobs do at the same one.

use super::{
    Simulation, SimulationError,
    scenario::{Action, Event, Hand},
    source::Source,
    stage::StagedJob,
    timeline::{Ending, Happening, Timeline},
};
use crate::{
    clock::{Clock as _, VirtualClock},
    engine::Reset,
    sandbox::fault::FaultRule,
    service::{Lever, Service, ServiceError},
};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::sync::Notify;

/// The events to come.
pub(super) struct Script {
    start: Timestamp,
    events: Vec<Event>,
    /// What comes next, by its moment and its place in the file.
    agenda: BTreeSet<(Timestamp, Step)>,
    source: Source,
    jobs: Vec<StagedJob>,
    service: Arc<Service>,
    timeline: Arc<Timeline>,
    /// The faults that are told of, by a number.
    faults: BTreeMap<usize, (Vec<String>, FaultRule)>,
}

/// One entry of the agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A fault has had its time.
    FaultEnds(usize),
    /// An event, for the how-manieth time.
    Event(usize, u64),
    /// The time of a fault comes.
    FaultBegins(usize),
}

impl Script {
    pub(super) fn of(
        order: &Simulation,
        source: Source,
        jobs: Vec<StagedJob>,
        service: Arc<Service>,
        timeline: Arc<Timeline>,
    ) -> Self {
        let events = order.scenario.events.clone();
        let first = |(index, event): (usize, &Event)| {
            event.when.moment(0, order.start).map(|moment| (moment, Step::Event(index, 0)))
        };
        let agenda = events.iter().enumerate().filter_map(first).collect();
        let faults = BTreeMap::new();
        Self { start: order.start, events, agenda, source, jobs, service, timeline, faults }
    }

    /// Plays what the agenda has until `end`.
    pub(super) async fn play(
        &mut self,
        clock: &VirtualClock,
        end: Timestamp,
        woken: &Notify,
    ) -> Result<(), SimulationError> {
        let mut begun = false;
        while let Some((moment, step)) = self.agenda.pop_first() {
            if moment >= end {
                break;
            }
            if moment > clock.now() || !begun {
                clock.before_others_at(moment).await;
                begun = true;
            }
            match step {
                Step::FaultBegins(number) => self.tell_fault(number, |rule| Happening::FaultBegan(rule.to_string())),
                Step::FaultEnds(number) => self.tell_fault(number, |rule| Happening::FaultEnded(rule.to_string())),
                Step::Event(index, number) => {
                    let event = self.events[index].clone();
                    if let Some(next) = event.when.moment(number + 1, self.start) {
                        self.agenda.insert((next, Step::Event(index, number + 1)));
                    }
                    self.happen(&event, index, number, clock.now()).await?;
                }
            }
            // The jobs look again when all of this moment has happened.
            if self.agenda.first().is_none_or(|(next, _)| *next > moment) {
                woken.notify_waiters();
            }
        }
        clock.before_others_at(end).await;
        Ok(())
    }

    /// Tells how each job stands in the end.
    pub(super) async fn end(&self) -> Result<(), SimulationError> {
        for job in &self.jobs {
            let name = job.name.clone();
            let row = self.service.engine.store.read(move |tables| tables.job(&name)).await?;
            let (cycles, requests) = self.timeline.figures(&job.name);
            let quarantine = row.as_ref().and_then(|row| serde_json::from_str(row.quarantine.as_deref()?).ok());
            let ending = Ending {
                schedule: row.map_or_else(|| "Active".to_owned(), |row| row.schedule_state),
                quarantine,
                cycles,
                requests,
                users: job.sandbox.user_count(),
                groups: job.sandbox.group_count(),
            };
            self.timeline.note(Some(&job.name), Happening::End(Box::new(ending)));
        }
        Ok(())
    }

    async fn happen(
        &mut self,
        event: &Event,
        index: usize,
        number: u64,
        now: Timestamp,
    ) -> Result<(), SimulationError> {
        let meant = self.source.meant(event);
        match &event.action {
            Action::Fail(rule) => {
                let names = meant.iter().map(|job| self.jobs[*job].name.clone()).collect();
                for job in meant {
                    self.jobs[job].faults.plant(rule.clone());
                }
                self.announce(rule, names, now);
            }
            Action::Mend => {
                for job in &meant {
                    let job = &self.jobs[*job];
                    job.faults.clear();
                    self.timeline.note(Some(&job.name), Happening::Mended);
                }
                let mended: Vec<_> = meant.iter().map(|job| self.jobs[*job].name.clone()).collect();
                for (jobs, _) in self.faults.values_mut() {
                    jobs.retain(|job| !mended.contains(job));
                }
            }
            Action::Pull(hand) => self.pull(*hand, &meant).await?,
            Action::Change { .. }
            | Action::Add { .. }
            | Action::Remove(_)
            | Action::Disable(_)
            | Action::Enable(_)
            | Action::Assign { .. }
            | Action::Unassign(_) => {
                if let Some(altered) = self.source.alter(event, index, number) {
                    let happening = Happening::Source { change: altered.change, names: altered.names };
                    self.timeline.note(altered.job.as_deref(), happening);
                }
                self.source.write(&self.service.settings.directory.path, now)?;
            }
        }
        Ok(())
    }

    /// Puts into the agenda what is to be told of a fault.
    fn announce(&mut self, rule: &FaultRule, jobs: Vec<String>, now: Timestamp) {
        let number = self.faults.len();
        let begins = super::scenario::later(now, rule.after);
        self.agenda.insert((begins, Step::FaultBegins(number)));
        if let Some(lasts) = rule.lasts {
            self.agenda.insert((super::scenario::later(begins, lasts), Step::FaultEnds(number)));
        }
        self.faults.insert(number, (jobs, rule.clone()));
    }

    fn tell_fault(&self, number: usize, happening: impl Fn(&FaultRule) -> Happening) {
        let Some((jobs, rule)) = self.faults.get(&number) else { return };
        for job in jobs {
            self.timeline.note(Some(job), happening(rule));
        }
    }

    /// What an administrator does.
    async fn pull(&mut self, hand: Hand, meant: &[usize]) -> Result<(), SimulationError> {
        let mut put_back = 0;
        if hand == Hand::RejectDeletes {
            put_back = self.source.company.put_back();
            self.source.write(&self.service.settings.directory.path, self.service.engine.clock.now())?;
        }
        if hand == Hand::AcceptShrink {
            let refusal = self.service.import(true).await.err();
            let refusal = refusal.map(|error| self.timeline.copied.told(&error.to_string()));
            let happening = Happening::Pulled { hand, put_back, refusal, lifted: false };
            self.timeline.note(None, happening);
            return Ok(());
        }
        let lever = match hand {
            Hand::AllowDeletes => Lever::AllowDeletes,
            Hand::Start => Lever::Start,
            Hand::Pause => Lever::Pause,
            Hand::RejectDeletes | Hand::Restart | Hand::AcceptShrink => Lever::Restart(Reset::DEFAULT.to_vec()),
        };
        for job in meant {
            let name = &self.jobs[*job].name;
            let refusal = match self.service.pull(name, &lever).await {
                Ok(()) => None,
                Err(ServiceError::Store(error)) => return Err(error.into()),
                Err(error) => Some(error.to_string()),
            };
            self.timeline.pulled(name, hand, put_back, refusal);
        }
        Ok(())
    }
}
