//! Every case of an expression in the files of `vectors/` comes out as it says: `expressions.json` has the documented examples,
//! `expression_rules.json` the rules, section by section of `spec/EXPRESSIONS.md`, and each of the others more cases of one
//! subject.

use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    expression::cases::{Case, Judgement},
};
use std::fs;

/// What is wrong with the cases of one file.
fn failures(json: &str) -> Vec<String> {
    let cases = Case::read_all(json).expect("a file of cases");
    assert!(!cases.is_empty());
    let chance = Chance::seeded(1);
    cases
        .iter()
        .filter_map(|case| match case.judge(Timestamp::UNIX_EPOCH, &chance) {
            Ok(Judgement::Passed) => None,
            Ok(Judgement::Failed { expected, actual }) => {
                Some(format!("{} {}: {expected} expected, {actual} found", case.id, case.expression))
            }
            Err(error) => Some(format!("{}: {error}", case.id)),
        })
        .collect()
}

#[test]
fn every_case_of_every_file_comes_out_as_expected() {
    let mut files = 0;
    let mut failed = Vec::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors")).expect("the folder of cases") {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name.starts_with("scoping") {
            continue;
        }
        let json = fs::read_to_string(&path).expect("a readable file");
        failed.extend(failures(&json).into_iter().map(|failure| format!("{name}: {failure}")));
        files += 1;
    }
    assert!(files >= 8, "{files} files of cases alone were found");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
