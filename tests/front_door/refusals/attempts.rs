//! Attempts that are missing, foreign, expired or used up (K2 to K6).

use anyhow::Context;
use url::Url;
use usher_tests::provider::{Endpoint, Person};
use usher_tests::visitor::Visitor;

use super::{Before, Expected};
use crate::acme::{Acme, MAIN};

const INTO_ACME: (&str, &str) = ("default_company", "acme");

fn invalid(detail: &str) -> Expected<'_> {
    Expected {
        status: 400,
        heading: "This sign-in attempt is no longer valid",
        code: "state_invalid",
        outcome: "failed",
        detail,
    }
}

async fn site() -> anyhow::Result<Acme> {
    Acme::start_with(&[(MAIN, &[INTO_ACME]), ("other", &[INTO_ACME])]).await
}

/// Goes to the provider and gives its answer: the URL of the callback.
async fn answer(site: &Acme, visitor: &mut Visitor) -> anyhow::Result<Url> {
    site.provider.sign_in_as(Person::new("ann"));
    let page = site.up_to_the_callback(visitor, MAIN).await?;
    page.redirect().context("an answer")
}

/// The answer must be refused for this reason.
async fn refuse(
    site: &Acme,
    visitor: &mut Visitor,
    url: impl AsRef<str>,
    reason: &str,
) -> anyhow::Result<()> {
    let before = Before::of(site).await?;
    let page = visitor.get(url).await?;
    before
        .refused(site, reason, (visitor, &page), invalid(reason))
        .await?;
    Ok(())
}

#[tokio::test]
async fn f19_an_answer_without_state_is_refused() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = Visitor::new();
    let url = answer(&site, &mut ann).await?;
    for query in [
        "",
        "?code=x",
        "?error=access_denied",
        "?error=server_error&error_description=hostile",
        "?state=",
        &format!("?{0}&{0}", url.query().context("a query")?),
    ] {
        let reason = if query == "?state=" {
            "unknown"
        } else {
            "missing"
        };
        refuse(
            &site,
            &mut ann,
            site.url(&format!("/callback_main{query}")),
            reason,
        )
        .await?;
    }
    // Nothing of that used the attempt up.
    assert_eq!(ann.get(url).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn f18_an_answer_with_another_state_is_refused() -> anyhow::Result<()> {
    let site = site().await?;
    let long = "a".repeat(5000);
    for state in ["never-ours-never-ours-never-ours", "%00", "..%2F..", &long] {
        let url = site.url(&format!("/callback_main?code=x&state={state}"));
        let page = Visitor::new().get(&url).await?;
        assert_eq!(page.status, 400, "{page}");
        assert!(!page.body.contains("never-ours"), "{page}");
    }
    site.provider.faults().state = Some(Some("provider-made-this-up-itself".to_owned()));
    let mut ann = Visitor::new();
    let url = answer(&site, &mut ann).await?;
    refuse(&site, &mut ann, url, "unknown").await?;
    assert_eq!(site.provider.calls(Endpoint::Token), 0);
    Ok(())
}

/// Rows: K2, hole 28
#[tokio::test]
async fn hole27_an_answer_in_a_foreign_browser_is_refused_and_used_up() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = Visitor::new();
    let url = answer(&site, &mut ann).await?;
    refuse(&site, &mut Visitor::new(), &url, "foreign").await?;
    refuse(&site, &mut ann, &url, "unknown").await?;

    // The cookie of one's own attempt under the name of the other's.
    let (mut ann, mut eve) = (Visitor::new(), Visitor::new());
    let url = answer(&site, &mut ann).await?;
    answer(&site, &mut eve).await?;
    let name = ann.cookies.names()[0].to_owned();
    let own = eve.cookies.names()[0].to_owned();
    let own = eve.cookies.value(&own).context("a cookie")?.to_owned();
    eve.cookies.put("127.0.0.1", &name, &own);
    refuse(&site, &mut eve, &url, "foreign").await?;
    assert_eq!(site.provider.calls(Endpoint::Token), 0);
    Ok(())
}

#[tokio::test]
async fn k4_hole30_an_answer_counts_once() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = Visitor::new();
    let url = answer(&site, &mut ann).await?;
    let attempt = ann.clone();
    assert_eq!(ann.get(&url).await?.status, 303);
    let calls = site.provider.calls(Endpoint::Token);
    refuse(&site, &mut attempt.clone(), &url, "unknown").await?;
    assert_eq!(site.provider.calls(Endpoint::Token), calls);
    // The session that came of it goes on, in spite of the replay.
    let page = ann.get(&url).await?;
    assert_eq!(page.status, 400);
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}

/// Rows: S1
#[tokio::test]
async fn an_attempt_is_over_after_ten_minutes() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = Visitor::new();
    let url = answer(&site, &mut ann).await?;
    let moved = "UPDATE attempts SET expires_at = expires_at - 600000";
    assert_eq!(site.execute(moved).await?, 1);
    refuse(&site, &mut ann, url, "expired").await?;
    assert_eq!(site.count("attempts").await?, 0, "used up");
    Ok(())
}

#[tokio::test]
async fn k5_hole29_an_answer_at_another_providers_callback_is_refused() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = Visitor::new();
    let mut url = answer(&site, &mut ann).await?;
    url.set_path("/callback_other");
    refuse(&site, &mut ann, &url, "other_provider").await?;
    url.set_path("/callback_main");
    refuse(&site, &mut ann, &url, "unknown").await?;
    url.set_path("/callback_ghost");
    assert_eq!(ann.get(&url).await?.status, 404);
    assert_eq!(site.provider.calls(Endpoint::Token), 0);
    Ok(())
}

/// Rows: S3
#[tokio::test]
async fn s1_five_attempts_of_a_browser_do_not_disturb_each_other() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = Visitor::new();
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(answer(&site, &mut ann).await?);
    }
    assert_eq!(ann.cookies.names().len(), 5);
    for url in answers.iter().rev().take(5) {
        assert_eq!(ann.get(url).await?.status, 303);
    }
    assert_eq!(ann.cookies.names(), ["usher"]);
    assert_eq!(
        site.count("sessions").await?,
        1,
        "each replaces the one before"
    );
    Ok(())
}
