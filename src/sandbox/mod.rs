//! A small SCIM 2.0 application to provision into.
//!
//! It is the other side of the wire: for the first run, for tests, and for drills with faults. It takes both of the
//! dialects that Entra speaks (`spec/WIRE.md` §4), and holds to RFC 7643 and RFC 7644 in everything that a provisioning
//! service meets. The engine does not know that it exists.
//!
//! A request goes through these steps:
//!
//! 1. a [`Fault`], where there is one, may stand in the application's way (see [`fault`]);
//! 2. the secret token is checked; without the right one the answer is always the same 401;
//! 3. the address is read: everything lies under [`BASE_PATH`], and what lies elsewhere is a 404;
//! 4. the [`Application`] reads the body with the attributes that it knows, and either refuses it or comes to a list of
//!    changes;
//! 5. the changes are written to the state file, where there is one, and made; all of them or none.
//!
//! [`serve`] does this for a socket, [`InProcess`] for a client in the same process; [`Application::handle`] is the
//! application without its faults.
//!
//! # What it is not
//!
//! No `/Bulk`, `/Me`, `/.search`, sorting, entity tags or passwords. Filters are those that Entra sends: `eq` and `and`. A
//! user's `groups` are not shown. A manager or a member may be an id that nobody has, as with most applications; but
//! whoever is deleted leaves its groups.

mod admission;
mod application;
mod attribute;
mod attribute_operation;
mod breakable;
mod change;
mod condition;
mod core_schema;
mod delivery;
mod discovery;
mod equality_index;
mod error;
mod exchange;
pub mod fault;
mod http;
mod in_process;
mod list_query;
mod member;
mod patch;
mod patch_request;
mod projection;
mod pruning;
mod request_journal;
mod resource;
mod resource_kind;
mod resource_requests;
mod resource_store;
mod resource_table;
mod roster;
mod roster_draft;
mod route;
mod schema;
mod schema_document;
mod settings;
mod state;
mod state_file;
mod target;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use application::Application;
pub use delivery::{Arrival, Delivery};
pub use exchange::{Request, Response};
pub use http::serve;
pub use in_process::InProcess;
pub use request_journal::RecordedRequest;
pub use route::BASE_PATH;
pub use schema::{ApplicationSchema, AttributeKind, AttributeRule};
pub use settings::{PatchAnswer, Settings};
pub use state_file::StateError;
