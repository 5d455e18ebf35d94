//! The script at work: the events of a scenario, each at its moment, before whatever the jobs do at the same one.

use super::{
    Simulation, SimulationError,
    company::{Chosen, Company},
    scenario::{Action, Event, Hand, Selection},
    stage::StagedJob,
    timeline::{Ending, Happening, SourceChange, Timeline},
};
use crate::{
    chance::Chance,
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
    seed: u64,
    events: Vec<Event>,
    /// What comes next, by its moment and its place in the file.
    agenda: BTreeSet<(Timestamp, Step)>,
    company: Company,
    jobs: Vec<StagedJob>,
    service: Arc<Service>,
    timeline: Arc<Timeline>,
    /// How many objects each event has added.
    added: BTreeMap<usize, u64>,
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
        company: Company,
        jobs: Vec<StagedJob>,
        service: Arc<Service>,
        timeline: Arc<Timeline>,
    ) -> Self {
        let events = order.scenario.events.clone();
        let first = |(index, event): (usize, &Event)| {
            event.when.moment(0, order.start).map(|moment| (moment, Step::Event(index, 0)))
        };
        let agenda = events.iter().enumerate().filter_map(first).collect();
        let (added, faults) = (BTreeMap::new(), BTreeMap::new());
        Self { start: order.start, seed: order.seed, events, agenda, company, jobs, service, timeline, added, faults }
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

    /// The jobs that an event concerns.
    fn meant(&self, event: &Event) -> Vec<usize> {
        let is_meant = |job: &StagedJob| event.job.as_ref().is_none_or(|(name, _)| job.name.eq_ignore_ascii_case(name));
        (0..self.jobs.len()).filter(|index| is_meant(&self.jobs[*index])).collect()
    }

    async fn happen(
        &mut self,
        event: &Event,
        index: usize,
        number: u64,
        now: Timestamp,
    ) -> Result<(), SimulationError> {
        let meant = self.meant(event);
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
            action => {
                let chance = Chance::of(self.seed, &format!("event {index}"), number);
                self.alter(action, index, number, &meant, &chance);
                self.company.write(&self.service.settings.directory.path, now)?;
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

    /// What happens at the source.
    fn alter(&mut self, action: &Action, index: usize, number: u64, meant: &[usize], chance: &Chance) {
        let applications: Vec<String> = meant.iter().flat_map(|job| self.jobs[*job].names()).collect();
        let chosen = |company: &Company, who: &Selection| company.chosen(who, &applications, chance);
        let (altered, names) = match action {
            Action::Change { who, set, clear } => {
                let chosen = chosen(&self.company, who);
                let names = self.names(&chosen);
                self.company.change(&chosen, set, clear, number + 1);
                (SourceChange::Attributes(set.keys().chain(clear).cloned().collect()), names)
            }
            Action::Add { kind, record, count, assign } => {
                let first = *self.added.get(&index).unwrap_or(&0) + 1;
                self.added.insert(index, first + count - 1);
                let added = self.company.add(*kind, record, first..first + count);
                if *assign {
                    self.assign(&added, None, meant);
                }
                let altered = if *assign { SourceChange::AddedAndAssigned } else { SourceChange::Added };
                (altered, self.names(&added))
            }
            Action::Remove(who) => {
                let chosen = chosen(&self.company, who);
                let names = self.names(&chosen);
                self.company.remove(&chosen);
                (SourceChange::Removed, names)
            }
            Action::Disable(who) | Action::Enable(who) => {
                let enabled = matches!(action, Action::Enable(_));
                let chosen = chosen(&self.company, who);
                let names = self.names(&chosen);
                self.company.enable(&chosen, enabled);
                (if enabled { SourceChange::Enabled } else { SourceChange::Disabled }, names)
            }
            Action::Assign { who, role } => {
                let chosen = chosen(&self.company, who);
                let assigned = self.assign(&chosen, role.as_deref(), meant);
                (SourceChange::Assigned, self.names(&assigned))
            }
            Action::Unassign(who) => {
                let chosen = self.company.assignments(who.kind, &applications, who, chance);
                let names = self.names(&chosen);
                self.company.remove(&chosen);
                (SourceChange::Unassigned, names)
            }
            Action::Fail(_) | Action::Mend | Action::Pull(_) => return,
        };
        let job = match meant {
            [one] if matches!(altered, SourceChange::Assigned | SourceChange::Unassigned) => {
                Some(&self.jobs[*one].name)
            }
            _ => None,
        };
        self.timeline.note(job.map(String::as_str), Happening::Source { change: altered, names });
    }

    /// Assigns objects to the applications of these jobs; returns who was new to one of them.
    fn assign(&mut self, chosen: &[Chosen], role: Option<&str>, meant: &[usize]) -> Vec<Chosen> {
        let mut assigned: Vec<Chosen> = Vec::new();
        for job in meant {
            let new = self.company.assign(chosen, &self.jobs[*job].application, role);
            assigned.extend(new.into_iter().filter(|one| !assigned.contains(one)).collect::<Vec<_>>());
        }
        assigned
    }

    fn names(&self, chosen: &[Chosen]) -> Vec<String> {
        chosen.iter().map(|chosen| self.company.name(*chosen)).collect()
    }

    /// What an administrator does.
    async fn pull(&mut self, hand: Hand, meant: &[usize]) -> Result<(), SimulationError> {
        let mut put_back = 0;
        if hand == Hand::RejectDeletes {
            put_back = self.company.put_back();
            self.company.write(&self.service.settings.directory.path, self.service.engine.clock.now())?;
        }
        if hand == Hand::AcceptShrink {
            let refusal = self.service.import(true).await.err().map(|error| error.to_string());
            self.timeline.note(None, Happening::Pulled { hand, put_back, refusal });
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
            self.timeline.note(Some(name), Happening::Pulled { hand, put_back, refusal });
        }
        Ok(())
    }
}
