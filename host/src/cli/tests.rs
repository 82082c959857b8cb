//! Commands in process: arguments and environment in, exit code and both streams out.

mod config;

use serde_json::Value;

use super::*;

/// A database of its own, and the environment that names it.
struct Site {
    folder: tempfile::TempDir,
    more: Vec<(String, String)>,
}

struct Ran {
    exit: u8,
    out: String,
    err: String,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let more = Vec::new();
        Self { folder, more }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.more.push((name.to_owned(), value.to_owned()));
        self
    }

    fn run(&self, command: &str) -> Ran {
        let database = self.folder.path().join("usher.db");
        let database = format!("sqlite://{}", database.display());
        let variables = [("USHER__DATABASE_URL".to_owned(), database)];
        let environment = variables.into_iter().chain(self.more.clone()).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let args = command.split(' ').map(|arg| arg.replace('~', " "));
        let exit = run(args, &environment, &mut out, &mut err);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran {
            exit,
            out: text(out),
            err: text(err),
        }
    }

    fn done(&self, command: &str) -> Ran {
        let ran = self.run(command);
        assert_eq!(ran.exit, 0, "{command}: {}", ran.err);
        ran
    }

    fn json(&self, command: &str) -> Value {
        serde_json::from_str(&self.done(command).out).unwrap()
    }
}

#[test]
fn help_begins_with_examples_and_goes_to_stdout() {
    fn of(path: &str, command: &clap::Command, found: &mut Vec<String>) {
        found.push(path.to_owned());
        for sub in command.get_subcommands() {
            of(&format!("{path} {}", sub.get_name()), sub, found);
        }
    }
    let mut commands = Vec::new();
    of("usher", &command(), &mut commands);
    assert!(commands.len() > 30, "{commands:?}");
    let site = Site::new();
    for command in commands {
        let ran = site.done(&format!("{command} --help"));
        let examples = ran.out.strip_prefix("Examples:\n").unwrap_or_default();
        assert!(
            examples.trim_start().starts_with(&command),
            "{command}: {}",
            ran.out
        );
        assert_eq!(ran.err, "");
    }
}

#[test]
fn wrong_usage_ends_with_two_and_says_so_on_stderr() {
    let site = Site::new();
    for command in [
        "usher",
        "usher compny list",
        "usher company create --id start --name x",
        "usher audit show nothing",
        "usher invite add --company a --email a@b.c --role root",
        "usher company list --json --format table",
    ] {
        let ran = site.run(command);
        assert_eq!((ran.exit, ran.out.as_str()), (2, ""), "{command}");
        assert!(!ran.err.is_empty());
    }
    assert!(site.run("usher compny list").err.contains("company"));
}

#[test]
fn the_definition_of_the_command_line_holds() {
    command().debug_assert();
}

#[test]
fn a_directory_is_made_listed_and_taken_apart() {
    let site = Site::new();
    let created = site.done("usher company create --id acme --name Acme~Robotics");
    assert_eq!(created.out, "");
    assert!(
        created
            .err
            .contains("next: usher domain add --company acme")
    );
    site.done("usher domain add --company acme Acme.com");
    site.done("usher group create --company acme Research");
    site.done("usher invite add --company acme --email Ann@Acme.com --role admin");

    let companies = site.json("usher company list --json");
    assert_eq!(companies[0]["name"], "Acme Robotics");
    let domains = site.json("usher domain list --company acme --format json");
    assert_eq!(domains[0]["domain"], "acme.com");
    assert_eq!(site.json("usher group list --json")[0]["members"], 0);
    let invited = site.json("usher invite list --json");
    assert_eq!(invited[0]["email"], "ann@acme.com");
    assert_eq!(invited[0]["role"], "admin");
    let table = site.done("usher invite list").out;
    assert!(
        table.contains("E-MAIL") && table.contains("ann@acme.com"),
        "{table}"
    );

    let full = site.run("usher company delete --id acme");
    assert_eq!(full.exit, 1);
    assert!(full.err.contains("--force"), "{}", full.err);
    site.done("usher invite remove --company acme --email ann@acme.com");
    site.done("usher domain remove --company acme acme.com");
    site.done("usher group delete --company acme Research");
    site.done("usher company delete --id acme");
    assert_eq!(site.json("usher company list --json"), Value::Array(vec![]));
}

#[test]
fn a_refusal_ends_with_one_and_has_three_parts() {
    let site = Site::new();
    for command in [
        "usher domain add --company nowhere acme.com",
        "usher group member add --company nowhere Research ann@acme.com",
        "usher user show ann@acme.com",
        "usher audit show 7777-7777-7777",
    ] {
        let ran = site.run(command);
        assert_eq!((ran.exit, ran.out.as_str()), (1, ""), "{command}");
        let err = ran.err;
        assert!(err.starts_with("error: "), "{err}");
        assert!(err.contains("\n  where: the directory in /"), "{err}");
        assert!(err.contains("\n  fix:   "), "{err}");
    }
}

#[test]
fn empty_lists_are_empty_arrays_and_tell_people_what_to_do() {
    let site = Site::new();
    for list in ["company", "group", "invite", "domain", "user", "audit"] {
        let command = format!("usher {list} list");
        assert_eq!(
            site.json(&format!("{command} --json")),
            Value::Array(vec![])
        );
        let ran = site.done(&command);
        assert_eq!(ran.out, "");
        assert!(!ran.err.is_empty(), "{list}");
    }
}

#[test]
fn a_half_configured_provider_is_a_warning_and_a_wrong_database_is_none() {
    let half = "CLEARML__services__login__sso__oauth_client__keycloak__base_url";
    let site = Site::new().with(half, "https://kc.example.com/realms/r");
    let ran = site.done("usher company list");
    assert!(
        ran.err
            .contains("warning: provider `keycloak` is incomplete")
    );

    let site = Site::new().with("USHER__DATABASE_URL", "usher.db");
    let ran = site.run("usher company list");
    assert_eq!(ran.exit, 2);
    assert!(
        ran.err.contains("where: USHER__DATABASE_URL"),
        "{}",
        ran.err
    );

    let site = Site::new().with("USHER__DATABASE_URL", "sqlite:///nowhere/usher.db");
    let ran = site.run("usher company list");
    assert_eq!(ran.exit, 2);
    assert!(ran.err.contains("/nowhere"), "{}", ran.err);
}

#[test]
fn serve_without_settings_says_everything_that_is_missing() {
    let site = Site::new()
        .with("USHER__LISTEN", "nowhere")
        .with("USHER__LOG", "error");
    let ran = site.run("usher serve");
    assert_eq!((ran.exit, ran.out.as_str()), (2, ""));
    for part in ["listen is not address:port", "public_url is not set"] {
        assert!(ran.err.contains(part), "{}", ran.err);
    }
    let ran = site.run("usher serve --config /nowhere/usher.toml");
    assert!(
        ran.err.contains("--config /nowhere/usher.toml"),
        "{}",
        ran.err
    );
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = Site::new().done(&format!("usher completions {shell}")).out;
        assert!(script.contains("company") && script.contains("policy"));
    }
}

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../policy-guest/cases");

#[test]
fn the_built_in_policy_is_inspected_checked_and_passes_its_cases() {
    let site = Site::new();
    let inspected = site.json("usher policy inspect --json");
    assert_eq!(inspected["foreign"], Value::Array(vec![]));
    let checked = site.json("usher policy check --json");
    assert_eq!(checked["policy"]["sha256"], inspected["sha256"]);
    let tested = site.done(&format!("usher policy test {CASES}"));
    assert!(tested.err.contains(", 0 failed"), "{}", tested.out);
    assert!(tested.out.lines().all(|line| line.starts_with("ok   ")));
}

#[test]
fn a_case_is_run_with_its_reasons_and_a_wrong_expectation_is_a_finding() {
    let site = Site::new();
    let case = |text: &str| {
        let path = site.folder.path().join("case.json");
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let directory = r#""directory":{"companies":{"acme":[]}}"#;
    let admits = case(&format!(
        r#"{{"settings":{{"default_company":"acme"}},{directory}}}"#
    ));
    let ran = site.done(&format!("usher policy run {admits}"));
    for part in ["admit", "acme", "RULE", "READ FROM", "cost: "] {
        assert!(ran.out.contains(part), "{}", ran.out);
    }
    let refuses = case(&format!("{{{directory}}}"));
    let ran = site.run(&format!("usher policy run {refuses}"));
    assert_eq!(ran.exit, 1);
    assert!(ran.out.contains("no_company"), "{}", ran.out);

    let wrong = case(&format!(
        r#"{{{directory},"expect":{{"admit":{{"company":"acme"}}}}}}"#
    ));
    let ran = site.run(&format!("usher policy test {wrong}"));
    assert_eq!(ran.exit, 1);
    assert!(ran.out.starts_with("FAIL "), "{}", ran.out);
    assert!(ran.err.contains("0 passed, 1 failed"));

    let garbage = case("{\"clams\":{}}");
    let ran = site.run(&format!("usher policy test {garbage}"));
    assert_eq!(ran.exit, 2);
    assert!(ran.err.contains("clams"), "{}", ran.err);
}

#[test]
fn what_is_no_policy_is_refused_with_the_reason() {
    let site = Site::new();
    let path = site.folder.path().join("policy.wasm");
    std::fs::write(&path, b"\0asm\x01\0\0\0").unwrap();
    for command in ["inspect", "check"] {
        let ran = site.run(&format!("usher policy {command} {}", path.display()));
        assert_eq!(ran.exit, 1, "{}", ran.err);
        assert!(ran.err.contains("core module"), "{}", ran.err);
    }
    assert_eq!(site.run("usher policy check /nowhere.wasm").exit, 2);
}
