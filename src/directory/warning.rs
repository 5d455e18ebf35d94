//! What is to be said of a directory that can be used, but is worth a look.
//!
//! Source: `spec/ENGINE.md` §1.

use super::Listing;
use crate::{
    config::{
        DirectorySettings,
        problem::{Place, Problem, Severity},
    },
    counted::counted,
    store::{Sample, Spared, UnknownReferences},
};

/// What is to be said of entries of the folder that are not read.
pub(super) fn left_aside(settings: &DirectorySettings, listing: &Listing) -> Vec<Problem> {
    listing.ignored.iter().map(|ignored| warning(settings, ignored.to_string(), None)).collect()
}

/// What is to be said of references that name nobody.
pub(super) fn unknown_references(settings: &DirectorySettings, unknown: &UnknownReferences) -> Vec<Problem> {
    let told = |sample: &Sample, rest: &str, tell: fn(&str, &str) -> String| {
        let told = sample.told.iter().map(|(holder, name)| tell(holder, name));
        let rest = (sample.more > 0).then(|| format!("and {} more {rest} whom nobody is called like", sample.more));
        told.chain(rest).map(|message| warning(settings, message, None)).collect::<Vec<_>>()
    };
    let UnknownReferences { members, managers, principals } = unknown;
    [
        told(members, "members of groups", |group, member| {
            format!("the group `{group}` has the member `{member}`, and nobody is called so")
        }),
        told(managers, "managers of users", |user, manager| {
            format!("the manager of `{user}` is `{manager}`, and nobody is called so")
        }),
        told(principals, "principals of assignments", |application, principal| {
            format!("`{principal}` is assigned to `{application}`, and nobody is called so")
        }),
    ]
    .concat()
}

/// What is to be said of what only records that were left out keep.
pub(crate) fn spared(settings: &DirectorySettings, spared: Spared) -> Option<Problem> {
    let counts = [(spared.users, "user"), (spared.groups, "group"), (spared.assignments, "assignment")];
    let told: Vec<_> = counts.into_iter().filter(|(count, _)| *count > 0).map(|(n, noun)| counted(n, noun)).collect();
    let (last, others) = told.split_last()?;
    let told = if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) };
    let one = spared.users + spared.groups + spared.assignments == 1;
    let (stay, them) = if one { ("stays", "it") } else { ("stay", "them") };
    let message =
        format!("{told} {stay} as last read, for a record that was left out may name {them}, and no other does");
    let help = "mend that record or take it away: whoever is in no file then is removed".to_owned();
    Some(warning(settings, message, Some(help)))
}

fn warning(settings: &DirectorySettings, message: String, help: Option<String>) -> Problem {
    let place = Place::origin(settings.path.display().to_string());
    Problem { severity: Severity::Warning, place, message, help }
}
