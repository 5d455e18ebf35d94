//! The engine as a whole: a directory of files, a cycle, and the exact requests that it sends to an application.
//!
//! [`world::World`] is the stage: it writes a source directory, imports it, runs cycles of one job against a sandbox
//! application in the same process, and tells which requests were sent. Time is a clock that the tests set.

mod directory;
mod escrows;
mod import;
mod lifecycle;
mod lines;
mod matching;
mod memberships;
mod quarantine;
mod references;
mod resuming;
mod unknown_outcomes;
mod wire;
mod wiretap;
mod world;
