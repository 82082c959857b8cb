//! Policies that misbehave (`tests/guests`): each is refused when it is loaded or contained when
//! it runs, and harms nobody else.

mod contained;
mod harmless;
mod refused;
mod site;

/// A guest without a test of its name does not compile.
#[expect(unused_imports, reason = "that they exist is all that is asked")]
mod tested {
    use super::contained::*;
    use super::harmless::*;
    use super::refused::*;

    include!(concat!(env!("OUT_DIR"), "/guests.rs"));
}
