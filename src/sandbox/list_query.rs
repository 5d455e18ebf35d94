//! The query of a GET on a collection: filter, page, projection (RFC 7644 §3.4.2).
//!
//! Unknown parameters are ignored, sorting among them. A `startIndex` below 1 counts as 1, a `count` below 0 as 0.

use super::{
    condition::{self, Condition},
    error::Refusal,
    projection::Projection,
    vocabulary::Vocabulary,
};
use std::collections::HashMap;
use url::form_urlencoded;

/// What a list shall hold.
pub(crate) struct ListQuery {
    /// All of which must hold; empty where there is no filter.
    pub(crate) conditions: Vec<Condition>,
    /// The first resource of the page, from 1.
    pub(crate) start_index: usize,
    /// The most resources in the page.
    pub(crate) count: usize,
}

/// The parameters of a query, with their names in lower case.
pub(crate) struct Parameters(HashMap<String, String>);

impl Parameters {
    /// Reads a query; of a parameter that comes twice, the last one counts.
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.map(|(name, value)| (name.to_lowercase(), value.into_owned())).collect())
    }

    /// Which attributes the answer shows.
    pub(crate) fn projection(&self, vocabulary: &Vocabulary) -> Result<Projection, Refusal> {
        Projection::parse(self.get("attributes"), self.get("excludedattributes"), vocabulary)
    }

    /// The page and filter, with at most `page_limit` resources in a page.
    pub(crate) fn list(&self, vocabulary: &Vocabulary, page_limit: usize) -> Result<ListQuery, Refusal> {
        let conditions = match self.get("filter") {
            Some(filter) => condition::parse(filter, vocabulary)?,
            None => Vec::new(),
        };
        let start_index = self.number("startIndex")?.map_or(1, |number| number.max(1));
        let count = self.number("count")?.map_or(page_limit, |number| number.min(page_limit));
        Ok(ListQuery { conditions, start_index, count })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.get(&name.to_lowercase()) else { return Ok(None) };
        let number: i64 = text.parse().map_err(|_| Refusal::value(name, format!("`{text}` is no number")))?;
        Ok(Some(usize::try_from(number.max(0)).unwrap_or(usize::MAX)))
    }
}
