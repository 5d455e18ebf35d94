//! Every case of `vectors/scoping.json` comes out as it says.

use scimulator::{
    expression::cases::Judgement,
    mapping::{scoping_cases::ScopingCase, scoping_clause::RegexAnchoring},
};

/// How many cases the file has.
const CASES: usize = 64;

fn cases() -> Vec<ScopingCase> {
    ScopingCase::read_all(include_str!("vectors/scoping.json")).expect("a file of cases")
}

#[test]
fn every_case_comes_out_as_expected() {
    assert_eq!(cases().len(), CASES);
    let failures: Vec<String> = cases()
        .iter()
        .filter_map(|case| match case.judge(RegexAnchoring::Whole) {
            Judgement::Passed => None,
            Judgement::Failed { expected, actual } => Some(format!("{}: {expected} expected, {actual} found", case.id)),
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn partial_matching_changes_only_the_cases_that_are_marked_for_it() {
    let changed: Vec<Option<String>> = cases()
        .into_iter()
        .filter(|case| !case.judge(RegexAnchoring::Partial).is_passed())
        .map(|case| case.ambiguity)
        .collect();
    assert_eq!(changed, vec![Some("regex-anchoring".to_owned()); 2]);
}
