//! What is worth telling somebody: one piece of news for each turn that a job's health takes, however many cycles go by.
//!
//! Quarantine begins; its reason changes; the job is disabled after four weeks in it; it recovers. A try that fails for the
//! reason that is known already is no news. Source: `spec/HEALTH.md` §3.

use super::quarantine::{Quarantine, Reason};
use serde::{Deserialize, Serialize};

/// A turn in a job's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum News {
    /// Quarantine begins.
    QuarantineBegan,
    /// It goes on for another reason.
    ReasonChanged,
    /// The deletion guard, for which the job is in quarantine already, holds back others.
    GuardTripped,
    /// The job is disabled, for it has been in quarantine for four weeks.
    Disabled,
    /// Quarantine is lifted by a cycle that succeeded.
    Recovered,
}

impl News {
    /// The name that the state file and file names use.
    pub fn name(self) -> &'static str {
        match self {
            Self::QuarantineBegan => "quarantineBegan",
            Self::ReasonChanged => "reasonChanged",
            Self::GuardTripped => "guardTripped",
            Self::Disabled => "disabled",
            Self::Recovered => "recovered",
        }
    }
}

/// What is news at the end of a cycle: the quarantine before it and after it, whether its deletion guard held anything back,
/// and whether it disabled the job.
pub fn news(before: Option<&Quarantine>, after: Option<&Quarantine>, tripped: bool, disabled: bool) -> Vec<News> {
    let reason = |quarantine: &Quarantine| -> Reason { quarantine.reason };
    let turn = match (before.map(reason), after.map(reason)) {
        (None, Some(_)) => Some(News::QuarantineBegan),
        (Some(_), None) => Some(News::Recovered),
        (Some(known), Some(now)) if known != now => Some(News::ReasonChanged),
        (Some(_), Some(Reason::TooManyDeletes)) if tripped => Some(News::GuardTripped),
        (Some(_), Some(_)) | (None, None) => None,
    };
    turn.into_iter().chain(disabled.then_some(News::Disabled)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::HealthRules;
    use jiff::Timestamp;

    fn quarantine(before: Option<&Quarantine>, reason: Reason) -> Quarantine {
        let error = (reason.name().to_owned(), "what happened".to_owned());
        Quarantine::impose(&HealthRules::default(), before, reason, error, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn each_turn_is_news_once() {
        let first = quarantine(None, Reason::EncounteredQuarantineException);
        let same = quarantine(Some(&first), Reason::EncounteredQuarantineException);
        let other = quarantine(Some(&same), Reason::TooManyDeletes);
        assert_eq!(news(None, None, false, false), []);
        assert_eq!(news(None, Some(&first), false, false), [News::QuarantineBegan]);
        assert_eq!(news(Some(&first), Some(&same), false, false), []);
        assert_eq!(news(Some(&same), Some(&other), true, false), [News::ReasonChanged]);
        assert_eq!(news(Some(&other), Some(&other), true, false), [News::GuardTripped]);
        assert_eq!(news(Some(&other), Some(&other), false, true), [News::Disabled]);
        assert_eq!(news(Some(&same), Some(&other), true, true), [News::ReasonChanged, News::Disabled]);
        assert_eq!(news(Some(&other), None, false, false), [News::Recovered]);
    }
}
