//! What .NET's engine has in common with that of the regular expression crate, which is the judge here.

use super::{Budget, Pattern};
use proptest::{collection::vec, prelude::*, sample::select};

/// What stands for one character.
const SINGLE: [&str; 9] = ["a", "b", "c", ".", "[ab]", "[^a]", "\\w", "[b-c-]", "é"];

/// Patterns in which this engine and that of the regular expression crate must agree: no part that could match nothing is
/// repeated, and nothing stands in them that only one of the two knows.
fn common_pattern() -> impl Strategy<Value = String> {
    let single = select(SINGLE.to_vec()).prop_map(str::to_owned);
    let repeat = select(vec!["", "", "", "*", "+", "?", "{2}", "{1,2}", "*?", "+?", "??", "{1,}?"]);
    single.prop_recursive(3, 24, 4, move |inner| {
        let some = (inner.clone(), repeat.clone()).prop_map(|(part, times)| {
            let times = if SINGLE.contains(&part.as_str()) { times } else { "" };
            format!("{part}{times}")
        });
        prop_oneof![
            vec(some, 1..4).prop_map(|parts| parts.concat()),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("(?:{left}|{right})")),
            inner.clone().prop_map(|part| format!("({part})")),
            inner.clone().prop_map(|part| format!("(?:a{part})+")),
            inner.clone().prop_map(|part| format!("(b{part})*?")),
            inner.clone().prop_map(|part| format!("(?={part})")),
            inner.clone().prop_map(|part| format!("(?!{part})")),
            inner.clone().prop_map(|part| format!("(?>{part})")),
            inner.clone().prop_map(|part| format!("(?<=a)b{part}")),
            inner.clone().prop_map(|part| format!("(?i:{part})")),
            inner.prop_map(|part| format!("^{part}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn common_patterns_match_as_in_the_regular_expression_crate(pattern in common_pattern(), text in "[abcABé]{0,8}") {
        let theirs = fancy_regex::Regex::new(&pattern).expect(&pattern);
        let expected = theirs.captures(&text).expect(&pattern).map(|captures| {
            captures.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect::<Vec<_>>()
        });
        let ours = Pattern::new(&pattern).expect(&pattern);
        let found = ours.find(&text, 0, &mut Budget::default()).expect(&pattern).map(|found| found.groups);
        prop_assert_eq!(found, expected, "{} on {}", pattern, text);
    }

    #[test]
    fn no_pattern_is_too_strange_to_be_refused(
        parts in vec(select(vec!["(", ")", "[", "]", "?", "<", "-", "\\", "k", "1", "{", "}", ",", "*", "|", "^", "$", "a", "é", ":", "#", "x", "n", "=", "!", "'", "&", "d"]), 0..14),
        text in any::<String>()
    ) {
        if let Ok(pattern) = Pattern::new(&parts.concat()) {
            let _ = pattern.replace(&text, "$1$+$_${a}", &mut Budget::default());
        }
    }
}
