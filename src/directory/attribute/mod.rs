//! The names of source attributes.
//!
//! An attribute goes by the name that Entra's mappings use for it. Records may write it in Graph's spelling and any
//! letter case: [`canonical`] turns those into that name. Mappings and filters may use Graph's spelling too, but letter
//! case counts there (`spec/EXPRESSIONS.md` §1.1): [`is_known`] says whether a name may stand in one, [`nearest`] what was
//! probably meant, and [`Named`] finds the value. Directory extensions (`extension_<application id>_<name>`) and names
//! that begin with `urn:` are known whatever they are. Of a structured attribute a member may be named after a dot
//! (`employeeOrgData.costCenter`).
//!
//! | Graph's name | attribute |
//! |---|---|
//! | `id` | `objectId` |
//! | `mobilePhone` | `mobile` |
//! | `businessPhones`, its first number | `telephoneNumber` |
//! | `faxNumber` | `facsimileTelephoneNumber` |
//! | `officeLocation` | `physicalDeliveryOfficeName` |
//! | `onPremisesExtensionAttributes.extensionAttribute1` to `15` | `extensionAttribute1` to `15` |
//!
//! Names that are in no table but in the directory's files, or in the setting `[directory] attributes`, are known too;
//! that is for the caller to add.
//!
//! Source: `spec/ENGINE.md` §1, `spec/MAPPINGS.md` §13.

mod groups;
mod named;
mod table;

pub use groups::is_of_users_only;
pub use named::Named;

use std::cmp::Ordering;
use table::ATTRIBUTES;

/// One attribute that users or groups can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name in its canonical letter case.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Whether it has a list of values.
    pub is_multi_valued: bool,
}

/// What the values of an attribute are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Boolean,
    /// Not read from files: the engine works it out for each job.
    Computed,
    /// A moment, kept as the text that the file has.
    DateTime,
    /// A whole number.
    Integer,
    /// Another object of the directory.
    Reference,
    /// Structured too, and never taken from files.
    Secret,
    /// An object with members of its own, kept as JSON.
    Structured,
    /// Text. Whole numbers count as text.
    Text,
}

/// Graph's names of attributes that Entra's mappings name otherwise.
const ALIASES: [(&str, &str); 5] = [
    (BUSINESS_PHONES, "telephoneNumber"),
    ("faxNumber", "facsimileTelephoneNumber"),
    ("id", "objectId"),
    ("mobilePhone", "mobile"),
    ("officeLocation", "physicalDeliveryOfficeName"),
];

/// The structured property in which Graph keeps `extensionAttribute1` to `extensionAttribute15`.
pub const EXTENSION_ATTRIBUTES: &str = "onPremisesExtensionAttributes";

/// Graph's list of telephone numbers, which holds at most one: `telephoneNumber`.
pub const BUSINESS_PHONES: &str = "businessPhones";

/// The attribute that `name` means, in Entra's or Graph's spelling and any letter case.
pub fn find(name: &str) -> Option<&'static Attribute> {
    let name = strip_extension_attributes(name).unwrap_or(name);
    let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
    let name = alias.map_or(name, |(_, attribute)| attribute);
    let index = ATTRIBUTES.binary_search_by(|attribute| ignoring_case(attribute.name, name)).ok()?;
    Some(&ATTRIBUTES[index])
}

/// The name under which an attribute is kept: the canonical one if `name` is in the tables, else `name` as it stands.
pub fn canonical(name: &str) -> &str {
    find(name).map_or(name, |attribute| attribute.name)
}

/// The attribute that `name` means where letter case counts: in mappings and filters.
pub fn named(name: &str) -> Option<&'static Attribute> {
    let found = find(name)?;
    let is_alias = || ALIASES.iter().any(|(alias, _)| *alias == name);
    let is_member = || strip_extension_attributes(name) == Some(found.name) && name.starts_with(EXTENSION_ATTRIBUTES);
    (found.name == name || is_alias() || is_member()).then_some(found)
}

/// Whether a mapping or filter may name this attribute, whatever the files hold.
pub fn is_known(name: &str) -> bool {
    let is_open_ended = |prefix: &str| name.len() > prefix.len() && name.starts_with(prefix);
    let structured = || name.split_once('.').filter(|(_, member)| !member.is_empty()).and_then(|(name, _)| named(name));
    named(name).is_some()
        || is_open_ended("extension_")
        || is_open_ended("urn:")
        || structured().is_some_and(|attribute| matches!(attribute.kind, Kind::Structured | Kind::Secret))
}

/// Whether `name` is a password or the like, whole or after a dot (`passwordProfile.password`).
pub fn is_secret(name: &str) -> bool {
    let whole = name.split_once('.').map_or(name, |(whole, _)| whole);
    find(whole).is_some_and(|attribute| attribute.kind == Kind::Secret)
}

/// Whether an attribute has a list of values; not so for a name in no table.
pub fn is_multi_valued(name: &str) -> bool {
    find(name).is_some_and(|attribute| attribute.is_multi_valued)
}

/// The known name most like `name`, in either spelling, if one is like it at all.
pub fn nearest(name: &str) -> Option<&'static str> {
    nearest_among(name, [])
}

/// The name most like `name`, of the known ones and `others`, if one is like it at all.
pub fn nearest_among<'o>(name: &str, others: impl IntoIterator<Item = &'o str>) -> Option<&'o str> {
    let lower = name.to_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&lower, &known.to_lowercase());
    let names = ATTRIBUTES.iter().map(|attribute| attribute.name).chain(ALIASES.iter().map(|(alias, _)| *alias));
    let nearest = others.into_iter().chain(names).min_by_key(|known| distance(known))?;
    (distance(nearest) * 3 <= name.chars().count().max(3)).then_some(nearest)
}

/// `extensionAttribute1` from `onPremisesExtensionAttributes.extensionAttribute1`.
fn strip_extension_attributes(name: &str) -> Option<&str> {
    let (structure, member) = name.split_once('.')?;
    let is_member = member.get(.."extensionAttribute".len())?.eq_ignore_ascii_case("extensionAttribute");
    (is_member && structure.eq_ignore_ascii_case(EXTENSION_ATTRIBUTES)).then_some(member)
}

fn ignoring_case(left: &str, right: &str) -> Ordering {
    let left = left.bytes().map(|byte| byte.to_ascii_lowercase());
    left.cmp(right.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_ignoring_case_and_without_duplicates() {
        for pair in ATTRIBUTES.windows(2) {
            assert_eq!(ignoring_case(pair[0].name, pair[1].name), Ordering::Less, "{} {}", pair[0].name, pair[1].name);
        }
    }

    #[test]
    fn every_alias_leads_to_an_attribute_and_is_none_itself() {
        for (alias, attribute) in ALIASES {
            assert_eq!(canonical(alias), attribute);
            assert!(ATTRIBUTES.iter().any(|known| known.name == attribute), "{attribute}");
            assert!(ATTRIBUTES.iter().all(|known| known.name != alias), "{alias}");
        }
    }

    #[test]
    fn every_name_of_the_table_finds_itself_in_any_case() {
        for attribute in ATTRIBUTES {
            assert_eq!(canonical(&attribute.name.to_uppercase()), attribute.name);
            assert_eq!(canonical(&attribute.name.to_lowercase()), attribute.name);
        }
    }

    #[test]
    fn extension_attributes_are_found_through_graphs_structure() {
        assert_eq!(canonical("onPremisesExtensionAttributes.extensionAttribute7"), "extensionAttribute7");
        assert_eq!(canonical("onpremisesextensionattributes.EXTENSIONATTRIBUTE15"), "extensionAttribute15");
        assert_eq!(canonical("extensionAttribute16"), "extensionAttribute16");
        assert!(!is_known("extensionAttribute16"));
        assert!(!is_known("onPremisesExtensionAttributes.mail"));
    }

    #[test]
    fn the_names_of_the_documents_are_known() {
        let names = "objectId userPrincipalName mail mailNickname displayName givenName surname jobTitle department \
            companyName employeeId physicalDeliveryOfficeName streetAddress city state postalCode country \
            telephoneNumber mobile facsimileTelephoneNumber preferredLanguage proxyAddresses otherMails manager \
            accountEnabled IsSoftDeleted appRoleAssignments extensionAttribute1 extensionAttribute15 \
            onPremisesSecurityIdentifier passwordProfile.password employeeHireDate originalUserPrincipalName members \
            employeeOrgData.costCenter id businessPhones mobilePhone faxNumber officeLocation \
            extension_d89c7f5e0f0c4f1c8d3c3f1e9d2b6a11_badge urn:example:user:badge";
        for name in names.split_whitespace() {
            assert!(is_known(name), "{name}");
        }
    }

    #[test]
    fn other_names_are_unknown() {
        for name in ["departement", "extension_", "urn:", "mail.work", "employeeOrgData.", "sAMAccountName", ""] {
            assert!(!is_known(name), "{name}");
        }
    }

    #[test]
    fn in_a_mapping_letter_case_counts() {
        for (name, meant) in [
            ("JobTitle", "jobTitle"),
            ("issoftdeleted", "IsSoftDeleted"),
            ("MobilePhone", "mobilePhone"),
            ("ID", "id"),
            ("onpremisesextensionattributes.extensionAttribute1", "extensionAttribute1"),
            ("EmployeeOrgData.costCenter", "employeeOrgData"),
        ] {
            assert!(!is_known(name), "{name}");
            assert!(is_known(meant), "{meant}");
        }
        assert_eq!(nearest("JobTitle"), Some("jobTitle"));
        assert_eq!(nearest("MobilePhone"), Some("mobilePhone"));
    }

    #[test]
    fn extensions_keep_their_letter_case() {
        assert_eq!(canonical("extension_abc_CostCenter"), "extension_abc_CostCenter");
        assert!(!is_known("Extension_abc_CostCenter"));
    }

    #[test]
    fn a_misspelt_name_has_a_nearest_one() {
        assert_eq!(nearest("departement"), Some("department"));
        assert_eq!(nearest("UserPrincipleName"), Some("userPrincipalName"));
        assert_eq!(nearest("mobilPhone"), Some("mobilePhone"));
        assert_eq!(nearest("isSoftDelete"), Some("IsSoftDeleted"));
        assert_eq!(nearest("favouriteColour"), None);
        assert_eq!(nearest_among("badgNumber", ["badgeNumber"]), Some("badgeNumber"));
        assert_eq!(nearest_among("JobTitel", ["badgeNumber"]), Some("jobTitle"));
    }

    #[test]
    fn lists_are_multi_valued() {
        for name in ["proxyAddresses", "otherMails", "members", "appRoleAssignments", "groupTypes"] {
            assert!(is_multi_valued(name), "{name}");
        }
        for name in ["mail", "businessPhones", "manager", "extension_abc_tags", "unheardOf"] {
            assert!(!is_multi_valued(name), "{name}");
        }
    }
}
