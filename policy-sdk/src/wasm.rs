//! The host as the contract's imports, and the way back; the only code that meets generated types.

mod arena;
mod convert;

use crate::{
    Decision, Email, Found, Host, Invitation, Level, Matching, Person, Problem, Source, Value,
};
use bindings::usher::policy;

#[expect(missing_docs, reason = "generated from wit/policy.wit")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        world: "policy",
        pub_export_macro: true,
        export_macro_name: "export",
        default_bindings_module: "policy_sdk::exported::bindings",
        generate_all,
    });
}

#[expect(missing_docs, reason = "generated from wit/policy.wit")]
pub mod bindings_check {
    wit_bindgen::generate!({
        inline: "package usher:sdk; world with-check { export usher:policy/check@0.1.0; }",
        path: "../wit",
        world: "usher:sdk/with-check",
        pub_export_macro: true,
        export_macro_name: "export",
        generate_all,
    });
}

#[expect(missing_docs, reason = "generated from wit/policy.wit")]
pub mod bindings_about {
    wit_bindgen::generate!({
        inline: "package usher:sdk; world with-about { export usher:policy/about@0.1.0; }",
        path: "../wit",
        world: "usher:sdk/with-about",
        pub_export_macro: true,
        export_macro_name: "export",
        generate_all,
    });
}

/// The imports of the contract.
pub struct Imports;

/// Runs a policy's function over the imports.
pub fn decide(
    decide: impl FnOnce(&Imports) -> Result<Decision, String>,
) -> Result<bindings::exports::usher::policy::decide::Decision, String> {
    report_panics();
    decide(&Imports).map(convert::decision)
}

/// Runs a policy's settings check over the imports.
pub fn check(
    check: impl FnOnce(&Imports) -> Vec<Problem>,
) -> Vec<bindings_check::exports::usher::policy::check::Problem> {
    report_panics();
    check(&Imports).into_iter().map(convert::problem).collect()
}

/// Hands out a policy's description.
pub fn about(description: &str) -> String {
    description.to_owned()
}

impl Host for Imports {
    fn provider(&self) -> String {
        policy::request::provider()
    }

    fn issuer(&self) -> String {
        policy::request::issuer()
    }

    fn client_id(&self) -> String {
        policy::request::client_id()
    }

    fn subject(&self) -> String {
        policy::request::subject()
    }

    fn address(&self) -> Option<Email> {
        policy::request::address().map(convert::email)
    }

    fn company(&self) -> Option<String> {
        policy::request::company()
    }

    fn time(&self) -> u64 {
        policy::request::time()
    }

    fn claim(&self, source: Source, pointer: &str) -> Value {
        convert::value(policy::claims::get(convert::source(source), pointer))
    }

    fn claim_keys(&self, source: Source, pointer: &str) -> Option<Vec<String>> {
        policy::claims::keys(convert::source(source), pointer)
    }

    fn claims_document(&self, source: Source) -> Option<String> {
        policy::claims::document(convert::source(source))
    }

    fn setting(&self, pointer: &str) -> Value {
        convert::value(policy::settings::get(pointer))
    }

    fn setting_keys(&self, pointer: &str) -> Option<Vec<String>> {
        policy::settings::keys(pointer)
    }

    fn settings_document(&self) -> String {
        policy::settings::document()
    }

    fn known(&self) -> Option<Person> {
        policy::directory::known().map(convert::person)
    }

    fn company_exists(&self, id: &str) -> bool {
        policy::directory::company_exists(id)
    }

    fn invitations(&self) -> Vec<Invitation> {
        let invitations = policy::directory::invitations();
        invitations.into_iter().map(convert::invitation).collect()
    }

    fn domain_company(&self) -> Option<String> {
        policy::directory::domain_company()
    }

    fn find_groups(&self, company: &str, names: &[String], matching: Matching) -> Vec<Found> {
        let found = policy::directory::find_groups(company, names, convert::matching(matching));
        found.into_iter().map(convert::found).collect()
    }

    fn log(&self, level: Level, message: &str) {
        policy::log::write(convert::level(level), message);
    }
}

/// A panic ends in a trap that says nothing; its message goes to the record first.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        policy::log::write(policy::log::Level::Error, &panic.to_string());
    }));
}
