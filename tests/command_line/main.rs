//! The program from end to end: the real binary, on files, against applications that listen on the loopback
//! interface.
//!
//! Each module is a capability. What a run says is compared as a whole, in [normal form](world), and so are the
//! requests that an application received.

mod announcing;
mod case_files;
mod changes;
mod daemon;
mod deletion_guard;
mod demo;
mod directory;
mod discover;
mod dry_run;
mod explain;
mod expressions;
mod failing_target;
mod faults;
mod functions;
mod gone_job;
mod interruption;
mod json_and_traces;
mod links;
mod mail;
mod mail_recipients;
mod mapping_mistakes;
mod matching;
mod moved_target;
mod oauth;
mod older_state;
mod on_demand;
mod output;
mod provisioning_log;
mod reference_check;
mod replay;
mod schema_discovery;
mod scoping;
mod secrecy;
mod simulate;
mod simulated_folder;
mod simulated_health;
mod simulated_mistakes;
mod special_characters;
mod switched_off;
mod sync_now;
mod tools;
mod untrusted_target;
mod world;
mod wrong_input;
