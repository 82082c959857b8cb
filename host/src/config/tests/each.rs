//! What each variable means: what it makes of the settings that the service takes.

use super::*;
use crate::domain::{
    Absent, Algorithm, ClientAuth, LogoutTokenTyp, PolicyLimits, Provider, RecordedClaims,
    ResponseMode,
};

type Row = (&'static str, &'static str, fn(&Config) -> bool);

fn p(config: &Config) -> &Provider {
    &config.providers[0]
}

const PEM: &str = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n";

/// Variable, value, and what then holds and would not hold without it.
const OF_A_PROVIDER: &[Row] = &[
    ("services base_url", "https://kc/x", |c| {
        p(c).base_url == "https://kc/x"
    }),
    ("services authorize_url", "https://kc/a", |c| {
        p(c).authorize_url.is_some()
    }),
    ("services access_token_url", "https://kc/t", |c| {
        p(c).access_token_url.is_some()
    }),
    ("secure client_id", "000123", |c| p(c).client_id == "000123"),
    ("secure client_secret", "a=b#c$d?", |c| {
        p(c).client_secret
            .as_ref()
            .is_some_and(|secret| secret.expose() == "a=b#c$d?")
    }),
    ("secure client_secret_file", "FILE", |c| {
        p(c).client_secret
            .as_ref()
            .is_some_and(|secret| secret.expose() == PEM.trim_end())
    }),
    ("secure default_company", "0123", |c| {
        p(c).default_company
            .as_ref()
            .is_some_and(|id| id.as_str() == "0123")
    }),
    ("services claims__name", "preferred_username", |c| {
        p(c).claim_name.as_str() == "preferred_username"
    }),
    ("services claims__user_id", "/a/b", |c| {
        p(c).claim_user_id.pointer() == "/a/b"
    }),
    ("services claims__email", "https://x.example/mail", |c| {
        p(c).claim_email.pointer() == "/https:~1~1x.example~1mail"
    }),
    ("services groups__enabled", "on", |c| p(c).groups.enabled),
    ("services groups__claim", "team.groups", |c| {
        p(c).groups.claim.pointer() == "/team.groups"
    }),
    ("services groups__absent", "leave", |c| {
        p(c).groups.absent == Absent::Leave
    }),
    ("services groups__admins", r#"["ClearML Admins"]"#, |c| {
        p(c).groups.admins == ["ClearML Admins"]
    }),
    ("services groups__case_sensitive", "no", |c| {
        !p(c).groups.case_sensitive
    }),
    (
        "services groups__prohibit_user_signup_if_not_in_group",
        "1",
        |c| p(c).groups.prohibit_user_signup_if_not_in_group,
    ),
    ("services admin_role", "", |c| p(c).admin_role.is_empty()),
    ("services idp_logout", "true", |c| p(c).idp_logout),
    ("services get_info_from_access_token", "false", |c| {
        !p(c).get_info_from_access_token
    }),
    ("services display_name", "Acme", |c| {
        p(c).display_name == "Acme"
    }),
    ("services scopes", "openid groups", |c| {
        p(c).scopes == ["openid", "groups"]
    }),
    ("services code_challenge", "true", |_| true),
    ("services code_challenge_method", "S256", |_| true),
    ("services signing_algorithm", "EdDSA", |c| {
        p(c).signing_algorithm == Algorithm::EdDSA
    }),
    ("services response_mode", "form_post", |c| {
        p(c).response_mode == ResponseMode::FormPost
    }),
    ("services authorize_params__kc_idp_hint", "corp", |c| {
        p(c).authorize_params
            .get("kc_idp_hint")
            .is_some_and(|hint| hint == "corp")
    }),
    ("services client_auth", "client_secret_post", |c| {
        p(c).client_auth == ClientAuth::SecretPost
    }),
    ("secure client_key_file", "FILE", |c| {
        matches!(p(c).client_auth, ClientAuth::PrivateKeyJwt(_))
    }),
    ("services logout_token_typ", "strict", |c| {
        p(c).logout_token_typ == LogoutTokenTyp::Strict
    }),
    ("services allow_initiation", "yes", |c| {
        p(c).allow_initiation
    }),
    ("services allow_unadvertised_iss", "yes", |c| {
        p(c).allow_unadvertised_iss
    }),
    ("services policy__module", "FILE", |c| {
        p(c).policy.module.is_some()
    }),
    ("services policy__limits", "interpreter", |c| {
        p(c).policy.limits == PolicyLimits::Interpreter
    }),
    ("services policy__settings", r#"{"a":1}"#, |c| {
        p(c).policy.settings.contains_key("a")
    }),
    ("services policy__may_move", "true", |c| {
        p(c).policy.may_move
    }),
];

const OF_THE_HOST: &[Row] = &[
    ("USHER__LISTEN", "[::]:80", |c| c.host.listen.port() == 80),
    ("USHER__PUBLIC_URL", "https://x.example:8443/", |c| {
        c.host
            .public_url
            .as_ref()
            .is_some_and(|url| url.origin() == "https://x.example:8443")
    }),
    ("USHER__DATABASE_URL", "sqlite:///x.db", |c| {
        c.host.database_url == DatabaseUrl::Sqlite("/x.db".into())
    }),
    ("USHER__DATABASE_URL_FILE", "DATABASE", |c| {
        c.host.database_url == DatabaseUrl::Sqlite("y.db".into())
    }),
    ("USHER__DIRECTORY_FILE", "FILE", |c| {
        c.host.directory_file.is_some()
    }),
    ("USHER__OPS_LISTEN", "localhost:9090", |c| {
        c.host.ops_listen.is_some()
    }),
    (
        "USHER__SECRET_KEY",
        "0123456789abcdef0123456789abcdef",
        |c| c.host.secret_key.is_some(),
    ),
    ("USHER__SECRET_KEY_FILE", "FILE", |c| {
        c.host.secret_key.is_some()
    }),
    ("USHER__SESSION__IDLE", "90s", |c| {
        c.host.session.idle.as_secs() == 90
    }),
    ("USHER__SESSION__ABSOLUTE", "2d", |c| {
        c.host.session.absolute.as_hours() == 48
    }),
    ("USHER__RECORDS__DAYS", "0", |c| c.host.records.days == 0),
    ("USHER__RECORDS__CLAIMS", "none", |c| {
        c.host.records.claims == RecordedClaims::None
    }),
    ("USHER__RECORDS__REDACT", "/a,/b", |c| {
        c.host.records.redact == ["/a", "/b"]
    }),
    ("USHER__TRUSTED_PROXIES", "10.0.0.0/8", |c| {
        c.host.trusted_proxies.len() == 1
    }),
    ("USHER__BRAND__NAME", "Acme", |c| {
        c.host.brand.name == "Acme"
    }),
    ("USHER__BRAND__LOGO_FILE", "FILE", |c| {
        c.host.brand.logo_file.is_some()
    }),
    ("USHER__BRAND__COLOR", "#ABCDEF", |c| {
        c.host.brand.color.as_deref() == Some("#abcdef")
    }),
    ("USHER__BRAND__ACCENT", "#abcdef", |c| {
        c.host.brand.accent.is_some()
    }),
    ("USHER__BRAND__CONTACT", "x", |c| {
        c.host.brand.contact.as_deref() == Some("x")
    }),
    ("USHER__OIDC__CA_FILE", "FILE", |c| {
        c.host.oidc_ca_file.is_some()
    }),
    ("USHER__OIDC__ALLOW_PRIVATE", "fd00::/8", |c| {
        c.host.oidc_allow_private.len() == 1
    }),
    ("USHER__LOG", "usher=debug,warn", |c| {
        origin(c, "log") != &Origin::Default
    }),
];

/// What a setting needs to be taken at all.
fn companion(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "services groups__prohibit_user_signup_if_not_in_group" => {
            Some(("services groups__enabled", "true"))
        }
        "secure client_key_file" => Some(("services client_auth", "private_key_jwt")),
        _ => None,
    }
}

/// The minimal configuration with one more variable, whole and under this spelling of it.
fn load_with(name: &str, spelling: &str, value: &str) -> Config {
    let replaced = variable(name.trim_end_matches("_FILE").trim_end_matches("_file"));
    let minimal = minimal()
        .into_iter()
        .filter(|(known, _)| *known != replaced);
    let more = companion(name).map(|(name, value)| (variable(name), value.to_owned()));
    let this = (spelling.to_owned(), value.to_owned());
    let environment = minimal.chain(more).chain([this]).collect();
    load(&environment, None).unwrap_or_else(|errors| panic!("{spelling}: {errors}"))
}

#[test]
fn each_variable_means_what_the_contract_says_in_both_letter_cases_and_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (pem, database) = (file("pem", PEM), file("database", "sqlite://y.db\n"));
    for (name, value, holds) in OF_A_PROVIDER.iter().chain(OF_THE_HOST) {
        let value = match *value {
            "FILE" => &pem,
            "DATABASE" => &database,
            value => value,
        };
        let documented = variable(name);
        let other = match name.starts_with("secure") {
            true => documented.replacen("secure", "services", 1),
            false => documented.replacen("services", "secure", 1),
        };
        for spelling in [&documented, &other] {
            let (prefix, rest) = spelling.split_once("__").unwrap();
            for rest in [rest.to_owned(), rest.to_uppercase(), rest.to_lowercase()] {
                let spelling = format!("{prefix}__{rest}");
                assert!(
                    holds(&load_with(name, &spelling, value)),
                    "{spelling}={value}"
                );
            }
        }
        let quoted = format!("\"{value}\"");
        if !value.contains('"') {
            assert!(
                holds(&load_with(name, &documented, &quoted)),
                "{name}={quoted}"
            );
        }
        let is_for_compatibility = name.contains("code_challenge");
        assert!(
            is_for_compatibility || !holds(&with(&[])),
            "{name} changes nothing"
        );
    }
}

#[test]
fn no_variable_is_left_out_of_the_table() {
    let rows: Vec<_> = OF_A_PROVIDER.iter().chain(OF_THE_HOST).collect();
    for known in variables() {
        let name = known.name("keycloak".parse().ok().as_ref());
        let has_row = rows.iter().any(|(row, ..)| match known.key.kind {
            Kind::Names => variable(row).starts_with(name.trim_end_matches("NAME")),
            _ => variable(row) == name,
        });
        assert!(has_row, "{name}");
    }
}
