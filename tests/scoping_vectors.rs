//! Every case of `vectors/scoping.json` and of `vectors/scoping_rules.json` comes out as it says. The first file has the
//! documented examples, the second the rules, section by section of `spec/SCOPING.md`.

use scimulator::{
    expression::cases::Judgement,
    mapping::{scoping_cases::ScopingCase, scoping_clause::RegexAnchoring},
};

const EXAMPLES: &str = include_str!("vectors/scoping.json");
const RULES: &str = include_str!("vectors/scoping_rules.json");

fn assert_cases(json: &str, number: usize) {
    let cases = ScopingCase::read_all(json).expect("a file of cases");
    assert_eq!(cases.len(), number);
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| match case.judge(RegexAnchoring::Whole) {
            Judgement::Passed => None,
            Judgement::Failed { expected, actual } => Some(format!("{}: {expected} expected, {actual} found", case.id)),
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_case_comes_out_as_expected() {
    assert_cases(EXAMPLES, 64);
}

#[test]
fn every_rule_holds() {
    assert_cases(RULES, 192);
}

#[test]
fn partial_matching_changes_only_the_cases_that_are_marked_for_it() {
    let changed: Vec<Option<String>> = ScopingCase::read_all(EXAMPLES)
        .expect("a file of cases")
        .into_iter()
        .filter(|case| !case.judge(RegexAnchoring::Partial).is_passed())
        .map(|case| case.ambiguity)
        .collect();
    assert_eq!(changed, vec![Some("regex-anchoring".to_owned()); 2]);
}
