//! `eval --cases`: files of test cases, a verdict each.

use crate::world::World;

/// A world with nothing in it: cases need no configuration.
fn world() -> World {
    World::new()
}

const CASES: &str = r#"[
    {"id": "joined", "expression": "Join(\" \", [a], [b])", "source_attributes": {"a": "x", "b": "y"},
        "expected": "x y"},
    {"id": "upper", "expression": "ToUpper([a])", "source_attributes": {"a": "x"}, "expected": "X"}
]"#;

#[test]
fn a_file_of_cases_gets_a_verdict_each() {
    let world = world();
    world.write("good.json", CASES);
    world.run(["eval", "--cases", "good.json"]).exits_with(0).complains([]).prints([
        "pass joined",
        "pass upper",
        "2 passed, 0 failed; of the ambiguous ones 0 passed, 0 failed",
    ]);
    world.write("bad.json", &CASES.replace("\"X\"", "\"Y\""));
    world.run(["eval", "--cases", "bad.json"]).exits_with(1).complains([]).prints([
        "pass joined",
        "FAIL upper: expected \"Y\", got \"X\"",
        "1 passed, 1 failed; of the ambiguous ones 0 passed, 0 failed",
    ]);
    world.run(["eval", "--cases", "bad.json", "--json"]).exits_with(1).complains([]).prints([
        "{\"id\":\"joined\",\"line\":2,\"passed\":true,\"malformed\":false,\"ambiguity\":null,\"problem\":null}",
        "{\"id\":\"upper\",\"line\":4,\"passed\":false,\"malformed\":false,\"ambiguity\":null,\"problem\":\"expected \
         \\\"Y\\\", got \\\"X\\\"\"}",
        "{\"cases\":2,\"passed\":1,\"failed\":1,\"malformed\":0,\"ambiguous\":{\"passed\":0,\"failed\":0}}",
    ]);
}

#[test]
fn a_byte_order_mark_before_the_cases_is_no_part_of_them() {
    let world = world();
    world.write("cases.json", &format!("\u{feff}{CASES}"));
    world.run(["eval", "--cases", "cases.json"]).exits_with(0).complains([]).prints([
        "pass joined",
        "pass upper",
        "2 passed, 0 failed; of the ambiguous ones 0 passed, 0 failed",
    ]);
}

#[test]
fn a_file_of_scoping_cases_is_told_from_one_of_expressions() {
    let world = world();
    let clause =
        r#"{"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Sales"]}}"#;
    let case = |id: &str, department: &str, expected: bool| {
        format!(
            r#"{{"id": "{id}", "object": "User", "filter": {{"groups": [{{"name": "", "clauses": [{clause}]}}]}},
                "source": {{"department": "{department}"}}, "expected": {expected}}}"#
        )
    };
    world.write("scoping.json", &format!("[{}, {}]", case("in", "Sales", true), case("wrong", "Research", true)));
    world.run(["eval", "--cases", "scoping.json"]).exits_with(1).complains([]).prints([
        "pass in",
        "FAIL wrong: expected in scope, got out of scope",
        "1 passed, 1 failed; of the ambiguous ones 0 passed, 0 failed",
    ]);
}

#[test]
fn a_file_that_holds_no_cases_is_refused() {
    let world = world();
    world.write("empty.json", "[]");
    world.run(["eval", "--cases", "empty.json"]).exits_with(2).complains(["error: `empty.json` holds no case"]);
    world.write("broken.json", "[{]");
    world
        .run(["eval", "--cases", "broken.json"])
        .exits_with(2)
        .prints([])
        .complains(["error: `broken.json` is no JSON array of cases: key must be a string at line 1 column 3"]);
    world
        .run(["eval", "--cases", "missing.json"])
        .exits_with(2)
        .prints([])
        .complains(["error: `missing.json` cannot be read: No such file or directory (os error 2)"]);
}

#[test]
fn every_form_of_expectation_is_understood() {
    let world = world();
    world.write(
        "cases.json",
        r#"[
        {"id": "text", "function": "CStr", "expression": "CStr([a])", "source_attributes": {"a": 5}, "expected": "5",
            "provenance": "derived from doc text", "note": ""},
        {"id": "list", "expression": "Split([a], \",\")", "source_attributes": {"a": "x,y"}, "expected": ["x", "y"]},
        {"id": "null", "expression": "[a]", "source_attributes": {"a": null}, "expected": null},
        {"id": "error", "expression": "Append([a])", "expected": {"error": true}},
        {"id": "ignored", "expression": "IgnoreFlowIfNullOrEmpty([a])", "expected": {"ignore_flow": true}},
        {"id": "pattern", "expression": "Guid()", "expected": {"regex": "^[0-9a-f-]{36}$"}},
        {"id": "random", "expression": "RandomString(6,3,0,0,3)", "expected": {"random_string":
            {"length": 6, "min_digits": 3, "min_special": 0, "min_upper": 0, "min_lower": 3, "avoid": ""}}},
        {"id": "now", "expression": "Now()", "context": {"now": "2021-07-02T15:33:38Z"},
            "expected": "7/2/2021 3:33:38 PM"},
        {"id": "taken", "expression": "SelectUniqueValue(\"a\", \"b\")", "context": {"unique_taken": ["a"]},
            "expected": "b"}
        ]"#,
    );
    world.run(["eval", "--cases", "cases.json"]).exits_with(0).complains([]).prints([
        "pass text",
        "pass list",
        "pass null",
        "pass error",
        "pass ignored",
        "pass pattern",
        "pass random",
        "pass now",
        "pass taken",
        "9 passed, 0 failed; of the ambiguous ones 0 passed, 0 failed",
    ]);
}

#[test]
fn ambiguous_cases_are_counted_apart_and_fail_the_run_too() {
    let world = world();
    world.write(
        "cases.json",
        r#"[
        {"id": "kept", "expression": "Count([a])", "expected": "0", "ambiguity": "count-null"},
        {"id": "lost", "expression": "Count([a])", "expected": null, "ambiguity": "count-null"}
        ]"#,
    );
    world.run(["eval", "--cases", "cases.json"]).exits_with(1).complains([]).prints([
        "pass kept (count-null)",
        "FAIL lost (count-null): expected null, got \"0\"",
        "1 passed, 1 failed; of the ambiguous ones 1 passed, 1 failed",
    ]);
    let summary = world.run(["eval", "--cases", "cases.json", "--json"]).exits_with(1).json_lines().remove(2);
    assert_eq!(
        summary.to_string(),
        "{\"cases\":2,\"passed\":1,\"failed\":1,\"malformed\":0,\"ambiguous\":{\"passed\":1,\"failed\":1}}"
    );
}

#[test]
fn a_case_that_cannot_be_read_hides_no_other() {
    let world = world();
    world.write(
        "cases.json",
        r#"[
        {"id": "first", "expression": "[a]", "expected": null},
        {"id": "lacking", "expression": "[a]"},
        {"id": "misspelt", "expression": "[a]", "source_atributes": {"a": "x"}, "expected": "x"},
        {"id": "strange", "expression": "[a]", "expected": {"eror": true}},
        {"expression": "[a]",
            "expected": null},
        {"id": "filter", "filter": {"groups": [{"clauses": [
            {"sourceOperandName": "department", "operator": "IS NULL"}]}]}, "expected": true},
        {"id": "mixed", "filter": {"groups": []}, "expected": true},
        {"id": "last", "expression": "ToUpper(\"a\")", "expected": "a"}
        ]"#,
    );
    world.run(["eval", "--cases", "cases.json"]).exits_with(2).complains([]).prints([
        "pass first",
        "ERROR lacking: cases.json:3: missing field `expected`",
        "ERROR misspelt: cases.json:4: there is no field `source_atributes`; did you mean `source_attributes`?",
        "ERROR strange: cases.json:5: `{\"eror\":true}` is no expectation; write a text, a list of texts, null, or an \
         object with `error`, `ignore_flow`, `regex` or `random_string`",
        "ERROR case 5: cases.json:6: missing field `id`",
        "ERROR filter: cases.json:9: unknown field `operator`, expected one of `sourceOperandName`, `operatorName`, `targetOperand`",
        "pass mixed",
        "FAIL last: expected \"a\", got \"A\"",
        "2 passed, 1 failed, 5 cannot be judged; of the ambiguous ones 0 passed, 0 failed",
    ]);
    let lines = world.run(["eval", "--cases", "cases.json", "--json"]).exits_with(2).complains([]).json_lines();
    assert_eq!(
        lines[1].to_string(),
        "{\"id\":\"lacking\",\"line\":3,\"passed\":false,\"malformed\":true,\"ambiguity\":null,\"problem\":\"missing field \
         `expected`\"}"
    );
    assert_eq!((lines.len(), &lines[8]["malformed"]), (9, &5.into()));
}

#[test]
fn what_stands_before_a_mistake_in_the_file_is_judged() {
    let world = world();
    world.write("broken.json", &CASES.replace("\"X\"}", "\"X\"},\n    {\"id\": \"third\", expression}"));
    world
        .run(["eval", "--cases", "broken.json"])
        .exits_with(2)
        .prints(["pass joined", "pass upper", "2 passed, 0 failed; of the ambiguous ones 0 passed, 0 failed"])
        .complains(["error: `broken.json` is no JSON array of cases: key must be a string at line 5 column 21"]);
}

#[test]
fn the_files_of_the_specification_pass() {
    let world = world();
    for (name, text, passed) in [
        ("expressions.json", include_str!("../vectors/expressions.json"), 273),
        ("scoping.json", include_str!("../vectors/scoping.json"), 64),
    ] {
        world.write(name, text);
        let outcome = world.run(["eval", "--cases", name]).exits_with(0).complains([]);
        let summary = outcome.stdout.lines().last().unwrap_or_default();
        assert!(summary.starts_with(&format!("{passed} passed, 0 failed; ")), "{summary}");
    }
}
