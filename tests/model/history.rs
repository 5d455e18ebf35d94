//! Histories: what happens at the source and to the job, step by step.
//!
//! A step names people and groups by small numbers and does nothing where it makes no sense (nobody can be renamed to a
//! name that somebody else has), so that any part of a history is a history, and failing ones shrink to few steps.

use super::company::{Company, FIELDS, GROUPS, NAMES, Object, PEOPLE, Standing, VALUES};
use jiff::Timestamp;
use proptest::{collection::vec, prelude::*};

/// One step. Those up to [`Step::Manager`] change the source alone.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Somebody comes, or comes back.
    Come(usize),
    /// Somebody vanishes from the files.
    Vanish(usize),
    /// Somebody is moved to the recycle bin.
    Bin(usize),
    /// The second one leaves without a trace, and the first comes under the same name.
    Rehire(usize, usize),
    /// Somebody gets another user principal name.
    Rename(usize, usize),
    /// Two people swap their user principal names.
    Swap(usize, usize),
    /// An attribute gets another value, or none.
    Change { person: usize, field: usize, value: usize },
    /// Somebody moves out of the scoping filter, or in again.
    Move(usize),
    /// Somebody is disabled, or enabled again.
    Enable(usize),
    /// A direct assignment comes, or goes.
    Assign(usize),
    /// A group is assigned, or is so no longer.
    AssignGroup(usize),
    /// A group is made, or vanishes.
    Found(usize),
    /// A group is renamed, if the name is free.
    RenameGroup(usize, usize),
    /// The second group vanishes, and the first is made under the same name, with the same members and assignment.
    Remake(usize, usize),
    /// `securityEnabled` is turned over.
    Secure(usize),
    /// A user becomes a member, or is so no longer.
    Join(usize, usize),
    /// A group becomes a member of the first one, or is so no longer.
    Nest(usize, usize),
    /// Somebody gets a manager, another one, or none.
    Manager(usize, Option<usize>),
    /// Somebody in the recycle bin is deleted for good.
    Purge(usize),
    /// Time passes.
    Hours(u64),
    /// A cycle on the source as it is now.
    Cycle(Option<Fault>),
    /// The job is restarted.
    Restart(Forget),
    /// The program ends and begins anew.
    Reopen,
    /// The stored link of an object is removed, while the job is paused.
    Unlink(Object),
    /// What the deletion guard holds back is allowed.
    Allow,
    /// The job's scope is turned over: everybody, or those assigned.
    Scope,
    /// Somebody is provisioned on demand.
    Demand(usize),
    /// A group is provisioned on demand, with some of its members.
    DemandGroup(usize, Vec<usize>),
}

/// What a restart forgets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Forget {
    /// Escrows and watermark.
    Usual,
    /// The links as well.
    Full,
    /// The watermark only.
    Watermark,
    /// The links only, with which the watermark goes.
    Links,
    /// The escrows only.
    Escrows,
    /// The quarantine only.
    Quarantine,
    /// Nothing: what the deletion guard holds back is allowed.
    Deletes,
}

/// How the application fails for writes to some objects, during one cycle.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) how: Failing,
    pub(crate) victims: Vec<Object>,
}

/// How a write fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failing {
    /// 400, nothing is done.
    Refuses,
    /// 500, nothing is done.
    Breaks,
    /// It is done, and the answer is lost.
    LosesAnswer,
}

/// How the job is configured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Configuration {
    /// Whether everybody is entitled, to begin with.
    pub(crate) everybody: bool,
    /// From how many disables and deletes on a cycle sends none of them.
    pub(crate) threshold: Option<u64>,
    /// Whether those who are unassigned or filtered out are left as they are.
    pub(crate) spares: bool,
    /// Whether a scope that narrows is felt at once.
    pub(crate) narrows_at_once: bool,
}

/// A history and the job that lives through it.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// Whether the job speaks the compliant dialect.
    pub(crate) compliant: bool,
    pub(crate) configuration: Configuration,
    /// Whether there are people from the beginning.
    pub(crate) populated: bool,
    pub(crate) steps: Vec<Step>,
}

/// Histories of up to 40 steps.
pub(crate) fn histories() -> impl Strategy<Value = History> {
    let setting = (any::<bool>(), prop::bool::weighted(0.7));
    (setting, configuration(), vec(step(), 1..40)).prop_map(|((compliant, populated), configuration, steps)| History {
        compliant,
        configuration,
        populated,
        steps,
    })
}

fn configuration() -> impl Strategy<Value = Configuration> {
    let threshold = proptest::option::weighted(0.4, 1..4_u64);
    let settings = (prop::bool::weighted(0.2), threshold, prop::bool::weighted(0.15), any::<bool>());
    settings.prop_map(|(everybody, threshold, spares, narrows_at_once)| Configuration {
        everybody,
        threshold,
        spares,
        narrows_at_once,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![4 => of_people(), 3 => of_groups(), 5 => of_the_job()]
}

fn of_people() -> impl Strategy<Value = Step> {
    let (one, other) = (|| 0..PEOPLE, || 0..PEOPLE);
    prop_oneof![
        3 => one().prop_map(Step::Come),
        2 => one().prop_map(Step::Vanish),
        1 => one().prop_map(Step::Bin),
        1 => one().prop_map(Step::Purge),
        2 => (one(), other()).prop_map(|(one, other)| Step::Rehire(one, other)),
        2 => (one(), 0..NAMES).prop_map(|(one, name)| Step::Rename(one, name)),
        1 => (one(), other()).prop_map(|(one, other)| Step::Swap(one, other)),
        3 => (one(), 0..FIELDS.len(), 0..VALUES.len())
            .prop_map(|(person, field, value)| Step::Change { person, field, value }),
        1 => one().prop_map(Step::Move),
        3 => one().prop_map(Step::Enable),
        3 => one().prop_map(Step::Assign),
        3 => (one(), proptest::option::weighted(0.8, other())).prop_map(|(one, manager)| Step::Manager(one, manager)),
    ]
}

fn of_groups() -> impl Strategy<Value = Step> {
    let (one, other) = (|| 0..GROUPS, || 0..GROUPS);
    prop_oneof![
        2 => one().prop_map(Step::AssignGroup),
        2 => one().prop_map(Step::Found),
        1 => (one(), other()).prop_map(|(one, name)| Step::RenameGroup(one, name)),
        1 => (one(), other()).prop_map(|(one, other)| Step::Remake(one, other)),
        1 => one().prop_map(Step::Secure),
        5 => (one(), 0..PEOPLE).prop_map(|(one, member)| Step::Join(one, member)),
        2 => (one(), other()).prop_map(|(one, member)| Step::Nest(one, member)),
    ]
}

fn of_the_job() -> impl Strategy<Value = Step> {
    let object = || prop_oneof![3 => (0..PEOPLE).prop_map(Object::User), 1 => (0..GROUPS).prop_map(Object::Group)];
    let how = prop_oneof![Just(Failing::Refuses), Just(Failing::Breaks), Just(Failing::LosesAnswer)];
    let everybody = (0..PEOPLE).map(Object::User).chain((0..GROUPS).map(Object::Group)).collect();
    let victims = prop_oneof![Just::<Vec<_>>(everybody), vec(object(), 1..5)];
    let fault = (how, victims).prop_map(|(how, victims)| Fault { how, victims });
    let rare = prop_oneof![
        Just(Forget::Full),
        Just(Forget::Watermark),
        Just(Forget::Links),
        Just(Forget::Escrows),
        Just(Forget::Quarantine),
        Just(Forget::Deletes),
    ];
    let forget = prop_oneof![4 => Just(Forget::Usual), 3 => rare];
    prop_oneof![
        12 => Just(Step::Cycle(None)),
        9 => fault.prop_map(|fault| Step::Cycle(Some(fault))),
        2 => prop_oneof![Just(7_u64), Just(13), Just(24), Just(28 * 24), Just(31 * 24)].prop_map(Step::Hours),
        2 => forget.prop_map(Step::Restart),
        1 => Just(Step::Reopen),
        1 => object().prop_map(Step::Unlink),
        2 => Just(Step::Allow),
        1 => Just(Step::Scope),
        2 => (0..PEOPLE).prop_map(Step::Demand),
        1 => (0..GROUPS, vec(0..PEOPLE, 0..5)).prop_map(|(group, members)| Step::DemandGroup(group, members)),
    ]
}

impl Step {
    /// What the step changes at the source.
    pub(crate) fn change(&self, company: &mut Company, now: Timestamp) {
        match *self {
            Self::Come(person) if company.is_free(company.people[person].record.name, person) => {
                company.people[person].standing = Standing::There;
            }
            Self::Vanish(person) if company.people[person].standing == Standing::There => {
                company.people[person].standing = Standing::Nowhere;
            }
            Self::Bin(person) if company.people[person].standing == Standing::There => {
                company.people[person].standing = Standing::Binned(now);
            }
            Self::Purge(person) if company.people[person].standing != Standing::There => {
                company.people[person].standing = Standing::Nowhere;
            }
            Self::Rehire(one, other)
                if company.people[one].standing != Standing::There
                    && company.people[other].standing == Standing::There =>
            {
                company.people[other].standing = Standing::Nowhere;
                company.people[one].record.name = company.people[other].record.name;
                company.people[one].standing = Standing::There;
                company.people[one].assigned = true;
            }
            Self::Rename(person, name) if company.is_free(name, person) => company.people[person].record.name = name,
            Self::Swap(one, other)
                if [one, other].iter().all(|person| company.people[*person].standing == Standing::There) =>
            {
                let names = [other, one].map(|person| company.people[person].record.name);
                company.people[one].record.name = names[0];
                company.people[other].record.name = names[1];
            }
            Self::Change { person, field, value } => company.people[person].record.fields[field] = value,
            Self::Move(person) => company.people[person].record.filtered ^= true,
            Self::Enable(person) => company.people[person].record.enabled ^= true,
            Self::Assign(person) => company.people[person].assigned ^= true,
            Self::Manager(person, manager) if manager != Some(person) => {
                company.people[person].record.manager = manager;
            }
            _ => self.change_groups(company),
        }
    }

    fn change_groups(&self, company: &mut Company) {
        let groups = &mut company.groups;
        let is_free = |groups: &[_; GROUPS], name, except| {
            !(0..GROUPS).any(|number| {
                let group: &super::company::Group = &groups[number];
                number != except && group.there && group.name == name
            })
        };
        match *self {
            Self::AssignGroup(group) => groups[group].assigned ^= true,
            Self::Found(group) if groups[group].there => groups[group].there = false,
            Self::Found(group) if is_free(groups, groups[group].name, group) => groups[group].there = true,
            Self::RenameGroup(group, name) if is_free(groups, name, group) => groups[group].name = name,
            Self::Remake(one, other) if !groups[one].there && groups[other].there => {
                let mut remade = groups[other].clone();
                remade.members.remove(&Object::Group(one));
                groups[one] = remade;
                groups[other].there = false;
            }
            Self::Secure(group) => groups[group].security_enabled ^= true,
            Self::Join(group, person) => toggle(&mut groups[group].members, Object::User(person)),
            Self::Nest(group, member) if group != member => toggle(&mut groups[group].members, Object::Group(member)),
            _ => {}
        }
    }
}

fn toggle(members: &mut std::collections::BTreeSet<Object>, member: Object) {
    if !members.remove(&member) {
        members.insert(member);
    }
}
