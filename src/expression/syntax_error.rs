//! What can be wrong with the text of an expression, found before anything is evaluated.
//!
//! An error carries its kind, the bytes it is about and the expression itself, so that the place can be shown.

use super::{diagnostic, functions, pattern::PatternError, tree::Span, tree::Word};
use crate::config::problem::nearest;

/// Names longer than this, in bytes, are not compared with known ones: nobody meant a function by them.
const LONGEST_NAME: usize = 60;

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
    #[error("`{0}` is not expected here")]
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

    /// What to do about it, if that can be said.
    pub fn suggestion(&self) -> Option<String> {
        let is_long = |name: &str| name.len() > LONGEST_NAME;
        match &self.kind {
            SyntaxErrorKind::UnknownFunction(name) | SyntaxErrorKind::UnknownWord(name) if is_long(name) => None,
            SyntaxErrorKind::UnknownFunction(name) => Some(match functions::sibling_dialect(name) {
                Some(dialect) => format!("`{name}` belongs to {dialect}, not to application provisioning"),
                None => format!("did you mean `{}`?", nearest(name, functions::names())?),
            }),
            SyntaxErrorKind::UnknownWord(name) => Some(match functions::find(name) {
                Some(function) => format!("a function is called with parentheses: `{}`", function.usage()),
                None => match nearest(name, Word::ALL.map(Word::name)) {
                    Some(word) => format!("did you mean `{word}`?"),
                    None => format!("an attribute is written `[{name}]`, a text `\"{name}\"`"),
                },
            }),
            SyntaxErrorKind::UnexpectedCharacter('“' | '”' | '„' | '‘' | '’' | '\'') => {
                Some("texts stand in straight double quotes: `\"`".to_owned())
            }
            SyntaxErrorKind::UnexpectedCharacter('&') => {
                Some("texts are joined by `Append` or `Join`; hexadecimal numbers are written `&HF`".to_owned())
            }
            SyntaxErrorKind::UnexpectedCharacter('+' | '-' | '*' | '/') => Some("there is no arithmetic".to_owned()),
            SyntaxErrorKind::UnexpectedToken { found, .. } if matches!(found.as_str(), "`AND`" | "`OR`" | "`NOT`") => {
                Some("there are no AND, OR and NOT: nest `IIF` in a branch of `IIF`, or call `Not`".to_owned())
            }
            SyntaxErrorKind::MissingParameter { function, .. }
            | SyntaxErrorKind::TooManyParameters { function, .. }
            | SyntaxErrorKind::Unpaired { function, .. } => {
                functions::find(function).map(|function| format!("write `{}`", function.usage()))
            }
            SyntaxErrorKind::ReplaceMode => Some(
                "give oldValue with replacementValue or template, or regexPattern with replacementValue or \
                 regexGroupName and replacementAttributeName"
                    .to_owned(),
            ),
            SyntaxErrorKind::Empty
            | SyntaxErrorKind::EmptyAttribute
            | SyntaxErrorKind::Hexadecimal
            | SyntaxErrorKind::InvalidPattern(_)
            | SyntaxErrorKind::NestedSelectUniqueValue
            | SyntaxErrorKind::TooDeep
            | SyntaxErrorKind::TooLong(_)
            | SyntaxErrorKind::UnclosedAttribute
            | SyntaxErrorKind::UnclosedText
            | SyntaxErrorKind::UnexpectedCharacter(_)
            | SyntaxErrorKind::UnexpectedToken { .. }
            | SyntaxErrorKind::UnknownGroup(_) => None,
        }
    }

    /// The error as several lines: what is wrong, the expression with the place underlined, and what to do.
    pub fn diagnostic(&self) -> String {
        diagnostic::render(&self.kind.to_string(), &self.expression, &self.span, self.suggestion().as_deref())
    }

    fn column(&self) -> usize {
        self.expression.get(..self.span.start).map_or(1, |before| before.chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use crate::expression::Expression;

    fn error(expression: &str) -> (String, Option<String>) {
        let error = Expression::parse(expression).expect_err(expression);
        (error.to_string(), error.suggestion())
    }

    #[test]
    fn each_error_says_what_where_and_what_to_do() {
        for (expression, message, suggestion) in [
            ("", "the expression is empty (character 1)", None),
            (" \n ", "the expression is empty (character 1)", None),
            ("append([a], \"x\")", "there is no function `append` (character 1)", Some("did you mean `Append`?")),
            ("TOLOWER([a])", "there is no function `TOLOWER` (character 1)", Some("did you mean `ToLower`?")),
            (
                "Trim([a])",
                "there is no function `Trim` (character 1)",
                Some("`Trim` belongs to Entra cloud sync, not to application provisioning"),
            ),
            ("Xyzzy([a])", "there is no function `Xyzzy` (character 1)", None),
            (
                "Append([a])",
                "`Append` needs its parameter `suffix` (character 1)",
                Some("write `Append(source, suffix)`"),
            ),
            (
                "Append([a], )",
                "`Append` needs its parameter `suffix` (character 1)",
                Some("write `Append(source, suffix)`"),
            ),
            (
                "Append([a], \"x\", \"y\")",
                "`Append` takes at most 2 parameters, not 3 (character 18)",
                Some("write `Append(source, suffix)`"),
            ),
            (
                "Switch([a], \"d\", \"k\")",
                "`Switch` takes `key` and `value` in pairs; the last pair is incomplete (character 1)",
                Some("write `Switch(source, [defaultValue], key, value, …)`"),
            ),
            (
                "Now",
                "`Now` means nothing by itself (character 1)",
                Some("a function is called with parentheses: `Now()`"),
            ),
            (
                "Join(\"\", mail)",
                "`mail` means nothing by itself (character 10)",
                Some("an attribute is written `[mail]`, a text `\"mail\"`"),
            ),
            (
                "InStr([a], \"b\", 1, vbtextcompare)",
                "`vbtextcompare` means nothing by itself (character 20)",
                Some("did you mean `vbTextCompare`?"),
            ),
            ("Append([a], \"x)", "the quoted text is opened and never closed (character 13)", None),
            ("Append([a, \"x\")", "`[` is opened and never closed (character 8)", None),
            ("Append([], \"x\")", "the attribute has no name (character 8)", None),
            ("“x”", "`“` is not expected here (character 1)", Some("texts stand in straight double quotes: `\"`")),
            (
                "\"t-\" & [alias]",
                "`&` is not expected here (character 6)",
                Some("texts are joined by `Append` or `Join`; hexadecimal numbers are written `&HF`"),
            ),
            ("BitAnd(&H, 1)", "`&H` needs between 1 and 16 hexadecimal digits (character 8)", None),
            ("[a] [b]", "expected the end of the expression, found `[b]` (character 5)", None),
            ("Append([a] [b])", "expected `,` or `)`, found `[b]` (character 12)", None),
            (
                "IIF(, \"a\", \"b\")",
                "`IIF` needs its parameter `condition` (character 1)",
                Some("write `IIF(condition, valueIfTrue, valueIfFalse)`"),
            ),
            (
                "[a] = ",
                "expected a function, an [attribute], a \"text\" or a number, found the end of the expression (character 7)",
                None,
            ),
            (
                "IIF([a]=\"x\" AND [b]=\"y\", \"1\", \"2\")",
                "expected `,` or `)`, found `AND` (character 13)",
                Some("there are no AND, OR and NOT: nest `IIF` in a branch of `IIF`, or call `Not`"),
            ),
            (
                "ToLower(SelectUniqueValue([a],[b]))",
                "`SelectUniqueValue` must stand at the top: it cannot be an argument of another function or of a \
                 comparison (character 9)",
                None,
            ),
            ("1 + 2", "`+` is not expected here (character 3)", Some("there is no arithmetic")),
            (
                &format!("{}()", "x".repeat(61)),
                &format!("there is no function `{}` (character 1)", "x".repeat(61)),
                None,
            ),
            ("%Param%", "`%` is not expected here (character 1)", None),
        ] {
            assert_eq!(error(expression), (message.to_owned(), suggestion.map(str::to_owned)), "{expression}");
        }
    }
}
