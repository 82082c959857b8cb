//! Settings as somebody looks them up: under any of their names, with every way to write
//! them.

use serde_json::Value;

use super::keys::{Fallback, HOST, Key, Kind, PROVIDER, Place};
use super::names::{Name, UNSERVED};
use super::nearest::nearest;
use super::report::Problem;
use super::shown::{file_key, typed, whole_path};
use crate::domain::ProviderName;

/// One way to set a key: itself, or the file that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// The setting.
    pub key: &'static Key,
    /// The `…_file` twin.
    pub is_twin: bool,
}

/// Every variable: the host's, then those of a provider, each secret followed by its twin.
pub fn variables() -> impl Iterator<Item = Variable> {
    let keys = HOST.iter().chain(PROVIDER);
    keys.flat_map(|key| {
        let itself = Variable {
            key,
            is_twin: false,
        };
        let twin = Variable { key, is_twin: true };
        std::iter::once(itself).chain(key.has_file_twin().then_some(twin))
    })
}

impl Variable {
    /// Whether it belongs to a provider, and not to the host.
    pub fn is_of_a_provider(self) -> bool {
        self.key.place != Place::Host
    }

    /// Its path, as in the file.
    pub fn path(self) -> String {
        let twin = if self.is_twin { "_file" } else { "" };
        match self.key.kind {
            Kind::Names => whole_path(self.key, Some("NAME")),
            _ => format!("{}{twin}", self.key.path),
        }
    }

    /// Its name in the environment, in its documented place.
    pub fn name(self, provider: Option<&ProviderName>) -> String {
        let twin = match (self.is_twin, self.is_of_a_provider()) {
            (false, _) => "",
            (true, true) => "_file",
            (true, false) => "_FILE",
        };
        let named = match self.key.kind {
            Kind::Names => "__NAME",
            _ => "",
        };
        format!("{}{twin}{named}", self.key.variable(provider))
    }

    /// The same in the other place, which is taken as well.
    pub fn other_name(self, provider: Option<&ProviderName>) -> Option<String> {
        let name = self.name(provider);
        match self.key.place {
            Place::Services => Some(name.replacen("__services__", "__secure__", 1)),
            Place::Secure => Some(name.replacen("__secure__", "__services__", 1)),
            Place::Host => None,
        }
    }

    /// The type in words.
    pub fn kind(self) -> String {
        match self.is_twin {
            true => Kind::Path.describe(),
            false => self.key.kind.describe(),
        }
    }

    /// What holds when nobody sets it.
    pub fn default(self) -> String {
        match self.key.default {
            _ if self.is_twin => "-".into(),
            Fallback::Required => "required".into(),
            Fallback::Unset => "-".into(),
            Fallback::Is(value) => value.into(),
            Fallback::Derived(words) => format!("({words})"),
        }
    }

    /// What it means.
    pub fn meaning(self) -> String {
        match self.is_twin {
            true => format!(
                "File that holds {}; one newline at its end is trimmed",
                self.key.path
            ),
            false => self.key.meaning.into(),
        }
    }

    /// A value that somebody might set.
    pub fn example(self) -> String {
        match self.is_twin {
            true => format!("/run/secrets/{}", self.key.path),
            false => self.key.example.into(),
        }
    }

    /// The variable with the example, as `docker run --env` or an env file takes it.
    pub fn assignment(self, provider: Option<&ProviderName>) -> String {
        let name = self.name(provider);
        let name = match self.key.kind {
            Kind::Names => name.replace("__NAME", "__prompt"),
            _ => name,
        };
        format!("{name}={}", self.example())
    }

    /// The example as two lines of the file: the table and the key in it.
    pub fn toml(self, provider: Option<&ProviderName>) -> (String, String) {
        let table = match (self.is_of_a_provider(), provider) {
            (false, _) => "[usher]".to_owned(),
            (true, None) => "[provider.P]".to_owned(),
            (true, Some(provider)) => format!("[provider.{provider}]"),
        };
        let value = match self.is_twin {
            true => Value::from(self.example()),
            false => typed(self.key.kind, self.key.example),
        };
        let path = self.path().replace(".NAME", ".prompt");
        (table, format!("{path} = {}", inline(&value)))
    }
}

/// A value as TOML writes it.
fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(object) => {
            let pairs: Vec<_> = object
                .iter()
                .map(|(name, value)| format!("{name} = {}", inline(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        // A JSON text is a TOML text.
        other => other.to_string(),
    }
}

/// A setting that somebody asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The setting, or its `…_file` twin.
    pub variable: Variable,
    /// Whose, if that was said.
    pub provider: Option<ProviderName>,
    /// The name below it, for a setting of [`Kind::Names`].
    pub name: Option<String>,
}

/// Finds the setting of a name in any spelling: `groups.claim`, `groups__claim`,
/// `provider.keycloak.groups.claim`, `usher.session.idle`, or a whole variable in any letter
/// case.
///
/// # Errors
/// There is none: with the nearest one.
pub fn look_up(text: &str) -> Result<Asked, Problem> {
    let asked = text.split('=').next().unwrap_or(text).trim();
    let dotted = asked.to_lowercase().replace("__", ".");
    let dotted = dotted.strip_prefix("clearml.").unwrap_or(&dotted);
    let elements: Vec<&str> = dotted.split('.').collect();
    let (tables, provider, path): (&[&'static [Key]], _, _) = match elements.as_slice() {
        ["usher", path @ ..] => (&[HOST], None, path.join(".")),
        ["provider", provider, path @ ..]
        | [
            "services" | "secure",
            "login",
            "sso",
            "oauth_client",
            provider,
            path @ ..,
        ] => (&[PROVIDER], Some(*provider), path.join(".")),
        // `keycloak.groups.claim`, if the first part is no part of the setting itself.
        [provider, path @ ..]
            if find(PROVIDER, dotted).is_none() && find(PROVIDER, &path.join(".")).is_some() =>
        {
            (&[PROVIDER], Some(*provider), path.join("."))
        }
        _ => (&[PROVIDER, HOST], None, dotted.to_owned()),
    };
    let found = tables.iter().find_map(|table| find(table, &path));
    let Some(key) = found else {
        return Err(unknown(asked, tables, &path));
    };
    let name = path
        .strip_prefix(key.path)
        .and_then(|rest| rest.strip_prefix('.'));
    Ok(Asked {
        variable: Variable {
            key,
            is_twin: key.path != path && key.kind != Kind::Names,
        },
        // The reference writes P for any provider.
        provider: provider
            .filter(|name| *name != "p")
            .and_then(|name| name.parse().ok()),
        name: name.filter(|name| *name != "name").map(str::to_owned),
    })
}

fn find(table: &'static [Key], path: &str) -> Option<&'static Key> {
    let exact = || table.iter().find(|key| key.path == path);
    Key::find(table, path).or_else(exact)
}

fn unknown(asked: &str, tables: &[&'static [Key]], path: &str) -> Problem {
    const LIST: &str = "`usher config env` lists every setting";
    if let Name::NotRead(what, fix) = Name::of(asked) {
        return Problem::new(what, asked, fix);
    }
    if UNSERVED.contains(&path) {
        let what = format!("`{path}` is known to ClearML, and not supported by Usher");
        return Problem::new(what, asked, LIST);
    }
    let upper = asked.to_uppercase();
    let is_of_the_api_server =
        upper.starts_with("CLEARML__") && !upper.contains("__LOGIN__SSO__OAUTH_CLIENT__");
    if is_of_the_api_server || upper.starts_with("TRAINS__") {
        let what = "this variable belongs to the API server, and Usher does not read it";
        return Problem::new(what, asked, LIST);
    }
    let known = tables.iter().flat_map(|table| table.iter());
    let paths = known.clone().map(|key| key.path);
    let begin = format!("{path}.");
    let below: Vec<_> = paths
        .clone()
        .filter(|path| path.starts_with(&begin))
        .collect();
    if !below.is_empty() {
        let what = "several settings begin like this";
        return Problem::new(what, asked, format!("name one of {}", below.join(", ")));
    }
    let fix = match nearest(path, paths).and_then(|path| known.clone().find(|k| k.path == path)) {
        Some(key) if asked.contains("__") && asked.contains("LOGIN") => {
            format!("did you mean `{}`?", key.variable(None))
        }
        Some(key) if key.place == Place::Host => {
            format!("did you mean `{}`?", file_key(None, key.path))
        }
        Some(key) => format!("did you mean `{}`?", key.path),
        None => LIST.into(),
    };
    Problem::new("there is no such setting", asked, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_found_under_each_of_its_names() {
        for (text, path, provider) in [
            ("groups.claim", "groups.claim", None),
            ("groups__claim", "groups.claim", None),
            ("GROUPS__CLAIM", "groups.claim", None),
            (
                "provider.keycloak.groups.claim",
                "groups.claim",
                Some("keycloak"),
            ),
            (
                "CLEARML__services__login__sso__oauth_client__okta__base_url",
                "base_url",
                Some("okta"),
            ),
            (
                "clearml__SECURE__LOGIN__SSO__OAUTH_CLIENT__OKTA__BASE_URL",
                "base_url",
                Some("okta"),
            ),
            (
                "CLEARML__services__login__sso__oauth_client__P__base_url",
                "base_url",
                None,
            ),
            (
                "secure.login.sso.oauth_client.okta.client_id=x",
                "client_id",
                Some("okta"),
            ),
            ("usher.session.idle", "session.idle", None),
            ("USHER__SESSION__IDLE", "session.idle", None),
            ("usher__session__idle", "session.idle", None),
            ("session.idle", "session.idle", None),
            ("keycloak.groups.claim", "groups.claim", Some("keycloak")),
            ("authorize_params", "authorize_params", None),
            ("authorize_params.NAME", "authorize_params", None),
        ] {
            let asked = look_up(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            assert_eq!(asked.variable.key.path, path, "{text}");
            assert_eq!(asked.provider.as_ref().map(ProviderName::as_str), provider);
            assert_eq!(
                (asked.variable.is_twin, asked.name),
                (false, None),
                "{text}"
            );
        }
        assert!(look_up("client_secret_file").is_ok_and(|asked| asked.variable.is_twin));
        let prompt = look_up("authorize_params.prompt").unwrap();
        assert_eq!(prompt.name.as_deref(), Some("prompt"));
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_one() {
        for (text, word) in [
            ("groups.claimenv", "`groups.claim`"),
            ("admins", "`groups.admins`"),
            ("groups", "groups.enabled, groups.claim"),
            ("usher.session", "session.idle, session.absolute"),
            ("usher.sesion.idle", "`usher.session.idle`"),
            ("USHER__LISTN", "`usher.listen`"),
            (
                "CLEARML__services__login__sso__oauth_client__keycloak__groups__claimenv"
                    .to_uppercase()
                    .as_str(),
                "__groups__claim`",
            ),
            ("zzz", "config env"),
            ("", "config env"),
        ] {
            let problem = look_up(text).unwrap_err();
            assert!(problem.fix.contains(word), "{problem}");
        }
        for (text, word) in [
            ("CLEARML__secure__auth__token_secret", "API server"),
            ("audience", "not supported"),
            (
                "CLEARML__services__login__sso__saml_client__duo__x",
                "not supported",
            ),
        ] {
            assert!(look_up(text).unwrap_err().what.contains(word), "{text}");
        }
    }

    #[test]
    fn no_setting_of_the_host_has_the_name_of_a_providers() {
        for key in HOST {
            assert!(PROVIDER.iter().all(|other| other.path != key.path));
        }
    }
}
