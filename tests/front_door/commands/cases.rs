//! `usher policy` on the component that is built in and committed.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};
use usher_tests::guests;
use usher_tests::server::Installation;

use super::{json_of, misused};
use crate::USHER;

fn guest(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../policy-guest")
        .join(path)
}

fn component() -> String {
    guest("usher-default-policy.wasm").display().to_string()
}

fn case(usher: &Installation, case: &Value) -> anyhow::Result<String> {
    let path = usher.path("case.json");
    std::fs::write(&path, case.to_string())?;
    Ok(path.display().to_string())
}

#[test]
fn a_component_is_asked_what_it_is_and_to_check_settings() -> anyhow::Result<()> {
    let Some(file) = guests::example("department")? else {
        return Ok(());
    };
    let (usher, file) = (Installation::new(USHER), file.display().to_string());
    let inspected = json_of(&usher, &["policy", "inspect", &file])?;
    assert_eq!(inspected["description"]["name"], "department");
    assert_eq!(inspected["description"]["codes"][0], "department_unknown");
    assert_eq!(
        inspected["settings_schema"]["required"],
        json!(["departments"])
    );
    let shown = usher.must(&["policy", "inspect", &file])?;
    for words in ["department_unknown, department_closed", "settings schema"] {
        assert!(shown.contains(words), "{shown}");
    }

    let settings = usher.path("settings.json").display().to_string();
    let check = ["policy", "check", &file, "--settings", &settings];
    std::fs::write(&settings, r#"{"departments": {"research": "acme"}}"#)?;
    assert_eq!(json_of(&usher, &check)?["settings"], json!([]));
    std::fs::write(&settings, r#"{"departments": {"research": 7}}"#)?;
    let answer = usher.run(&check)?;
    assert_eq!(answer.code, Some(1), "{answer:#?}");
    let problem = "FAIL settings: /site/departments/research must be the id of a company";
    assert!(answer.stdout.contains(problem), "{answer:#?}");
    for broken in ["[]", "{", ""] {
        std::fs::write(&settings, broken)?;
        misused(&usher, &check, &["settings.json", "JSON object", "fix:"])?;
    }
    let nowhere = ["policy", "check", &file, "--settings", "/nowhere.json"];
    misused(&usher, &nowhere, &["/nowhere.json", "fix:"])?;
    Ok(())
}

#[test]
fn the_default_component_is_inspected_and_checked() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let file = component();
    let inspected = json_of(&usher, &["policy", "inspect", &file])?;
    assert_eq!(inspected["contract"], "0.1.0");
    assert_eq!(inspected["foreign"], json!([]));
    let size = std::fs::metadata(&file)?.len();
    assert_eq!(inspected["size"], json!(size));
    assert!(size < 64 * 1024, "{size}");
    assert_eq!(
        inspected,
        json_of(&usher, &["policy", "inspect"])?,
        "it is the built-in one"
    );

    let checked = json_of(&usher, &["policy", "check", &file])?;
    assert_eq!(checked["loads"], true);
    assert_eq!(checked["policy"]["sha256"], inspected["sha256"]);
    let sha256 = inspected["sha256"].as_str().context("a digest")?;
    for command in ["inspect", "check"] {
        assert!(
            usher.must(&["policy", command, &file])?.contains(sha256),
            "{command}"
        );
        misused(
            &usher,
            &["policy", command, "/nowhere.wasm"],
            &["/nowhere.wasm", "fix:"],
        )?;
    }
    assert!(
        !usher.path("usher.db").exists(),
        "no database is needed, and none is made"
    );
    Ok(())
}

#[test]
fn the_committed_cases_pass() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let folder = guest("cases").display().to_string();
    let count = std::fs::read_dir(guest("cases"))?.count();
    let answer = usher.run(&["policy", "test", "--policy", &component(), &folder])?;
    assert_eq!(answer.code, Some(0), "{answer:#?}");
    assert!(
        answer
            .stderr
            .starts_with(&format!("{count} passed, 0 failed")),
        "{}",
        answer.stderr
    );
    assert_eq!(answer.stdout.lines().count(), count);
    assert!(answer.stdout.lines().all(|line| line.starts_with("ok   ")));
    let tested = json_of(&usher, &["policy", "test", &folder])?;
    let tested = tested.as_array().context("an array")?;
    assert_eq!(tested.len(), count);
    assert!(tested.iter().all(|case| case["pass"] == true));
    Ok(())
}

#[test]
fn a_case_that_fails_shows_what_differs_as_the_case_would_write_it() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let wrong = json!({
        "settings": {"default_company": "acme"},
        "directory": {"companies": {"acme": ["Research"]}},
        "expect": {"admit": {
            "company": "beta", "admin": "grant", "groups": {"replace": ["Research"]},
            "display_name": "Ann"
        }}
    });
    let wrong = case(&usher, &wrong)?;
    let differences = [
        r#"company: expected "beta", got "acme""#,
        r#"admin: expected "grant", got "leave""#,
        r#"groups: expected {"replace":["Research"]}, got "leave""#,
        r#"display_name: expected "Ann", got "#,
    ];
    let answer = usher.run(&["policy", "test", &wrong])?;
    assert_eq!(answer.code, Some(1), "{answer:#?}");
    assert!(
        answer.stdout.starts_with(&format!("FAIL {wrong}\n")),
        "{answer:#?}"
    );
    let ran = usher.run(&["policy", "run", &wrong])?;
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    for difference in differences {
        assert!(
            answer.stdout.contains(difference),
            "{difference}: {answer:#?}"
        );
        assert!(ran.stderr.contains(difference), "{difference}: {ran:#?}");
    }
    for words in ["RULE", "company.default", "READ FROM", "LOOK-UP"] {
        assert!(ran.stdout.contains(words), "{words}: {ran:#?}");
    }
    assert!(answer.stderr.contains("0 passed, 1 failed"), "{answer:#?}");
    Ok(())
}

#[test]
fn a_case_is_run_and_its_decision_is_the_exit_code() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let admits = json!({
        "settings": {"default_company": "acme"},
        "directory": {"companies": {"acme": []}}
    });
    let admits = case(&usher, &admits)?;
    let ran = json_of(&usher, &["policy", "run", &admits])?;
    assert_eq!(
        ran["decision"]["outcome"]["admit"]["placement"]["company"],
        "acme"
    );
    let refuses = case(&usher, &json!({"directory": {"companies": {"acme": []}}}))?;
    let ran = usher.run(&["policy", "run", &refuses])?;
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.stdout.contains("refuse, no_company"), "{ran:#?}");

    let misspelt = case(&usher, &json!({"clams": {}}))?;
    misused(&usher, &["policy", "run", &misspelt], &["clams", "fix:"])?;
    std::fs::write(&misspelt, "{ not json")?;
    misused(
        &usher,
        &["policy", "test", &misspelt],
        &["case.json", "fix:"],
    )?;
    misused(&usher, &["policy", "test"], &["CASES"])?;
    misused(&usher, &["policy", "test", "/nowhere"], &["/nowhere"])?;
    let empty = usher.path("empty");
    std::fs::create_dir(&empty)?;
    misused(
        &usher,
        &["policy", "test", &empty.display().to_string()],
        &["no case"],
    )?;
    Ok(())
}
