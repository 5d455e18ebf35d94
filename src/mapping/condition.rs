//! Conditions of `IIF` that Entra documents as unsupported: worth a warning where the mapping is saved.
//!
//! Source: `spec/EXPRESSIONS.md` §3.

use super::{object_mapping::ObjectMapping, role_function::APP_ROLE_ASSIGNMENTS};
use crate::{config::problem::Problems, expression::Expression};

/// Warns of the conditions in the mappings of one kind of object. `strict`: whether they fail where the attribute is empty.
pub(super) fn check(object: &ObjectMapping, strict: bool, problems: &Problems) {
    for line in &object.mappings {
        let conditions = line.source.iter().flat_map(Expression::null_conditions);
        // Roles outside the role functions are refused.
        for condition in conditions.filter(|condition| condition.attribute != APP_ROLE_ASSIGNMENTS) {
            let attribute = condition.attribute;
            let outcome =
                if strict { "with `strict_conditions` such objects fail" } else { "the service may refuse it" };
            let message = format!(
                "iif-null-condition: `{}` in a condition of IIF is documented as unsupported where `{attribute}` is null or \
                 empty; {outcome}",
                condition.part
            );
            let help = format!(
                "use `Switch([{attribute}], .., \"\", ..)`, whose key \"\" stands for null, or `Coalesce([{attribute}], ..)`"
            );
            problems.warn(&line.source_text.at(condition.span.start), message, Some(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::read;

    #[test]
    fn conditions_on_empty_attributes_are_warned_of_in_their_line() {
        for (strict, outcome) in
            [(false, "the service may refuse it"), (true, "with `strict_conditions` such objects fail")]
        {
            let text = format!(
                "application = \"app\"\nstrict_conditions = {strict}\n[users.attributes]\n\
                 userName = {{ filterable = true }}\ntitle = {{}}\n[users.mappings]\n\
                 userName = {{ direct = \"userPrincipalName\", matching = 1 }}\n\
                 title = {{ expression = '''IIF(\n  IsPresent([country]), \"a\", \"b\")''' }}\n"
            );
            let (template, found) = read::parse("m.toml", &text).expect("warnings only");
            assert_eq!(template.strict_conditions, strict);
            assert_eq!(
                found.iter().map(ToString::to_string).collect::<Vec<_>>(),
                [format!(
                    "warning: m.toml:9: iif-null-condition: `IsPresent([country])` in a condition of IIF is documented as \
                     unsupported where `country` is null or empty; {outcome}\n  help: use `Switch([country], .., \"\", ..)`, \
                     whose key \"\" stands for null, or `Coalesce([country], ..)`"
                )]
            );
        }
    }
}
