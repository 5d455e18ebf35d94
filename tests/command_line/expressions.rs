//! `eval`: the expression tester, and files of cases.

use crate::world::World;

/// A world with a user to evaluate for, and no job.
fn world() -> World {
    let mut world = World::new();
    world.write("scimulator.toml", "[directory]\npath = \"directory\"\n");
    world.user("ada", |user| {
        user.set("givenName", "Ada").set("surname", "Lovelace").set("accountEnabled", false);
    });
    world
}

#[test]
fn an_expression_is_evaluated_for_a_user_of_the_directory_or_an_object_of_a_file() {
    let world = world();
    let expression = "Join(\" \", [givenName], [surname])";
    world
        .run(["eval", expression, "--user", "ada@contoso.example"])
        .exits_with(0)
        .complains([])
        .prints(["Ada Lovelace"]);
    world.write("grace.json", r#"{"givenName": "Grace", "surname": "Hopper"}"#);
    world.run(["eval", expression, "--object", "grace.json"]).exits_with(0).complains([]).prints(["Grace Hopper"]);
    let active = "Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")";
    world.run(["eval", active, "--user", "ada@contoso.example"]).exits_with(0).prints(["False"]);
    world
        .run(["eval", expression, "--user", "grace"])
        .exits_with(2)
        .prints([])
        .complains(["error: nobody in `directory` has the id or name `grace`"]);
}

#[test]
fn json_says_text_list_null_ignored_flow_or_error() {
    let world = world();
    let json = |expression: &str, code: i32, answer: &str| {
        world.run(["eval", "--json", expression]).exits_with(code).complains([]).prints([answer]);
    };
    json(r#"ToUpper("ada")"#, 0, r#"{"result":"ADA"}"#);
    json(r#"Split("a,b", ",")"#, 0, r#"{"result":["a","b"]}"#);
    json("[nothing]", 0, r#"{"result":null}"#);
    json(r#"IgnoreFlowIfNullOrEmpty("")"#, 0, r#"{"ignoreFlow":true}"#);
    json(r#"Jion("a")"#, 2, r#"{"error":"there is no function `Jion` (character 1)"}"#);
}

#[test]
fn an_expression_that_cannot_be_read_is_underlined() {
    world().run(["eval", "Join(\" \", [givenName)"]).exits_with(2).prints([]).complains([
        "error: `[` is opened and never closed",
        "  |",
        "1 | Join(\" \", [givenName)",
        "  |           ^^^^^^^^^^^",
    ]);
    world().run(["eval", "Jion(\"a\")"]).exits_with(2).prints([]).complains([
        "error: there is no function `Jion`",
        "  |",
        "1 | Jion(\"a\")",
        "  | ^^^^",
        "  = did you mean `Join`?",
    ]);
}

#[test]
fn without_an_expression_or_a_file_it_says_how_it_is_used() {
    let outcome = world().run(["eval"]).exits_with(2).prints([]);
    assert!(outcome.stderr.starts_with("error: the following required arguments were not provided:\n  <EXPRESSION>\n"));
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
