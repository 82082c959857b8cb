//! Policies in C, JavaScript and Python: the examples beside the default policy, each loaded by a
//! real service, decide like any other.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};
use usher_tests::guests;
use usher_tests::provider::{Person, edit};
use usher_tests::server::{Installation, variable_of};

use crate::USHER;
use crate::acme::Acme;

/// An example, and what is expected of it.
struct Example {
    /// The name of its folder.
    name: &'static str,
    limits: &'static str,
    /// How an exception, or what C has in its place, begins and ends in the record.
    failure: (&'static str, &'static str),
}

const C: Example = Example {
    name: "c",
    limits: "standard",
    failure: ("trap: the claim company is no text", ""),
};

const JAVASCRIPT: Example = Example {
    name: "javascript",
    limits: "interpreter",
    failure: ("error: TypeError: company is no text\n", "rules.js"),
};

const PYTHON: Example = Example {
    name: "python",
    limits: "interpreter",
    failure: ("error: TypeError: company is no text (", "of rules.py)"),
};

#[tokio::test]
async fn a_policy_in_c_decides_sign_ins() -> anyhow::Result<()> {
    C.decides_sign_ins().await
}

#[tokio::test]
async fn a_policy_in_javascript_decides_sign_ins() -> anyhow::Result<()> {
    JAVASCRIPT.decides_sign_ins().await
}

#[tokio::test]
async fn a_policy_in_python_decides_sign_ins() -> anyhow::Result<()> {
    PYTHON.decides_sign_ins().await
}

#[test]
fn a_policy_in_c_satisfies_the_commands() -> anyhow::Result<()> {
    C.satisfies_the_commands()
}

#[test]
fn a_policy_in_javascript_satisfies_the_commands() -> anyhow::Result<()> {
    JAVASCRIPT.satisfies_the_commands()
}

#[test]
fn a_policy_in_python_satisfies_the_commands() -> anyhow::Result<()> {
    PYTHON.satisfies_the_commands()
}

#[test]
fn python_under_the_limits_of_compiled_policies_is_refused_with_the_setting_that_helps()
-> anyhow::Result<()> {
    let Some(file) = guests::example(PYTHON.name)? else {
        return Ok(());
    };
    let site = Installation::new(USHER).with_all(PYTHON.settings(&file, "standard"));
    let answer = site.run(&["serve"])?;
    let said = &answer.stderr;
    assert_eq!(answer.code, Some(2), "{said}");
    let helps = |line: &str| line.contains("fix:") && line.contains("policy__limits=interpreter");
    assert!(said.lines().any(helps), "{said}");
    Ok(())
}

/// QuickJS is small: its profile is a matter of how much the policy does.
#[test]
fn javascript_fits_the_limits_of_compiled_policies() -> anyhow::Result<()> {
    let standard = Example {
        limits: "standard",
        ..JAVASCRIPT
    };
    standard.satisfies_the_commands()
}

impl Example {
    /// Into the right company with groups and administrator, out with its own code, and on after
    /// an exception, all in one service.
    async fn decides_sign_ins(&self) -> anyhow::Result<()> {
        let Some(file) = guests::example(self.name)? else {
            return Ok(());
        };
        let file = file.display().to_string();
        let compiling = guests::COMPILING.lock().await;
        let site = Acme::start(&[
            ("policy__module", &file),
            ("policy__limits", self.limits),
            ("policy__settings", r#"{"admin_group": "bosses"}"#),
        ])
        .await?;
        drop(compiling);
        site.usher
            .must(&["domain", "add", "--company", "beta", "beta.example"])?;
        admits(&site).await?;
        refuses(&site).await?;
        self.fails(&site).await?;
        admits(&site).await
    }

    /// A claim of another type raises an exception, whose words are in the record and the log.
    async fn fails(&self, site: &Acme) -> anyhow::Result<()> {
        claim(site, "company", &json!(7));
        let (mut visitor, page) = site.sign_in(Person::new("eve")).await?;
        assert_eq!(page.status, 503, "{page}");
        let heading = "The rules for signing in could not be applied";
        assert_eq!(page.texts("h1"), [heading]);
        assert_eq!(site.session_status(&mut visitor).await?, 401);
        let record = site.newest_record()?;
        assert_eq!(record["code"], "policy_failed", "{record}");
        assert_eq!(json!(page.texts("#reference")), json!([record["ref"]]));
        let detail = record["detail"].as_str().context("a detail")?;
        let (begins, holds) = self.failure;
        assert!(detail.starts_with(begins), "{detail}");
        assert!(detail.contains(holds), "{detail}");
        let log = site.server.stderr();
        assert!(log.contains("company is no text"), "{log}");
        Ok(())
    }

    fn satisfies_the_commands(&self) -> anyhow::Result<()> {
        let Some(file) = guests::example(self.name)? else {
            return Ok(());
        };
        let _compiling = guests::COMPILING.blocking_lock();
        let usher = Installation::new(USHER);
        let path = file.display().to_string();
        let inspected = usher.must(&["policy", "inspect", "--json", &path])?;
        let inspected: Value = serde_json::from_str(&inspected)?;
        assert_eq!(inspected["contract"], "0.1.0", "{inspected}");
        assert_eq!(inspected["foreign"], json!([]), "{inspected}");

        let cases = guests::example_folder(self.name).join("cases");
        let count = std::fs::read_dir(&cases)?.count();
        assert!(count > 3, "{}", cases.display());
        let cases = cases.display().to_string();
        let limits = ["--limits", self.limits];
        let policy = ["--policy", &path];
        let words = [&["policy", "test"], &limits[..], &policy, &[cases.as_str()]].concat();
        let tested = usher.run(&words)?;
        let passed = format!("{count} passed, 0 failed");
        assert_eq!(tested.code, Some(0), "{tested:#?}");
        assert!(tested.stderr.starts_with(&passed), "{tested:#?}");

        let words = [
            &["policy", "check"],
            &limits[..],
            &[path.as_str(), "--json"],
        ]
        .concat();
        let checked: Value = serde_json::from_str(&usher.must(&words)?)?;
        assert_eq!(checked["loads"], true, "{checked}");
        Ok(())
    }

    /// A provider that nobody need reach, with this policy.
    fn settings(&self, file: &Path, limits: &str) -> Vec<(String, String)> {
        let file = file.display().to_string();
        let settings = [
            ("services", "base_url", "https://kc.example/realms/r"),
            ("services", "policy__module", &file),
            ("services", "policy__limits", limits),
            ("secure", "client_id", self.name),
            ("secure", "client_secret", "of no importance"),
        ];
        let settings =
            settings.map(|(place, key, value)| (variable_of("main", place, key), value.to_owned()));
        settings.into()
    }
}

async fn admits(site: &Acme) -> anyhow::Result<()> {
    claim(site, "company", &json!("acme"));
    let person = Person::new("ann").groups(["research", "bosses", "ghosts"]);
    let mut ann = site.admitted(person).await?;
    let session = site.session(&mut ann).await?;
    assert_eq!(session["company"]["id"], "acme", "{session}");
    assert_eq!(session["groups"], json!(["research"]), "{session}");
    assert_eq!(session["admin"], true, "{session}");

    claim(site, "company", &Value::Null);
    let person = Person::new("bea").email("bea@beta.example", true);
    let mut bea = site.admitted(person).await?;
    let session = site.session(&mut bea).await?;
    assert_eq!(session["company"]["id"], "beta", "{session}");
    assert_eq!(session["admin"], false, "{session}");
    Ok(())
}

async fn refuses(site: &Acme) -> anyhow::Result<()> {
    claim(site, "employment", &json!("contractor"));
    let (mut visitor, page) = site.sign_in(Person::new("cid")).await?;
    assert_eq!(page.status, 403, "{page}");
    let message = "Contractors sign in at the partner portal.";
    assert!(page.body.contains(message), "{page}");
    assert_eq!(site.session_status(&mut visitor).await?, 401);
    let record = site.newest_record()?;
    assert_eq!(record["code"], "contractor", "{record}");
    Ok(())
}

/// The access token of whoever signs in from now on has this claim; `null` takes it away.
fn claim(site: &Acme, name: &'static str, value: &Value) {
    let value = value.clone();
    site.provider.faults().access_claims = edit(move |claims| {
        if !value.is_null() {
            claims[name] = value.clone();
        }
    });
}
