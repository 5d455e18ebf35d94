//! What the evaluation of a mapping will come to, told where it is saved.
//!
//! A call with a constant that its function refuses fails for every object that comes to it. A date that is compared with `<` or
//! `>` is compared as the text it prints as, in which months come before years. Both are warnings: the service takes such
//! expressions, and what is never evaluated does no harm.
//!
//! Source: `spec/EXPRESSIONS.md` §2, §3 and §4.

use super::object_mapping::ObjectMapping;
use crate::{
    config::problem::Problems,
    expression::{Expression, functions::ROLE_FUNCTIONS},
};

/// Checks the expressions of one kind of object.
pub(super) fn check(object: &ObjectMapping, problems: &Problems) {
    for line in &object.mappings {
        let calls = line.source.iter().flat_map(Expression::impossible_calls);
        // What is wrong with the argument of a role function is told by itself.
        for call in calls.filter(|call| !ROLE_FUNCTIONS.contains(&call.function)) {
            let message = format!("`{}` can never give a value: {}", call.function, call.reason);
            let help = call.reason.suggestion().unwrap_or("correct the constant").to_owned();
            problems.warn(&line.source_text.at(call.span.start), message, Some(help));
        }
        for span in line.source.iter().flat_map(Expression::date_comparisons) {
            let message = format!("the mapping of `{}` compares dates as texts, month first", line.target.path);
            let help = "compare their difference: `DateDiff(\"d\", .., ..) > 0`".to_owned();
            problems.warn(&line.source_text.at(span.start), message, Some(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::read;

    /// What is wrong with this source of `title`, in line 7.
    fn of(expression: &str) -> Vec<String> {
        let text = format!(
            "application = \"app\"\n[users.attributes]\nuserName = {{ filterable = true }}\ntitle = {{}}\n[users.mappings]\n\
             userName = {{ direct = \"userPrincipalName\", matching = 1 }}\ntitle = {{ expression = '''{expression}''' }}\n"
        );
        let (_, found) = read::parse_all("m.toml", &text);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn calls_that_can_never_succeed_are_told_with_their_line() {
        assert_eq!(
            of("IIF([city]=\"a\",\n  Mid([city], 0, 1),\n  RandomString(300, 1, 1, 1, 1))"),
            [
                "warning: m.toml:8: `Mid` can never give a value: The parameter `start` must be at least 1, not 0\n  help: correct \
                 the constant",
                "warning: m.toml:9: `RandomString` can never give a value: The parameter `length` must be from 0 to 256, not \
                 300\n  help: correct the constant",
            ]
        );
        assert_eq!(
            of("Item([proxyAddresses], 0)"),
            [
                "warning: m.toml:7: `Item` can never give a value: The parameter `index` must be at least 1, not 0\n  help: correct \
                 the constant"
            ]
        );
        assert_eq!(of("Mid([city], 1, 20)"), [""; 0]);
    }

    #[test]
    fn dates_compared_as_texts_are_worth_a_warning() {
        assert_eq!(
            of("IIF(CDate([employeeHireDate]) > Now(), \"soon\", \"here\")"),
            [
                "warning: m.toml:7: the mapping of `title` compares dates as texts, month first\n  help: compare their difference: \
                 `DateDiff(\"d\", .., ..) > 0`"
            ]
        );
        for fine in [
            "IIF(DateDiff(\"d\", Now(), CDate([employeeHireDate])) > 5, \"soon\", \"here\")",
            "IIF([employeeHireDate] > \"2026-01-31\", \"soon\", \"here\")",
        ] {
            assert_eq!(of(fine), [""; 0], "{fine}");
        }
    }
}
