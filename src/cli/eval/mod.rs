//! `eval`: the expression tester, the functions of the mapping language, and files of test cases.

mod cases;
mod expression;
mod functions;
mod object;

use super::{
    arguments::EvalCommand,
    exit::{CommandError, Exit},
};
use std::path::Path;

pub(super) async fn run(file: &Path, command: &EvalCommand) -> Result<Exit, CommandError> {
    if let Some(name) = &command.functions {
        return functions::run(name.as_deref(), command.json);
    }
    match &command.cases {
        Some(cases) => cases::run(cases, command.json, command.seed),
        None => expression::run(file, command).await,
    }
}

/// The content of a file without the mark that some editors begin UTF-8 with, as the source directory is read too.
fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
