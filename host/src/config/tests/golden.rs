//! The product page's own lines, as it prints them for Kubernetes, and what they mean.

use super::*;

/// What the page's placeholders stand for.
const PLACEHOLDERS: &[(&str, &str)] = &[
    ("<base url>", "https://kc.example.com/realms/r"),
    (
        "<authorization endpoint>",
        "https://kc.example.com/realms/r/protocol/openid-connect/auth",
    ),
    (
        "<token endpoint>",
        "https://kc.example.com/realms/r/protocol/openid-connect/token",
    ),
    ("<clinet_id>", "000123"),
    ("<client_secret>", "12345e6789"),
    ("<company_id>", "d1bd92a3b039400cbafc60a7a5b1e52b"),
    ("<the name of admin group from Keycloak>", "ClearML Admins"),
    ("<admin claim name>", "clearml-admin"),
];

/// Every `- name:`, `value:` pair of the page, in order.
const PAGE: &str = r#"
- name: CLEARML__services__login__sso__oauth_client__keycloak__base_url
  value: "<base url>"
- name: CLEARML__services__login__sso__oauth_client__keycloak__authorize_url
  value: "<authorization endpoint>"
- name: CLEARML__services__login__sso__oauth_client__keycloak__access_token_url
  value: "<token endpoint>"
- name: CLEARML__secure__login__sso__oauth_client__keycloak__client_id
  value: "<clinet_id>"
- name: CLEARML__secure__login__sso__oauth_client__keycloak__client_secret
  value: "<client_secret>"
- name: CLEARML__secure__login__sso__oauth_client__keycloak__default_company
  value: "<company_id>"
- name: CLEARML__services__login__sso__oauth_client__keycloak__groups__enabled
  value: "true"
- name: CLEARML__services__login__sso__oauth_client__keycloak__groups__claim
  value: "groups"
- name: CLEARML__services__login__sso__oauth_client__keycloak__claims__name
  value: "preferred_username"
- name: CLEARML__services__login__sso__oauth_client__keycloak__groups__admins
  value: "[\"<the name of admin group from Keycloak>\"]"
- name: CLEARML__services__login__sso__oauth_client__keycloak__groups__prohibit_user_signup_if_not_in_group
  value: "true"
- name: CLEARML__services__login__sso__oauth_client__keycloak__admin_role
  value: "<admin claim name>"
- name: CLEARML__services__login__sso__oauth_client__keycloak__idp_logout
  value: "true"
- name: CLEARML__services__login__sso__oauth_client__keycloak__get_info_from_access_token
  value: "false"
"#;

/// The page's variables with real values, as a container sees them (`extraEnvs`).
fn extra_envs() -> Vec<(String, String)> {
    let mut page = PAGE.to_owned();
    for (placeholder, value) in PLACEHOLDERS {
        page = page.replace(placeholder, value);
    }
    let mut names = page.lines().filter_map(|l| l.strip_prefix("- name: "));
    let mut values = page.lines().filter_map(|l| l.strip_prefix("  value: "));
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (names.next(), values.next()) {
        // A double-quoted YAML text of these escapes is a JSON text.
        pairs.push((name.to_owned(), serde_json::from_str(value).unwrap()));
    }
    assert_eq!(pairs.len(), 14);
    pairs
}

fn load_page(pairs: Vec<(String, String)>) -> Config {
    let public = (
        "USHER__PUBLIC_URL".into(),
        "https://login.example.com".into(),
    );
    let environment = pairs.into_iter().chain([public]).collect();
    load(&environment, None).unwrap_or_else(|errors| panic!("{errors}"))
}

fn assert_is_the_page(config: &Config) {
    let [p] = config.providers.as_slice() else {
        panic!("one provider")
    };
    assert_eq!(p.name.as_str(), "keycloak");
    assert_eq!(p.base_url, "https://kc.example.com/realms/r");
    let path = |url: &Option<url::Url>| url.as_ref().map(|url| url.path().to_owned());
    let endpoint = |name| Some(format!("/realms/r/protocol/openid-connect/{name}"));
    assert_eq!(path(&p.authorize_url), endpoint("auth"));
    assert_eq!(path(&p.access_token_url), endpoint("token"));
    assert_eq!(p.client_id, "000123");
    let secret = p.client_secret.as_ref().unwrap().expose();
    assert_eq!(secret, "12345e6789");
    let company = p.default_company.as_ref().unwrap().as_str();
    assert_eq!(company, "d1bd92a3b039400cbafc60a7a5b1e52b");
    assert!(p.groups.enabled && p.groups.prohibit_user_signup_if_not_in_group);
    assert_eq!(p.groups.claim.as_str(), "groups");
    assert_eq!(p.claim_name.as_str(), "preferred_username");
    assert_eq!(p.groups.admins, ["ClearML Admins"]);
    assert_eq!(p.admin_role, "clearml-admin");
    assert!(p.idp_logout && !p.get_info_from_access_token);
}

#[test]
fn the_pages_lines_are_read_as_they_stand() {
    let config = load_page(extra_envs());
    assert_is_the_page(&config);
    // The API server would ruin both ids: the only thing there is to say.
    let said: Vec<_> = config.warnings.iter().map(|w| w.place.as_str()).collect();
    assert_eq!(
        said,
        [
            variable("secure client_id"),
            variable("secure client_secret")
        ]
    );
}

#[test]
fn letter_case_after_the_prefix_does_not_matter() {
    let upper = extra_envs()
        .into_iter()
        .map(|(name, value)| (name.to_uppercase(), value));
    assert_is_the_page(&load_page(upper.collect()));
}

#[test]
fn either_file_is_taken_with_a_note_when_the_other_is_documented() {
    let all = extra_envs().len();
    for (file, other, documented_here) in [("services", "secure", 11), ("secure", "services", 3)] {
        let moved = extra_envs()
            .into_iter()
            .map(|(name, value)| (name.replace(other, file), value));
        let config = load_page(moved.collect());
        assert_is_the_page(&config);
        let notes = config
            .warnings
            .iter()
            .filter(|w| w.what.contains("documented"));
        assert_eq!(notes.count(), all - documented_here);
    }
}

#[test]
fn compose_gives_the_same_in_its_map_form_and_its_list_form() {
    // Map form: `NAME: "value"`; YAML takes the quotes away. That is `extra_envs`. List form:
    // `- NAME=value`; what stands behind `=` arrives as it is, quotes included.
    let listed = extra_envs()
        .into_iter()
        .map(|(name, value)| match value.starts_with('[') {
            true => (name, value),
            false => (name, format!("\"{value}\"")),
        });
    let config = load_page(listed.collect());
    assert_is_the_page(&config);
    assert_eq!(config.warnings, []);
}

#[test]
fn the_file_holds_the_same_lines_in_both_letter_cases() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usher.toml");
    for spelt in [str::to_lowercase, str::to_uppercase] {
        let mut text = "[usher]\npublic_url = \"https://login.example.com\"\n".to_owned();
        text.push_str("[provider.keycloak]\n");
        for (name, value) in extra_envs() {
            let (_, setting) = name.split_once("__keycloak__").unwrap();
            // The page's list is a TOML list, its flags are TOML flags.
            let value = match value.starts_with('[') || value == "true" {
                true => value,
                false => format!("{value:?}"),
            };
            let setting = spelt(&setting.replace("__", "."));
            text.push_str(&format!("{setting} = {value}\n"));
        }
        std::fs::write(&path, text).unwrap();
        let config = load(&Environment::default(), Some(&path));
        assert_is_the_page(&config.unwrap_or_else(|errors| panic!("{errors}")));
    }
}

#[test]
fn an_empty_admin_role_switches_role_association_off() {
    for empty in ["", "\"\""] {
        let config = with(&[("services admin_role", empty)]);
        assert_eq!(config.providers[0].admin_role, "");
    }
}

#[test]
fn what_nobody_sets_has_the_documented_default() {
    let config = with(&[]);
    let p = &config.providers[0];
    assert_eq!(p.claim_name.as_str(), "name");
    assert_eq!(p.claim_user_id.as_str(), "sub");
    assert_eq!(p.claim_email.as_str(), "email");
    assert!(!p.groups.enabled && p.groups.case_sensitive);
    assert_eq!(p.groups.claim.as_str(), "groups");
    assert_eq!(
        (p.admin_role.as_str(), p.display_name.as_str()),
        ("admin", "keycloak")
    );
    assert_eq!(p.scopes, ["openid", "profile", "email"]);
    assert!(p.get_info_from_access_token && !p.idp_logout);
    assert!(p.policy.module.is_none() && p.policy.settings.is_empty());
    let h = &config.host;
    assert_eq!(h.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(h.database_url, DatabaseUrl::Sqlite("usher.db".into()));
    assert_eq!(h.session.idle.as_hours(), 8);
    assert_eq!(h.session.absolute.as_hours(), 24);
    assert_eq!(h.records.days, 30);
    assert_eq!(config.warnings, []);
}
