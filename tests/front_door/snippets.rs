//! The snippets of `deploy/` as docker compose and Kubernetes make environments of them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use saphyr::{LoadableYamlNode, Yaml};
use serde_json::Value;
use usher_tests::keycloak::variable;
use usher_tests::server::Installation;

use crate::USHER;

/// A snippet that holds the variables of the product page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Snippet {
    /// Docker compose, `NAME: "value"`.
    ComposeMap,
    /// Docker compose, `- NAME=value`.
    ComposeList,
    /// Helm, `- name: NAME` and `value: "value"`.
    Helm,
}

/// All of them.
pub(crate) const SNIPPETS: [Snippet; 3] =
    [Snippet::ComposeMap, Snippet::ComposeList, Snippet::Helm];

impl Snippet {
    /// Where it lies, from the root of the repository.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::ComposeMap => "deploy/compose/docker-compose.override.yaml",
            Self::ComposeList => "deploy/compose/docker-compose.list.yaml",
            Self::Helm => "deploy/helm/values.yaml",
        }
    }

    /// The environment that the container has then.
    pub(crate) fn environment(self) -> anyhow::Result<BTreeMap<String, String>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let text = std::fs::read_to_string(root.join(self.path()))?;
        let documents = Yaml::load_from_str(&text).context(self.path())?;
        let [document] = documents.as_slice() else {
            bail!("{}: {} documents", self.path(), documents.len());
        };
        match self {
            Self::ComposeMap | Self::ComposeList => {
                compose(at(document, &["services", "usher", "environment"])?)
            }
            Self::Helm => kubernetes(at(document, &["apiserver", "extraEnvs"])?),
        }
        .context(self.path())
    }

    /// The same for a client at another issuer: what is about the place is replaced, what the
    /// page says is not.
    pub(crate) fn environment_at(
        self,
        issuer: &str,
        client_id: &str,
        client_secret: &str,
    ) -> anyhow::Result<Vec<(String, String)>> {
        let mut environment = self.environment()?;
        environment.retain(|name, _| name.starts_with("CLEARML__"));
        let endpoints = format!("{issuer}/protocol/openid-connect");
        for (place, key, value) in [
            ("services", "base_url", issuer),
            ("services", "authorize_url", &format!("{endpoints}/auth")),
            (
                "services",
                "access_token_url",
                &format!("{endpoints}/token"),
            ),
            ("secure", "client_id", client_id),
            ("secure", "client_secret", client_secret),
        ] {
            let name = variable(place, key);
            let replaced = environment.insert(name.clone(), value.to_owned());
            ensure!(replaced.is_some(), "{}: no {name}", self.path());
        }
        Ok(environment.into_iter().collect())
    }
}

fn at<'a>(document: &'a Yaml<'a>, path: &[&str]) -> anyhow::Result<&'a Yaml<'a>> {
    path.iter().try_fold(document, |node, key| {
        node.as_mapping_get(key)
            .with_context(|| format!("no {key}"))
    })
}

/// `environment:` in either form. A value must be a text, and `$` begins a variable.
fn compose(environment: &Yaml<'_>) -> anyhow::Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    if let Some(pairs) = environment.as_mapping() {
        for (name, value) in pairs {
            let name = name.as_str().context("a name that is no text")?;
            let value = value
                .as_str()
                .with_context(|| format!("{name} is no text"))?;
            variables.insert(name.to_owned(), interpolated(value)?);
        }
        return Ok(variables);
    }
    for line in environment.as_sequence().context("no environment")? {
        let line = line.as_str().context("a line that is no text")?;
        let (name, value) = line.split_once('=').context("a line without =")?;
        variables.insert(name.to_owned(), interpolated(value)?);
    }
    Ok(variables)
}

/// What docker compose makes of a value: `$$` is a `$`, and a single one begins a variable.
fn interpolated(value: &str) -> anyhow::Result<String> {
    let parts: Vec<&str> = value.split("$$").collect();
    let single = parts.iter().any(|part| part.contains('$'));
    ensure!(!single, "{value} would be taken for a variable");
    Ok(parts.join("$"))
}

/// A list of names and values, as the chart copies it into the pod. Kubernetes wants texts.
fn kubernetes(environment: &Yaml<'_>) -> anyhow::Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for entry in environment.as_sequence().context("no list")? {
        let part = |key| {
            let part = entry.as_mapping_get(key).and_then(Yaml::as_str);
            part.with_context(|| format!("{key} is no text in {entry:?}"))
        };
        let (name, value) = (part("name")?, part("value")?);
        ensure!(!value.contains("$("), "{value} would be replaced");
        variables.insert(name.to_owned(), value.to_owned());
    }
    Ok(variables)
}

/// `usher config show --json` with this environment, without the origins.
fn shown(environment: BTreeMap<String, String>) -> anyhow::Result<Vec<Value>> {
    let installation = Installation::new(USHER).with_all(environment);
    let answer = installation.run(&["config", "show", "--json"])?;
    ensure!(answer.code == Some(0), "{answer:#?}");
    ensure!(answer.stderr.is_empty(), "{}", answer.stderr);
    let mut settings: Vec<Value> = serde_json::from_str(&answer.stdout)?;
    for setting in &mut settings {
        let origin = setting.as_object_mut().and_then(|s| s.remove("origin"));
        ensure!(origin.is_some(), "{setting} has no origin");
    }
    Ok(settings)
}

#[test]
fn the_page_pasted_into_compose_and_into_helm_is_one_configuration() -> anyhow::Result<()> {
    let effective = |snippet: Snippet| shown(snippet.environment()?).context(snippet.path());
    let first = effective(Snippet::ComposeMap)?;
    for snippet in SNIPPETS {
        assert_eq!(effective(snippet)?, first, "{}", snippet.path());
    }
    let value = |name: &str| {
        let found = first.iter().find(|setting| setting["setting"] == name);
        found.map(|setting| setting["value"].clone())
    };
    let admins = value("provider.keycloak.groups.admins");
    assert_eq!(admins, Some(serde_json::json!(["ClearML Admins"])));
    Ok(())
}

#[test]
fn every_variable_of_the_page_is_in_each_snippet_once() -> anyhow::Result<()> {
    for snippet in SNIPPETS {
        let environment = snippet.environment()?;
        let of_the_page = [
            ("services", "base_url"),
            ("services", "authorize_url"),
            ("services", "access_token_url"),
            ("secure", "client_id"),
            ("secure", "client_secret"),
            ("secure", "default_company"),
            ("services", "groups__enabled"),
            ("services", "groups__claim"),
            ("services", "claims__name"),
            ("services", "groups__admins"),
            ("services", "groups__prohibit_user_signup_if_not_in_group"),
            ("services", "admin_role"),
            ("services", "idp_logout"),
            ("services", "get_info_from_access_token"),
        ];
        for (place, key) in of_the_page {
            let name = variable(place, key);
            ensure!(
                environment.contains_key(&name),
                "{}: {name}",
                snippet.path()
            );
        }
        let ours = environment
            .keys()
            .filter(|name| name.starts_with("CLEARML__"));
        assert_eq!(ours.count(), of_the_page.len(), "{}", snippet.path());
    }
    Ok(())
}
