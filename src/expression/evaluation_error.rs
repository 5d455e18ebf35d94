//! What can go wrong while an expression is evaluated for one object.
//!
//! The object fails for this cycle and is tried again later (`spec/EXPRESSIONS.md` §2.6). The one text known from the
//! service, that of `SingleAppRoleAssignment`, gives the others their form, its spelling included.

use super::{
    diagnostic,
    pattern::{PatternError, TooCostly},
    tree::Span,
};

/// A function could not give a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("An error occured while evaluating this function: '{function}.' {reason}")]
pub struct EvaluationError {
    /// The function, or the operator of a comparison that stands outside every function.
    pub function: &'static str,
    /// The bytes of the expression that it stands in.
    pub span: Span,
    /// Why.
    pub reason: Reason,
}

/// Why a function could not give a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Every rule of `SelectUniqueValue` gave a value that the target has already.
    #[error("None of the {0} rules gave a value that is unique in the target")]
    AllValuesTaken(usize),
    /// The length of a random text is less than the sum of its minimums.
    #[error("A length of {length} cannot hold the {needed} characters that are asked for")]
    CharactersDoNotFit {
        /// The length asked for.
        length: i64,
        /// The sum of the minimums.
        needed: i64,
    },
    /// The expression has `Redact`, so that a reason could show what must stay hidden.
    #[error("The reason is not shown because the expression has `Redact`")]
    Concealed,
    /// Date styles that exclude each other.
    #[error(
        "The date style RoundtripKind cannot be combined with AdjustToUniversal, AssumeLocal or AssumeUniversal, nor those two with each other"
    )]
    ConflictingDateStyles,
    /// A date before year 1, after year 9999, or outside what directory time can express.
    #[error("The date is out of range")]
    DateOutOfRange,
    /// Only with strict conditions: an attribute in a condition of `IIF` is null or empty.
    #[error("The attribute `{0}` in the condition is null or empty (iif-null-condition)")]
    EmptyCondition(String),
    /// A delimiter without any character.
    #[error("The parameter `{0}` must not be empty")]
    EmptyParameter(&'static str),
    /// Not a date format of .NET.
    #[error("`{0}` is no date format")]
    InvalidDateFormat(String),
    /// A regular expression made by another expression is invalid.
    #[error("The regular expression is invalid: {0}")]
    InvalidPattern(PatternError),
    /// An index beyond the elements of a list, or below 1.
    #[error("There is no element {index}: the attribute has {}, counted from 1", crate::counted::counted(*count, "value"))]
    NoSuchElement {
        /// The index asked for.
        index: i64,
        /// How many elements there are.
        count: usize,
    },
    /// A condition, or the argument of `CBool`, is neither true nor false.
    #[error("`{0}` is neither True nor False")]
    NotBoolean(String),
    /// No form of a date and time that is understood.
    #[error("`{0}` is no date")]
    NotDate(String),
    /// No whole number.
    #[error("The parameter `{parameter}` needs a whole number, not `{found}`")]
    NotInteger {
        /// The parameter.
        parameter: &'static str,
        /// What it was given.
        found: String,
    },
    /// A text is not written in the date format given.
    #[error("`{text}` is not in the date format `{format}`")]
    NotInFormat {
        /// The text.
        text: String,
        /// The format.
        format: String,
    },
    /// The value is not role assignments.
    #[error("The parameter `{parameter}` needs role assignments, not {found}")]
    NotRoles {
        /// The parameter.
        parameter: &'static str,
        /// The kind of value it was given.
        found: &'static str,
    },
    /// A list where a single value is needed.
    #[error("The parameter `{parameter}` needs a single value, not {found}")]
    NotSingle {
        /// The parameter.
        parameter: &'static str,
        /// The kind of value it was given.
        found: &'static str,
    },
    /// A number that the parameter does not allow.
    #[error("The parameter `{parameter}` must be {allowed}, not {found}")]
    OutOfRange {
        /// The parameter.
        parameter: &'static str,
        /// What it was given.
        found: i64,
        /// What it may be.
        allowed: &'static str,
    },
    /// A regular expression took more steps than one evaluation may take.
    #[error("The regular expression takes too many steps on this value")]
    PatternTooCostly,
    /// More than one role where one was expected. The text is the service's own.
    #[error("No more than one app role assignment was expected, but this many where found: {0}")]
    SeveralRoles(usize),
    /// The result would be longer than any text may be.
    #[error("The result would be longer than {} bytes", super::value::MAXIMUM_TEXT)]
    TooLong,
    /// All functions together are given more text than one evaluation may work through.
    #[error(
        "The functions of the expression have more than {} bytes of text to work through",
        super::allowance::MAXIMUM_WORK
    )]
    TooMuchText,
    /// A choice that there is not.
    #[error("`{found}` is no {parameter}; it must be one of {allowed}")]
    UnknownChoice {
        /// The parameter.
        parameter: &'static str,
        /// What it was given.
        found: String,
        /// What there is.
        allowed: &'static str,
    },
    /// The regular expression has no group of that name.
    #[error("The regular expression has no group `{0}`")]
    UnknownGroup(String),
    /// The characters to avoid leave none of a class that is asked for.
    #[error("The characters to avoid leave none for `{0}`")]
    Unavailable(&'static str),
}

impl EvaluationError {
    /// The error as several lines: what is wrong, the `expression` as it was read with the place underlined, and what to do.
    pub fn diagnostic(&self, expression: &str) -> String {
        diagnostic::render(&format!("error: {self}"), expression, &self.span, self.reason.suggestion())
    }
}

impl Reason {
    /// What to do about it, if that can be said.
    pub fn suggestion(&self) -> Option<&'static str> {
        match self {
            Self::AllValuesTaken(_) => Some("add a rule that can give further values"),
            Self::CharactersDoNotFit { .. } => Some("raise the length, or lower the minimums"),
            Self::Concealed => Some("try the expression without `Redact`"),
            Self::EmptyCondition(_) => Some("use `Switch` or `Coalesce` for attributes that may be empty"),
            Self::InvalidDateFormat(_) => Some("one letter alone is a standard format of .NET; write `%d` for the day"),
            Self::NoSuchElement { .. } => Some("ask for the number of values with `Count` first"),
            Self::NotBoolean(_) => Some("compare the value, as in `[country] = \"USA\"`"),
            Self::NotDate(_) => Some(
                "forms such as `2026-01-31`, `2026-01-31T08:00:00Z` and `1/31/2026` are understood; read others with \
                 `FormatDateTime`",
            ),
            Self::NotInFormat { .. } => Some("`MM` is the month and `mm` the minute; `dd` and `hh` need two digits"),
            Self::NotRoles { .. } => Some("give it `[appRoleAssignments]`"),
            Self::NotSingle { .. } => Some("pick one of several values with `Item`, or join them with `Join`"),
            Self::SeveralRoles(_) => Some(
                "use `AppRoleAssignmentsComplex` or `AssertiveAppRoleAssignmentsComplex`, or leave the user one role",
            ),
            Self::ConflictingDateStyles
            | Self::DateOutOfRange
            | Self::EmptyParameter(_)
            | Self::InvalidPattern(_)
            | Self::NotInteger { .. }
            | Self::OutOfRange { .. }
            | Self::PatternTooCostly
            | Self::TooLong
            | Self::TooMuchText
            | Self::UnknownChoice { .. }
            | Self::UnknownGroup(_)
            | Self::Unavailable(_) => None,
        }
    }
}

/// Why evaluation goes no further.
#[derive(Debug)]
pub(super) enum Stop {
    /// The function being evaluated cannot give a value.
    Because(Reason),
    /// A function further inside could not give a value.
    Failed(Box<EvaluationError>),
    /// The mapping is dropped for this object, wherever in the expression that was decided.
    IgnoreFlow,
    /// The object is skipped.
    IgnoreObject,
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Because(reason)
    }
}

impl From<TooCostly> for Stop {
    fn from(_: TooCostly) -> Self {
        Self::Because(Reason::PatternTooCostly)
    }
}

impl Stop {
    /// Names the function that could not give a value, unless that is known already.
    pub(super) fn within(self, function: &'static str, span: &Span, concealed: bool) -> Self {
        match self {
            Self::Because(reason) => {
                let reason = if concealed { Reason::Concealed } else { reason };
                Self::Failed(Box::new(EvaluationError { function, span: span.clone(), reason }))
            }
            known => known,
        }
    }
}
