//! The kinds of request that a cycle sends, one of each in the cycle that a cell looks at.

use scimulator::sandbox::Request;
use serde_json::Value;

/// A kind of request, and by it the object that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Probe,
    MatchUser,
    ReadUser,
    CreateUser,
    PatchUser,
    ReadLeaver,
    DisableUser,
    RestoreUser,
    DeleteUser,
    SetManager,
    ClearManager,
    MatchGroup,
    ReadGroup,
    CreateGroup,
    PatchGroup,
    PatchMembers,
    RemoveMember,
    DeleteGroup,
}

impl RequestKind {
    /// All of them.
    pub(crate) const ALL: [Self; 18] = [
        Self::Probe,
        Self::MatchUser,
        Self::ReadUser,
        Self::CreateUser,
        Self::PatchUser,
        Self::ReadLeaver,
        Self::DisableUser,
        Self::RestoreUser,
        Self::DeleteUser,
        Self::SetManager,
        Self::ClearManager,
        Self::MatchGroup,
        Self::ReadGroup,
        Self::CreateGroup,
        Self::PatchGroup,
        Self::PatchMembers,
        Self::RemoveMember,
        Self::DeleteGroup,
    ];

    /// What it is called in a complaint.
    pub(crate) fn name(self) -> String {
        format!("{self:?}")
    }

    /// The object that the log names.
    pub(crate) fn object(self) -> &'static str {
        match self {
            Self::Probe => "",
            Self::MatchUser | Self::CreateUser => "bob@contoso.example",
            Self::ReadUser | Self::PatchUser => "ann@contoso.example",
            Self::ReadLeaver | Self::DisableUser => "cid@contoso.example",
            Self::RestoreUser => "ivy@contoso.example",
            Self::DeleteUser => "dan@contoso.example",
            Self::SetManager => "gus@contoso.example",
            Self::ClearManager => "hal@contoso.example",
            Self::MatchGroup | Self::CreateGroup => "Crew",
            Self::ReadGroup | Self::PatchGroup => "Operations",
            Self::PatchMembers => "Sales",
            Self::RemoveMember => "Night",
            Self::DeleteGroup => "Old",
        }
    }

    /// Whether it asks for a list.
    pub(crate) fn is_query(self) -> bool {
        matches!(self, Self::Probe | Self::MatchUser | Self::MatchGroup)
    }

    /// Whether it asks for one resource.
    pub(crate) fn is_read(self) -> bool {
        matches!(self, Self::ReadUser | Self::ReadLeaver | Self::ReadGroup)
    }

    pub(crate) fn is_create(self) -> bool {
        matches!(self, Self::CreateUser | Self::CreateGroup)
    }

    pub(crate) fn is_patch(self) -> bool {
        matches!(
            self,
            Self::PatchUser
                | Self::DisableUser
                | Self::RestoreUser
                | Self::SetManager
                | Self::ClearManager
                | Self::PatchGroup
                | Self::PatchMembers
                | Self::RemoveMember
        )
    }

    pub(crate) fn is_delete(self) -> bool {
        matches!(self, Self::DeleteUser | Self::DeleteGroup)
    }

    pub(crate) fn is_write(self) -> bool {
        !self.is_query() && !self.is_read()
    }

    /// Whether a request is of this kind; `id_of` knows the ids of those who are at the application.
    pub(crate) fn is(self, request: &Request, id_of: impl Fn(&str) -> String) -> bool {
        let (path, query) = (request.path(), request.query());
        let users = |name: &str| format!("/scim/Users/{}", id_of(name));
        let groups = |name: &str| format!("/scim/Groups/{}", id_of(name));
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let changes = |path: &str| body["Operations"].to_string().contains(&format!("{path}\""));
        match (self, request.method.as_str()) {
            (Self::Probe, "GET") => {
                let value = query.split("%22").nth(1).unwrap_or_default();
                path == "/scim/Users" && value.parse::<uuid::Uuid>().is_ok()
            }
            (Self::MatchUser, "GET") => path == "/scim/Users" && query.contains("bob%40"),
            (Self::ReadUser, "GET") => path == users("ann"),
            (Self::ReadLeaver, "GET") => path == users("cid"),
            (Self::MatchGroup, "GET") => path == "/scim/Groups" && query.contains("Crew"),
            (Self::ReadGroup, "GET") => path == groups("Ops"),
            (Self::CreateUser, "POST") => path == "/scim/Users",
            (Self::CreateGroup, "POST") => path == "/scim/Groups",
            (Self::PatchUser, "PATCH") => path == users("ann") && changes("displayName"),
            (Self::DisableUser, "PATCH") => path == users("cid") && changes("active"),
            (Self::RestoreUser, "PATCH") => path == users("ivy") && changes("active"),
            (Self::ClearManager, "PATCH") => path == users("hal") && changes("manager"),
            (Self::RemoveMember, "PATCH") => path == groups("Night") && changes("members"),
            (Self::SetManager, "PATCH") => path == users("gus") && changes("manager"),
            (Self::PatchGroup, "PATCH") => path == groups("Ops") && changes("displayName"),
            (Self::PatchMembers, "PATCH") => path == groups("Sales") && changes("members"),
            (Self::DeleteUser, "DELETE") => path == users("dan"),
            (Self::DeleteGroup, "DELETE") => path == groups("Old"),
            _ => false,
        }
    }
}
