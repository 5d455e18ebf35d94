//! The crash test: the program is killed, answers are lost, the disk is full; and nothing is lost, nothing is there twice,
//! and nobody is active who should not be.
//!
//! The real binary runs on files, against applications that listen on the loopback interface of this process and can kill
//! their caller. What happens at the company, and what happens to the program, follows from a seed:
//!
//! * [`killed`]: SIGKILL at any request, before or after it is carried out, and at any time. A second program, which is
//!   never killed, lives through the same days; after each day both applications hold the same.
//! * [`lost_answers`]: one answer in ten is lost, and changes come before the program knows what became of its requests.
//! * [`first_opening`]: SIGKILL while the state file is made and the directory read for the first time.
//! * [`unusable_state`]: a full disk, and state files that cannot be.
//!
//! `cargo test` takes a few of each. The rest takes minutes: `cargo test --test crash -- --ignored`. The environment
//! variable `CRASH_SEED` sets another seed; a test that fails says which one it had. With several requests at once, and with
//! kills by time, the same seed need not give the same run again. Source: `spec/ENGINE.md` §10.

mod application;
mod company;
mod content;
mod first_opening;
mod history;
mod killed;
mod lost_answers;
mod seed;
mod unusable_state;
mod victim;
mod workplace;
