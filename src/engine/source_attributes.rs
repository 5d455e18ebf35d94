//! The source attributes that mappings and filters name: do they exist, and can a filter be about them?
//!
//! Here the mapping meets the directory, neither of which knows the other. Source: `spec/ENGINE.md` §1, `spec/SCOPING.md` §5.

use crate::{
    config::{
        JobSettings,
        problem::{Place, Problems},
    },
    directory::attribute::{self, Kind},
    mapping::{
        AttributeMapping, MappedObject, ObjectMapping, Template, is_withheld, scoping::ScopingFilter,
        scoping_clause::Clause, scoping_error::ClauseError, scoping_operator::AttributeKind,
    },
    store::{ObjectKind, Store, StoreError, Tables},
};

/// What the names of directory extensions begin with.
const EXTENSION: &str = "extension_";

/// Source attributes that a mapping or filter names and that nobody knows (neither Entra's lists, nor the configuration, nor
/// any record of the last import), that groups do not have, that do not go into their target, or that filters cannot be
/// about.
pub(super) async fn check_source_attributes(
    job: &JobSettings,
    template: &Template,
    store: &Store,
    extra: &[String],
    problems: &Problems,
) -> Result<(), StoreError> {
    let elsewhere = || Place::origin(format!("{} (mapping `{}`)", job.mapping_place, job.mapping));
    for mapping in [Some(&template.users), template.enabled_groups()].into_iter().flatten() {
        for NamedAttribute { place, reader, name } in named_attributes(mapping) {
            let place = place.unwrap_or_else(elsewhere);
            match doubt(name, mapping.object, store, extra).await? {
                Some(Doubt::Unknown { help }) => {
                    let message = format!("{reader} names the source attribute `{name}`, which does not exist");
                    problems.error(&place, message, Some(help));
                }
                Some(Doubt::OfUsers) => {
                    let message =
                        format!("{reader} names the source attribute `{name}`, which users have and groups do not");
                    let help = "for groups it is always null: name another, such as `displayName` or `mailNickname`";
                    problems.warn(&place, message, Some(help.to_owned()));
                }
                None => {}
            }
        }
        for line in &mapping.mappings {
            if let Some(name) = several_into_one(line) {
                let message = format!(
                    "`{name}` has several values, and `{}` takes one: objects with values fail",
                    line.target.path
                );
                let help = format!(
                    "pick one, as in `expression = 'Item([{name}], 1)'`, or join them with `Join`; an attribute that takes \
                     them all is `multivalued`"
                );
                problems.warn(&line.place, message, Some(help));
            }
        }
        for clause in mapping.scoping_filter.iter().flat_map(ScopingFilter::clauses) {
            let kept = kept_as(clause.attribute(), mapping.object, store).await?;
            if let Err(error) = check_clause(clause, kept.as_deref()) {
                let place = clause.place().cloned().unwrap_or_else(elsewhere);
                let message = format!("the clause on `{}`: {error}", clause.attribute());
                // How an attribute of one's own is kept is known from one record: others may have it otherwise.
                let tell = if kept.is_some() { Problems::warn } else { Problems::error };
                tell(problems, &place, message, Some(error.suggestion()));
            }
        }
    }
    Ok(())
}

/// Why a source attribute that is named will not be found.
enum Doubt {
    /// There is no such attribute.
    Unknown {
        /// What to do.
        help: String,
    },
    /// Groups have none such.
    OfUsers,
}

async fn doubt(name: &str, object: MappedObject, store: &Store, extra: &[String]) -> Result<Option<Doubt>, StoreError> {
    if is_withheld(name) || extra.iter().any(|known| known == name) {
        return Ok(None);
    }
    let wanted = name.to_owned();
    if object == MappedObject::Group && attribute::is_of_users_only(name) {
        // A reference is refused where the mapping is read.
        let is_told = attribute::named(name).is_some_and(|attribute| attribute.kind == Kind::Reference);
        let have = is_told || store.read(move |tables| tables.groups_have(&wanted)).await?;
        return Ok((!have).then_some(Doubt::OfUsers));
    }
    let is_extension = name.starts_with(EXTENSION);
    if (attribute::is_known(name) && !is_extension) || store.read(move |tables| tables.knows_attribute(&wanted)).await?
    {
        return Ok(None);
    }
    let seen = store.read(Tables::attribute_names).await?;
    if is_extension {
        // Extensions may be known to Entra and still have no value here; but letter case counts.
        let other = extra.iter().chain(&seen).find(|known| known.eq_ignore_ascii_case(name));
        let help = |known| format!("letter case counts in the names of extensions: did you mean `{known}`?");
        return Ok(other.map(|known| Doubt::Unknown { help: help(known) }));
    }
    let help = attribute::nearest_among(name, extra.iter().chain(&seen).map(String::as_str)).map_or_else(
        || {
            format!(
                "correct it, or add it to `[directory] attributes` if records will have it: attributes = [\"{name}\"]"
            )
        },
        |nearest| format!("did you mean `{nearest}`?"),
    );
    Ok(Some(Doubt::Unknown { help }))
}

/// The attribute, if a line maps one that has several values directly to a target attribute that takes one
/// (`spec/EXPRESSIONS.md` §7.2).
fn several_into_one(line: &AttributeMapping) -> Option<&str> {
    let name = line.source.as_ref()?.direct_attribute()?;
    let attribute = attribute::named(name)?;
    let is_told = matches!(attribute.kind, Kind::Computed | Kind::Reference | Kind::Secret) || is_withheld(name);
    (attribute.is_multi_valued && !line.target.multivalued && !is_told).then_some(name)
}

/// The JSON type in which some record of that kind has an attribute that is in none of Entra's lists.
async fn kept_as(name: &str, object: MappedObject, store: &Store) -> Result<Option<String>, StoreError> {
    if attribute::named(name).is_some() {
        return Ok(None);
    }
    let name = name.to_owned();
    let kind = match object {
        MappedObject::User => ObjectKind::User,
        MappedObject::Group => ObjectKind::Group,
    };
    store.read(move |tables| tables.attribute_type(kind, &name)).await
}

/// Refuses a clause on an attribute that the directory keeps in a form which filters cannot be about.
fn check_clause(clause: &Clause, kept: Option<&str>) -> Result<(), ClauseError> {
    const SEVERAL_VALUES: &str = "attributes with several values";
    const MEMBERS: &str = "attributes with members of their own";
    let Some(attribute) = attribute::named(clause.attribute()) else {
        return match kept {
            Some("array") => Err(ClauseError::Attribute(SEVERAL_VALUES)),
            Some("object") => Err(ClauseError::Attribute(MEMBERS)),
            Some("true" | "false") => clause.check_kind(AttributeKind::Boolean),
            _ => Ok(()),
        };
    };
    if attribute.is_multi_valued {
        return Err(ClauseError::Attribute(SEVERAL_VALUES));
    }
    match attribute.kind {
        Kind::Boolean => clause.check_kind(AttributeKind::Boolean),
        Kind::DateTime => clause.check_kind(AttributeKind::DateTime),
        Kind::Integer => clause.check_kind(AttributeKind::Integer),
        Kind::Reference => clause.check_kind(AttributeKind::Reference),
        Kind::Secret | Kind::Structured => Err(ClauseError::Attribute(MEMBERS)),
        Kind::Computed | Kind::Text => Ok(()),
    }
}

/// A source attribute that is named somewhere.
struct NamedAttribute<'m> {
    /// Where.
    place: Option<Place>,
    /// By what.
    reader: String,
    name: &'m str,
}

/// The source attributes that a mapping reads.
fn named_attributes(mapping: &ObjectMapping) -> Vec<NamedAttribute<'_>> {
    let mut named = Vec::new();
    for line in &mapping.mappings {
        for (name, span) in line.source.iter().flat_map(|source| source.attributes()) {
            let place = Some(line.source_text.at(span.start));
            named.push(NamedAttribute { place, reader: format!("the mapping of `{}`", line.target.path), name });
        }
    }
    for group in mapping.scoping_filter.iter().flat_map(ScopingFilter::groups) {
        for clause in group.clauses() {
            let place = clause.place().cloned();
            let reader = match group.title() {
                "" => "a scoping filter".to_owned(),
                title => format!("the scoping filter `{title}`"),
            };
            named.push(NamedAttribute { place, reader, name: clause.attribute() });
        }
    }
    named
}
