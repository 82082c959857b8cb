//! A store that is down.

use sqlx::Connection;
use usher_tests::provider::{Endpoint, Person};
use usher_tests::visitor::Visitor;

use crate::acme::{Acme, MAIN, sign_ins};

const INTO_ACME: (&str, &str) = ("default_company", "acme");
const HEADING: &str = "Sign-in is not available right now";

/// Rows: S14
#[tokio::test]
async fn a_locked_database_admits_nobody_and_loses_nothing() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    site.provider.sign_in_as(Person::new("ann"));
    let mut ann = Visitor::new();
    let answer = site.up_to_the_callback(&mut ann, MAIN).await?;
    let attempt = ann.clone();

    let mut database = site.database().await?;
    let lock = database.begin_with("BEGIN IMMEDIATE").await?;
    let page = ann.follow(&answer).await?;
    assert_eq!(page.status, 503, "{page}");
    assert_eq!(page.texts("h1"), [HEADING]);
    assert_eq!(ann.cookies.value("usher"), None);
    assert_eq!(site.provider.calls(Endpoint::Token), 0, "not even asked");
    let page = Visitor::new()
        .get(site.url("/login/start?provider=main"))
        .await?;
    assert_eq!(page.status, 503, "{page}");
    assert_eq!(page.texts("h1"), [HEADING]);
    assert!(
        site.server.stderr().contains("locked by another process"),
        "the operator is told"
    );
    lock.rollback().await?;

    assert!(sign_ins(site.usher.audit()?).is_empty());
    assert_eq!(site.count("sessions").await?, 0);
    let mut ann = attempt;
    let page = ann.follow(&answer).await?;
    assert_eq!(page.status, 303, "the attempt was not lost: {page}");
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}

#[tokio::test]
async fn a_record_that_cannot_be_written_lets_nobody_in() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let directory = site.directory().await?;
    site.execute(
        "CREATE TRIGGER no_records BEFORE INSERT ON audit
         BEGIN SELECT RAISE(FAIL, 'no'); END",
    )
    .await?;
    let (mut ann, page) = site.sign_in(Person::new("ann")).await?;
    assert_eq!(page.status, 503, "{page}");
    assert_eq!(page.texts("h1"), [HEADING]);
    assert_eq!(ann.cookies.value("usher"), None);
    assert_eq!(site.session_status(&mut ann).await?, 401);
    assert_eq!(site.directory().await?, directory, "one transaction");
    assert_eq!(site.count("sessions").await?, 0);
    site.execute("DROP TRIGGER no_records").await?;
    site.admitted(Person::new("ann")).await?;
    Ok(())
}

#[tokio::test]
async fn a_directory_that_fails_half_way_leaves_one_record_and_nothing_else() -> anyhow::Result<()>
{
    let site = Acme::start(&[INTO_ACME]).await?;
    let before = super::Before::of(&site).await?;
    site.execute(
        "CREATE TRIGGER no_sessions BEFORE INSERT ON sessions
         BEGIN SELECT RAISE(FAIL, 'no'); END",
    )
    .await?;
    let (mut ann, page) = site.sign_in(Person::new("ann")).await?;
    let expected = super::Expected {
        status: 503,
        heading: HEADING,
        code: "unavailable",
        outcome: "failed",
        detail: "the database is unavailable: ",
    };
    let record = before
        .refused(&site, "half way", (&mut ann, &page), expected)
        .await?;
    assert!(record["policy"]["sha256"].is_string(), "it had decided");
    Ok(())
}
