//! What a large directory costs: requests, bytes read, and memory. A small version runs with all tests; the real sizes take
//! minutes, and run with `--ignored`, in the release profile.

mod company;
mod cost;
mod memory;
mod target;
