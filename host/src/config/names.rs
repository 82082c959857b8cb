//! What the name of a variable asks for. The prefix is upper-case, the rest is
//! case-insensitive, `__` separates path elements.

use super::keys::{HOST, Key, Place};
use super::nearest::nearest;

/// What a variable is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// A setting of the host, `session.idle`.
    Host(String),
    /// A setting of a provider.
    Provider {
        provider: String,
        place: Place,
        path: String,
    },
    /// It looks like ours but is not read; why, and what to do.
    NotRead(String, String),
    /// `TRAINS__…`.
    Trains,
    /// Not ours.
    Foreign,
}

/// Settings of a provider that ClearML knows and Usher does not serve.
pub(super) const UNSERVED: &[&str] = &["audience", "debug", "identity_provider"];

/// What stands beside `oauth_client` in ClearML.
const SSO: &[&str] = &[
    "oauth_client",
    "saml_client",
    "tenant_login",
    "allow_settings_providers",
];

/// The setting that `USHER_PUBLIC_URL` or `USHER_SESSION_IDLE` means.
fn one_underscore(variable: &str) -> Option<&'static Key> {
    let path = variable.strip_prefix("USHER_")?.to_lowercase();
    HOST.iter().find(|key| key.path.replace('.', "_") == path)
}

impl Name {
    pub(super) fn of(variable: &str) -> Self {
        if let Some(rest) = variable.strip_prefix("USHER__") {
            return Self::Host(rest.to_lowercase().replace("__", "."));
        }
        if let Some(rest) = variable.strip_prefix("CLEARML__") {
            let rest = rest.to_lowercase();
            return Self::clearml(&rest.split("__").collect::<Vec<_>>());
        }
        if variable.starts_with("TRAINS__") {
            return Self::Trains;
        }
        if let Some(known) = one_underscore(variable) {
            return Self::NotRead(
                "two underscores stand between the parts of a name, so this variable is not read"
                    .into(),
                format!("call it {}", known.variable(None)),
            );
        }
        let upper = variable.to_uppercase();
        let ours = upper.starts_with("USHER__")
            || (upper.starts_with("CLEARML__") && upper.contains("__LOGIN__SSO__"));
        if ours {
            let (prefix, _) = upper.split_once("__").unwrap_or_default();
            return Self::NotRead(
                "the prefix of this variable is not in upper case, so it is not read".into(),
                format!("begin its name with {prefix}__"),
            );
        }
        Self::Foreign
    }

    fn clearml(elements: &[&str]) -> Self {
        let [file, "login", "sso", kind, rest @ ..] = elements else {
            return Self::Foreign;
        };
        let place = match *file {
            "services" => Some(Place::Services),
            "secure" => Some(Place::Secure),
            _ => None,
        };
        match (place, *kind, rest) {
            (Some(place), "oauth_client", [provider, path @ ..]) if !path.is_empty() => {
                Self::Provider {
                    provider: (*provider).to_owned(),
                    place,
                    path: path.join("."),
                }
            }
            (None, ..) => Self::NotRead(
                format!(
                    "`{file}` is neither `services` nor `secure`, so this variable is not read"
                ),
                "begin its name with CLEARML__services__ or CLEARML__secure__".into(),
            ),
            (_, "oauth_client", _) => Self::NotRead(
                "this variable names a provider but none of its settings".into(),
                "end its name with a setting, such as __base_url".into(),
            ),
            (_, kind, _) if SSO.contains(&kind) => Self::NotRead(
                format!("`{kind}` is known to ClearML, and not supported by Usher"),
                "nothing, if the API server reads it".into(),
            ),
            (_, kind, _) => Self::NotRead(
                format!("`{kind}` is no part of login__sso, so this variable is not read"),
                match nearest(kind, SSO.iter().copied()) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => "remove it, if nothing else reads it".into(),
                },
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_after_the_prefix_does_not_matter() {
        let lower =
            Name::of("CLEARML__services__login__sso__oauth_client__azure_ad__groups__claim");
        let upper =
            Name::of("CLEARML__SERVICES__LOGIN__SSO__OAUTH_CLIENT__AZURE_AD__GROUPS__CLAIM");
        assert_eq!(lower, upper);
        let expected = Name::Provider {
            provider: "azure_ad".into(),
            place: Place::Services,
            path: "groups.claim".into(),
        };
        assert_eq!(lower, expected);
        assert_eq!(
            Name::of("USHER__Session__Idle"),
            Name::Host("session.idle".into())
        );
    }

    #[test]
    fn what_belongs_to_others_is_foreign_and_what_looks_like_ours_is_named() {
        for foreign in [
            "PATH",
            "USHER_X",
            "CLEARML__services__auth__x",
            "CLEARML__secure__credentials__apiserver__user_key",
            "clearml__other",
        ] {
            assert_eq!(Name::of(foreign), Name::Foreign, "{foreign}");
        }
        assert_eq!(Name::of("TRAINS__services__x"), Name::Trains);
        for ours in [
            "usher__listen",
            "USHER_LISTEN",
            "USHER_SESSION_IDLE",
            "Clearml__services__login__sso__oauth_client__k__base_url",
            "CLEARML__service__login__sso__oauth_client__k__base_url",
            "CLEARML__services__login__sso__saml_client__k__entity_id",
            "CLEARML__services__login__sso__tenant_login",
            "CLEARML__services__login__sso__oauth_cleint__k__base_url",
            "CLEARML__services__login__sso__oauth_client__k",
        ] {
            assert!(matches!(Name::of(ours), Name::NotRead(..)), "{ours}");
        }
    }
}
