//! The macros that turn functions into the exports of the contract. On the native target they only
//! check the types, so that `cargo test` and `cargo clippy` see the same functions.

/// Exports `fn decide(host: &impl Host) -> Result<Decision, String>` as the policy's decision.
#[macro_export]
macro_rules! export {
    ($decide:path) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::exported::bindings;
            struct Policy;
            impl bindings::exports::usher::policy::decide::Guest for Policy {
                fn decide() -> ::core::result::Result<
                    bindings::exports::usher::policy::decide::Decision,
                    ::std::string::String,
                > {
                    $crate::exported::decide(|host| $decide(host))
                }
            }
    bindings::export!(Policy with_types_in $crate::exported::bindings);
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            #[allow(dead_code, reason = "only checks the type of the exported function")]
            fn exported(
                host: &impl $crate::Host,
            ) -> ::core::result::Result<$crate::Decision, ::std::string::String> {
                $decide(host)
            }
        };
    };
}

/// Exports the settings check: a JSON Schema of the object under `/site` (`&str`), and
/// `fn check(host: &impl Host) -> Vec<Problem>`, which reads settings and nothing else.
#[macro_export]
macro_rules! export_check {
    ($schema:expr, $check:path) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::exported::bindings_check;
            struct Policy;
            impl bindings_check::exports::usher::policy::check::Guest for Policy {
                fn schema() -> ::std::string::String {
                    ::std::string::String::from($schema)
                }
                fn check() -> ::std::vec::Vec<bindings_check::exports::usher::policy::check::Problem>
                {
                    $crate::exported::check(|host| $check(host))
                }
            }
            bindings_check::export!(Policy with_types_in $crate::exported::bindings_check);
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            #[allow(dead_code, reason = "only checks the types of the exported items")]
            fn exported(host: &impl $crate::Host) -> (&'static str, ::std::vec::Vec<$crate::Problem>) {
                ($schema, $check(host))
            }
        };
    };
}

/// Exports the description of the policy: a JSON object as text (`&str`) with `name`, `version`,
/// `description`, `claims` and `codes`.
#[macro_export]
macro_rules! export_about {
    ($description:expr) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::exported::bindings_about;
            struct Policy;
            impl bindings_about::exports::usher::policy::about::Guest for Policy {
                fn describe() -> ::std::string::String {
                    $crate::exported::about($description)
                }
            }
    bindings_about::export!(Policy with_types_in $crate::exported::bindings_about);
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: &str = $description;
    };
}
