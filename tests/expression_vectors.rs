//! Every case of `vectors/expressions.json` and of `vectors/expression_rules.json` comes out as it says. The first file has the
//! documented examples, the second the rules, section by section of `spec/EXPRESSIONS.md`.

use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    expression::cases::{Case, Judgement},
};

fn assert_cases(json: &str, number: usize) {
    let cases = Case::read_all(json).expect("a file of cases");
    assert_eq!(cases.len(), number);
    let chance = Chance::seeded(1);
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| match case.judge(Timestamp::UNIX_EPOCH, &chance) {
            Ok(Judgement::Passed) => None,
            Ok(Judgement::Failed { expected, actual }) => {
                Some(format!("{} {}: {expected} expected, {actual} found", case.id, case.expression))
            }
            Err(error) => Some(format!("{}: {error}", case.id)),
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_case_comes_out_as_expected() {
    assert_cases(include_str!("vectors/expressions.json"), 273);
}

#[test]
fn every_rule_holds() {
    assert_cases(include_str!("vectors/expression_rules.json"), 752);
}
