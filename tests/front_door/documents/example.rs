//! The README's example of a decision, as the policy really decides it.

use anyhow::Context;
use serde_json::{Value, json};
use usher_tests::server::Installation;

use super::Document;
use crate::USHER;

#[test]
fn the_example_of_the_readme_is_what_the_policy_decides() -> anyhow::Result<()> {
    let readme = Document::open("README.md".to_owned())?;
    let claims = readme.blocks("json");
    let claims: Value = serde_json::from_str(claims.first().context("claims")?)?;
    let shown = readme.blocks("text");
    let shown = lines(shown.first().context("a decision")?);
    let case = json!({
        "settings": { "groups": { "enabled": true, "admins": ["platform-admins"] } },
        "claims": { "access_token": claims },
        "directory": {
            "companies": { "acme": ["engineering"] },
            "domains": { "acme.example": "acme" },
        },
    });
    let installation = Installation::new(USHER);
    std::fs::write(installation.path("case.json"), case.to_string())?;
    let printed = lines(&installation.must(&["policy", "run", "case.json"])?);
    assert_eq!(shown, printed[..shown.len()], "the whole is {printed:#?}");
    Ok(())
}

/// Without the widths of the columns, which depend on what else is in them.
fn lines(text: &str) -> Vec<String> {
    let folded = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(folded).collect()
}
