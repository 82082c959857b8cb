//! What a session is, and that it follows the directory.

use anyhow::Context;
use serde_json::{Value, json};
use sqlx::Connection;
use tokio::time::{Duration, Instant};
use usher_tests::provider::Person;
use usher_tests::visitor::Visitor;

use super::{INTO_ACME, again, site};
use crate::acme::Acme;

#[tokio::test]
async fn s1_s2_the_cookie_is_opaque_short_and_for_this_service_alone() -> anyhow::Result<()> {
    let site = site().await?;
    let ann = site.admitted(Person::new("ann")).await?;
    let attributes = ann.cookies.attributes("usher").context("a session")?;
    assert_eq!(attributes, "path=/; httponly; samesite=lax");
    let value = ann.cookies.value("usher").context("a session")?;
    assert!((43..180).contains(&value.len()), "256 bits: {value}");
    for file in ["usher.db", "usher.db-wal"] {
        let bytes = std::fs::read(site.usher.path(file))?;
        let found = bytes.windows(value.len()).any(|w| w == value.as_bytes());
        assert!(!found, "the cookie is in {file}");
    }
    assert!(!site.server.stderr().contains(value), "nor in the log");
    Ok(())
}

/// Rows: hole 35
#[tokio::test]
async fn s1_behind_https_the_cookies_belong_to_the_host_alone() -> anyhow::Result<()> {
    let provider = usher_tests::provider::Provider::start();
    let usher = crate::acme::furnished()?.with("USHER__PUBLIC_URL", "https://login.example.com");
    let usher = crate::acme::connect(usher, &provider, "main", &[INTO_ACME]);
    let site = Acme::open(provider, usher).await?;
    let mut ann = Visitor::new();
    let page = site.up_to_the_callback(&mut ann, "main").await?;
    let asked = &site
        .provider
        .requests(usher_tests::provider::Endpoint::Authorize)[0];
    assert_eq!(
        asked["redirect_uri"],
        "https://login.example.com/callback_main"
    );
    let mut url = page.redirect().context("an answer")?;
    let query = url.query().map(str::to_owned);
    url = site.url("/callback_main").parse()?;
    url.set_query(query.as_deref());
    let page = ann.get(url).await?;
    assert_eq!(page.status, 303, "{page}");
    assert_eq!(page.header("location"), Some("/account"));
    assert_eq!(ann.cookies.names(), ["__Host-usher"]);
    let attributes = ann.cookies.attributes("__Host-usher").context("cookie")?;
    assert_eq!(attributes, "path=/; httponly; samesite=lax; secure");
    let hsts = page.header("strict-transport-security");
    assert_eq!(hsts, Some("max-age=31536000"));
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}

#[tokio::test]
async fn a_session_says_who_is_signed_in() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, ("groups__enabled", "true")]).await?;
    let person = Person::new("ann").groups(["research"]).role("admin");
    let mut ann = site.admitted(person).await?;
    let mut session = site.session(&mut ann).await?;
    let id = session["user"]["id"].take();
    assert!(id.is_string());
    let expires: jiff::Timestamp = session["expires_at"]
        .take()
        .as_str()
        .context("time")?
        .parse()?;
    let record: jiff::Timestamp = site.newest_record()?["time"]
        .as_str()
        .context("time")?
        .parse()?;
    let life = expires.duration_since(record).as_secs();
    assert!((8 * 3600 - 60..=8 * 3600 + 60).contains(&life), "{life} s");
    assert_eq!(
        session,
        json!({
            "user": {"id": null, "name": "ann Example", "email": "ann@example.com"},
            "company": {"id": "acme", "name": "Acme"},
            "groups": ["research"],
            "admin": true,
            "attributes": {},
            "expires_at": null,
        })
    );
    Ok(())
}

#[tokio::test]
async fn without_a_session_programs_get_401_and_browsers_the_sign_in_page() -> anyhow::Result<()> {
    let site = site().await?;
    for cookie in [None, Some(""), Some("x"), Some("AAAA"), Some("\"; usher=x")] {
        let mut visitor = Visitor::new();
        if let Some(value) = cookie {
            visitor.cookies.put("127.0.0.1", "usher", value);
        }
        let page = visitor.get(site.url("/api/v1/session")).await?;
        assert_eq!(page.status, 401, "{cookie:?}");
        assert_eq!(
            page.header("content-type"),
            Some("application/problem+json")
        );
        let problem = page.json()?;
        assert_eq!(problem["code"], "not_signed_in");
        assert_eq!(problem["status"], 401);
    }
    let mut browser = Visitor::new().with_header("accept", "text/html");
    let page = browser.get(site.url("/account")).await?;
    let location = page.header("location");
    assert_eq!(location, Some("/login?return_to=%2Faccount"));
    Ok(())
}

#[tokio::test]
async fn s3_hole32_every_sign_in_opens_one_new_session_and_ends_the_old() -> anyhow::Result<()> {
    let site = site().await?;
    // A planted cookie is never taken over.
    let mut ann = Visitor::new();
    ann.cookies.put("127.0.0.1", "usher", "planted");
    again(&site, &mut ann, Person::new("ann")).await?;
    let first = ann.cookies.value("usher").context("a session")?.to_owned();
    assert_ne!(first, "planted");
    let mut old = ann.clone();
    again(&site, &mut ann, Person::new("ann")).await?;
    assert_ne!(ann.cookies.value("usher"), Some(&*first));
    assert_eq!(site.session_status(&mut old).await?, 401);
    assert_eq!(site.session_status(&mut ann).await?, 200);
    assert_eq!(site.count("sessions").await?, 1);

    // As somebody else in the same browser, too; in another browser it is one more.
    again(&site, &mut ann, Person::new("bob")).await?;
    assert_eq!(site.session(&mut ann).await?["user"]["name"], "bob Example");
    assert_eq!(site.count("sessions").await?, 1);
    site.admitted(Person::new("bob")).await?;
    assert_eq!(site.count("sessions").await?, 2);
    Ok(())
}

#[tokio::test]
async fn rights_are_live() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, ("groups__enabled", "true")]).await?;
    let person = Person::new("ann").groups(["research"]).role("admin");
    let mut ann = site.admitted(person).await?;
    let field = async |visitor: &mut Visitor, field: &str| -> anyhow::Result<Value> {
        Ok(site.session(visitor).await?[field].clone())
    };
    site.usher.must(&[
        "group",
        "member",
        "add",
        "--company",
        "acme",
        "Operations",
        "ann@example.com",
    ])?;
    let both = json!(["Operations", "research"]);
    assert_eq!(
        field(&mut ann, "groups").await?,
        both,
        "by a command beside"
    );
    site.execute("DELETE FROM group_members").await?;
    assert_eq!(field(&mut ann, "groups").await?, json!([]));
    site.execute("DELETE FROM administrators").await?;
    assert_eq!(field(&mut ann, "admin").await?, false);
    site.execute("UPDATE companies SET name = 'Acme Inc.'")
        .await?;
    assert_eq!(field(&mut ann, "company").await?["name"], "Acme Inc.");
    site.execute("UPDATE users SET disabled = TRUE").await?;
    assert_eq!(site.session_status(&mut ann).await?, 401, "disabled");
    site.execute("UPDATE users SET disabled = FALSE, deleted_at = 1")
        .await?;
    assert_eq!(site.session_status(&mut ann).await?, 401, "deleted");
    site.execute("UPDATE users SET deleted_at = NULL").await?;
    site.usher
        .must(&["company", "delete", "--id", "acme", "--force"])?;
    assert_eq!(site.session_status(&mut ann).await?, 401, "no company");
    Ok(())
}

/// Rows: hole 34
#[tokio::test]
async fn s4_a_session_ends_when_idle_and_in_any_case_after_a_day() -> anyhow::Result<()> {
    let site = site().await?;
    const HOUR: i64 = 3_600_000;
    for (column, hours, status) in [
        ("last_seen_at", 7, 200),
        ("last_seen_at", 8, 401),
        ("created_at", 23, 200),
        ("created_at", 24, 401),
    ] {
        site.execute("DELETE FROM sessions").await?;
        let mut ann = site.admitted(Person::new("ann")).await?;
        let moved = format!("UPDATE sessions SET {column} = {column} - {}", hours * HOUR);
        assert_eq!(site.execute(&moved).await?, 1);
        let found = site.session_status(&mut ann).await?;
        assert_eq!(found, status, "{column} {hours} hours ago");
    }
    Ok(())
}

#[tokio::test]
async fn sessions_survive_a_kill_and_a_restart() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let Acme {
        provider,
        usher,
        server,
    } = site;
    server.kill()?;
    let site = Acme::open(provider, usher).await?;
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}

#[tokio::test]
async fn s14_a_store_that_is_down_is_503_and_never_a_guess() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    ann = ann.with_header("accept", "text/html");
    site.execute("ALTER TABLE sessions RENAME TO gone").await?;
    let page = ann.get(site.url("/api/v1/session")).await?;
    assert_eq!(page.status, 503, "{page}");
    assert_eq!(page.json()?["code"], "unavailable");
    for path in ["/account", "/logout"] {
        let page = ann.get(site.url(path)).await?;
        assert_eq!(page.status, 503, "{path}: {page}");
    }
    let page = ann.post(site.url("/logout"), &[]).await?;
    assert_eq!(page.status, 503, "never a false goodbye: {page}");
    assert!(ann.cookies.value("usher").is_some(), "nothing has ended");
    site.execute("ALTER TABLE gone RENAME TO sessions").await?;
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}

#[tokio::test]
async fn a_locked_database_delays_no_session_and_ends_none_by_guessing() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    site.execute("UPDATE sessions SET last_seen_at = last_seen_at - 600000")
        .await?;
    let mut database = site.database().await?;
    let lock = database.begin_with("BEGIN IMMEDIATE").await?;
    let since = Instant::now();
    assert_eq!(site.session_status(&mut ann).await?, 200, "reads go on");
    assert!(since.elapsed() < Duration::from_secs(2));
    let page = ann.post(site.url("/logout"), &[]).await?;
    assert_eq!(page.status, 503, "it could not be ended: {page}");
    lock.rollback().await?;
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}
