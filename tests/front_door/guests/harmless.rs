//! Guests that try something and get nowhere: the person comes in, as often as they like.

use serde_json::{Value, json};
use usher_tests::guests;

use super::site::{folder, sign_in, site};

/// The guests of the tests below.
pub(super) const NAMES: &[&str] = &[
    "canary",
    "custom_section_bomb",
    "empty_section_bomb",
    "global_state",
    "nan",
];

#[tokio::test]
pub(super) async fn canary() -> anyhow::Result<()> {
    three_times("canary", &[]).await
}

#[tokio::test]
pub(super) async fn custom_section_bomb() -> anyhow::Result<()> {
    three_times("custom_section_bomb", &[]).await?;
    let Some(file) = guests::component("custom-section-bomb")? else {
        return Ok(());
    };
    let file = file.display().to_string();
    let inspected = site().await?.usher.must(&["policy", "inspect", &file])?;
    assert!(inspected.contains("tool-1"), "{inspected}");
    assert!(inspected.len() < 10_000, "{} bytes", inspected.len());
    assert!(!inspected.contains('\u{1b}'), "{inspected:?}");
    Ok(())
}

#[tokio::test]
pub(super) async fn empty_section_bomb() -> anyhow::Result<()> {
    three_times("empty_section_bomb", &[]).await
}

#[tokio::test]
pub(super) async fn global_state() -> anyhow::Result<()> {
    three_times("global_state", &["never asked before"]).await
}

#[tokio::test]
pub(super) async fn nan() -> anyhow::Result<()> {
    // The one pattern of bits that every machine agrees on.
    three_times("nan", &["7ff8000000000000"; 8]).await
}

/// Signs in through the guest three times; each time its trace must have seen this.
async fn three_times(name: &str, saw: &[&str]) -> anyhow::Result<()> {
    if guests::component(&folder(name))?.is_none() {
        return Ok(());
    }
    let site = site().await?;
    for _ in 0..3 {
        let (mut visitor, page, record) = sign_in(&site, name).await?;
        assert_eq!(page.status, 200, "{name}: {record}");
        assert_eq!(site.session_status(&mut visitor).await?, 200, "{name}");
        assert_eq!(record["outcome"], "admitted", "{name}: {record}");
        let steps = record["trace"].as_array().cloned().unwrap_or_default();
        let seen: Vec<_> = steps.iter().map(|step| step["saw"].clone()).collect();
        assert_eq!(Value::from(seen), json!(saw), "{name}");
    }
    Ok(())
}
