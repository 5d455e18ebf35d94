//! How a run of the program ended, and what it said.

use super::{NormalForm, TOKEN};
use serde_json::Value;
use std::process::Output;

/// Exit code and output of one run, in normal form.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    code: Option<i32>,
    /// What went to standard output.
    pub(crate) stdout: String,
    /// What went to standard error.
    pub(crate) stderr: String,
}

impl Outcome {
    /// Takes over what a process left; the secret token must not be in it.
    #[track_caller]
    pub(crate) fn of(output: &Output, form: &NormalForm) -> Self {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).expect("the program speaks UTF-8");
            assert!(!text.contains(TOKEN), "the secret token is shown:\n{text}");
            form.of(&text)
        };
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Expects this exit code.
    #[track_caller]
    pub(crate) fn exits_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Expects exactly these lines on standard output.
    #[track_caller]
    pub(crate) fn prints<const N: usize>(self, lines: [&str; N]) -> Self {
        assert_same(&self.stdout, &lines, "standard output");
        self
    }

    /// Expects exactly these lines on standard error: what went wrong, or how the phases came along.
    #[track_caller]
    pub(crate) fn complains<const N: usize>(self, lines: [&str; N]) -> Self {
        assert_same(&self.stderr, &lines, "standard error");
        self
    }

    /// The lines of standard output, each read as JSON.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        let read = |line: &str| {
            let raw = line.replace(":{duration}", ":0");
            serde_json::from_str(&raw).unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        self.stdout.lines().map(read).collect()
    }
}

#[track_caller]
fn assert_same(actual: &str, lines: &[&str], what: &str) {
    let expected: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    assert!(actual == expected, "{what} is\n{actual}\ninstead of\n{expected}");
}
