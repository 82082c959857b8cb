//! `usher admin recovery-link`: a sign-in without provider and policy.

use anyhow::Context;
use serde_json::json;
use usher_tests::provider::Person;
use usher_tests::visitor::Visitor;

use super::users::{ANN, SETTINGS, id};
use super::{done, json_of, misused, refused};
use crate::acme::Acme;

/// A service whose provider is gone, and an administrator.
async fn stranded() -> anyhow::Result<Acme> {
    let site = Acme::start(&SETTINGS).await?;
    site.admitted(Person::new("ann")).await?;
    site.usher.must(&["user", "set-admin", ANN])?;
    site.provider.faults().error = Some("server_error".to_owned());
    Ok(site)
}

fn link(site: &Acme) -> anyhow::Result<String> {
    let printed = site.usher.must(&["admin", "recovery-link", ANN])?;
    let url = printed.trim();
    assert!(url.starts_with(&site.url("/login/recovery/")), "{printed}");
    assert_eq!(printed.lines().count(), 1, "the link alone is data");
    Ok(url.to_owned())
}

/// Rows: S12
#[tokio::test]
async fn a_link_signs_an_administrator_in_once_while_the_provider_is_broken() -> anyhow::Result<()>
{
    let site = stranded().await?;
    let (_, page) = site.sign_in(Person::new("ann")).await?;
    assert_eq!(page.status, 502, "{page}");
    let url = link(&site)?;
    let token = url.rsplit('/').next().context("a token")?;
    assert_eq!(token.len(), 43, "256 bits");
    let made = site.newest_record()?;
    assert_eq!(made["detail"], "command line: recovery link made");

    // Looking at it, as previews do, uses nothing up.
    let mut ann = Visitor::new();
    for _ in 0..2 {
        let page = ann.get(&url).await?;
        assert_eq!(page.status, 200, "{page}");
        assert!(!page.body.contains("ann"), "it names nobody: {page}");
        assert_eq!(ann.cookies.names(), [""; 0]);
    }
    let form = ann.get(&url).await?.form("form")?;
    let page = ann.submit(&form).await?;
    assert_eq!(page.header("location"), Some("/account"), "{page}");
    let session = site.session(&mut ann).await?;
    assert_eq!(
        (&session["user"]["email"], &session["admin"]),
        (&json!(ANN), &json!(true))
    );
    let page = ann.get(site.url("/account")).await?;
    assert_eq!(page.status, 200, "{page}");
    assert!(page.body.contains("a recovery link"), "{page}");
    let used = site.newest_record()?;
    assert_eq!(used["detail"], "recovery link: signed in");
    assert_eq!(
        (&used["kind"], &used["user"]),
        (&json!("admin"), &session["user"]["id"])
    );

    let mut second = Visitor::new();
    assert_eq!(second.get(&url).await?.status, 400);
    assert_eq!(second.post(&url, &[]).await?.status, 400);
    assert_eq!(second.cookies.names(), [""; 0]);
    for file in ["usher.db", "usher.db-wal"] {
        let bytes = std::fs::read(site.usher.path(file))?;
        let found = bytes.windows(token.len()).any(|w| w == token.as_bytes());
        assert!(!found, "the token is in {file}");
    }
    assert!(!site.server.stderr().contains(token), "nor in the log");
    // Signing out ends it like any other.
    let form = ann.get(site.url("/logout")).await?.form("form")?;
    let page = ann.submit(&form).await?;
    let page = ann.settle(page).await?;
    assert_eq!(page.status, 200, "{page}");
    assert_eq!(site.session_status(&mut ann).await?, 401);
    Ok(())
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_gets_in() -> anyhow::Result<()> {
    let site = stranded().await?;
    let url = link(&site)?;
    let once = async || anyhow::Ok(Visitor::new().post(&url, &[]).await?.status.as_u16());
    let answers = tokio::join!(
        once(),
        once(),
        once(),
        once(),
        once(),
        once(),
        once(),
        once()
    );
    let (a, b, c, d, e, f, g, h) = answers;
    let mut answers = [a?, b?, c?, d?, e?, f?, g?, h?];
    answers.sort_unstable();
    assert_eq!(answers[0], 303);
    assert!(
        answers[1..].iter().all(|status| *status == 400),
        "{answers:?}"
    );
    Ok(())
}

/// Rows: S12
#[tokio::test]
async fn a_link_is_used_from_our_own_page_only_and_not_for_long() -> anyhow::Result<()> {
    let site = stranded().await?;
    let url = link(&site)?;
    for origin in ["https://evil.example", "null", ""] {
        let none: [(&str, &str); 0] = [];
        let page = Visitor::new()
            .post_from(origin, url.parse()?, &none)
            .await?;
        assert_eq!(page.status, 403, "{origin}: {page}");
    }
    for path in ["x", "%00", "AAAA%2fBBBB", &"A".repeat(43)] {
        let page = Visitor::new()
            .get(site.url(&format!("/login/recovery/{path}")))
            .await?;
        assert!(
            [400, 401, 404].contains(&page.status.as_u16()),
            "{path}: {page}"
        );
    }
    site.execute("UPDATE recovery_links SET expires_at = expires_at - 15 * 60 * 1000")
        .await?;
    assert_eq!(Visitor::new().get(&url).await?.status, 400);
    assert_eq!(Visitor::new().post(&url, &[]).await?.status, 400);
    link(&site)?;
    assert_eq!(
        site.count("recovery_links").await?,
        1,
        "old ones are removed"
    );
    Ok(())
}

#[tokio::test]
async fn who_is_no_administrator_any_more_does_not_get_in() -> anyhow::Result<()> {
    let site = stranded().await?;
    for (undo, redo) in [
        (&["user", "disable", ANN][..], &["user", "enable", ANN][..]),
        (
            &["user", "set-admin", ANN, "--off"],
            &["user", "set-admin", ANN],
        ),
    ] {
        let url = link(&site)?;
        site.usher.must(undo)?;
        let mut ann = Visitor::new();
        assert_eq!(ann.post(&url, &[]).await?.status, 400, "{undo:?}");
        site.usher.must(redo)?;
        assert_eq!(ann.post(&url, &[]).await?.status, 400, "it is used up");
        assert_eq!(ann.cookies.names(), [""; 0]);
    }
    Ok(())
}

#[tokio::test]
async fn a_link_is_made_for_administrators_and_operators_alone() -> anyhow::Result<()> {
    let mut site = Acme::start(&SETTINGS).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let user = id(&site, &mut ann).await?;
    let command = ["admin", "recovery-link", ANN];
    refused(
        &site.usher,
        &command,
        &["neither", &format!("usher user set-admin {user}")],
    )?;
    site.usher.must(&["user", "set-operator", ANN])?;
    let made = json_of(&site.usher, &command)?;
    assert_eq!(made["user"], user);
    let url = made["url"].as_str().context("a link")?;
    assert_eq!(Visitor::new().post(url, &[]).await?.status, 303);
    made["expires_at"]
        .as_str()
        .context("a time")?
        .parse::<jiff::Timestamp>()?;
    site.usher.must(&["user", "disable", ANN])?;
    refused(&site.usher, &command, &["is disabled", "usher user enable"])?;
    site.usher.must(&["user", "enable", ANN])?;
    refused(
        &site.usher,
        &["admin", "recovery-link", "anne@example.com"],
        &["did you mean `ann@example.com`?"],
    )?;
    misused(&site.usher, &["admin", "recovery-link"], &["<USER>"])?;
    site.usher
        .must(&["company", "delete", "--id", "acme", "--force"])?;
    refused(&site.usher, &command, &["in no company"])?;
    site.usher.must(&["user", "delete", &user, "--yes"])?;
    refused(
        &site.usher,
        &["admin", "recovery-link", &user],
        &["is deleted"],
    )?;
    site.usher.unset("USHER__PUBLIC_URL");
    misused(
        &site.usher,
        &command,
        &["public_url is not set", "USHER__PUBLIC_URL"],
    )?;
    done(
        &site.usher,
        &["company", "create", "--id", "x", "--name", "X"],
        "created",
    )?;
    Ok(())
}
