//! What an operator writes: settings in the environment and in files.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use usher::config::{self, Environment, Problem, directory_file};

use super::is_a_line;

/// Behind it stands the configuration file; before it, variables, a line each.
const FILE: &str = "\n---\n";
/// The value of a secret, wherever one is set.
const CANARY: &str = "canary-in-a-coal-mine";

/// A configuration: whatever is wrong with it is said, and no secret with it.
pub(crate) fn configuration(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (variables, file) = text.split_once(FILE).unwrap_or((&text, ""));
    let variables = variables.lines().filter_map(|line| line.split_once('='));
    let environment: Environment = variables.collect();
    in_a_file(file, |path| {
        let inspected = config::inspect(&environment, Some(path));
        let loaded = config::load(&environment, Some(path));
        assert_eq!(loaded.is_ok(), inspected.problems.is_empty());
        let keeps_secrets = has_secrets_only_where_they_belong(&text);
        for problem in inspected.problems.iter().chain(&inspected.warnings) {
            assert_is_told(problem);
            assert!(
                !(keeps_secrets && problem.to_string().contains(CANARY)),
                "{problem}"
            );
        }
        for setting in &inspected.settings {
            assert!(
                !(keeps_secrets && setting.value.contains(CANARY)),
                "{setting:?}"
            );
        }
        if let Ok(config) = loaded {
            assert!(!config.providers.is_empty());
            assert!(config.host.public_url.is_some());
        }
    });
}

/// A file of companies, groups, domains and invitations.
pub(crate) fn directory_file(bytes: &[u8]) {
    in_a_file(&String::from_utf8_lossy(bytes), |path| {
        let (directory, problems) = directory_file::read(path);
        problems.iter().for_each(assert_is_told);
        let companies = &directory.companies;
        let ids: BTreeSet<_> = companies
            .iter()
            .map(|company| company.id.as_str())
            .collect();
        assert_eq!(ids.len(), companies.len(), "a company is there twice");
    });
}

fn assert_is_told(problem: &Problem) {
    let Problem { what, place, fix } = problem;
    assert!(!what.is_empty() && !place.is_empty(), "{problem:?}");
    assert!(is_a_line(place), "{place:?}");
    assert!(
        what.len() + fix.len() < 64 << 10,
        "{} bytes",
        what.len() + fix.len()
    );
}

/// Otherwise a mutation made an address or a name of a secret, and those may be told.
fn has_secrets_only_where_they_belong(text: &str) -> bool {
    let of_a_provider = |name: &str| {
        let name = name.strip_prefix("CLEARML__secure__login__sso__oauth_client__");
        name.is_some_and(|name| name.ends_with("__client_secret"))
    };
    let belongs = |line: &str| match line.split_once('=') {
        Some((name, value)) if value.starts_with(CANARY) => {
            name == "USHER__SECRET_KEY" || of_a_provider(name)
        }
        Some((name, value)) => {
            name.trim() == "client_secret"
                && value
                    .trim_start_matches([' ', '[', '"'])
                    .starts_with(CANARY)
        }
        None => false,
    };
    let long_text = text.contains("\"\"\"") || text.contains("'''");
    let mut secrets = text.lines().filter(|line| line.contains(CANARY));
    !long_text && secrets.all(belongs)
}

/// Settings are read from a path.
fn in_a_file(text: &str, then: impl FnOnce(&Path)) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("a temporary file");
    then(file.path());
}
