//! Users and groups who come, change, leave and come back. Source: `spec/ENGINE.md` §4, `spec/WIRE.md` §5.

mod groups;
mod joining;
mod leaving;
mod purging;
mod renaming;
mod returning;
mod scope_changes;
mod settings;
