//! Which attributes scoping filters can be about.
//!
//! The service filters on none that has several values, refers to other objects or holds a date, nor on the user type.
//! Directory extensions are texts, whatever they are called.
//!
//! Source: `spec/SCOPING.md` §3 and §5.

use super::{
    scoping_error::ClauseError,
    scoping_operator::{AttributeKind, Operator},
};

const SEVERAL_VALUES: &str = "attributes with several values";
const DATES: &str = "dates";

/// Attributes that are refused by name, each with what they are.
const REFUSED: [(&str, &str); 12] = [
    ("accountExpires", DATES),
    ("appRoleAssignments", "role assignments"),
    ("assignedLicenses", SEVERAL_VALUES),
    ("businessPhones", SEVERAL_VALUES),
    ("imAddresses", SEVERAL_VALUES),
    ("manager", "the manager"),
    ("members", "the members of a group"),
    ("otherMails", SEVERAL_VALUES),
    ("owners", SEVERAL_VALUES),
    ("proxyAddresses", SEVERAL_VALUES),
    ("StatusTerminationLastDayOfWork", DATES),
    ("userType", "the user type"),
];

/// What an attribute of this name is, if the service cannot filter on it.
pub(super) fn refusal(attribute: &str) -> Option<&'static str> {
    let is_date =
        !attribute.starts_with("extension_") && (attribute.ends_with("Date") || attribute.ends_with("DateTime"));
    if is_date {
        return Some(DATES);
    }
    REFUSED.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute)).map(|&(_, what)| what)
}

/// The kind of an attribute that every directory has, if it is not a text.
pub(super) fn known_kind(attribute: &str) -> Option<AttributeKind> {
    const BOOLEANS: [&str; 5] = ["accountEnabled", "dirSyncEnabled", "IsSoftDeleted", "mailEnabled", "securityEnabled"];
    BOOLEANS.contains(&attribute).then_some(AttributeKind::Boolean)
}

/// Whether the operator can be asked of attributes of this kind. Texts may hold digits, `True` and `False`, which count as
/// numbers and truths.
pub(super) fn check_kind(operator: Operator, kind: AttributeKind) -> Result<(), ClauseError> {
    match kind {
        AttributeKind::DateTime => Err(ClauseError::Attribute(DATES)),
        AttributeKind::Reference => Err(ClauseError::Attribute("references to other objects")),
        AttributeKind::String => Ok(()),
        kind if operator.kinds().contains(&kind) => Ok(()),
        kind => Err(ClauseError::Kind { operator, kind }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_by_their_names_but_not_in_extensions() {
        for (attribute, what) in [
            ("StatusHireDate", Some(DATES)),
            ("startDate", Some(DATES)),
            ("createdDateTime", Some(DATES)),
            ("AccountExpires", Some(DATES)),
            ("Manager", Some("the manager")),
            ("extension_0123_hireDate", None),
            ("candidate", None),
            ("department", None),
        ] {
            assert_eq!(refusal(attribute), what, "{attribute}");
        }
    }
}
