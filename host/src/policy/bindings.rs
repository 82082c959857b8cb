//! Generated from `wit/`. Stays inside the runtime: `convert` and `session` translate.

#[expect(missing_docs, reason = "generated; the words are in wit/policy.wit")]
mod generated {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "policy",
        imports: { default: trappable },
    });
}

pub use self::generated::exports::usher::policy::decide;
pub use self::generated::usher::policy::{claims, directory, log, request, settings, types};
pub(super) use self::generated::{Policy, PolicyPre};
