//! One wrong value of each type, and what follows from it: one error, and no more.

use super::*;

/// Values that a setting cannot have.
fn wrong_values(key: &Key) -> &'static [&'static str] {
    match (key.kind, key.path) {
        (_, "code_challenge_method") => &["plain", ""],
        (Kind::Flag, _) => &["ture", "2", "", "null", "true false", "\u{202e}eurt"],
        (Kind::Company, _) => &["a b", "start", "-", "ä", "a/b"],
        (Kind::Claim, _) => &["", "/a~2"],
        (Kind::List, "records.redact") => &["email", r#"["/a", "b"]"#, r#"["/a""#],
        (Kind::List, _) => &[r#"["a"#, "[a", r#"{"a":1}"#, r#"[["a"]]"#],
        (Kind::Networks, _) => &["10.0.0.0/33", "proxy", "10.0.0/8", "[10.0.0.0/8"],
        (Kind::Url, _) => &[
            "<base url>",
            "kc.example.com",
            "ftp://kc/",
            "http://kc.example.com",
        ],
        (Kind::Address, _) => &["8080", "localhost", "0.0.0.0:65536", "a:80"],
        (Kind::Path, _) => &["/nowhere/at/all", "/"],
        (Kind::Choice(_), _) => &["", "nothing-like-it", "a b"],
        (Kind::Duration, _) => &["8", "0s", "-1h", "1h1", "99999999999d", ""],
        (Kind::Number, _) => &["", "a week", "-1", "1.5", "99999999999"],
        (Kind::Color, _) => &["red", "#fff", "125e52", "#12345g"],
        (Kind::Json, _) => &["[]", "x", "{", "{'a': 1}", ""],
        (Kind::Names, _) => &[],
        (Kind::Text, "display_name") => &["two\nlines"],
        (Kind::Text, "scopes") => &["openid \u{e4}"],
        (Kind::Text, "brand.name") => &["", "  "],
        (Kind::Text, "log") => &["debgu", "usher=verbose", "warning"],
        (Kind::Text, "database_url") => &["usher.db", "mysql://db/usher", "sqlite://", ""],
        (Kind::Text, "secret_key") => &["short"],
        (Kind::Text, _) => &[],
    }
}

/// Every key with its variable at keycloak.
fn keys_by_variable() -> impl Iterator<Item = (&'static Key, String)> {
    let keycloak = "keycloak".parse().ok();
    let keys = HOST.iter().chain(PROVIDER);
    keys.map(move |key| (key, key.variable(keycloak.as_ref())))
}

/// The minimal configuration, with some variables instead of or beside its own.
fn altered(with: &[(String, String)]) -> Environment {
    let replaced = |name: &String| with.iter().any(|(other, _)| other == name);
    let kept = minimal().into_iter().filter(|(name, _)| !replaced(name));
    kept.chain(with.iter().cloned()).collect()
}

#[test]
fn a_wrong_value_is_one_error_that_names_variable_place_and_fix() {
    let mut tried = 0;
    for (key, variable) in keys_by_variable() {
        for value in wrong_values(key) {
            // Where nothing is possible, an empty value counts as not set.
            let unset = value.trim().is_empty() && !matches!(key.default, Fallback::Is(_));
            if unset {
                continue;
            }
            let mut with = vec![(variable.clone(), (*value).to_owned())];
            if key.path == "client_key_file" {
                // Nobody looks at it otherwise.
                let way = super::variable("services client_auth");
                with.push((way, "private_key_jwt".into()));
            }
            let environment = altered(&with);
            let errors = load(&environment, None).unwrap_err();
            let [problem] = errors.problems.as_slice() else {
                panic!("{variable}={value}: {errors}")
            };
            assert_eq!(problem.place, variable, "{problem}");
            assert!(problem.what.starts_with(key.path), "{problem}");
            assert!(!problem.fix.is_empty(), "{problem}");
            let printed = errors.to_string();
            assert!(printed.lines().count() <= 3, "{printed}");
            assert!(!printed.contains('\u{202e}'), "{printed}");
            tried += 1;
        }
    }
    assert!(tried > 100, "only {tried}");
}

#[test]
fn everything_wrong_at_once_is_shown_at_once_and_nothing_twice() {
    let wrong: Vec<_> = keys_by_variable()
        .filter(|(key, _)| key.path != "client_key_file")
        .filter_map(|(key, variable)| {
            let value = *wrong_values(key).first()?;
            Some((variable, value.to_owned()))
        })
        .collect();
    assert!(wrong.len() > 40);
    let errors = load(&altered(&wrong), None).unwrap_err();
    let mut places: Vec<_> = errors.problems.iter().map(|p| p.place.clone()).collect();
    let mut variables: Vec<_> = wrong.into_iter().map(|(name, _)| name).collect();
    places.sort();
    variables.sort();
    assert_eq!(places, variables);
}

#[test]
fn a_misspelt_name_is_one_error_also_where_the_setting_is_required() {
    for (name, misspelt) in [
        ("services base_url", "services base_ulr"),
        ("secure client_id", "secure clientid"),
        ("secure client_secret", "secure client_secrt"),
        ("USHER__PUBLIC_URL", "USHER__PUBLIC_ULR"),
    ] {
        let pairs = minimal().into_iter().map(|(known, value)| match known {
            known if known == variable(name) => (variable(misspelt), value),
            known => (known, value),
        });
        let errors = load(&pairs.collect(), None).unwrap_err();
        assert_eq!(errors.problems.len(), 1, "{errors}");
        let fix = format!("did you mean {}?", variable(name));
        assert_eq!(errors.problems[0].fix, fix);
    }
}

#[test]
fn a_misspelt_way_to_authenticate_does_not_ask_for_a_secret() {
    let pairs = minimal()
        .into_iter()
        .filter(|(name, _)| !name.ends_with("client_secret"));
    let wrong = (variable("services client_auth"), "private_key".to_owned());
    let errors = load(&pairs.chain([wrong]).collect(), None).unwrap_err();
    assert_eq!(errors.problems.len(), 1, "{errors}");
}

#[test]
fn a_name_that_no_provider_can_have_is_one_error_with_a_name_that_it_can() {
    let renamed = |name: &str| {
        let pairs = minimal().into_iter();
        let pairs = pairs.map(|(key, value)| (key.replace("keycloak", name), value));
        load(&pairs.collect(), None).unwrap_err()
    };
    let errors = renamed("key-cloak");
    assert_eq!(errors.problems.len(), 1, "{errors}");
    assert_eq!(errors.problems[0].fix, "call it `key_cloak`");
    assert_eq!(errors.problems[0].place.matches("key-cloak").count(), 3);
    assert!(renamed("ä").problems[0].fix.contains("letters and digits"));
}

#[test]
fn what_cannot_be_read_is_one_error_and_hides_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usher.toml");
    for text in [
        "[usher\npublic_url = \"https://x.example\"\n",
        "[usher]\npublic_url = https://x.example\n",
        "[usher]\nlisten = \"a\"\nlisten = \"b\"\n",
        "[ussher]\npublic_url = \"https://x.example\"\n",
        "[[provider.keycloak]]\nbase_url = \"https://kc.example\"\n",
        "\0",
    ] {
        std::fs::write(&path, text).unwrap();
        let errors = load(&Environment::default(), Some(&path)).unwrap_err();
        assert_eq!(errors.problems.len(), 1, "{text}: {errors}");
    }
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    for file in [
        path.as_path(),
        folder.path(),
        Path::new("/nowhere/usher.toml"),
    ] {
        let errors = load(&Environment::default(), Some(file)).unwrap_err();
        assert_eq!(errors.problems.len(), 1, "{errors}");
        // What the environment says is checked all the same.
        let wrong = [("USHER__LISTEN", "nowhere")].into_iter().collect();
        let errors = load(&wrong, Some(file)).unwrap_err();
        assert_eq!(errors.problems.len(), 2, "{errors}");
    }
}

#[test]
fn one_value_in_two_spellings_is_no_contradiction() {
    with(&[
        ("services groups__admins", r#"["a","b"]"#),
        ("secure groups__admins", "a, b"),
        ("services idp_logout", "true"),
        ("secure idp_logout", "Yes"),
    ]);
    let found = problem(&[
        ("services groups__claim", "groups"),
        ("services GROUPS__CLAIM", "Groups"),
    ]);
    assert!(found.place.contains(" and "), "{found}");
}

#[test]
fn a_provider_that_is_called_like_us_is_refused() {
    let key = |key: &str| format!("CLEARML__services__login__sso__oauth_client__usher_x__{key}");
    let found = problems(&[
        (&key("base_url"), "https://kc.example.com/realms/x"),
        (&key("client_id"), "x"),
        (&key("client_secret"), "x"),
    ]);
    let [found] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert!(found.what.contains("`usher_x`"), "{found}");
    assert!(found.place.contains(&key("base_url")), "{found}");
}
