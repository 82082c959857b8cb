//! Generated from `wit/`. Stays inside the runtime: `convert` and `session` translate.

mod generated {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "policy",
        imports: { default: trappable },
    });
}

pub(super) use self::generated::exports::usher::policy::decide;
pub(super) use self::generated::usher::policy::{claims, directory, log, request, settings, types};
pub(super) use self::generated::{Policy, PolicyPre};
