//! What a large directory costs: requests, bytes read, and memory. A small version runs with all tests; the real sizes take
//! minutes, and run with `--ignored`, in the release profile: 100,000 users in CI, a million where somebody asks for them.

mod company;
mod cost;
mod memory;
mod target;
