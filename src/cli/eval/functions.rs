//! `eval --functions`: what functions there are, and how one is used.

use crate::{
    chance::Chance,
    cli::{
        exit::{CommandError, Exit},
        terminal::print_table,
    },
    clock::{Clock as _, SystemClock},
    expression::{
        Surroundings,
        functions::{self, Example, Function, Parameter},
    },
    graph::function_schema,
};
use serde_json::{Value as Json, json};

pub(super) fn run(name: Option<&str>, as_json: bool) -> Result<Exit, CommandError> {
    let chance = Chance::from_system();
    let surroundings = Surroundings::new(SystemClock.now(), &chance);
    let Some(name) = name else {
        print_all(as_json, &surroundings);
        return Ok(Exit::Success);
    };
    match functions::find(name) {
        Some(function) if as_json => say!("{}", function_schema(function, &surroundings)),
        Some(function) => print_one(function, &surroundings),
        None if as_json => {
            say!("{}", json!({"error": format!("there is no function `{name}`; {}", functions::suggestion(name))}));
            return Ok(Exit::Usage);
        }
        None => {
            let help = functions::suggestion(name);
            return Err(CommandError::usage(format!("there is no function `{name}`\n  help: {help}")));
        }
    }
    Ok(Exit::Success)
}

fn print_all(as_json: bool, surroundings: &Surroundings<'_>) {
    let mut all: Vec<_> = functions::all().collect();
    all.sort_unstable_by_key(|function| function.name.to_lowercase());
    if as_json {
        let list: Json = all.into_iter().map(|function| function_schema(function, surroundings)).collect();
        say!("{}", json!({"value": list}));
        return;
    }
    let rows = all.into_iter().map(|function| vec![function.usage(), function.help.to_owned()]);
    print_table(&["function", "what it does"], rows.collect());
}

fn print_one(function: &Function, surroundings: &Surroundings<'_>) {
    say!("{}", function.usage());
    say!("  {}", function.help);
    if let Some(older) = &function.older {
        say!("  An older form is understood too: {}({older})", function.name);
    }
    let once = function.signature.fixed.iter().map(|parameter| (parameter, false));
    let repeated = function.signature.repeated.iter().map(|parameter| (parameter, true));
    let parameters: Vec<_> = once.chain(repeated).collect();
    if !parameters.is_empty() {
        say!("parameters");
        let longest = |length: fn(&Parameter) -> usize| {
            parameters.iter().map(|(parameter, _)| length(parameter)).max().unwrap_or_default()
        };
        let names = longest(|parameter| parameter.name.len());
        let kinds = longest(|parameter| parameter.kind.name().len());
        for (parameter, repeated) in &parameters {
            let required = if parameter.required { "required" } else { "optional" };
            let repeated = if *repeated { ", repeated" } else { "" };
            say!("  {:names$}  {:kinds$}  {required}{repeated}", parameter.name, parameter.kind.name());
        }
    }
    say!("examples");
    for example in function.examples {
        print_example(example, surroundings);
    }
}

fn print_example(example: &Example, surroundings: &Surroundings<'_>) {
    say!("  {}", example.expression);
    for (name, value) in example.object() {
        say!("    [{name}] = {value}");
    }
    match example.evaluate(surroundings) {
        Ok(value) => say!("    -> {value}"),
        Err(error) => say!("    -> error: {error}"),
    }
}
