//! What is refused, and in which words.

use super::*;
use crate::domain::ClientAuth;

#[test]
fn a_flawless_configuration_has_no_problem() {
    assert_eq!(with(&[]).providers.len(), 1);
}

#[test]
fn every_problem_is_shown_at_once() {
    let found = problems(&[
        ("USHER__LISTEN", "8080"),
        ("USHER__SESSION__IDLE", "8"),
        ("services groups__enabled", "ture"),
        ("services groups__claimenv", "x"),
        ("services signing_algorithm", "RS265"),
    ]);
    assert_eq!(found.len(), 5, "{found:#?}");
    assert!(
        found
            .iter()
            .all(|p| !p.fix.is_empty() && !p.place.is_empty())
    );
}

#[test]
fn an_unknown_setting_names_the_nearest_known_one() {
    for (name, known) in [
        ("services groups__claimenv", "keycloak__groups__claim?"),
        ("services admins", "keycloak__groups__admins?"),
        ("services base_ulr", "keycloak__base_url?"),
        ("secure client_id_file", "keycloak__client_id?"),
        ("USHER__SESSION_IDLE", "USHER__SESSION__IDLE?"),
        ("USHER__PUBLICURL", "USHER__PUBLIC_URL?"),
    ] {
        let problem = problem(&[(name, "x")]);
        assert_eq!(problem.place, variable(name));
        assert!(problem.fix.contains(known), "{problem}");
    }
    assert!(problem(&[("USHER__ZZZ", "x")]).fix.contains("config env"));
}

#[test]
fn a_misspelt_provider_is_an_incomplete_one_and_names_the_complete_one() {
    let misspelt = "CLEARML__services__login__sso__oauth_client__keycloack__groups__enabled";
    let found = problem(&[(misspelt, "true")]);
    assert!(
        found
            .what
            .contains("base_url, client_id, client_secret missing")
    );
    assert!(found.fix.contains("did you mean `keycloak`?"), "{found}");
    assert_eq!(found.place, misspelt);

    let slip = "CLEARML__secure__login__sso__oauth_client__ad_oauth__default_company";
    assert!(problem(&[(slip, "acme")]).fix.contains("`keycloak`"));
    let bad = "CLEARML__secure__login__sso__oauth_client__key-cloak__client_id";
    assert!(problem(&[(bad, "x")]).what.contains("provider name"));
}

#[test]
fn what_others_read_is_ignored_or_warned_about() {
    let quiet = [
        ("PATH", "/bin"),
        ("CLEARML__secure__auth__token_secret", "x"),
        ("CLEARML__services__login__email_filters__allowed", "[]"),
    ];
    assert_eq!(with(&quiet).warnings, []);
    for name in [
        "services audience",
        "services debug",
        "services identity_provider",
        "CLEARML__services__login__sso__saml_client__duo__entity_id",
        "CLEARML__services__login__sso__tenant_login",
        "TRAINS__services__login__sso__oauth_client__keycloak__base_url",
        "usher__listen",
    ] {
        let warnings = with(&[(name, "x")]).warnings;
        assert_eq!(warnings.len(), 1, "{name}: {warnings:?}");
        assert_eq!(warnings[0].place, variable(name));
    }
}

#[test]
fn what_changes_nothing_is_said_to() {
    let name = "services claims__user_id";
    let warnings = with(&[(name, "preferred_username")]).warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].place, variable(name));
    assert_eq!(with(&[("services claims__user_id", "/sub")]).warnings, []);
}

#[test]
fn two_values_for_one_setting_are_an_error_and_equal_ones_are_not() {
    let twice = |value| [("secure base_url", value)];
    let found = problem(&twice("https://other.example.com/realms/r"));
    assert!(found.place.contains(" and "), "{found}");
    assert_eq!(
        with(&twice("https://kc.example.com/realms/r"))
            .providers
            .len(),
        1
    );
}

#[test]
fn prohibition_needs_groups() {
    let prohibit = "services groups__prohibit_user_signup_if_not_in_group";
    let found = problem(&[(prohibit, "true")]);
    assert_eq!(found.place, variable(prohibit));
    assert!(found.fix.contains(&variable("services groups__enabled")));
    with(&[(prohibit, "true"), ("services groups__enabled", "on")]);
}

#[test]
fn pkce_cannot_be_switched_off() {
    for (name, value) in [
        ("services code_challenge", "false"),
        ("services code_challenge_method", "plain"),
    ] {
        assert!(problem(&[(name, value)]).fix.contains("S256"));
    }
    for (name, value) in [
        ("services code_challenge", "true"),
        ("services code_challenge", "S256"),
        ("services code_challenge_method", "S256"),
    ] {
        with(&[(name, value)]);
    }
}

#[test]
fn plain_http_is_for_loopback() {
    let base = |url: &str| {
        let mut pairs = minimal();
        pairs[1].1 = url.to_owned();
        load(&pairs.into_iter().collect(), None).map(|config| config.providers[0].base_url.clone())
    };
    for good in [
        "http://127.0.0.1:8081/realms/r",
        "http://localhost/x",
        "https://kc/realms/r/",
    ] {
        assert_eq!(base(good).as_deref(), Ok(good));
    }
    for (bad, word) in [
        (
            "http://kc.example.com/realms/r",
            "https://kc.example.com/realms/r",
        ),
        ("<base url>", "https://"),
        (
            "https://kc/realms/r/protocol/openid-connect/auth",
            "https://kc/realms/r",
        ),
        (
            "https://kc/r/.well-known/openid-configuration",
            "https://kc/r",
        ),
        ("https://user:hunter2@kc/realms/r", "@"),
        ("https://kc/realms/r?x=1", "protocol/openid-connect"),
        ("ftp://kc/", "https://"),
    ] {
        let errors = base(bad).unwrap_err();
        assert!(errors.problems[0].fix.contains(word), "{bad}: {errors}");
        assert!(!errors.to_string().contains("hunter2"));
    }
    let inside = problem(&[("services access_token_url", "http://127.0.0.1/token")]);
    assert!(inside.what.contains("loopback"));
}

#[test]
fn words_of_a_choice_are_suggested() {
    for (name, value, word) in [
        ("services signing_algorithm", "RS265", "did you mean RS256?"),
        ("services signing_algorithm", "HS256", "usually RS256"),
        ("services signing_algorithm", "none", "usually RS256"),
        (
            "services response_mode",
            "form-post",
            "did you mean form_post?",
        ),
        (
            "services client_auth",
            "client_secret",
            "did you mean client_secret_",
        ),
        ("services groups__absent", "x", "empty, leave"),
        (
            "services policy__limits",
            "interpeter",
            "did you mean interpreter?",
        ),
        (
            "services logout_token_typ",
            "strikt",
            "did you mean strict?",
        ),
        ("USHER__RECORDS__CLAIMS", "raed", "did you mean read?"),
    ] {
        let found = problem(&[(name, value)]);
        assert!(found.fix.contains(word), "{found}");
    }
}

#[test]
fn authorization_parameters_are_the_sites_except_for_our_own() {
    let config = with(&[
        ("services authorize_params__prompt", "login"),
        ("services authorize_params__max_age", "300"),
    ]);
    assert_eq!(config.providers[0].authorize_params["prompt"], "login");
    assert_eq!(
        config.providers[0].max_age().map(|d| d.as_secs()),
        Some(300)
    );
    for name in [
        "state",
        "REDIRECT_URI",
        "scope",
        "request",
        "nonce",
        "code_challenge",
    ] {
        let variable = format!("services authorize_params__{name}");
        assert!(problem(&[(&variable, "x")]).what.contains("Usher's own"));
    }
    assert!(
        problem(&[("services authorize_params__max_age", "1h")])
            .fix
            .contains("seconds")
    );
}

#[test]
fn openid_is_asked_for_whatever_the_scopes_say() {
    let config = with(&[("services scopes", "profile email")]);
    assert_eq!(config.providers[0].scopes, ["openid", "profile", "email"]);
    assert!(config.warnings[0].what.contains("openid"));
    let listed = with(&[("services scopes", r#"["openid","groups"]"#)]);
    assert_eq!(listed.providers[0].scopes, ["openid", "groups"]);
}

#[test]
fn policy_settings_are_a_json_object_and_its_module_is_there() {
    let config = with(&[("services policy__settings", r#"{"a":[1,2]}"#)]);
    assert_eq!(config.providers[0].policy.settings["a"][1], 2);
    for bad in ["[]", "x", "{"] {
        assert!(
            problem(&[("services policy__settings", bad)])
                .fix
                .contains("object")
        );
    }
    let missing = problem(&[("services policy__module", "/nowhere/policy.wasm")]);
    assert!(missing.what.contains("/nowhere/policy.wasm"));
}

#[test]
fn a_secret_lies_in_a_file_or_in_a_variable_and_never_in_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let file = path.to_str().unwrap();
    let by_file = || {
        let mut pairs = minimal();
        pairs[3] = (variable("secure client_secret_file"), file.to_owned());
        load(&pairs.into_iter().collect(), None)
    };
    let unreadable = by_file().unwrap_err().problems.remove(0);
    assert_eq!(unreadable.place, variable("secure client_secret_file"));
    assert!(unreadable.what.contains(file), "{unreadable}");

    for (written, secret) in [
        ("s3\n", "s3"),
        ("s3\r\n", "s3"),
        ("s3\n\n", "s3\n"),
        ("\"s\"", "\"s\""),
    ] {
        std::fs::write(&path, written).unwrap();
        let config = by_file().unwrap();
        let found = config.providers[0].client_secret.as_ref().unwrap();
        assert_eq!(found.expose(), secret);
        assert!(
            origin(&config, "client_secret")
                .to_string()
                .starts_with(file)
        );
    }
    std::fs::write(&path, "\n").unwrap();
    assert!(by_file().unwrap_err().to_string().contains("is empty"));

    let both = problem(&[("secure client_secret_file", file)]);
    assert!(both.place.contains(" and "), "{both}");
}

#[test]
fn a_name_that_moves_the_cursor_is_printed_without_moving_it() {
    let mut pairs = minimal();
    pairs.push(("USHER__\u{1b}[2J".to_owned(), "x".to_owned()));
    let errors = load(&pairs.into_iter().collect(), None).unwrap_err();
    assert_eq!(errors.problems.len(), 1);
    assert!(!errors.to_string().contains('\u{1b}'), "{errors:?}");
}

#[test]
fn nothing_that_can_be_printed_holds_a_secret() {
    let secrets = [
        (
            "USHER__SECRET_KEY",
            "hunter2-hunter2-hunter2-hunter2-hunter2",
        ),
        ("USHER__DATABASE_URL", "postgres://usher:hunter2@db/usher"),
    ];
    let config = with(&secrets);
    let bad = problems(&[
        ("USHER__DATABASE_URL", "mysql://usher:hunter2@db/usher"),
        ("services client_secret", "hunter2-other"),
        ("USHER__SECRET_KYE", "hunter2"),
    ]);
    let printed = format!("{config:?} {bad:?} {:?}", environment(&secrets));
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(printed.contains("postgres://usher:***@db/usher"));
}

#[test]
fn postgres_needs_a_key_and_a_private_key_needs_no_secret() {
    let found = problem(&[("USHER__DATABASE_URL", "postgres://u:p@db/usher")]);
    assert!(found.fix.contains("openssl rand"), "{found}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let by_key = || {
        let mut pairs = minimal();
        pairs[3] = (
            variable("secure client_key_file"),
            path.to_str().unwrap().into(),
        );
        pairs.push((variable("services client_auth"), "private_key_jwt".into()));
        load(&pairs.into_iter().collect(), None)
    };
    std::fs::write(&path, "no key").unwrap();
    assert!(by_key().unwrap_err().to_string().contains("PEM"));
    std::fs::write(
        &path,
        "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    let provider = by_key().unwrap().providers.remove(0);
    assert!(matches!(provider.client_auth, ClientAuth::PrivateKeyJwt(_)));
    assert!(provider.client_secret.is_none());
}

#[test]
fn serving_needs_an_origin_and_a_provider() {
    let nothing = load(&Environment::default(), None).unwrap_err();
    assert!(
        nothing.problems[0].place.contains("USHER__PUBLIC_URL"),
        "{nothing}"
    );
    let only = [("USHER__PUBLIC_URL", "https://login.example.com")];
    let nobody = load(&only.into_iter().collect(), None).unwrap_err();
    assert!(nobody.to_string().contains("no provider"));
}

#[test]
fn commands_on_the_directory_are_stopped_by_the_database_alone() {
    let half = |pairs: &[(&str, &str)]| {
        let environment = pairs.iter().map(|(n, v)| (variable(n), *v)).collect();
        load_stored(&environment, None)
    };
    let stored = half(&[
        ("USHER__DATABASE_URL", "sqlite://x.db"),
        ("services groups__enabled", "ture"),
    ])
    .unwrap();
    assert_eq!(stored.database_url, DatabaseUrl::Sqlite("x.db".into()));
    assert_eq!(stored.warnings.len(), 2, "{:?}", stored.warnings);
    let weak = half(&[("USHER__SECRET_KEY", "short")]).unwrap().secret_key;
    assert!(weak.unwrap_err().to_string().contains("16 characters"));
    // A misspelt name would lead to another database.
    assert!(half(&[("USHER__DATABASE_ULR", "sqlite://x.db")]).is_err());
    assert!(half(&[("USHER__DATABASE_URL", "x.db")]).is_err());
    assert_eq!(half(&[]).unwrap().warnings, []);
}
