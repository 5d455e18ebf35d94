//! What is tried at a server: one case after another, each with users and groups of its own.

use crate::{
    characters, extension_cases, group_cases,
    scene::{Objection, Scene},
    server::Server,
    template_cases, user_cases,
};
use std::sync::Arc;

/// Something that Entra sends.
pub(crate) struct Case {
    /// What it is, as the README's table names it.
    pub(crate) name: &'static str,
    /// Brings it about, and says what came of it.
    pub(crate) play: fn(&Stage) -> Result<(), Objection>,
}

/// Where a case is played: a server, the dialect, and a part of all names that is this case's alone.
pub(crate) struct Stage {
    server: Arc<Server>,
    flag: &'static str,
    key: String,
}

impl Stage {
    /// A stage for one case, under a name of its own.
    pub(crate) fn of(server: &Arc<Server>, flag: &'static str, key: &str) -> Self {
        Self { server: server.clone(), flag, key: key.to_owned() }
    }

    /// Another stage at the same server.
    pub(crate) fn named(&self, key: &str) -> Self {
        Self::of(&self.server, self.flag, key)
    }

    /// A company without anybody, provisioned with the default mapping.
    pub(crate) fn scene(&self) -> Scene {
        self.scene_with("scim", "")
    }

    /// The same with another mapping and with more settings of the job.
    pub(crate) fn scene_with(&self, mapping: &str, settings: &str) -> Scene {
        Scene::begin(self.server.clone(), self.flag, &self.key, mapping, settings)
    }
}

/// The default mapping, with an attribute more.
pub(crate) fn default_mapping_with(attribute: &str, definition: &str, mapping: &str) -> String {
    let (attributes, mappings) = ("[users.attributes]\n", "[users.mappings]\n");
    let default = include_str!("../../mappings/scim.toml");
    assert!(default.contains(attributes) && default.contains(mappings));
    default.replacen(attributes, &format!("{attributes}{attribute} = {definition}\n"), 1).replacen(
        mappings,
        &format!("{mappings}{attribute} = {mapping}\n"),
        1,
    )
}

/// All cases that a server can be used for one after another.
pub(crate) fn on_one_server() -> impl Iterator<Item = &'static Case> {
    user_cases::CASES.iter().chain(group_cases::CASES).chain(extension_cases::CASES).chain(template_cases::CASES)
}

/// The cases that need a server each: on which nobody else has an attribute, or lacks it, or with many users.
pub(crate) fn on_servers_of_their_own() -> impl Iterator<Item = &'static Case> {
    group_cases::LARGE.iter().chain(characters::CASES)
}
