//! What Entra does not provision, or only in another way, in mappings that can be read.
//!
//! Each problem stands at the place of its mapping, or at the line of the expression that it is about. What Entra refuses is
//! an error, and so is what could never give a value; what it offers in some places only is a warning.
//!
//! Source: `spec/MAPPINGS.md` §4, §6, §9, §13.

use super::{
    conversion::convert,
    object_mapping::{AttributeMapping, ObjectMapping},
    reference,
    report::Report,
};
use crate::{
    config::problem::Problems,
    expression::Expression,
    scim::path::{ENTERPRISE_USER, Path, is_core},
};

/// The attributes of the core schemas that have sub-attributes, however many (RFC 7643 §4.1, §4.2).
const COMPLEX: [&str; 9] =
    ["name", "emails", "phoneNumbers", "ims", "photos", "addresses", "roles", "x509Certificates", "members"];
/// The most sub-attributes that Entra fills of any other complex attribute.
const SUB_ATTRIBUTES: usize = 2;
/// How the URN of a custom extension begins and ends.
const CUSTOM_EXTENSION: (&str, [&str; 2]) = ("urn:ietf:params:scim:schemas:extension:", [":2.0:User", ":2.0:Group"]);

/// Checks the mappings of one kind of object.
pub(super) fn check(object: &ObjectMapping, problems: &Problems) {
    for line in &object.mappings {
        let report = Report { place: &line.place, problems };
        check_target(line, &report);
        if line.matching.is_some() {
            check_matching(line, &report);
        }
        if let Some(source) = &line.source {
            check_source(line, source, &report);
            reference::check(object.object, line, source, &report);
        }
    }
    check_complex(object, problems);
}

fn check_target(line: &AttributeMapping, report: &Report<'_>) {
    let path = &line.target.path;
    if path.attribute.eq_ignore_ascii_case("entitlements") {
        report.error(
            format!("`{path}` cannot be provisioned: Entra does not support entitlements"),
            "use `roles`, or an attribute of a custom extension",
        );
    }
    if path.attribute.eq_ignore_ascii_case("CustomSecurityAttributes") {
        report.error(
            format!(
                "`{path}` cannot be provisioned: custom security attributes are targets of inbound provisioning only"
            ),
            "use an attribute of a custom extension",
        );
    }
    let Some(urn) = custom_extension(path) else { return };
    let (begin, ends) = CUSTOM_EXTENSION;
    let named = ends.iter().filter_map(|end| urn.strip_suffix(end)).any(|urn| {
        let name = urn.strip_prefix(begin).unwrap_or_default();
        !name.is_empty() && !name.contains(':')
    });
    if !named {
        report.warn(
            format!("for an application of your own, Entra refuses attributes of the extension `{urn}`"),
            format!("name the extension like `{begin}CustomExtensionName:2.0:User`"),
        );
    }
    let refused = [
        (line.is_reference(), "references"),
        (line.target.multivalued, "several values"),
        (path.sub_attribute.is_some() || path.selector.is_some(), "sub-attributes"),
    ];
    for (_, what) in refused.into_iter().filter(|(applies, _)| *applies) {
        report.warn(
            format!("`{path}` has {what}, which Entra offers in custom extensions of gallery applications only"),
            "for an application of your own, make it a single text",
        );
    }
}

/// The URN of a path's extension, if it is neither a core schema nor the enterprise one.
fn custom_extension(path: &Path) -> Option<&str> {
    path.schema.as_deref().filter(|urn| !is_core(urn) && !urn.eq_ignore_ascii_case(ENTERPRISE_USER))
}

fn check_matching(line: &AttributeMapping, report: &Report<'_>) {
    let path = &line.target.path;
    let cannot = format!("`{path}` cannot be a matching attribute");
    if line.is_reference() {
        report.error(
            format!("{cannot}: a reference is known only when both objects exist"),
            "match on a text such as `userName` or `externalId`",
        );
    } else if line.source.is_none() {
        report.error(
            format!("{cannot}: without a source it never has a value"),
            "give it a source, or match on another attribute",
        );
    } else if line.target.multivalued && path.selector.is_none() {
        report.error(format!("{cannot}: it has several values"), "match on an attribute with one value");
    }
}

fn check_source(line: &AttributeMapping, source: &Expression, report: &Report<'_>) {
    if let Some(constant) = source.constant()
        && let Err(error) = convert(&line.target, constant)
    {
        report.error(
            format!("the constant for `{}` does not fit: {error}", line.target.path),
            "change the constant, or the attribute's `type`",
        );
    }
    for (attribute, span) in source.attributes() {
        let place = line.source_text.at(span.start);
        let report = Report { place: &place, ..*report };
        match Withheld::of(attribute) {
            Some(Withheld::Password) => report.error(
                format!("`{attribute}` is not available as a source: passwords cannot be provisioned"),
                "take the mapping out, or give an initial password with `Redact(RandomString(..))`",
            ),
            Some(Withheld::Photo) => report.error(
                format!("`{attribute}` is not available as a source: photos cannot be provisioned"),
                "take the mapping out",
            ),
            Some(Withheld::Unread) => report.error(
                format!("`{attribute}` is not available as a source"),
                "Entra does not read it for provisioning: map another attribute",
            ),
            None => {}
        }
    }
}

/// What Entra has and never gives to a mapping.
enum Withheld {
    Password,
    Photo,
    /// It is not read for provisioning.
    Unread,
}

impl Withheld {
    fn of(attribute: &str) -> Option<Self> {
        match attribute.split('.').next().unwrap_or_default() {
            "passwordProfile" => Some(Self::Password),
            "photo" | "photos" | "thumbnailPhoto" => Some(Self::Photo),
            "sAMAccountName" | "userType" => Some(Self::Unread),
            _ => None,
        }
    }
}

/// Whether Entra has the source attribute and withholds it from mappings, which a mapping that reads it is told of.
pub fn is_withheld(attribute: &str) -> bool {
    Withheld::of(attribute).is_some()
}

/// Complex attributes that no core schema has may have two sub-attributes: a name and a value.
fn check_complex(object: &ObjectMapping, problems: &Problems) {
    let mut seen: Vec<(&AttributeMapping, Vec<&str>)> = Vec::new();
    for line in &object.mappings {
        let path = &line.target.path;
        let is_of_core = path.schema.as_deref().is_none_or(is_core);
        let is_known = is_of_core && COMPLEX.iter().any(|known| known.eq_ignore_ascii_case(&path.attribute));
        let Some(sub) = path.sub_attribute.as_deref().filter(|_| !is_known) else { continue };
        let same = |first: &AttributeMapping| {
            let first = &first.target.path;
            first.attribute.eq_ignore_ascii_case(&path.attribute) && first.schema == path.schema
        };
        let position = seen.iter().position(|(first, _)| same(first)).unwrap_or_else(|| {
            seen.push((line, Vec::new()));
            seen.len() - 1
        });
        let subs = &mut seen[position].1;
        if !subs.iter().any(|known| known.eq_ignore_ascii_case(sub)) {
            subs.push(sub);
            if subs.len() == SUB_ATTRIBUTES + 1 {
                Report { place: &line.place, problems }.error(
                    format!(
                        "`{path}` is the third sub-attribute of `{}`: Entra supports complex attributes with a name and a \
                         value only",
                        path.attribute
                    ),
                    "leave it out, or give each value an attribute of its own",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::read;

    /// The problems of a mapping of users with this attribute and line, in line 4 and line 7.
    fn of_users(attribute: &str, line: &str) -> Vec<String> {
        let text = format!(
            "application = \"app\"\n[users.attributes]\nuserName = {{ filterable = true }}\n{attribute}\n\
             [users.mappings]\nuserName = {{ direct = \"userPrincipalName\", matching = 1 }}\n{line}\n"
        );
        let (_, found) = read::parse_all("m.toml", &text);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_embedded_mappings_have_nothing_unsupported() {
        for (name, text) in crate::mapping::embedded::MAPPINGS {
            let (template, found) = read::parse_all(name, text);
            assert!(template.is_some() && found.is_empty(), "{name}: {found:?}");
        }
    }

    #[test]
    fn entitlements_and_custom_security_attributes_cannot_be_provisioned() {
        for path in ["entitlements", "'entitlements[type eq \"app\"].value'"] {
            assert_eq!(
                of_users(&format!("{path} = {{}}"), &format!("{path} = {{ direct = \"department\" }}")),
                [format!(
                    "error: m.toml:7: `{}` cannot be provisioned: Entra does not support entitlements\n  \
                     help: use `roles`, or an attribute of a custom extension",
                    path.trim_matches('\'')
                )]
            );
        }
        assert_eq!(
            of_users(
                "\"CustomSecurityAttributes.Set_Level\" = {}",
                "\"CustomSecurityAttributes.Set_Level\" = { direct = \"department\" }"
            ),
            [
                "error: m.toml:7: `CustomSecurityAttributes.Set_Level` cannot be provisioned: custom security attributes are \
              targets of inbound provisioning only\n  help: use an attribute of a custom extension"
            ]
        );
    }

    #[test]
    fn custom_extensions_have_names_and_forms_that_entra_accepts() {
        let custom = |urn: &str, definition: &str, source: &str| {
            of_users(&format!("\"{urn}:level\" = {{ {definition} }}"), &format!("\"{urn}:level\" = {{ {source} }}"))
        };
        let named = "urn:ietf:params:scim:schemas:extension:Custom:2.0:User";
        assert_eq!(custom(named, "", "direct = \"department\""), [""; 0]);
        for urn in [
            "urn:example:Custom:2.0:User",
            "urn:ietf:params:scim:schemas:extension:Custom:1.0:User",
            "urn:ietf:params:scim:schemas:extension::2.0:User",
            "urn:ietf:params:scim:schemas:extension:a:b:2.0:User",
        ] {
            assert_eq!(
                custom(urn, "", "direct = \"department\""),
                [format!(
                    "warning: m.toml:7: for an application of your own, Entra refuses attributes of the extension `{urn}`\n  \
                     help: name the extension like \
                     `urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User`"
                )]
            );
        }
        for (definition, source, what) in [
            ("type = \"Reference\"", "direct = \"manager\"", "references"),
            ("multivalued = true", "direct = \"otherMails\"", "several values"),
        ] {
            assert_eq!(
                custom(named, definition, source),
                [format!(
                    "warning: m.toml:7: `{named}:level` has {what}, which Entra offers in custom extensions of gallery \
                     applications only\n  help: for an application of your own, make it a single text"
                )]
            );
        }
    }

    #[test]
    fn complex_attributes_of_your_own_have_two_sub_attributes_at_most() {
        let lines = |name: &str, source: &str| {
            let line = |sub: &str| format!("\"{name}.{sub}\" = {{ {source} }}\n");
            ["type", "value", "note", "more"].map(line).concat()
        };
        let direct = "direct = \"department\"";
        assert_eq!(
            of_users(&lines("badge", ""), &lines("badge", direct)),
            [
                "error: m.toml:13: `badge.note` is the third sub-attribute of `badge`: Entra supports complex attributes with a \
              name and a value only\n  help: leave it out, or give each value an attribute of its own"
            ]
        );
        assert_eq!(of_users(&lines("name", ""), &lines("name", direct)), [""; 0]);
    }

    #[test]
    fn a_matching_attribute_has_one_value_of_its_own() {
        for (definition, source, why, help) in [
            (
                "type = \"Reference\", ",
                "direct = \"manager\"",
                "a reference is known only when both objects exist",
                "match on a text such as `userName` or `externalId`",
            ),
            (
                "",
                "none = true, default = \"x\"",
                "without a source it never has a value",
                "give it a source, or match on another attribute",
            ),
            (
                "multivalued = true, ",
                "direct = \"otherMails\"",
                "it has several values",
                "match on an attribute with one value",
            ),
        ] {
            assert_eq!(
                of_users(
                    &format!("title = {{ {definition}filterable = true }}"),
                    &format!("title = {{ {source}, matching = 2 }}")
                ),
                [format!("error: m.toml:7: `title` cannot be a matching attribute: {why}\n  help: {help}")]
            );
        }
    }

    #[test]
    fn passwords_and_photos_are_no_sources() {
        assert_eq!(
            of_users("title = {}", "title = { direct = \"passwordProfile.password\" }"),
            [
                "error: m.toml:7: `passwordProfile.password` is not available as a source: passwords cannot be provisioned\n  \
              help: take the mapping out, or give an initial password with `Redact(RandomString(..))`"
            ]
        );
        assert_eq!(
            of_users("title = {}", "title = { expression = '''Append(\n  [displayName],\n  [thumbnailPhoto])''' }"),
            [
                "error: m.toml:9: `thumbnailPhoto` is not available as a source: photos cannot be provisioned\n  help: take the \
              mapping out"
            ]
        );
    }

    #[test]
    fn a_constant_must_fit_its_attribute() {
        for (kind, constant, fits) in
            [("Boolean", "True", true), ("Boolean", "0", true), ("Integer", "5", true), ("String", "yes", true)]
                .into_iter()
                .chain([("Boolean", "yes", false)])
        {
            let found = of_users(
                &format!("title = {{ type = \"{kind}\" }}"),
                &format!("title = {{ constant = \"{constant}\" }}"),
            );
            assert_eq!(found.is_empty(), fits, "{kind} {constant}: {found:?}");
        }
        assert_eq!(
            of_users("title = { type = \"Integer\" }", "title = { expression = '\"many\"' }"),
            [
                "error: m.toml:7: the constant for `title` does not fit: `many` is not a whole number\n  help: change the constant, \
              or the attribute's `type`"
            ]
        );
    }
}
