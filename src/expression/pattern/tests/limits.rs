//! What is too long, too deep or too costly ends in an error; everything else takes steps in proportion to the text.

use super::{super::TooCostly, Budget, Pattern, PatternErrorKind, replaced};

#[test]
fn patterns_beyond_the_limits_are_refused_before_they_are_a_danger() {
    let kind = |pattern: &str| Pattern::new(pattern).map(|_| ()).map_err(|error| error.kind);
    for opening in ["(", "(?:", "(?=", "(?<!", "(?>", "(?i:", "(?<n>", "(?(a)", "(?", "(?(?=", "[a-[", "(?(?i:"] {
        assert_eq!(kind(&opening.repeat(15_000)), Err(PatternErrorKind::TooDeep), "{opening}");
    }
    assert_eq!(kind(&"a".repeat(100_000)), Ok(()));
    assert_eq!(kind(&"a".repeat(100_001)), Err(PatternErrorKind::TooLong));
}

#[test]
fn thousands_of_groups_are_read_and_referred_to() {
    let groups = "()".repeat(20_000);
    assert!(Pattern::new(&format!("{groups}{}", "\\20000".repeat(9_000))).is_ok());
    let named = (0..8_000).map(|number| format!("(?<n{number}>)")).collect::<Vec<_>>().concat();
    let pattern = Pattern::new(&named).expect("a pattern");
    assert!(pattern.has_group("n7999") && pattern.has_group("8000") && !pattern.has_group("8001"));
    assert_eq!(pattern.replace("", &"${n1".repeat(100_000), &mut Budget::default()), Ok("${n1".repeat(100_000)));
}

#[test]
fn endless_backtracking_ends_in_an_error() {
    let text = format!("{}!", "a".repeat(60));
    for pattern in ["^(a+)+$", "^(a|aa)+$", "^(a|a)*$", "(x+x+)+y|(a*)*b", "^(?:(a+)(?=b))*$|^(\\w+\\s?)+$"] {
        let read = Pattern::new(pattern).expect(pattern);
        assert_eq!(read.replace(&text, "", &mut Budget::default()), Err(TooCostly), "{pattern}");
    }
    let nothing = Pattern::new("()x").expect("a pattern");
    let replaced = nothing.replace(&"x".repeat(10_000), &"$1".repeat(10_000), &mut Budget::default());
    assert_eq!(replaced, Err(TooCostly), "references to nothing take time, too");
    let everything = Pattern::new("x").expect("a pattern");
    assert_eq!(everything.replace(&"x".repeat(100_000), "$_", &mut Budget::default()), Err(TooCostly));
}

#[test]
fn one_budget_holds_for_all_searches() {
    let (mut budget, pattern) = (Budget::default(), Pattern::new("^(a|aa)+$").expect("a pattern"));
    let text = format!("{}!", "a".repeat(20));
    let searches = (0..10_000).take_while(|_| pattern.is_match(&text, &mut budget).is_ok()).count();
    assert!((10..1000).contains(&searches), "{searches}");
}

#[test]
fn steps_grow_with_the_text_and_no_faster() {
    let steps = |pattern: &str, repeats: usize| {
        let (read, mut budget) = (Pattern::new(pattern).expect(pattern), Budget::default());
        read.replace(&"+1 (999) 888-7777 b_é ".repeat(repeats), "<$0>", &mut budget).expect(pattern);
        budget.spent()
    };
    for pattern in [
        "[()\\s-]+",
        "(\\d+)-(\\d+)",
        "[a-zA-Z_]*",
        "(?<n>\\d{3})",
        "\\s+\\w",
        "(?:8|9)+",
        "(?<=\\()9",
        "8(?=8)",
        "(8)\\1",
        "$",
        "^",
        "",
        "^.*$",
        "b_é$",
        "(?i)B",
        "\\b",
        "(?>\\d+)-",
        ".*?é",
        "(?(?=9)9+|8+)",
        "[^x-[y]]{2,3}",
    ] {
        let (few, many) = (steps(pattern, 100), steps(pattern, 1600));
        assert!(many <= 17 * few, "{pattern}: {few} steps, {many} for sixteen times the text");
    }
}

#[test]
fn nested_conditions_stay_small() {
    let pattern = format!("{}a{}", "(?(".repeat(40), ")b|c)".repeat(40));
    assert!(Pattern::new(&pattern).expect("a pattern").program.instructions.len() < 500);
}

#[test]
fn long_values_stay_within_the_budget() {
    let text = "+1 (999) 888-7777 ".repeat(20_000);
    assert_eq!(replaced("[()\\s-]+", &text, "").len(), 20_000 * 12);
    assert_eq!(replaced("(\\d+)-(\\d+)", &text, "$2-$1").len(), text.len());
    assert_eq!(replaced("^.*$", &text, "x"), "x");
    assert_eq!(replaced("(?<a>.*?)-", &text, "").len(), "7777 ".len());
}
