//! The same thin binary as `host/src/main.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    usher::cli::main()
}
