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
        ObjectMapping, Template, is_withheld, scoping::ScopingFilter, scoping_clause::Clause,
        scoping_error::ClauseError, scoping_operator::AttributeKind,
    },
    store::{Store, StoreError, Tables},
};

/// Source attributes that a mapping or filter names and that nobody knows (neither Entra's lists, nor the configuration, nor
/// any record of the last import), or that filters cannot be about.
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
            if is_withheld(name) || attribute::is_known(name) || extra.iter().any(|known| known == name) {
                continue;
            }
            let wanted = name.to_owned();
            if store.read(move |tables| tables.knows_attribute(&wanted)).await? {
                continue;
            }
            let seen = store.read(Tables::attribute_names).await?;
            let help = attribute::nearest_among(name, extra.iter().chain(&seen).map(String::as_str)).map_or_else(
                || format!("correct it, or add it to `[directory] attributes` if records will have it: attributes = [\"{name}\"]"),
                |nearest| format!("did you mean `{nearest}`?"),
            );
            let message = format!("{reader} names the source attribute `{name}`, which does not exist");
            problems.error(&place.unwrap_or_else(elsewhere), message, Some(help));
        }
        for clause in mapping.scoping_filter.iter().flat_map(ScopingFilter::clauses) {
            if let Err(error) = check_clause(clause) {
                let place = clause.place().cloned().unwrap_or_else(elsewhere);
                let message = format!("the clause on `{}`: {error}", clause.attribute());
                problems.error(&place, message, Some(error.suggestion()));
            }
        }
    }
    Ok(())
}

/// Refuses a clause on an attribute that the directory keeps in a form which filters cannot be about.
fn check_clause(clause: &Clause) -> Result<(), ClauseError> {
    let Some(attribute) = attribute::named(clause.attribute()) else { return Ok(()) };
    if attribute.is_multi_valued {
        return Err(ClauseError::Attribute("attributes with several values"));
    }
    match attribute.kind {
        Kind::Boolean => clause.check_kind(AttributeKind::Boolean),
        Kind::DateTime => clause.check_kind(AttributeKind::DateTime),
        Kind::Integer => clause.check_kind(AttributeKind::Integer),
        Kind::Reference => clause.check_kind(AttributeKind::Reference),
        Kind::Secret | Kind::Structured => Err(ClauseError::Attribute("attributes with members of their own")),
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
