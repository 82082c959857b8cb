//! The policy runtime: the only code that names `wasmtime`.
//!
//! A policy is one WebAssembly component that imports nothing but the contract in `wit/`. It
//! is loaded once ([`Runtime::load`]) and asked for every sign-in ([`Policy::decide`]), each
//! time in a fresh instance with every limit of `policy.md` §5 in force:
//!
//! ```text
//! source     file → bytes
//! revision   bytes → inspect → compile → link → trial instance → Policy
//! compile    kept native code, or a child process that makes it
//! active     the Policy that decides now, swapped while people sign in
//! decide     Question → threads → engine (store, limits) → guest ⇄ imports → convert → Decided
//! case       a JSON case → Question and an in-memory directory → decide → Verdict
//! ```

mod active;
mod bindings;
pub mod case;
mod compile;
mod componentize;
mod convert;
mod decide;
mod engine;
mod evidence;
mod failure;
#[doc(hidden)]
pub mod fuzzing;
mod imports;
mod inspect;
mod kept;
mod limits;
mod optional;
#[doc(hidden)]
pub mod parts;
mod revision;
mod runtime;
mod session;
mod source;
mod threads;
mod value;

pub use self::active::ActivePolicy;
pub use self::compile::{Compiler, native_code};
pub use self::componentize::componentize;
pub use self::decide::Decided;
#[doc(hidden)]
pub use self::engine::wiping;
pub use self::failure::{Failure, FailureKind};
pub use self::inspect::{Inspection, inspect};
pub use self::kept::Kept;
pub use self::optional::SettingProblem;
pub use self::revision::{LoadError, LoadStep, sha256_hex as digest};
pub use self::runtime::{Policy, Runtime, RuntimeOptions};
pub use self::source::{Fingerprint, read};

/// The default policy: the component that `cargo xtask policy build` makes of `policy-guest`.
pub const DEFAULT: &[u8] = include_bytes!("../../policy-guest/usher-default-policy.wasm");

#[cfg(test)]
mod tests;
