//! The binary: everything is in the library.

use std::process::ExitCode;

/// Decisions are made of many small texts, on threads that hand them to each other: the system's
/// allocator takes a fifth of their time, and keeps what threads have freed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    usher::cli::main()
}
