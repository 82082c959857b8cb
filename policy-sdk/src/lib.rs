//! Kit for authors of Usher policies.
//!
//! A policy is one function, `fn decide(host: &impl Host) -> Result<Decision, String>`, in a crate of
//! type `cdylib` and `rlib`:
//!
//! ```ignore
//! use policy_sdk::{Decision, Host, Placement, Source, Trace};
//!
//! policy_sdk::export!(decide);
//!
//! pub fn decide(host: &impl Host) -> Result<Decision, String> {
//!     let mut trace = Trace::default();
//!     let department = host.claim(Source::Configured, "/department").into_text();
//!     let Some(department) = department.present() else {
//!         trace.miss("department", "no department claim");
//!         return Ok(trace.refuse("no_department"));
//!     };
//!     trace.hit("department", "the company is named like the department");
//!     Ok(trace.admit(Placement::in_company(&department)))
//! }
//! ```
//!
//! `cargo xtask policy build FOLDER` turns the crate into a component. Everything a policy can ask is
//! the trait [`Host`]; it has two implementations: the imports of the contract (`wit/policy.wit`) on
//! wasm32, and `Fake` (feature `fake`), which is built from JSON cases so that a policy is tested with
//! ordinary `cargo test` on the native target. On wasm32 the kit also brings a panic hook that writes
//! the message to the record, and an allocator that takes memory from a static arena.

#[cfg(feature = "fake")]
pub mod case;
mod claim;
mod decision;
mod export;
#[cfg(feature = "fake")]
mod fake;
mod host;
pub mod keycloak;
mod lower;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use claim::{Claim, pointer};
pub use decision::{
    AdminChange, Attributes, Decision, Finding, Grant, GroupChange, Outcome, Placement, Problem,
    Refusal, Step, Trace,
};
#[cfg(feature = "fake")]
pub use fake::{Fake, Lookup, Read};
pub use host::{
    Email, Found, Host, Invitation, Level, Matching, Membership, Person, Role, Source, Value,
    Verification,
};
pub use lower::lower;

/// What the expansions of the export macros name; no interface of its own.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod exported {
    pub use crate::wasm::bindings;
    pub use crate::wasm::bindings_about;
    pub use crate::wasm::bindings_check;
    pub use crate::wasm::{Imports, about, check, decide};
}
