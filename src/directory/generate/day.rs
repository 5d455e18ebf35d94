//! The next day of a company: people come, go, move and marry, and about as many of them as the rate says.
//!
//! 1. Entries of the recycle bin that are thirty days old go.
//! 2. Leavers. One of a leaver's people takes the place, and leads the others from now on.
//! 3. Movers: promoted, in another department, under another manager, in another office.
//! 4. Marriages: another family name, and with it another user principal name; the old address is kept.
//! 5. Accounts that are disabled or enabled.
//! 6. People who change projects.
//! 7. Joiners, a few of whom come back from the recycle bin.
//! 8. Direct assignments.
//!
//! Nobody is touched twice, so what a record shows is one change; whoever gets another manager because theirs left counts.

use super::{
    company::{Company, DirectAssignment, TRIES, weighted},
    person::{Employment, GRADES, Person, Presence, Rank},
};
use crate::chance::Chance;
use std::collections::{HashMap, HashSet};

/// How long the recycle bin keeps somebody, in days.
const KEPT_DAYS: u32 = 30;
/// Of a hundred people who are touched: leavers, movers, marriages, switched accounts, changed projects, joiners.
const SHARES: [usize; 6] = [20, 25, 5, 10, 20, 20];

/// What happened on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayChanges {
    /// People who are new.
    pub joined: usize,
    /// People who came back from the recycle bin.
    pub returned: usize,
    /// People who left.
    pub left: usize,
    /// People with another title, department, manager or office, be it because somebody left.
    pub moved: usize,
    /// People with another name.
    pub renamed: usize,
    /// Accounts that were disabled or enabled.
    pub switched: usize,
    /// People in other projects.
    pub regrouped: usize,
    /// Direct assignments that came or went.
    pub reassigned: usize,
}

/// A day on its way.
struct Day<'d> {
    company: &'d mut Company,
    chance: Chance,
    touched: HashSet<u32>,
    moved: HashSet<u32>,
    /// Each leader's people in the morning.
    reports: HashMap<u32, Vec<u32>>,
    /// Those in the recycle bin in the morning.
    binned: Vec<u32>,
    /// The leaders of each department, once the leavers are gone.
    leaders: Vec<Vec<u32>>,
    changes: DayChanges,
}

impl Company {
    /// Lets a day pass on which about `rate` of the people are touched; at least one, unless it is 0.
    pub(super) fn next_day(&mut self, rate: f64) -> DayChanges {
        self.day += 1;
        let (mut reports, mut binned, mut present) = (HashMap::<u32, Vec<u32>>::new(), Vec::new(), 0);
        for (number, person) in (0..).zip(&mut self.people) {
            match person.presence {
                Presence::Here => {
                    present += 1;
                    if let Some(manager) = person.manager {
                        reports.entry(manager).or_default().push(number);
                    }
                }
                Presence::Binned(since) if self.day - since >= KEPT_DAYS => person.presence = Presence::Gone,
                Presence::Binned(_) => binned.push(number),
                Presence::Gone => {}
            }
        }
        let chance = Chance::of(self.order.seed, "day", self.day.into());
        let touched = share_of(rate, present);
        let mut quotas = SHARES.map(|share| touched * share / 100);
        for _ in quotas.iter().sum()..touched {
            quotas[weighted(&chance, SHARES)] += 1;
        }
        let mut day = Day {
            company: self,
            chance,
            touched: HashSet::new(),
            moved: HashSet::new(),
            reports,
            binned,
            leaders: Vec::new(),
            changes: DayChanges::default(),
        };
        day.pass(quotas, rate);
        DayChanges { moved: day.moved.len(), ..day.changes }
    }
}

impl Day<'_> {
    /// Lets everything happen, so many of each.
    fn pass(&mut self, [leave, shift, marry, switch, regroup, join]: [usize; SHARES.len()], rate: f64) {
        while self.touched.len() < leave && self.leave(leave - self.touched.len()) {}
        self.leaders = vec![Vec::new(); self.company.departments.len()];
        for (number, person) in (0..).zip(&self.company.people) {
            if person.is_staff() && person.rank < Rank::Staff {
                self.leaders[usize::from(person.department)].push(number);
            }
        }
        (0..shift).for_each(|_| self.shift());
        (0..marry).for_each(|_| self.marry());
        (0..switch).for_each(|_| self.switch());
        (0..regroup).for_each(|_| self.regroup());
        (0..join).for_each(|_| self.join());
        self.reassign(rate);
    }

    /// Somebody who was not touched yet and fits, to be touched now.
    fn anybody(&mut self, fits: impl Fn(&Self, u32, &Person) -> bool) -> Option<u32> {
        for _ in 0..TRIES {
            let number = self.company.any_number(&self.chance);
            let person = self.company.of(number);
            if person.is_here() && !self.touched.contains(&number) && fits(self, number, person) {
                self.touched.insert(number);
                return Some(number);
            }
        }
        None
    }

    /// Whether somebody leads nobody. The reports of the morning are enough to know: whoever got people since was touched.
    fn is_leaf(&self, number: u32) -> bool {
        number != 0 && !self.reports.contains_key(&number)
    }

    /// Lets somebody leave, if that touches no more people than `most`.
    fn leave(&mut self, most: usize) -> bool {
        let leaver = self.anybody(|day, number, _| {
            number != 0 && day.reports.get(&number).is_none_or(|reports| reports.len() < most)
        });
        let Some(leaver) = leaver else { return false };
        let reports = self.reports.remove(&leaver).unwrap_or_default();
        let mut orphans = reports.into_iter().filter(|number| self.company.of(*number).is_here());
        let place = self.company.of(leaver).clone();
        if let Some(successor) = orphans.next() {
            let orphans: Vec<_> = orphans.collect();
            let person = self.company.of_mut(successor);
            (person.manager, person.rank, person.employment) = (place.manager, place.rank, Employment::Employee);
            self.touched.insert(successor);
            self.reports.entry(place.manager.unwrap_or(0)).or_default().push(successor);
            self.moved.insert(successor);
            for orphan in orphans {
                self.company.of_mut(orphan).manager = Some(successor);
                self.touched.insert(orphan);
                self.moved.insert(orphan);
            }
        }
        let binned = self.chance.below(2) == 0;
        let day = self.company.day;
        let person = self.company.of_mut(leaver);
        person.presence = if binned { Presence::Binned(day) } else { Presence::Gone };
        (person.manager, person.projects) = (None, [None; 3]);
        self.company.direct.retain(|assignment| assignment.person != leaver);
        self.changes.left += 1;
        true
    }

    /// Promotes somebody, or puts them in another department, under another manager, or in another office.
    fn shift(&mut self) {
        let way = self.chance.below(4);
        let mover = self.anybody(|day, number, person| {
            let junior = person.employment != Employment::Guest && person.rank == Rank::Staff && day.is_leaf(number);
            match way {
                0 => junior && person.employment != Employment::Intern && person.grade + 1 < GRADES,
                1 | 2 => junior,
                _ => person.employment != Employment::Guest,
            }
        });
        let Some(mover) = mover else { return };
        let before = self.company.of(mover);
        let mut person = before.clone();
        match way {
            0 => person.grade += 1,
            1 => {
                person.department = self.other(person.department, 1, self.company.departments.len());
                person.title = 0;
                person.manager = Some(self.leader(mover, person.department));
            }
            2 => person.manager = Some(self.leader(mover, person.department)),
            _ => person.office = self.other(person.office, 0, self.company.offices.len()),
        }
        // In a small company there may be nowhere to go.
        let place = |person: &Person| (person.grade, person.department, person.manager, person.office);
        if place(&person) != place(before) {
            self.moved.insert(mover);
        }
        *self.company.of_mut(mover) = person;
    }

    /// Any index from `first` up to `end` but `index` itself, if there is another.
    fn other(&self, index: u8, first: u8, end: usize) -> u8 {
        let choices = u8::try_from(end).unwrap_or(u8::MAX).saturating_sub(first);
        if choices < 2 {
            return index;
        }
        let step = 1 + u8::try_from(self.chance.below(usize::from(choices) - 1)).unwrap_or_default();
        first + (index.saturating_sub(first) + step) % choices
    }

    /// Who leads a newcomer of a department: any of its leaders, or else the head of the company.
    fn leader(&self, newcomer: u32, department: u8) -> u32 {
        let leaders = &self.leaders[usize::from(department)];
        let found = leaders.get(self.chance.below(leaders.len())).copied();
        found.filter(|leader| *leader != newcomer).unwrap_or(0)
    }

    /// Gives somebody another family name and another address.
    fn marry(&mut self) {
        let married = self.anybody(|_, _, person| person.employment != Employment::Guest);
        let Some(married) = married else { return };
        let mut person = self.company.of(married).clone();
        let families = self.company.cultures[usize::from(person.culture)].family.len();
        person.former = Some((person.family, person.number));
        person.family = self.other(person.family, 0, families);
        person.number = self.company.take_address(&person);
        *self.company.of_mut(married) = person;
        self.changes.renamed += 1;
    }

    /// Enables or disables somebody's account.
    fn switch(&mut self) {
        // Many more are enabled than disabled: without looking for the latter, nobody would ever be enabled again.
        let enable = self.chance.below(2) == 0;
        let found = self.anybody(|_, number, person| number != 0 && person.enabled != enable);
        let found = found.or_else(|| self.anybody(|_, number, person| number != 0 && person.enabled));
        let Some(found) = found else { return };
        let person = self.company.of_mut(found);
        person.enabled = !person.enabled;
        self.changes.switched += 1;
    }

    /// Puts somebody in another project, perhaps in the place of one.
    fn regroup(&mut self) {
        let project = self.company.any_project(&self.chance);
        let Some(project) = project else { return };
        let found = self.anybody(|_, _, person| !person.is_in(project));
        let Some(found) = found else { return };
        let slot = self.chance.below(3);
        self.company.of_mut(found).projects[slot] = Some(project);
        self.changes.regrouped += 1;
    }

    /// Somebody new, or one of ten times somebody from the recycle bin; in either case below a leader of the department.
    fn join(&mut self) {
        let back = self.binned.get(self.chance.below(self.binned.len())).copied();
        let back = back.filter(|number| self.chance.below(10) == 0 && !self.company.of(*number).is_here());
        let number = if let Some(back) = back {
            self.company.of_mut(back).presence = Presence::Here;
            self.changes.returned += 1;
            back
        } else {
            let number = self.company.next_number();
            let person = self.company.person(number);
            self.company.people.push(person);
            self.changes.joined += 1;
            number
        };
        self.touched.insert(number);
        let (employment, department) = (self.company.of(number).employment, self.company.of(number).department);
        let manager = (employment != Employment::Guest).then(|| self.leader(number, department));
        let person = self.company.of_mut(number);
        (person.manager, person.rank) = (manager, Rank::Staff);
    }

    /// Of each application's direct assignments some go, and as many come.
    fn reassign(&mut self, rate: f64) {
        for application in 0..self.company.order.apps.len() {
            let is_mine = |known: &&DirectAssignment| known.application == application;
            let known = self.company.direct.iter().filter(is_mine).count();
            for _ in 0..share_of(rate, known.max(1)) {
                let known = self.company.direct.iter().filter(is_mine).count();
                let gone = self.company.direct.iter().filter(is_mine).nth(self.chance.below(known)).copied();
                self.changes.reassigned += usize::from(self.company.assign_somebody(application, &self.chance));
                if let Some(gone) = gone {
                    self.company.direct.retain(|known| *known != gone);
                    self.changes.reassigned += 1;
                }
            }
        }
    }
}

/// So many of a number as a rate says; at least one, unless the rate is 0.
fn share_of(rate: f64, number: usize) -> usize {
    if rate <= 0.0 {
        return 0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a share of people, to the nearest one")]
    let share = (rate * number as f64).round().max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is at least 1 and at most `number`"
    )]
    let share = share as usize;
    share.min(number)
}
