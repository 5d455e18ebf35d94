//! Every case of a filter in the files of `vectors/` comes out as it says: `scoping.json` has the documented examples,
//! `scoping_rules.json` the rules, section by section of `spec/SCOPING.md`, and each of the others more cases of one subject.

use scimulator::{
    expression::cases::Judgement,
    mapping::{scoping_cases::ScopingCase, scoping_clause::RegexAnchoring},
};
use std::fs;

/// The cases of all files, each with the name of its file.
fn cases() -> Vec<(String, ScopingCase)> {
    let mut files = 0;
    let mut cases = Vec::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors")).expect("the folder of cases") {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if !name.starts_with("scoping") {
            continue;
        }
        let json = fs::read_to_string(&path).expect("a readable file");
        let read = ScopingCase::read_all(&json).expect("a file of cases");
        assert!(!read.is_empty(), "{name} has no case");
        cases.extend(read.into_iter().map(|case| (name.clone(), case)));
        files += 1;
    }
    assert!(files >= 5, "{files} files of cases alone were found");
    cases
}

#[test]
fn every_case_of_every_file_comes_out_as_expected() {
    let failures: Vec<String> = cases()
        .iter()
        .filter_map(|(file, case)| match case.judge(RegexAnchoring::Whole) {
            Judgement::Passed => None,
            Judgement::Failed { expected, actual } => {
                Some(format!("{file}: {}: {expected} expected, {actual} found", case.id))
            }
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn partial_matching_changes_only_the_cases_that_are_marked_for_it() {
    let unmarked: Vec<String> = cases()
        .into_iter()
        .filter(|(_, case)| !case.judge(RegexAnchoring::Partial).is_passed())
        .filter(|(_, case)| case.ambiguity.as_deref() != Some("regex-anchoring"))
        .map(|(file, case)| format!("{file}: {}", case.id))
        .collect();
    assert_eq!(unmarked, Vec::<String>::new());
}
