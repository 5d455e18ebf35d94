//! scimulator: an identity provider's provisioning engine that runs on your own machine and behaves, request by request,
//! like Microsoft Entra ID's automatic provisioning service.
//!
//! # One object's journey
//!
//! Everything in the engine is this one way, walked by every user and every group. What a step decides is data, so the same
//! journey serves a scheduled cycle, `sync now` and whatever else looks at an object.
//!
//! | step | what happens | where |
//! |---|---|---|
//! | import | the source object, from the directory as last read | [`directory`], [`store`] |
//! | scope | in scope, or not and why: assignment, role, scoping filter, disabled, deleted | [`engine`], [`mapping::scoping`] |
//! | map | source attributes become target attributes: direct, constant, expression, none | [`mapping`], [`expression`] |
//! | match | the connection already stored, and what the target holds; else a query per matching attribute | [`engine`], [`scim::client`] |
//! | plan | compare with what the target holds: create, update, disable, delete, skip, with the reason | [`engine`] |
//! | export | encode the plan in the job's wire dialect, and send it | [`scim::dialect`], [`scim::client`] |
//! | record | connection, escrow and provisioning record, in one transaction | [`log`], [`store`] |
//!
//! *Decide, then do.* Scope, map and plan are plain functions, without I/O or clock. Import, match, export and record touch
//! the world and decide nothing.
//!
//! # The house
//!
//! A folder is a subject of the field, a file is named after what it holds. Nobody in a lower row knows anybody in a row
//! above it.
//!
//! | floor | folder | what lives there |
//! |---|---|---|
//! | 5 | [`cli`] | arguments in, text or JSON out |
//! | 4 | [`service`] [`simulate`] | the daemon: schedule, control socket, post; the driver of virtual time and its scenarios |
//! | 3 | [`engine`] | jobs, cycles, the steps of the journey, the deletion guard at work |
//! | 2 | [`directory`] [`mapping`] [`scim`] [`health`] [`log`] [`graph`] [`notify`] | the source system, what flows and for whom, the wire, escrow, quarantine and deletion guard, the provisioning record, Graph's shapes, mail to administrators |
//! | 1 | [`expression`] [`store`] | the mapping language; SQLite |
//! | 0 | [`config`] [`clock`] [`chance`] `counted` | settings and secrets; time and random values, as parameters; numbers in words |
//! | aside | [`sandbox`] | a small SCIM application to provision into; the engine does not know that it exists |
//!
//! # Fidelity
//!
//! A rule of the service names its source in the doc comments: `spec/NAME.md §n` is a section of the project's collection of
//! Entra's behaviours, which says of each whether Microsoft documents it, whether it was observed, or whether it was chosen
//! here. The README keeps the table of them.

pub mod chance;
pub mod cli;
pub mod clock;
pub mod config;
mod counted;
pub mod directory;
pub mod engine;
pub mod expression;
pub mod graph;
pub mod health;
pub mod log;
pub mod mapping;
pub mod notify;
pub mod sandbox;
pub mod scim;
pub mod service;
pub mod simulate;
pub mod store;
