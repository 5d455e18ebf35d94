//! `eval --functions`: the functions of the mapping language, and how one is used.

use crate::world::{World, keys};
use serde_json::json;

#[test]
fn all_functions_are_listed_with_their_parameters_and_a_line_of_help() {
    let list = World::new().run(["eval", "--functions"]).exits_with(0).complains([]);
    let rows: Vec<Vec<_>> = list.stdout.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 45);
    assert_eq!(rows[0], ["function", "what it does"]);
    assert_eq!(rows[1], ["Append(source, suffix)", "Adds a suffix to a text"]);
    assert!(rows.iter().all(|row| row.len() == 2 && row.iter().all(|cell| !cell.is_empty())), "{rows:?}");
    let names: Vec<_> = rows[1..].iter().map(|row| row[0].to_lowercase()).collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn one_function_is_shown_with_its_parameters_and_examples() {
    let world = World::new();
    world.run(["eval", "--functions", "Switch"]).exits_with(0).complains([]).prints([
        "Switch(source, [defaultValue], key, value, …)",
        "  Gives the value whose key equals the source, else the default value",
        "parameters",
        "  source        text       required",
        "  defaultValue  any value  optional",
        "  key           text       required, repeated",
        "  value         any value  required, repeated",
        "examples",
        "  Switch([state], \"Australia/Sydney\", \"NSW\", \"Australia/Sydney\",\"QLD\", \"Australia/Brisbane\")",
        "    [state] = \"QLD\"",
        "    -> \"Australia/Brisbane\"",
    ]);
    world.run(["eval", "--functions", "FormatDateTime"]).exits_with(0).complains([]).prints([
        "FormatDateTime(source, [dateTimeStyles], inputFormat, outputFormat)",
        "  Writes a date in another format",
        "  An older form is understood too: FormatDateTime(source, inputFormat, outputFormat)",
        "parameters",
        "  source          date  required",
        "  dateTimeStyles  text  optional",
        "  inputFormat     text  required",
        "  outputFormat    text  required",
        "examples",
        "  FormatDateTime([extensionAttribute1], , \"yyyyMMddHHmmss.fZ\", \"yyyy-MM-dd\")",
        "    [extensionAttribute1] = \"20150123105347.1Z\"",
        "    -> \"2015-01-23\"",
        "  FormatDateTime([extensionAttribute1], \"yyyyMMddHHmmss.fZ\", \"yyyy-MM-dd\")",
        "    [extensionAttribute1] = \"20150123105347.1Z\"",
        "    -> \"2015-01-23\"",
    ]);
    world.run(["eval", "--functions", "Guid"]).exits_with(0).complains([]).prints([
        "Guid()",
        "  Gives a new random GUID",
        "examples",
        "  Guid()",
        "    -> \"{uuid}\"",
    ]);
}

#[test]
fn the_functions_are_data_in_graphs_shape() {
    let world = World::new();
    let list = world.run(["eval", "--functions", "--json"]).exits_with(0).complains([]).json_lines().remove(0);
    let functions = list["value"].as_array().unwrap();
    assert_eq!(functions.len(), 44);
    for function in functions {
        let keys = keys(function);
        assert_eq!(keys[..2], ["id", "parameters"]);
        assert_eq!(keys[keys.len() - 2..], ["help", "examples"]);
        for example in function["examples"].as_array().unwrap() {
            assert!(example["result"].is_string() || example["result"].is_array(), "{example}");
        }
    }
    let single =
        world.run(["eval", "--functions", "Join", "--json"]).exits_with(0).complains([]).json_lines().remove(0);
    assert_eq!(
        single,
        json!({
            "id": "Join",
            "parameters": [
                {"name": "separator", "type": "String", "required": true, "allowMultipleOccurrences": false},
                {"name": "source", "type": "String", "required": true, "allowMultipleOccurrences": true},
            ],
            "help": "Joins texts with a separator, leaving out empty ones; a multi-valued attribute contributes each of \
                     its values",
            "examples": [{
                "expression": "Join(\", \", \"\", [surname], [givenName])",
                "sourceAttributes": {"surname": "Doe", "givenName": "John"},
                "result": "Doe, John",
            }],
        })
    );
    assert!(functions.contains(&single));
}

#[test]
fn an_unknown_function_names_the_nearest_or_where_it_belongs() {
    let world = World::new();
    world
        .run(["eval", "--functions", "jion"])
        .exits_with(2)
        .prints([])
        .complains(["error: there is no function `jion`", "  help: did you mean `Join`?"]);
    world.run(["eval", "--functions", "Trim"]).exits_with(2).prints([]).complains([
        "error: there is no function `Trim`",
        "  help: `Trim` belongs to Entra cloud sync, not to application provisioning",
    ]);
    world.run(["eval", "--functions", "Xyzzy"]).exits_with(2).prints([]).complains([
        "error: there is no function `Xyzzy`",
        "  help: `scimulator eval --functions` lists the functions that there are",
    ]);
    world
        .run(["eval", "--functions", "jion", "--json"])
        .exits_with(2)
        .complains([])
        .prints(["{\"error\":\"there is no function `jion`; did you mean `Join`?\"}"]);
}
