//! stub
use crate::expression::Attributes;
/// x
#[derive(Debug, Clone)]
pub struct Clause;
/// x
#[derive(Debug, Clone)]
pub struct FilterGroup {
    /// x
    pub title: String,
    /// x
    pub clauses: Vec<Clause>,
}
/// x
#[derive(Debug, Clone)]
pub struct ScopingFilter {
    /// x
    pub groups: Vec<FilterGroup>,
}
/// x
#[derive(Debug, Clone)]
pub struct Verdict {
    /// x
    pub passed: bool,
}
impl Verdict {
    /// x
    pub fn to_json(&self) -> String {
        String::new()
    }
}
/// x
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct ClauseError;
impl ClauseError {
    /// x
    pub fn suggestion(&self) -> Option<String> {
        None
    }
}
impl Clause {
    /// x
    pub fn attribute(&self) -> &str {
        ""
    }
    /// x
    pub fn new(_: &str, _: &str, _: &[String]) -> Result<Self, ClauseError> {
        Ok(Self)
    }
}
impl ScopingFilter {
    /// x
    pub fn evaluate(&self, _: &dyn Attributes) -> Verdict {
        Verdict { passed: true }
    }
}
