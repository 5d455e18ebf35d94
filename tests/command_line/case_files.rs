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
        "{\"id\":\"joined\",\"passed\":true,\"ambiguity\":null,\"problem\":null}",
        "{\"id\":\"upper\",\"passed\":false,\"ambiguity\":null,\"problem\":\"expected \\\"Y\\\", got \
         \\\"X\\\"\"}",
        "{\"cases\":2,\"passed\":1,\"failed\":1,\"ambiguous\":{\"passed\":0,\"failed\":0}}",
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
    world.run(["eval", "--cases", "empty.json"]).exits_with(2).complains(["error: the file holds no case"]);
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
