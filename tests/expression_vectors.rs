//! Every case of `vectors/expressions.json` comes out as it says.

use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    expression::cases::{Case, Judgement},
};

/// How many cases the file has.
const CASES: usize = 273;

#[test]
fn every_case_comes_out_as_expected() {
    let cases = Case::read_all(include_str!("vectors/expressions.json")).expect("a file of cases");
    assert_eq!(cases.len(), CASES);
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
