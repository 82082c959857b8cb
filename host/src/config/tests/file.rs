//! The same settings in TOML.

use std::path::PathBuf;

use super::*;

struct Written {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn written(text: &str) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usher.toml");
    std::fs::write(&path, text).unwrap();
    Written {
        _folder: folder,
        path,
    }
}

fn load_file(text: &str) -> Result<Config, ConfigErrors> {
    load(&Environment::default(), Some(&written(text).path))
}

const FILE: &str = r##"
[usher]
public_url = "https://login.example.com"
session = { idle = "1h 30m" }
records.days = 7
records.redact = ["/email", "/address"]
brand.color = "#1F6FEB"
trusted_proxies = "10.0.0.0/8"

[provider.zitadel]
base_url = "https://z.example.com"
client_id = 12345678901234567890
client_secret = "z"

[provider.keycloak]
base_url = "https://kc.example.com/realms/r"
client_id = "clearml"
client_secret = "k"
groups.enabled = true
groups.admins = ["ClearML Admins", "Ops, all"]
authorize_params.kc_idp_hint = "corp"

[provider.keycloak.policy.settings]
departments = [1, 2]
nested.deep = "x"
"##;

#[test]
fn a_file_holds_everything_in_its_own_order() {
    let config = load_file(FILE).unwrap();
    let names: Vec<_> = config.providers.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["zitadel", "keycloak"]);
    assert_eq!(config.providers[0].client_id, "12345678901234567890");
    let p = &config.providers[1];
    assert_eq!(p.groups.admins, ["ClearML Admins", "Ops, all"]);
    assert_eq!(p.authorize_params["kc_idp_hint"], "corp");
    assert_eq!(p.policy.settings["departments"][1], 2);
    assert_eq!(p.policy.settings["nested"]["deep"], "x");
    assert_eq!(config.host.session.idle.as_mins(), 90);
    assert_eq!(config.host.records.days, 7);
    assert_eq!(config.host.records.redact, ["/email", "/address"]);
    assert_eq!(config.host.brand.color.as_deref(), Some("#1f6feb"));
    assert_eq!(config.host.trusted_proxies.len(), 1);
}

#[test]
fn the_environment_wins_and_the_origin_is_kept() {
    let file = written(FILE);
    let claim = variable("services groups__enabled").to_uppercase();
    let environment = [(claim.as_str(), "false")].into_iter().collect();
    let config = load(&environment, Some(&file.path)).unwrap();
    assert!(!config.providers[1].groups.enabled);
    assert_eq!(
        config
            .providers
            .iter()
            .filter(|p| p.name.as_str() == "keycloak")
            .count(),
        1
    );
    let enabled = config.settings.iter().find(|s| {
        s.key.path == "groups.enabled" && s.provider.as_ref().unwrap().as_str() == "keycloak"
    });
    assert_eq!(enabled.unwrap().origin, Origin::Environment(claim));
    let place = format!("{}:4: usher.session.idle", file.path.display());
    assert_eq!(origin(&config, "session.idle").to_string(), place);
    assert_eq!(origin(&config, "listen"), &Origin::Default);
}

#[test]
fn a_problem_in_a_file_names_file_line_and_key() {
    let text = FILE.replace("groups.enabled = true", "groups.enabledd = true");
    let errors = load_file(&text).unwrap_err();
    let [problem] = errors.problems.as_slice() else {
        panic!("{errors}")
    };
    let place = "usher.toml:19: provider.keycloak.groups.enabledd";
    assert!(problem.place.ends_with(place), "{problem}");
    assert_eq!(
        problem.fix,
        "did you mean provider.keycloak.groups.enabled?"
    );

    let text = FILE.replace("\"https://z.example.com\"", "[\"https://z.example.com\"]");
    let problem = load_file(&text).unwrap_err().problems.remove(0);
    assert!(problem.what.contains("is a list"), "{problem}");
}

#[test]
fn a_file_that_is_no_configuration_is_said_to_be_none() {
    let secret = "[provider.k]\nclient_secret = hunter2\n";
    for (text, place) in [
        (secret, "usher.toml:2"),
        ("[providers.k]\nx = 1\n", "usher.toml:1: providers"),
        ("provider = 1\n", "usher.toml:1: provider"),
        (
            "[provider]\nkeycloak = 1\n",
            "usher.toml:2: provider.keycloak",
        ),
    ] {
        let errors = load_file(text).unwrap_err();
        assert!(errors.problems[0].place.ends_with(place), "{errors}");
        assert!(!errors.to_string().contains("hunter2"));
    }
    let nowhere = load(
        &Environment::default(),
        Some(Path::new("/nowhere/usher.toml")),
    );
    assert!(nowhere.unwrap_err().problems[0].place.contains("--config"));
}
