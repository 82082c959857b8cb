//! The settings in the documents, as the service loads them.

use anyhow::ensure;

use super::{Document, documents, root};

const SERVICES: &str = "CLEARML__services__login__sso__oauth_client__keycloak__";
const SECURE: &str = "CLEARML__secure__login__sso__oauth_client__keycloak__";
const A_SECRET: &str = "a secret of more than a few letters";

/// What every configuration needs, for blocks that are about something else.
const NEEDED: [(&str, &str, &str); 4] = [
    (SERVICES, "base_url", "https://kc.example/realms/r"),
    (SECURE, "client_id", "clearml"),
    (SECURE, "client_secret", A_SECRET),
    ("USHER__", "PUBLIC_URL", "https://login.example.com"),
];

#[test]
fn every_setting_in_the_documents_is_one() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let secret = folder.path().join("secret");
    std::fs::write(&secret, A_SECRET)?;
    let policy = root().join("policy-guest/usher-default-policy.wasm");
    // Files that only the deployment has.
    let placed = |name: &str, value: String| match name {
        _ if name.ends_with("_file") => secret.display().to_string(),
        _ if name.ends_with("policy__module") => policy.display().to_string(),
        _ => value,
    };
    let mut loaded = 0;
    for document in documents()? {
        for block in document.blocks("yaml") {
            let mut variables: Vec<(String, String)> = settings(block)
                .map(|(name, value)| (name.clone(), placed(&name, value)))
                .collect();
            loaded += variables.len();
            for (prefix, key, value) in NEEDED {
                let name = format!("{prefix}{key}");
                let given = |(other, _): &(String, String)| other.starts_with(&name);
                if !variables.iter().any(given) {
                    variables.push((name, value.to_owned()));
                }
            }
            must_load(&document, variables)?;
        }
    }
    ensure!(loaded > 10, "only {loaded} settings were found");
    Ok(())
}

/// Without an error and without a warning.
fn must_load(document: &Document, variables: Vec<(String, String)>) -> anyhow::Result<()> {
    let place = &document.path;
    for (name, _) in &variables {
        let ours = ["USHER__", SERVICES, SECURE];
        let known = ours.iter().any(|prefix| name.starts_with(prefix));
        ensure!(known, "{place}: {name} would be ignored");
    }
    let config = usher::config::load(&variables.into_iter().collect(), None);
    let config = config.map_err(|errors| anyhow::anyhow!("{place}: {errors}"))?;
    ensure!(config.warnings.is_empty(), "{place}: {:?}", config.warnings);
    Ok(())
}

/// The lines `NAME: "value"` of a block, of Usher's and of ClearML's names.
pub(super) fn settings(block: &str) -> impl Iterator<Item = (String, String)> {
    block.lines().filter_map(|line| {
        let (name, value) = line.trim().split_once(": ")?;
        let ours = name.starts_with("USHER__") || name.starts_with("CLEARML__");
        ours.then(|| (name.to_owned(), scalar(value.trim())))
    })
}

/// A scalar of YAML on one line, plain or in quotes.
fn scalar(text: &str) -> String {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    match (within('\''), within('"')) {
        (Some(raw), _) => raw.replace("''", "'"),
        (_, Some(escaped)) => escaped.replace("\\\"", "\""),
        _ => text.to_owned(),
    }
}
