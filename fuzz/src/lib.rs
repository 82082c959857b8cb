//! What Usher reads from strangers, as functions of bytes: none of them may panic, whatever the
//! bytes are, and what is accepted must be what it claims to be, by an account that shares no code
//! with the one that accepted it.
//!
//! `fuzz_targets/` feeds them with what libFuzzer makes up, `tests/front_door/fuzz.rs` with the
//! seeds and what becomes of them.

mod component;
mod documents;
mod json;
mod provider;
mod settings;
pub mod signed;
mod texts;
pub mod tokens;

/// A function that panics if bytes make it do what it must not.
pub type Target = fn(&[u8]);

/// Every target, by the name of its file in `fuzz_targets/` and of its folder in `seeds/`.
pub const TARGETS: [(&str, Target); 17] = [
    ("access_token", tokens::access_token),
    ("case", documents::case),
    ("compile", component::compile),
    ("component", component::examine),
    ("configuration", settings::configuration),
    ("directory_file", settings::directory_file),
    ("discovery", provider::discovery),
    ("email", texts::email),
    ("id_token", tokens::id_token),
    ("json", json::object),
    ("jwks", provider::jwks),
    ("logout_token", tokens::logout_token),
    ("names", texts::names),
    ("pointer", documents::pointer),
    ("response", provider::response),
    ("return_to", texts::return_to),
    ("userinfo", tokens::userinfo),
];

/// Feeds a target.
///
/// # Panics
/// There is none of this name, or it found something.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|(target, _)| *target == name);
    let (_, target) = target.expect("a target of this name");
    target(bytes);
}

/// A line that a log, a terminal and a person can stand.
fn is_a_line(text: &str) -> bool {
    text.chars().count() <= 2_000 && !text.contains(char::is_control)
}
