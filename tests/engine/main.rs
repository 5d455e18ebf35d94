//! The engine as a whole: a directory of files, a cycle, and the exact requests that it sends to an application.
//!
//! [`world::World`] is the stage: it writes a source directory, imports it, runs cycles of one job against a sandbox
//! application in the same process, and tells which requests were sent. Time is a clock that the tests set.

mod allowing_deletes;
mod announcing;
mod dead_target;
mod deletion_guard;
mod directory;
mod escrows;
mod flow_types;
mod import;
mod late_references;
mod left_out;
mod lifecycle;
mod lines;
mod links;
mod mail;
mod matching;
mod memberships;
mod on_demand;
mod quarantine;
mod redaction;
mod reference_checks;
mod references;
mod restarting;
mod resuming;
mod roles;
mod source_names;
mod steps;
mod unknown_outcomes;
mod values;
mod wire;
mod wiretap;
mod world;
