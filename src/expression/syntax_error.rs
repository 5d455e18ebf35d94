//! What can be wrong with the text of an expression, found before anything is evaluated.
//!
//! An error carries its kind, the bytes it is about and the expression itself, so that the place can be shown.

use super::{
    diagnostic::{self, is_invisible},
    functions,
    pattern::PatternError,
    tree::{Span, Word},
};
use crate::config::problem::nearest;
use std::borrow::Cow;

/// Names longer than this, in bytes, are not compared with known ones: nobody meant a function by them.
pub(super) const LONGEST_NAME: usize = 60;

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (character {})", self.column())]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// The bytes of the text that it is about.
    pub span: Span,
    expression: Box<str>,
}

/// The kinds of errors in the text of an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxErrorKind {
    /// There is nothing, or only blanks.
    #[error("the expression is empty")]
    Empty,
    /// `[]`
    #[error("the attribute has no name")]
    EmptyAttribute,
    /// `&H` without digits, or with more than fit into 64 bits.
    #[error("`&H` needs between 1 and 16 hexadecimal digits")]
    Hexadecimal,
    /// The regular expression is invalid.
    #[error("the regular expression is invalid: {0}")]
    InvalidPattern(PatternError),
    /// A parameter that must be given was left out.
    #[error("`{function}` needs its parameter `{parameter}`")]
    MissingParameter {
        /// The function.
        function: &'static str,
        /// The parameter.
        parameter: &'static str,
    },
    /// `SelectUniqueValue` inside another function.
    #[error(
        "`SelectUniqueValue` must stand at the top: it cannot be an argument of another function or of a comparison"
    )]
    NestedSelectUniqueValue,
    /// The parameters of `Replace` fit none of its modes.
    #[error("`Replace` cannot do anything with these parameters")]
    ReplaceMode,
    /// Calls in calls, more than the limit.
    #[error("functions nest more than {} deep", super::MAXIMUM_DEPTH)]
    TooDeep,
    /// More characters than the service stores.
    #[error("the expression has {0} characters; at most {maximum} are allowed", maximum = super::MAXIMUM_LENGTH)]
    TooLong(usize),
    /// More slots than parameters.
    #[error("`{function}` takes at most {maximum} parameters, not {found}")]
    TooManyParameters {
        /// The function.
        function: &'static str,
        /// How many it takes.
        maximum: usize,
        /// How many slots there are.
        found: usize,
    },
    /// A `[` without its `]`.
    #[error("`[` is opened and never closed")]
    UnclosedAttribute,
    /// A quotation mark without its partner.
    #[error("the quoted text is opened and never closed")]
    UnclosedText,
    /// A character that begins nothing.
    #[error("{} is not expected here", named(*.0))]
    UnexpectedCharacter(char),
    /// A part in the wrong place.
    #[error("expected {expected}, found {found}")]
    UnexpectedToken {
        /// What stands there.
        found: String,
        /// What could have stood there.
        expected: &'static str,
    },
    /// Not the name of a function; names are case-sensitive.
    #[error("there is no function `{0}`")]
    UnknownFunction(String),
    /// The group that a call of `Replace` names is not in its regular expression.
    #[error("the regular expression has no group `{0}`")]
    UnknownGroup(String),
    /// A bare word that means nothing.
    #[error("`{0}` means nothing by itself")]
    UnknownWord(String),
    /// Parameters that come in pairs do not.
    #[error("`{function}` takes `{first}` and `{second}` in pairs; the last pair is incomplete")]
    Unpaired {
        /// The function.
        function: &'static str,
        /// The first parameter of a pair.
        first: &'static str,
        /// The second parameter of a pair.
        second: &'static str,
    },
}

impl SyntaxError {
    pub(super) fn new(expression: &str, kind: SyntaxErrorKind, span: Span) -> Self {
        Self { kind, span, expression: expression.into() }
    }

    /// The expression that the error is in.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// What to do about it.
    pub fn suggestion(&self) -> Cow<'static, str> {
        match &self.kind {
            SyntaxErrorKind::UnknownFunction(name) => functions::suggestion(name).into(),
            SyntaxErrorKind::UnknownWord(name) => about_word(name).into(),
            SyntaxErrorKind::UnexpectedCharacter(character) => about_character(*character).into(),
            SyntaxErrorKind::UnexpectedToken { found, expected } => about_token(found, expected).into(),
            SyntaxErrorKind::MissingParameter { function, .. }
            | SyntaxErrorKind::TooManyParameters { function, .. }
            | SyntaxErrorKind::Unpaired { function, .. } => {
                let usage = functions::find(function).map(functions::Function::usage);
                format!("write `{}`", usage.unwrap_or_default()).into()
            }
            SyntaxErrorKind::ReplaceMode => "give oldValue with replacementValue or template, or regexPattern with \
                                             replacementValue or regexGroupName and replacementAttributeName"
                .into(),
            SyntaxErrorKind::Empty => {
                "write an attribute such as `[mail]`, a text in double quotes, or a function".into()
            }
            SyntaxErrorKind::EmptyAttribute => "write the attribute's name between the brackets".into(),
            SyntaxErrorKind::Hexadecimal => "write it like `&HF7`".into(),
            SyntaxErrorKind::InvalidPattern(_) => {
                "it must be a regular expression of .NET, which Entra uses; a backslash \
                                                   may be written once or twice"
                    .into()
            }
            SyntaxErrorKind::NestedSelectUniqueValue => {
                "make it the outermost function, and the rules its arguments".into()
            }
            SyntaxErrorKind::TooDeep => "write one `Switch` instead of `IIF` within `IIF`".into(),
            SyntaxErrorKind::TooLong(_) => "shorten it: Entra stores no longer ones".into(),
            SyntaxErrorKind::UnclosedAttribute => "close the name with `]`".into(),
            SyntaxErrorKind::UnclosedText => {
                "close the text with `\"`; a quotation mark in it is written `\\\"`".into()
            }
            SyntaxErrorKind::UnknownGroup(name) => {
                format!("name a group of the pattern so: `(?<{name}>..)`; letter case counts").into()
            }
        }
    }

    /// The error as several lines: what is wrong, the expression with the place underlined, and what to do.
    pub fn diagnostic(&self) -> String {
        let headline = format!("error: {}", self.kind);
        diagnostic::render(&headline, &self.expression, &self.span, Some(&self.suggestion()))
    }

    fn column(&self) -> usize {
        self.expression.get(..self.span.start).map_or(1, |before| before.chars().count() + 1)
    }
}

/// The character as a message has it: by its number if it cannot be seen.
fn named(character: char) -> String {
    if is_invisible(character) {
        format!("the invisible character U+{:04X}", u32::from(character))
    } else {
        format!("`{character}`")
    }
}

fn about_word(name: &str) -> String {
    if name.len() > LONGEST_NAME {
        return "an attribute stands in brackets, a text in double quotes".to_owned();
    }
    match (functions::find(name), nearest(name, Word::ALL.map(Word::name))) {
        (Some(function), _) => format!("a function is called with parentheses: `{}`", function.usage()),
        (None, Some(word)) => format!("did you mean `{word}`?"),
        (None, None) => format!("an attribute is written `[{name}]`, a text `\"{name}\"`"),
    }
}

fn about_character(character: char) -> &'static str {
    match character {
        '“' | '”' | '„' | '‘' | '’' | '\'' => "texts stand in straight double quotes: `\"`",
        '&' => "texts are joined by `Append` or `Join`; hexadecimal numbers are written `&HF`",
        '+' | '-' | '*' | '/' => "there is no arithmetic",
        '%' => "parameters such as `%Name%` belong to Entra Connect; an attribute is written `[name]`",
        ';' => "arguments are separated by `,`",
        '{' | '}' => "arguments stand in `(` and `)`, attributes in `[` and `]`",
        ']' => "a `[` is missing, or closed twice",
        invisible if is_invisible(invisible) => "it looks like a blank, or like nothing: delete it, or type a blank",
        _ => "delete it; texts stand in double quotes, attributes in brackets",
    }
}

fn about_token(found: &str, expected: &str) -> &'static str {
    match (found, expected) {
        ("`AND`" | "`OR`" | "`NOT`", _) => {
            "there are no AND, OR and NOT: nest `IIF` in a branch of `IIF`, or call `Not`"
        }
        ("the end of the expression", "`,` or `)`") => "close the function with `)`",
        ("the end of the expression", _) => "complete the expression, or take the last `,`, `(` or operator away",
        (_, "`,` or `)`") => "separate arguments by `,`, and close the function with `)`",
        (_, "the end of the expression") => "an expression is one value: join several with `Join` or `Append`",
        ("`(`", _) => "parentheses follow the name of a function and stand nowhere else",
        _ => "write an attribute such as `[mail]`, a text in double quotes, or a function",
    }
}

#[cfg(test)]
mod tests {
    use crate::expression::Expression;

    const EMPTY: &str = "write an attribute such as `[mail]`, a text in double quotes, or a function";
    const INVISIBLE: &str = "it looks like a blank, or like nothing: delete it, or type a blank";
    const LISTED: &str = "`scimulator eval --functions` lists the functions that there are";

    fn error(expression: &str) -> (String, String) {
        let error = Expression::parse(expression).expect_err(expression);
        (error.to_string(), error.suggestion().into_owned())
    }

    #[track_caller]
    fn assert_errors(errors: &[(&str, &str, &str)]) {
        for &(expression, message, suggestion) in errors {
            assert_eq!(error(expression), (message.to_owned(), suggestion.to_owned()), "{expression}");
        }
    }

    #[test]
    fn errors_in_calls_say_what_where_and_what_to_do() {
        assert_errors(&[
            ("", "the expression is empty (character 1)", EMPTY),
            (" \n ", "the expression is empty (character 1)", EMPTY),
            ("append([a], \"x\")", "there is no function `append` (character 1)", "did you mean `Append`?"),
            ("TOLOWER([a])", "there is no function `TOLOWER` (character 1)", "did you mean `ToLower`?"),
            (
                "Trim([a])",
                "there is no function `Trim` (character 1)",
                "`Trim` belongs to Entra cloud sync, not to application provisioning",
            ),
            ("Xyzzy([a])", "there is no function `Xyzzy` (character 1)", LISTED),
            ("Append([a])", "`Append` needs its parameter `suffix` (character 1)", "write `Append(source, suffix)`"),
            ("Append([a], )", "`Append` needs its parameter `suffix` (character 1)", "write `Append(source, suffix)`"),
            (
                "Append([a], \"x\", \"y\")",
                "`Append` takes at most 2 parameters, not 3 (character 18)",
                "write `Append(source, suffix)`",
            ),
            (
                "Switch([a], \"d\", \"k\")",
                "`Switch` takes `key` and `value` in pairs; the last pair is incomplete (character 1)",
                "write `Switch(source, [defaultValue], key, value, …)`",
            ),
            ("Now", "`Now` means nothing by itself (character 1)", "a function is called with parentheses: `Now()`"),
            (
                "Join(\"\", mail)",
                "`mail` means nothing by itself (character 10)",
                "an attribute is written `[mail]`, a text `\"mail\"`",
            ),
            (
                "InStr([a], \"b\", 1, vbtextcompare)",
                "`vbtextcompare` means nothing by itself (character 20)",
                "did you mean `vbTextCompare`?",
            ),
        ]);
    }

    #[test]
    fn errors_in_the_text_say_what_where_and_what_to_do() {
        assert_errors(&[
            (
                "Append([a], \"x)",
                "the quoted text is opened and never closed (character 13)",
                "close the text with `\"`; a quotation mark in it is written `\\\"`",
            ),
            ("Append([a, \"x\")", "`[` is opened and never closed (character 8)", "close the name with `]`"),
            (
                "Append([], \"x\")",
                "the attribute has no name (character 8)",
                "write the attribute's name between the brackets",
            ),
            ("“x”", "`“` is not expected here (character 1)", "texts stand in straight double quotes: `\"`"),
            (
                "\"t-\" & [alias]",
                "`&` is not expected here (character 6)",
                "texts are joined by `Append` or `Join`; hexadecimal numbers are written `&HF`",
            ),
            ("BitAnd(&H, 1)", "`&H` needs between 1 and 16 hexadecimal digits (character 8)", "write it like `&HF7`"),
            (
                "[a] [b]",
                "expected the end of the expression, found `[b]` (character 5)",
                "an expression is one value: join several with `Join` or `Append`",
            ),
            (
                "Append([a] [b])",
                "expected `,` or `)`, found `[b]` (character 12)",
                "separate arguments by `,`, and close the function with `)`",
            ),
            (
                "IIF(, \"a\", \"b\")",
                "`IIF` needs its parameter `condition` (character 1)",
                "write `IIF(condition, valueIfTrue, valueIfFalse)`",
            ),
            (
                "[a] = ",
                "expected a function, an [attribute], a \"text\" or a number, found the end of the expression (character 7)",
                "complete the expression, or take the last `,`, `(` or operator away",
            ),
            (
                "IIF([a]=\"x\" AND [b]=\"y\", \"1\", \"2\")",
                "expected `,` or `)`, found `AND` (character 13)",
                "there are no AND, OR and NOT: nest `IIF` in a branch of `IIF`, or call `Not`",
            ),
            (
                "ToLower(SelectUniqueValue([a],[b]))",
                "`SelectUniqueValue` must stand at the top: it cannot be an argument of another function or of a \
                 comparison (character 9)",
                "make it the outermost function, and the rules its arguments",
            ),
            ("1 + 2", "`+` is not expected here (character 3)", "there is no arithmetic"),
            (
                &format!("{}()", "x".repeat(61)),
                &format!("there is no function `{}` (character 1)", "x".repeat(61)),
                LISTED,
            ),
            (
                "%Param%",
                "`%` is not expected here (character 1)",
                "parameters such as `%Name%` belong to Entra Connect; an attribute is written `[name]`",
            ),
            ("Append([a],\u{A0}[b])", "the invisible character U+00A0 is not expected here (character 12)", INVISIBLE),
            ("\u{FEFF}[a]", "the invisible character U+FEFF is not expected here (character 1)", INVISIBLE),
            (
                "Append([a], \"x\"",
                "expected `,` or `)`, found the end of the expression (character 16)",
                "close the function with `)`",
            ),
            (
                "([a])",
                "expected a function, an [attribute], a \"text\" or a number, found `(` (character 1)",
                "parentheses follow the name of a function and stand nowhere else",
            ),
            ("Join(\"-\"; [a])", "`;` is not expected here (character 9)", "arguments are separated by `,`"),
            (
                "Replace([a], , \"(\", , \"\")",
                "the regular expression is invalid: `(` is never closed at character 1 (character 16)",
                "it must be a regular expression of .NET, which Entra uses; a backslash may be written once or twice",
            ),
            (
                "Replace([a], , \"(?<x>a)\", \"y\", \"\")",
                "the regular expression has no group `y` (character 27)",
                "name a group of the pattern so: `(?<y>..)`; letter case counts",
            ),
            (
                &"x".repeat(61),
                &format!("`{}` means nothing by itself (character 1)", "x".repeat(61)),
                "an attribute stands in brackets, a text in double quotes",
            ),
            (
                &format!("[a] [{}]", "b".repeat(81)),
                "expected the end of the expression, found an attribute (character 5)",
                "an expression is one value: join several with `Join` or `Append`",
            ),
        ]);
    }
}
