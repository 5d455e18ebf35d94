//! `eval`: the expression tester.

use crate::world::World;
use serde_json::json;

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
        "  = close the name with `]`",
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

#[test]
fn the_underline_stands_below_the_place_whatever_stands_before_it() {
    let world = world();
    world.run(["eval", "Join(\"東京 e\u{301}\", Upper([city]))"]).exits_with(2).prints([]).complains([
        "error: there is no function `Upper`",
        "  |",
        "1 | Join(\"東京 e\u{301}\", Upper([city]))",
        "  |                ^^^^^",
        "  = did you mean `ToUpper`?",
    ]);
    world.run(["eval", "Join(\"-\",\n\t[city],\n\t[state] [country])"]).exits_with(2).prints([]).complains([
        "error: expected `,` or `)`, found `[country]`",
        "  |",
        "3 |  [state] [country])",
        "  |          ^^^^^^^^^",
        "  = separate arguments by `,`, and close the function with `)`",
    ]);
    world.run(["eval", "Join(\"-\",\u{a0}[city])"]).exits_with(2).prints([]).complains([
        "error: the invisible character U+00A0 is not expected here",
        "  |",
        "1 | Join(\"-\",\u{a0}[city])",
        "  |          ^",
        "  = it looks like a blank, or like nothing: delete it, or type a blank",
    ]);
}

#[test]
fn of_an_expression_that_is_too_long_the_surroundings_of_the_limit_are_shown() {
    let text = format!("Append([mail], \"{}\")", "x".repeat(10_000));
    world().run(["eval", &text]).exits_with(2).prints([]).complains([
        "error: the expression has 10018 characters; at most 10000 are allowed",
        "  |",
        &format!("1 | …{}\")", "x".repeat(76)),
        &format!("  | {}{}", " ".repeat(61), "^".repeat(18)),
        "  = shorten it: Entra stores no longer ones",
    ]);
}

#[test]
fn an_expression_that_fails_for_an_object_shows_where() {
    let world = world();
    world.write("object.json", r#"{"proxyAddresses": ["smtp:ada@contoso.example"]}"#);
    world
        .run(["eval", "Append(\"SMTP:\", Item([proxyAddresses], 2))", "--object", "object.json"])
        .exits_with(1)
        .prints([])
        .complains([
            "error: An error occured while evaluating this function: 'Item.' There is no element 2: the attribute has 1 \
             value, counted from 1",
            "  |",
            "1 | Append(\"SMTP:\", Item([proxyAddresses], 2))",
            "  |                 ^^^^^^^^^^^^^^^^^^^^^^^^^",
            "  = ask for the number of values with `Count` first",
        ]);
}

#[test]
fn a_value_is_found_under_every_name_that_a_mapping_may_use() {
    let mut world = world();
    world.user("grace", |_| {}).user("ada", |user| {
        user.set("mobilePhone", "+1").set("manager", "grace@contoso.example").set("id", "0001");
        user.set("employeeOrgData", json!({"costCenter": "77"}));
    });
    for (expression, value) in
        [("[mobile]", "+1"), ("[mobilePhone]", "+1"), ("[id]", "0001"), ("[employeeOrgData.costCenter]", "77")]
    {
        let outcome = world.run(["eval", expression, "--user", "ada@contoso.example"]);
        outcome.exits_with(0).complains([]).prints([value]);
    }
    let of = |user: &str, expression: &str| {
        let outcome = world.run(["eval", expression, "--user", user]).exits_with(0).complains([]);
        outcome.stdout
    };
    assert_eq!(of("ada@contoso.example", "[manager]"), of("grace@contoso.example", "[objectId]"));
}

#[test]
fn a_name_that_nobody_knows_is_warned_of_with_the_nearest_one() {
    let mut world = world();
    world.user("ada", |user| {
        user.set("jobTitle", "Analyst").set("badgeNumber", "7");
    });
    let user = ["--user", "ada@contoso.example"];
    world.run(["eval", "Append([jobTitel], [JobTitle])", user[0], user[1]]).exits_with(0).prints(["(null)"]).complains(
        [
            "warning: neither Entra nor the directory knows the attribute `jobTitel`; it counts as null",
            "  |",
            "1 | Append([jobTitel], [JobTitle])",
            "  |        ^^^^^^^^^^",
            "  = did you mean `jobTitle`?",
            "warning: neither Entra nor the directory knows the attribute `JobTitle`; it counts as null",
            "  |",
            "1 | Append([jobTitel], [JobTitle])",
            "  |                    ^^^^^^^^^^",
            "  = did you mean `jobTitle`?",
        ],
    );
    world.run(["eval", "[badgNumber]", user[0], user[1]]).exits_with(0).prints(["(null)"]).complains([
        "warning: neither Entra nor the directory knows the attribute `badgNumber`; it counts as null",
        "  |",
        "1 | [badgNumber]",
        "  | ^^^^^^^^^^^^",
        "  = did you mean `badgeNumber`?",
    ]);
    world.run(["eval", "[shoeSize]", user[0], user[1], "--json"]).exits_with(0).complains([]).prints([
        "{\"result\":null,\"warnings\":[\"unknown-attribute: neither Entra nor the directory knows the attribute \
         `shoeSize`; it counts as null; correct it, or add it to `[directory] attributes` if records will have it\"]}",
    ]);
    world.run(["eval", "SingleAppRoleAssignment([appRoleAssignments])", user[0], user[1]]).exits_with(0).complains([
        "warning: `appRoleAssignments` depends on the application, so it counts as null here",
        "  |",
        "1 | SingleAppRoleAssignment([appRoleAssignments])",
        "  |                         ^^^^^^^^^^^^^^^^^^^^",
        "  = write the roles into a file for `--object`: {\"appRoleAssignments\": [{\"value\": \"Admin\"}]}",
    ]);
    world.write("object.json", r#"{"firstName": "Ada", "middleName": null}"#);
    world.run(["eval", "[middleName]", "--object", "object.json"]).exits_with(0).complains([]).prints(["(null)"]);
    world.run(["eval", "[lastName]", "--object", "object.json"]).exits_with(0).prints(["(null)"]).complains([
        "warning: neither Entra nor the object knows the attribute `lastName`; it counts as null",
        "  |",
        "1 | [lastName]",
        "  | ^^^^^^^^^^",
        "  = correct it, or write a value of it into the file",
    ]);
    world.run(["eval", "[fristName]", "--object", "object.json"]).exits_with(0).prints(["(null)"]).complains([
        "warning: neither Entra nor the object knows the attribute `fristName`; it counts as null",
        "  |",
        "1 | [fristName]",
        "  | ^^^^^^^^^^^",
        "  = did you mean `firstName`?",
    ]);
    world.write("shouted.json", r#"{"Department": "Research", "MOBILEPHONE": "+1", "BadgeNumber": "7"}"#);
    for (name, meant) in [("Department", "department"), ("MOBILEPHONE", "mobilePhone"), ("badgeNumber", "BadgeNumber")]
    {
        let expression = format!("[{name}]");
        world.run(["eval", &expression, "--object", "shouted.json"]).exits_with(0).prints(["(null)"]).complains([
            &format!("warning: neither Entra nor the object knows the attribute `{name}`; it counts as null"),
            "  |",
            &format!("1 | {expression}"),
            &format!("  | {}", "^".repeat(expression.len())),
            &format!("  = did you mean `{meant}`?"),
        ]);
    }
    for (name, value) in [("department", "Research"), ("mobilePhone", "+1"), ("BadgeNumber", "7")] {
        let expression = format!("[{name}]");
        world.run(["eval", &expression, "--object", "shouted.json"]).exits_with(0).complains([]).prints([value]);
    }
}

#[test]
fn a_byte_order_mark_before_an_object_is_no_part_of_it() {
    let world = world();
    world.write("object.json", "\u{feff}{\"city\": \"Oslo\"}");
    world.run(["eval", "[city]", "--object", "object.json"]).exits_with(0).complains([]).prints(["Oslo"]);
}

#[test]
fn an_object_of_a_file_is_read_as_the_directory_reads_users() {
    let world = world();
    world.write(
        "guest.json",
        r#"{
            "id": "A1", "userPrincipalName": "ann_partner.example#EXT#@contoso.onmicrosoft.com", "accountEnabled": false,
            "mobilePhone": "+1 425 555 0101", "businessPhones": ["+1 425 555 0109"],
            "onPremisesExtensionAttributes": {"extensionAttribute1": "A"}, "manager": {"id": "B2"},
            "appRoleAssignments": [{"value": "Admin"}]
        }"#,
    );
    for (expression, result) in [
        ("[mobile]", "+1 425 555 0101"),
        ("[mobilePhone]", "+1 425 555 0101"),
        ("[telephoneNumber]", "+1 425 555 0109"),
        ("[extensionAttribute1]", "A"),
        ("[objectId]", "a1"),
        ("[manager]", "B2"),
        ("[userPrincipalName]", "ann@partner.example"),
        ("[originalUserPrincipalName]", "ann_partner.example#EXT#@contoso.onmicrosoft.com"),
        ("Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")", "False"),
        ("SingleAppRoleAssignment([appRoleAssignments])", "Admin"),
    ] {
        world.run(["eval", expression, "--object", "guest.json"]).exits_with(0).complains([]).prints([result]);
    }
    world.write("object.json", r#"{"city": ["Oslo"]}"#);
    world.run(["eval", "[city]", "--object", "object.json"]).exits_with(2).prints([]).complains([
        "error: `object.json` holds no user as a directory has one: `city` must be a text in quotation marks, not [\"Oslo\"]",
    ]);
}

#[test]
fn a_condition_on_an_empty_attribute_is_warned_of_or_refused() {
    let world = world();
    let expression = "IIF([country]=\"\", \"none\", [country])";
    let warning = "iif-null-condition: the attribute `country` in a condition of IIF is null or empty; the service may \
                   refuse that";
    world.write("nobody.json", "{}");
    world
        .run(["eval", expression, "--object", "nobody.json"])
        .exits_with(0)
        .prints(["none"])
        .complains([&format!("warning: {warning}")]);
    world
        .run(["eval", expression, "--object", "nobody.json", "--json"])
        .exits_with(0)
        .complains([])
        .prints([&format!("{{\"result\":\"none\",\"warnings\":[\"{warning}\"]}}")]);
    world.run(["eval", expression, "--object", "nobody.json", "--strict"]).exits_with(1).prints([]).complains([
        "error: An error occured while evaluating this function: 'IIF.' The attribute `country` in the condition is null \
         or empty (iif-null-condition)",
        "  |",
        "1 | IIF([country]=\"\", \"none\", [country])",
        "  |     ^^^^^^^^^",
        "  = use `Switch` or `Coalesce` for attributes that may be empty",
    ]);
    world.run(["eval", expression, "--object", "nobody.json", "--strict", "--json"]).exits_with(1).complains([]).prints([
        "{\"error\":\"An error occured while evaluating this function: 'IIF.' The attribute `country` in the condition \
         is null or empty (iif-null-condition)\"}",
    ]);
}

#[test]
fn an_explanation_shows_what_every_part_gives() {
    let world = world();
    let expression = "IIF(IsPresent([givenName]), Join(\" \", [givenName], [surname]), ToUpper([mail]))";
    world.run(["eval", expression, "--user", "ada@contoso.example", "--explain"]).exits_with(0).complains([]).prints([
        "IIF(IsPresent([givenName]), Join(\" \", [givenName], [surname]), ToUpper([mail])) -> \"Ada Lovelace\"",
        "  IsPresent([givenName]) -> \"True\"",
        "    [givenName] -> \"Ada\"",
        "  Join(\" \", [givenName], [surname]) -> \"Ada Lovelace\"",
        "    [givenName] -> \"Ada\"",
        "    [surname] -> \"Lovelace\"",
        "  ToUpper([mail]) (not evaluated)",
    ]);
    world.write("object.json", r#"{"givenName": "Grace", "initialPassword": "s3same"}"#);
    let json = |expression: &str| {
        let arguments = ["eval", expression, "--object", "object.json", "--explain", "--json"];
        world.run(arguments).exits_with(0).complains([]).json_lines().remove(0)
    };
    assert_eq!(
        json("IIF([givenName]=\"Ada\", \"yes\", IgnoreFlowIfNullOrEmpty([surname]))"),
        json!({
            "ignoreFlow": true,
            "steps": [
                {"part": "IIF([givenName] = \"Ada\", \"yes\", IgnoreFlowIfNullOrEmpty([surname]))", "depth": 0,
                    "ignoreFlow": true},
                {"part": "[givenName] = \"Ada\"", "depth": 1, "result": "False"},
                {"part": "[givenName]", "depth": 2, "result": "Grace"},
                {"part": "\"yes\"", "depth": 1, "notEvaluated": true},
                {"part": "IgnoreFlowIfNullOrEmpty([surname])", "depth": 1, "ignoreFlow": true},
                {"part": "[surname]", "depth": 2, "result": null},
            ]
        })
    );
    assert_eq!(
        json("Redact(Append([givenName], [initialPassword]))"),
        json!({
            "result": "[Redact]",
            "steps": [
                {"part": "Redact(Append([givenName], [initialPassword]))", "depth": 0, "result": "[Redact]"},
                {"part": "Append([givenName], [initialPassword])", "depth": 1, "result": "[Redact]"},
                {"part": "[givenName]", "depth": 2, "result": "[Redact]"},
                {"part": "[initialPassword]", "depth": 2, "result": "[Redact]"},
            ]
        })
    );
}

#[test]
fn an_explanation_of_an_error_shows_what_came_before_it() {
    let world = world();
    world.write("object.json", r#"{"givenName": "Ada"}"#);
    let arguments = ["eval", "Append([givenName], Mid([givenName], 0, 1))", "--object", "object.json", "--explain"];
    world
        .run(arguments)
        .exits_with(1)
        .prints([
            "Append([givenName], Mid([givenName], 0, 1)) -> error",
            "  [givenName] -> \"Ada\"",
            "  Mid([givenName], 0, 1) -> error: The parameter `start` must be at least 1, not 0",
            "    [givenName] -> \"Ada\"",
            "    1 (not evaluated)",
        ])
        .complains([
            "error: An error occured while evaluating this function: 'Mid.' The parameter `start` must be at least 1, not 0",
            "  |",
            "1 | Append([givenName], Mid([givenName], 0, 1))",
            "  |                     ^^^^^^^^^^^^^^^^^^^^^^",
        ]);
}

#[test]
fn a_seed_makes_chance_give_the_same_on_every_run() {
    let world = World::new();
    let made =
        |seed: &str| world.run(["eval", "RandomString(12, 1, 1, 1, 1, )", "--seed", seed]).exits_with(0).stdout.clone();
    assert_eq!(made("7"), made("7"));
    assert_ne!(made("7"), made("8"));
}
