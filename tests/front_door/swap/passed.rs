//! What a policy must pass before it decides: its own check of the settings, and the site's cases.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::{Value, json};

use super::{Site, into, marked};
use crate::guest::Guest;

impl Site {
    /// Waits until a file is refused in a step, with these words, and the running one goes on.
    async fn until_refused(&self, step: &str, words: &str) -> anyhow::Result<()> {
        let is = |state: &Value| {
            let error = &state["last_error"];
            let said = error["message"].as_str().unwrap_or_default();
            error["step"] == step && said.contains(words)
        };
        self.until(is).await.with_context(|| words.to_owned())?;
        let name = words.replace(|c: char| !c.is_ascii_lowercase(), "");
        assert_eq!(self.company_of(&name).await?.0, "acme");
        Ok(())
    }

    /// Writes a case beside the file: nobody without claims is let into this company.
    fn case(&self, name: &str, company: &str) -> anyhow::Result<PathBuf> {
        let folder = self.file.with_file_name("cases");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(name);
        let case = json!({
            "directory": {"companies": {"acme": [], "beta": []}},
            "expect": {"admit": {"company": company}},
        });
        std::fs::write(&file, case.to_string())?;
        Ok(file)
    }
}

#[tokio::test]
async fn a_policy_that_does_not_take_the_settings_is_refused() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let beta = Guest::Admit("beta");
    let needs_a_table = ["/site/table", "must be a table\nof \u{1b}[31mcompanies"];
    site.drop_file(&beta.with_a_check(Some(needs_a_table))?)?;
    let words = "it does not take the settings: /site/table must be a table of \u{fffd}[31mcomp";
    site.until_refused("settings", words).await?;
    assert!(site.said("policy__settings") > 0);

    site.drop_file(&beta.with_a_check_that("unreachable")?)?;
    site.until_refused("settings", "its check of the settings failed: trap")
        .await?;
    site.drop_file(&beta.with_a_check_that("(loop $again (br $again)) (i32.const 0)")?)?;
    site.until_refused("settings", "its check of the settings failed: timeout")
        .await?;

    let takes_them = beta.with_a_check(None)?;
    site.drop_file(&takes_them)?;
    site.until_active(&takes_them).await?;
    assert_eq!(site.company_of("zoe").await?.0, "beta");
    Ok(())
}

#[tokio::test]
async fn the_cases_beside_a_policy_keep_another_one_out() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let case = site.case("nobody-is-in-acme.json", "acme")?;
    site.case("somebody-is-in-acme.json", "acme")?;
    site.drop_file(&into("beta")?)?;
    site.until_refused("cases", "2 of its 2 cases failed: nobody-is-in-acme.json:")
        .await?;
    let rows = site.events()?;
    assert_eq!((&rows[0]["code"], rows.len()), (&json!("cases"), 2));

    // Mended cases let it in; nobody has to touch the component.
    site.case("somebody-is-in-acme.json", "beta")?;
    site.until_refused("cases", "1 of its 2 cases failed: nobody-is-in-acme.json:")
        .await?;
    std::fs::write(&case, "{")?;
    site.until_refused("cases", "nobody-is-in-acme.json: not a case")
        .await?;
    site.case("nobody-is-in-acme.json", "beta")?;
    site.until_active(&into("beta")?).await?;
    assert_eq!(site.company_of("zoe").await?.0, "beta");
    Ok(())
}

#[tokio::test]
async fn a_policy_without_a_predecessor_does_not_start_with_failing_cases() -> anyhow::Result<()> {
    let mut usher = crate::acme::furnished()?;
    let file = usher.path("policy.wasm");
    std::fs::write(&file, into("beta")?)?;
    let cases = usher.path("policy.cases");
    std::fs::create_dir(&cases)?;
    let case = json!({"expect": {"refuse": {"code": "closed"}}});
    std::fs::write(cases.join("closed.json"), case.to_string())?;
    let provider = usher_tests::provider::Provider::start();
    let path = file.to_str().context("UTF-8")?;
    usher = crate::acme::connect(
        usher,
        &provider,
        crate::acme::MAIN,
        &[("policy__module", path)],
    );
    let answer = usher.run(&["serve"])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    for words in ["1 of its 1 cases failed: closed.json:", "policy__module"] {
        assert!(answer.stderr.contains(words), "{answer:#?}");
    }
    let needs = ["/site/x", "must be there"];
    std::fs::write(&file, Guest::Admit("beta").with_a_check(Some(needs))?)?;
    let answer = usher.run(&["serve"])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    for words in ["/site/x must be there", "policy__settings"] {
        assert!(answer.stderr.contains(words), "{answer:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_restart_asks_for_the_settings_again_and_not_for_the_cases() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let running = marked(&into("acme")?, 0);
    site.case("everybody-is-in-beta.json", "beta")?;
    let site = site.restarted_after(|_, _| Ok(())).await?;
    site.until_active(&running).await?;
    Ok(())
}
