//! What can be wrong with a regular expression.

/// Why a text is no regular expression, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at character {}", position + 1)]
pub struct PatternError {
    /// What is wrong.
    pub kind: PatternErrorKind,
    /// How many characters stand before the place.
    pub position: usize,
}

/// The kinds of errors in a regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternErrorKind {
    /// `(?<a-b>…)`, which only .NET has.
    #[error("balancing groups are not supported")]
    BalancingGroup,
    /// A category such as `\d` as the end of a range.
    #[error("a class cannot end a range")]
    ClassInRange,
    /// Something follows a subtracted class.
    #[error("a subtracted class must be the last part of a class")]
    SubtractionNotLast,
    /// An escape that means nothing.
    #[error("`\\{0}` is no escape")]
    Escape(char),
    /// The pattern ends with a backslash.
    #[error("the backslash escapes nothing")]
    EscapeAtEnd,
    /// A group's name is none.
    #[error("the group's name is invalid")]
    GroupName,
    /// `(?` and something that does not follow it.
    #[error("the group's kind is unknown")]
    GroupKind,
    /// A conditional group with more than two alternatives.
    #[error("a conditional group has at most two alternatives")]
    Conditional,
    /// A quantifier on a quantifier.
    #[error("a quantifier cannot follow another")]
    NestedQuantifier,
    /// A quantifier with nothing before it.
    #[error("the quantifier has nothing to repeat")]
    NothingToRepeat,
    /// A range or a count whose end is below its beginning.
    #[error("the range is in reverse order")]
    ReversedRange,
    /// More characters than the limit.
    #[error("the pattern has more than {} characters", super::parser::MAXIMUM_LENGTH)]
    TooLong,
    /// Groups in groups, more than the limit.
    #[error("groups nest too deep")]
    TooDeep,
    /// A number too large.
    #[error("the number is too large")]
    TooLarge,
    /// A bracket that is never closed.
    #[error("`{0}` is never closed")]
    Unclosed(char),
    /// A reference to a group that there is not.
    #[error("there is no group `{0}`")]
    UndefinedGroup(String),
    /// A closing parenthesis without its partner.
    #[error("`)` closes nothing")]
    Unopened,
    /// A Unicode category or block that is unknown.
    #[error("`{0}` is no known Unicode category")]
    UnknownCategory(String),
}
