//! What an application is told when it is opened.

use super::schema::ApplicationSchema;
use secrecy::SecretString;
use std::path::PathBuf;

/// How an application answers a PATCH that went well. Real applications differ (`spec/WIRE.md` §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchAnswer {
    /// 200 with the resource as it is now.
    Resource,
    /// 204 without a body.
    NoContent,
}

/// The settings of a sandbox application; [`Settings::default`] is an open application in memory.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The secret token that every request must bring; `None` lets everybody in.
    pub token: Option<SecretString>,
    /// What `meta.location` and `Location` begin with, up to and including `/scim`. `None` takes the request's `Host`.
    pub base_url: Option<String>,
    /// The attributes that the application has. `None` accepts the attributes of RFC 7643 and any others.
    pub schema: Option<ApplicationSchema>,
    /// The file that keeps the resources between runs; `None` keeps them in memory only.
    pub state: Option<PathBuf>,
    /// The answer to a PATCH of a user.
    pub user_patch_answer: PatchAnswer,
    /// The answer to a PATCH of a group.
    pub group_patch_answer: PatchAnswer,
    /// Whether a group's `displayName` must be unique, as a user's `userName` always is.
    pub unique_group_names: bool,
    /// The most resources in one page of a list, whatever `count` asks for.
    pub page_limit: usize,
    /// Whether the application remembers every request, for tests to look at. The list grows without end.
    pub record_requests: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            token: None,
            base_url: None,
            schema: None,
            state: None,
            user_patch_answer: PatchAnswer::Resource,
            group_patch_answer: PatchAnswer::NoContent,
            unique_group_names: false,
            page_limit: 100,
            record_requests: false,
        }
    }
}
