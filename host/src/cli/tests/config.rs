//! `usher config …` in process.

use super::*;

const OURS: &str = "CLEARML__services__login__sso__oauth_client__keycloak__";
const SECURE: &str = "CLEARML__secure__login__sso__oauth_client__keycloak__";

fn keycloak() -> Site {
    Site::new()
        .with("USHER__PUBLIC_URL", "https://login.example.com")
        .with(
            &format!("{OURS}base_url"),
            "https://kc.example.com/realms/r",
        )
        .with(&format!("{SECURE}client_id"), "clearml")
        .with(&format!("{SECURE}client_secret"), "hunter2")
}

fn setting<'a>(shown: &'a Value, name: &str) -> &'a Value {
    let mut settings = shown.as_array().into_iter().flatten();
    let found = settings.find(|setting| setting["setting"] == name);
    found.unwrap_or_else(|| panic!("{name} is not shown: {shown}"))
}

#[test]
fn every_value_is_shown_with_its_origin_and_no_secret_is() {
    let admins = format!("{OURS}GROUPS__ADMINS");
    let site = keycloak()
        .with(&admins, "a, b")
        .with(&format!("{SECURE}client_id"), "000123")
        .with("USHER__DATABASE_URL", "postgres://u:hunter2@db/usher")
        .with(
            "USHER__SECRET_KEY",
            "hunter2-hunter2-hunter2-hunter2-hunter2",
        );
    let shown = site.json("usher config show --json");
    let admins_are = setting(&shown, "provider.keycloak.groups.admins");
    assert_eq!(admins_are["value"], serde_json::json!(["a", "b"]));
    assert_eq!(admins_are["origin"]["variable"], admins.as_str());
    assert_eq!(
        setting(&shown, "provider.keycloak.client_id")["value"],
        "000123"
    );
    assert_eq!(
        setting(&shown, "provider.keycloak.client_secret")["value"],
        "***"
    );
    assert_eq!(
        setting(&shown, "usher.database_url")["value"],
        "postgres://u:***@db/usher"
    );
    assert_eq!(
        setting(&shown, "provider.keycloak.groups.enabled")["value"],
        false
    );
    let discovered = setting(&shown, "provider.keycloak.authorize_url");
    assert_eq!(
        (&discovered["value"], &discovered["origin"]["kind"]),
        (&Value::Null, &"default".into())
    );

    let table = site.done("usher config show").out;
    for part in [
        "SETTING",
        "VALUE",
        "ORIGIN",
        &admins,
        "***",
        "(from discovery)",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    for format in ["", " --json"] {
        for command in [
            "show",
            "check",
            "explain~client_secret",
            "explain~usher.database_url",
        ] {
            let ran = site.done(&format!(
                "usher config {}{format}",
                command.replace('~', " ")
            ));
            assert!(!format!("{}{}", ran.out, ran.err).contains("hunter2"));
        }
    }
    let set = site.json("usher config show --set --json");
    assert!(
        set.as_array()
            .is_some_and(|set| set.iter().all(|s| s["origin"]["kind"] != "default"))
    );
    let other = site.json("usher config show --provider okta --json");
    assert_eq!(other, Value::Array(vec![]));
}

#[test]
fn what_is_right_is_shown_also_if_something_is_wrong() {
    let site = keycloak().with(&format!("{OURS}idp_logout"), "ture");
    let ran = site.run("usher config show");
    assert_eq!(ran.exit, 2);
    assert!(
        ran.out.contains("provider.keycloak.base_url"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("idp_logout"), "{}", ran.out);
    assert!(ran.err.contains("idp_logout is not a flag"), "{}", ran.err);
}

#[test]
fn check_says_everything_at_once_and_ends_with_two() {
    let fine = keycloak().done("usher config check");
    assert_eq!(fine.out, "");
    assert_eq!(fine.err, "no errors and no warnings\n");
    assert_eq!(keycloak().json("usher config check --json")["ok"], true);

    let site = keycloak()
        .with(&format!("{OURS}idp_logout"), "ture")
        .with(&format!("{OURS}groups__claimenv"), "x")
        .with(&format!("{OURS}audience"), "x")
        .with("USHER__LOG", "debgu");
    let ran = site.run("usher config check");
    assert_eq!(ran.exit, 2);
    for part in [
        "ture",
        "claimenv",
        "did you mean debug?",
        "warning: `audience`",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    assert_eq!(ran.err, "3 errors and 1 warning\n");
    let ran = site.run("usher config check --json");
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.exit, &found["ok"]), (2, &Value::Bool(false)));
    assert_eq!(found["errors"].as_array().map(Vec::len), Some(3));
    assert_eq!(found["warnings"][0]["where"], format!("{OURS}audience"));
}

#[test]
fn a_setting_is_explained_under_each_of_its_names() {
    let site = keycloak().with(&format!("{OURS}groups__claim"), "teams");
    for name in [
        "groups.claim",
        "groups__claim",
        "provider.keycloak.groups.claim",
        "CLEARML__services__login__sso__oauth_client__keycloak__groups__claim",
        "clearml__SECURE__login__sso__oauth_client__KEYCLOAK__groups__claim",
    ] {
        let out = site.done(&format!("usher config explain {name}")).out;
        for part in [
            "Claim with the group names",
            "claim name or JSON pointer",
            &format!("{OURS}groups__claim"),
            &format!("{SECURE}groups__claim"),
            "[provider.keycloak]",
            "groups.claim = \"groups\"",
            "teams",
        ] {
            assert!(out.contains(part), "{name}, {part}: {out}");
        }
    }
    for name in ["usher.session.idle", "USHER__SESSION__IDLE", "session.idle"] {
        let explained = site.json(&format!("usher config explain {name} --json"));
        assert_eq!(explained["variable"], "USHER__SESSION__IDLE");
        assert_eq!(explained["now"][0]["origin"]["kind"], "default");
    }
    let secret = site.json("usher config explain client_secret --json");
    assert_eq!(
        secret["file_variable"],
        format!("{SECURE}client_secret_file")
    );
    let parameter = site.json("usher config explain authorize_params.max_age --json");
    assert_eq!(
        parameter["variable"],
        format!("{OURS}authorize_params__max_age")
    );

    let ran = site.run("usher config explain groups.clam");
    assert_eq!((ran.exit, ran.out.as_str()), (2, ""));
    assert!(
        ran.err.contains("did you mean `groups.claim`?"),
        "{}",
        ran.err
    );
}

#[test]
fn every_variable_is_listed_for_people_and_for_programs() {
    let site = Site::new();
    let table = site.done("usher config env --provider okta").out;
    assert!(
        table.contains("oauth_client__okta__groups__admins"),
        "{table}"
    );
    let all = site.json("usher config env --json");
    let all = all.as_array().unwrap();
    assert_eq!(all.len() + 1, table.lines().count());
    for variable in all {
        for part in ["variable", "type", "meaning", "example", "toml"] {
            assert!(variable[part].as_str().is_some_and(|text| !text.is_empty()));
        }
    }
    let page = site.done("usher config env --markdown").out;
    for variable in all {
        let heading = format!("### `{}`", variable["setting"].as_str().unwrap());
        assert!(page.contains(&heading), "{heading}");
    }
}
