//! `attributeMappingFunctionSchema`: a function of the mapping language as Graph lists it, with what Graph's list lacks.
//!
//! Graph names parameters by their keys in the parsed form (`spec/EXPRESSIONS.md` §1.11); the functions reference often has
//! other names, which are given as `displayName`. Beyond Graph's own keys there are `help` and `examples`.
//!
//! Source: `spec/GRAPH.md` §1.15.

use crate::expression::{
    Surroundings, Value,
    functions::{Example, Function, Kind, Parameter, Signature},
};
use serde_json::{Map, Value as Json, json};

/// The function in Graph's shape; its examples are evaluated here.
pub fn function_schema(function: &Function, surroundings: &Surroundings<'_>) -> Json {
    let mut schema = Map::new();
    schema.insert("id".to_owned(), function.name.into());
    schema.insert("parameters".to_owned(), parameters(&function.signature));
    if let Some(older) = &function.older {
        schema.insert("olderParameters".to_owned(), parameters(older));
    }
    schema.insert("help".to_owned(), function.help.into());
    schema.insert(
        "examples".to_owned(),
        function.examples.iter().map(|written| example(written, surroundings)).collect(),
    );
    Json::Object(schema)
}

/// Keys that stand for a pair (`switchValue`) are listed once.
fn parameters(signature: &Signature) -> Json {
    let once = signature.fixed.iter().map(|parameter| schema(parameter, parameter.required, false));
    let repeated = signature.repeated.iter().enumerate().filter_map(|(position, parameter)| {
        let listed = signature.repeated[..position].iter().any(|before| before.key == parameter.key);
        (!listed).then(|| schema(parameter, signature.at_least > 0, true))
    });
    once.chain(repeated).collect()
}

fn schema(parameter: &Parameter, required: bool, repeated: bool) -> Json {
    let Parameter { name, key, kind, .. } = parameter;
    let mut schema = json!({
        "name": key,
        "type": attribute_type(*kind),
        "required": required,
        "allowMultipleOccurrences": repeated,
    });
    if name != key && !repeated {
        schema["displayName"] = (*name).into();
    }
    schema
}

/// Graph's `attributeType` of what a parameter takes.
fn attribute_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Condition => "Boolean",
        Kind::DateTime => "DateTime",
        Kind::Integer => "Integer",
        Kind::Any | Kind::List | Kind::Pattern | Kind::Roles | Kind::Text => "String",
    }
}

fn example(example: &Example, surroundings: &Surroundings<'_>) -> Json {
    let given = |value: &Value<'_>| match value {
        Value::Roles(roles) => json!(roles),
        value => value.to_json(),
    };
    let object: Map<_, _> = example.object().iter().map(|(name, value)| ((*name).to_owned(), given(value))).collect();
    let (key, result) = match example.evaluate(surroundings) {
        Ok(value) => ("result", value.to_json()),
        Err(error) => ("error", error.into()),
    };
    let mut shown = json!({"expression": example.expression, "sourceAttributes": object});
    shown[key] = result;
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chance::Chance, expression::functions};

    fn schema_of(name: &str) -> Json {
        let chance = Chance::seeded(1);
        let surroundings = Surroundings::new(jiff::Timestamp::UNIX_EPOCH, &chance);
        function_schema(functions::find(name).expect(name), &surroundings)
    }

    #[test]
    fn parameters_have_graphs_names_and_the_references() {
        assert_eq!(
            schema_of("Replace")["parameters"],
            json!([
                {"name": "source", "type": "String", "required": true, "allowMultipleOccurrences": false},
                {"name": "Find", "type": "String", "required": false, "allowMultipleOccurrences": false,
                    "displayName": "oldValue"},
                {"name": "RegularExpression", "type": "String", "required": false, "allowMultipleOccurrences": false,
                    "displayName": "regexPattern"},
                {"name": "RegularExpressionGroupName", "type": "String", "required": false,
                    "allowMultipleOccurrences": false, "displayName": "regexGroupName"},
                {"name": "Replacement", "type": "String", "required": false, "allowMultipleOccurrences": false,
                    "displayName": "replacementValue"},
                {"name": "ReplacementPropertyName", "type": "String", "required": false,
                    "allowMultipleOccurrences": false, "displayName": "replacementAttributeName"},
                {"name": "Template", "type": "String", "required": false, "allowMultipleOccurrences": false,
                    "displayName": "template"},
            ])
        );
    }

    #[test]
    fn repeated_parameters_stand_once() {
        assert_eq!(
            schema_of("Switch")["parameters"],
            json!([
                {"name": "source", "type": "String", "required": true, "allowMultipleOccurrences": false},
                {"name": "defaultValue", "type": "String", "required": false, "allowMultipleOccurrences": false},
                {"name": "switchValue", "type": "String", "required": true, "allowMultipleOccurrences": true},
            ])
        );
    }

    #[test]
    fn the_result_of_an_example_is_what_the_expression_gives() {
        assert_eq!(
            schema_of("SingleAppRoleAssignment"),
            json!({
                "id": "SingleAppRoleAssignment",
                "parameters": [
                    {"name": "source", "type": "String", "required": true, "allowMultipleOccurrences": false}
                ],
                "help": "Gives the one role the user holds: its value, or its display name if that is empty",
                "examples": [{
                    "expression": "SingleAppRoleAssignment([appRoleAssignments])",
                    "sourceAttributes": {
                        "appRoleAssignments": [{"id": "1", "value": "Admin", "displayName": "Administrator"}]
                    },
                    "result": "Admin",
                }],
            })
        );
    }
}
