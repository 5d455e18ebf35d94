//! The deletion guard: whether the disables and deletes of a cycle may leave.
//!
//! They are counted by scope alone, before anything is sent. At the threshold or above none of them leaves. Without a
//! threshold everything does. Source: `spec/ENGINE.md` §7; that the threshold itself is too many is chosen.

/// What becomes of a cycle's disables and deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardVerdict {
    /// They leave.
    Admitted,
    /// None of them leaves.
    HeldBack,
}

impl GuardVerdict {
    /// The name that the state file uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::HeldBack => "heldBack",
        }
    }

    /// The verdict of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Admitted, Self::HeldBack].into_iter().find(|verdict| verdict.name() == name)
    }
}

/// Judges `leavers` disables and deletes.
pub fn judge(threshold: Option<u64>, leavers: u64) -> GuardVerdict {
    match threshold {
        Some(threshold) if leavers >= threshold => GuardVerdict::HeldBack,
        _ => GuardVerdict::Admitted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_itself_is_too_many() {
        assert_eq!(judge(Some(500), 499), GuardVerdict::Admitted);
        assert_eq!(judge(Some(500), 500), GuardVerdict::HeldBack);
        assert_eq!(judge(Some(500), 501), GuardVerdict::HeldBack);
    }

    #[test]
    fn without_a_threshold_everything_leaves() {
        assert_eq!(judge(None, u64::MAX), GuardVerdict::Admitted);
    }

    #[test]
    fn verdicts_are_found_by_their_names() {
        for verdict in [GuardVerdict::Admitted, GuardVerdict::HeldBack] {
            assert_eq!(GuardVerdict::parse(verdict.name()), Some(verdict));
        }
        assert_eq!(GuardVerdict::parse("other"), None);
    }
}
