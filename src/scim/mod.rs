//! The wire: what goes to a target and what comes back, as Entra does it.
//!
//! *Writing*: a [`path`] says which attribute is meant, [`resource`] builds what a create sends, [`patch`] what a change
//! sends ([`role`] has the shapes of roles), in one of two dialects ([`dialect`]: every difference between them is in that
//! file). [`query`] and [`filter`] spell reads.
//!
//! *Sending*: the [`client`] has a method for each request; it goes through the [`transport`] seam, at the [`pace`] that the
//! target bears, with what the [`authorization`] gives (a secret token, or one got by [`client_credentials`]), and each
//! exchange is an entry of the [`trace`]. Nothing here knows of mappings or jobs.
//!
//! On request, an application says what attributes it has ([`schemas`]). A [`rehearsal`] stands before the transport in a dry run. A [`replay`] holds a trace against what a target answers now.
//!
//! *Reading*: [`answer`] takes what came, leniently in letter case and strictly in shape; what is no good answer is a
//! [`failure`] of some kind, without any secret ([`mask`]) and without values that a mapping hides ([`redaction`]).
//!
//! Source: `spec/WIRE.md`.

pub mod answer;
pub mod authorization;
mod bad_answer;
pub mod client;
pub mod client_credentials;
pub mod dialect;
pub mod failure;
pub mod filter;
pub mod har;
pub mod http_transport;
mod json_body;
pub mod mask;
pub mod pace;
pub mod patch;
pub mod path;
pub mod query;
mod received_body;
pub mod redaction;
pub mod rehearsal;
pub mod replay;
pub mod resource;
pub mod role;
pub mod schemas;
mod spelling;
mod spelling_index;
pub mod target;
pub mod trace;
pub mod transport;
