//! The requests for users and groups: list, read, create, replace, patch, delete.
//!
//! Each of them either refuses, or comes to changes that are made together. They run one after another, with the state to
//! themselves.

use super::{
    admission::admit,
    change::Change,
    error::Refusal,
    exchange::Response,
    list_query::Parameters,
    patch::Draft,
    patch_request,
    projection::Projection,
    pruning::prune,
    resource::Resource,
    resource_kind::ResourceKind,
    roster_draft::RosterDraft,
    settings::{PatchAnswer, Settings},
    state::State,
    target::Target,
    vocabulary::Vocabulary,
};
use crate::{chance::Chance, clock::Clock};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The schema of a list (RFC 7644 §3.4.2).
pub(crate) const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A request for resources of one kind, with all that it takes to answer it.
pub(crate) struct ResourceRequest<'a> {
    /// The resources.
    pub(crate) state: &'a mut State,
    /// How the application is set.
    pub(crate) settings: &'a Settings,
    /// Gives the times of creation and change.
    pub(crate) clock: &'a dyn Clock,
    /// Gives the ids.
    pub(crate) chance: &'a Chance,
    /// The attributes of the kind.
    pub(crate) vocabulary: &'a Vocabulary,
    /// Which of them the answer shows.
    pub(crate) projection: Projection,
    /// What addresses in the answer begin with.
    pub(crate) base_url: String,
}

impl ResourceRequest<'_> {
    /// `GET /Users`: a page of those that a filter finds.
    pub(crate) fn list(&mut self, parameters: &Parameters) -> Result<Response, Refusal> {
        let query = parameters.list(self.vocabulary, self.settings.page_limit)?;
        let found = self.state.store.table_mut(self.kind()).search(&query.conditions, self.vocabulary);
        let total = found.len();
        let page: Vec<Value> = found
            .into_iter()
            .skip(query.start_index - 1)
            .take(query.count)
            .map(|resource| resource.render(&self.base_url, &self.projection, self.vocabulary))
            .collect();
        Ok(Response::scim(
            200,
            &json!({
                "schemas": [LIST_SCHEMA],
                "totalResults": total,
                "startIndex": query.start_index,
                "itemsPerPage": page.len(),
                "Resources": page,
            }),
        ))
    }

    /// `GET /Users/{id}`.
    pub(crate) fn read(&self, id: &str) -> Result<Response, Refusal> {
        Ok(Response::scim(200, &self.rendered(id)?))
    }

    /// `POST /Users`.
    pub(crate) fn create(&mut self, body: Value) -> Result<Response, Refusal> {
        let admitted = admit(body, self.vocabulary)?;
        self.check_name(&admitted.attributes, None)?;
        let new = Resource::new(self.kind(), self.chance.uuid().to_string(), self.clock.now());
        let mut members = RosterDraft::new(&new.roster, self.vocabulary);
        members.join(admitted.members)?;
        self.state.commit(changes(&new, admitted.attributes, members, new.created))?;
        let id = new.id;
        let location = self.state.find(self.kind(), &id)?.location(&self.base_url);
        Ok(Response::scim(201, &self.rendered(&id)?).with_header("Location", &location))
    }

    /// `PUT /Users/{id}`: all attributes and members are those of the body from now on.
    pub(crate) fn replace(&mut self, id: &str, body: Value) -> Result<Response, Refusal> {
        let current = self.state.find(self.kind(), id)?;
        let admitted = admit(body, self.vocabulary)?;
        self.check_name(&admitted.attributes, Some(id))?;
        let mut members = RosterDraft::new(&current.roster, self.vocabulary);
        members.empty();
        members.join(admitted.members)?;
        let changes = changes(current, admitted.attributes, members, self.clock.now());
        self.state.commit(changes)?;
        self.read(id)
    }

    /// `PATCH /Users/{id}`: all operations or none.
    pub(crate) fn patch(&mut self, id: &str, body: &Value) -> Result<Response, Refusal> {
        let vocabulary = self.vocabulary;
        let current = self.state.find(self.kind(), id)?;
        let members = RosterDraft::new(&current.roster, vocabulary);
        let mut draft = Draft { id, attributes: current.attributes.clone(), members, vocabulary };
        for operation in patch_request::parse(body)? {
            draft.operate(operation)?;
        }
        let Draft { mut attributes, members, .. } = draft;
        prune(&mut attributes, vocabulary);
        let missing = vocabulary.missing(&current.attributes);
        if let Some(attribute) = vocabulary.missing(&attributes).into_iter().find(|name| !missing.contains(name)) {
            return Err(Refusal::Mutability { attribute, reason: "it is required" });
        }
        self.check_name(&attributes, Some(id))?;
        let changes = changes(current, attributes, members, self.clock.now());
        self.state.commit(changes)?;
        let answer = match self.kind() {
            ResourceKind::User => self.settings.user_patch_answer,
            ResourceKind::Group => self.settings.group_patch_answer,
        };
        match answer {
            PatchAnswer::Resource => self.read(id),
            PatchAnswer::NoContent => Ok(Response::empty(204)),
        }
    }

    /// `DELETE /Users/{id}`: the resource also leaves every group.
    pub(crate) fn delete(&mut self, id: String) -> Result<Response, Refusal> {
        let kind = self.kind();
        self.state.find(kind, &id)?;
        self.state.commit(vec![Change::Deleted { kind, id }])?;
        Ok(Response::empty(204))
    }

    fn kind(&self) -> ResourceKind {
        self.vocabulary.kind
    }

    fn rendered(&self, id: &str) -> Result<Value, Refusal> {
        let resource = self.state.find(self.kind(), id)?;
        Ok(resource.render(&self.base_url, &self.projection, self.vocabulary))
    }

    /// A user's name must be unique, whatever its letter case; a group's where the settings say so.
    fn check_name(&self, attributes: &Map<String, Value>, id: Option<&str>) -> Result<(), Refusal> {
        if self.kind() == ResourceKind::Group && !self.settings.unique_group_names {
            return Ok(());
        }
        let attribute = self.kind().naming_attribute();
        for name in Target::core(attribute).values(attributes) {
            if self.state.store.table(self.kind()).namesake(name, id).is_some() {
                let value = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
                return Err(Refusal::Uniqueness { attribute, value });
            }
        }
        Ok(())
    }
}

/// The changes that give a resource new attributes and members; none where everything stays as it is.
fn changes(
    current: &Resource,
    attributes: Map<String, Value>,
    members: RosterDraft<'_>,
    last_modified: Timestamp,
) -> Vec<Change> {
    let members = members.changes(&current.id);
    if members.is_empty() && attributes == current.attributes {
        return Vec::new();
    }
    let Resource { kind, id, created, .. } = current;
    let stored = Change::Stored { kind: *kind, id: id.clone(), created: *created, last_modified, attributes };
    std::iter::once(stored).chain(members).collect()
}
