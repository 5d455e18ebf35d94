//! The `scimulator` program; everything it does is in the library.

use scimulator::cli::{self, Exit};

fn main() -> Exit {
    cli::main()
}
