//! The examples of the reference, in the environment and in the file.

use super::*;

/// What an example needs: files that exist, and settings that it contradicts otherwise.
struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    /// The example with paths that exist here; what it names holds what fits.
    fn real(&self, variable: Variable, text: &str) -> String {
        let example = variable.example();
        if !variable.is_twin && variable.key.kind != Kind::Path {
            return text.to_owned();
        }
        let path = self.folder.path().join(example.rsplit('/').next().unwrap());
        let holds = match variable.is_twin {
            true => variable.key.example,
            false => "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n",
        };
        std::fs::write(&path, holds).unwrap();
        text.replace(&example, path.to_str().unwrap())
    }

    /// The minimal environment without what the variable sets, and with what it needs.
    fn around(variable: Variable) -> Environment {
        let keycloak = "keycloak".parse().ok();
        let same = variable.key.variable(keycloak.as_ref());
        let needed = match variable.key.path {
            "groups.prohibit_user_signup_if_not_in_group" => Some("services groups__enabled"),
            _ => None,
        };
        let needed = needed.map(|name| (super::variable(name), "true".to_owned()));
        let minimal = minimal().into_iter().filter(|(name, _)| *name != same);
        minimal.chain(needed).collect()
    }
}

/// The effective value of the variable's key; nothing must be wrong.
fn value(variable: Variable, environment: &Environment, file: Option<&Path>) -> Setting {
    let inspected = inspect(environment, file);
    assert_eq!(inspected.problems, [], "{}", variable.path());
    let is_it = |setting: &&Setting| {
        setting.key == variable.key && setting.name.as_deref() != Some("other")
    };
    let found = inspected.settings.iter().find(is_it);
    found
        .unwrap_or_else(|| panic!("{} is not kept", variable.path()))
        .clone()
}

#[test]
fn every_example_of_the_reference_is_taken_and_the_same_in_the_file() {
    let site = Site::new();
    let keycloak = "keycloak".parse().ok();
    for variable in variables() {
        let around = Site::around(variable);
        let assignment = site.real(variable, &variable.assignment(keycloak.as_ref()));
        let (name, text) = assignment.split_once('=').unwrap();
        let more = [(name.to_owned(), text.to_owned())];
        let around_it = || around.iter().map(|(n, v)| (n.to_owned(), v.to_owned()));
        let environment: Environment = around_it().chain(more).collect();
        let by_environment = value(variable, &environment, None);

        let (table, line) = variable.toml(keycloak.as_ref());
        let path = site.folder.path().join("usher.toml");
        std::fs::write(&path, format!("{table}\n{}\n", site.real(variable, &line))).unwrap();
        let by_file = value(variable, &around, Some(&path));

        assert_eq!(by_environment.typed(), by_file.typed(), "{line}");
        assert_eq!(by_environment.name(), by_file.name());
        let (by_environment, by_file) = (by_environment.origin, by_file.origin);
        assert!(
            by_environment.to_string().contains(name),
            "{by_environment}"
        );
        let key = line.split(" = ").next().unwrap();
        assert!(by_file.to_string().contains("usher.toml:2: "), "{by_file}");
        assert!(by_file.to_string().contains(key), "{by_file}");
    }
}

#[test]
fn settings_stand_in_the_order_of_their_tables_the_host_first() {
    let inspected = inspect(&environment(&[("services groups__enabled", "true")]), None);
    let names: Vec<_> = inspected.settings.iter().map(Setting::name).collect();
    assert_eq!(names[0], "usher.listen");
    let at = |name: &str| names.iter().position(|known| known == name).unwrap();
    assert!(at("usher.log") < at("provider.keycloak.base_url"));
    assert!(at("provider.keycloak.client_id") < at("provider.keycloak.groups.enabled"));
}

#[test]
fn what_is_right_is_kept_beside_what_is_wrong() {
    let inspected = inspect(
        &environment(&[
            ("services groups__enabled", "ture"),
            ("services groups__claim", "teams"),
            ("USHER__DATABASE_URL", "mysql://u:hunter2@db/usher"),
        ]),
        None,
    );
    assert_eq!(inspected.problems.len(), 2);
    let names: Vec<_> = inspected.settings.iter().map(Setting::name).collect();
    assert!(names.contains(&"provider.keycloak.groups.claim".to_owned()));
    for wrong in ["provider.keycloak.groups.enabled", "usher.database_url"] {
        assert!(!names.contains(&wrong.to_owned()), "{wrong}");
    }
    assert!(!format!("{inspected:?}").contains("hunter2"));
}
