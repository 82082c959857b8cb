//! The loader from outside: variables and file in, settings or problems out.

mod each;
mod file;
mod forms;
mod golden;
mod refused;
mod wrong;

use super::*;

const KEYCLOAK: &str = "login__sso__oauth_client__keycloak";

/// What a provider and the host need at least.
fn minimal() -> Vec<(String, String)> {
    [
        ("USHER__PUBLIC_URL", "https://login.example.com"),
        ("services base_url", "https://kc.example.com/realms/r"),
        ("secure client_id", "clearml"),
        ("secure client_secret", "hunter2"),
    ]
    .map(|(name, value)| (variable(name), value.to_owned()))
    .to_vec()
}

/// `services groups__claim` as the whole variable; any other name as it is.
fn variable(name: &str) -> String {
    match name.split_once(' ') {
        Some((file, setting)) => format!("CLEARML__{file}__{KEYCLOAK}__{setting}"),
        None => name.to_owned(),
    }
}

fn environment(more: &[(&str, &str)]) -> Environment {
    let more = more
        .iter()
        .map(|(name, value)| (variable(name), (*value).to_owned()));
    minimal().into_iter().chain(more).collect()
}

/// The minimal configuration with these settings on top.
fn with(more: &[(&str, &str)]) -> Config {
    match load(&environment(more), None) {
        Ok(config) => config,
        Err(errors) => panic!("{errors}"),
    }
}

fn problems(more: &[(&str, &str)]) -> Vec<Problem> {
    load(&environment(more), None).unwrap_err().problems
}

/// The one problem that these settings make.
fn problem(more: &[(&str, &str)]) -> Problem {
    let mut found = problems(more);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn origin<'a>(config: &'a Config, path: &str) -> &'a Origin {
    let setting = config.settings.iter().find(|s| s.key.path == path);
    &setting
        .unwrap_or_else(|| panic!("{path} is not kept"))
        .origin
}
