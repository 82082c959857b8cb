//! The provider's page loads our front-channel URL in a frame (`protocol.md` L12).

use anyhow::Context;
use sqlx::Connection;
use url::form_urlencoded::Serializer;
use usher_tests::provider::{Person, Provider};
use usher_tests::visitor::{Page, Visitor};

use super::{INTO_ACME, site};
use crate::acme::{Acme, MAIN, connect, furnished};

/// A frame has none of our cookies.
async fn frame(site: &Acme, provider: &str, fields: &[(&str, &str)]) -> anyhow::Result<Page> {
    let mut query = Serializer::new(String::new());
    let query = query.extend_pairs(fields).finish();
    let url = site.url(&format!("/frontchannel_logout_{provider}?{query}"));
    Visitor::new().get(url).await
}

#[tokio::test]
async fn l12_exactly_the_session_of_iss_and_sid_ends() -> anyhow::Result<()> {
    let (provider, other) = (Provider::start(), Provider::start());
    let usher = connect(furnished()?, &provider, MAIN, &[INTO_ACME]);
    let usher = connect(usher, &other, "other", &[INTO_ACME]);
    let site = Acme::open(provider, usher).await?;
    let mut phone = site.admitted(Person::new("ann")).await?;
    let sid = site.provider.latest_session();
    let mut laptop = site.admitted(Person::new("ann")).await?;
    let issuer = site.provider.issuer();
    let slash = format!("{issuer}/");
    let nothing: [&[(&str, &str)]; 10] = [
        &[],
        &[("iss", &issuer)],
        &[("sid", &sid)],
        &[("iss", &issuer), ("sid", "")],
        &[("iss", &issuer), ("sid", &sid[1..])],
        &[("iss", &issuer), ("sid", "%")],
        &[("iss", &slash), ("sid", &sid)],
        &[("iss", "https://evil.example"), ("sid", &sid)],
        &[("iss", &issuer), ("iss", &issuer), ("sid", &sid)],
        &[("iss", &issuer), ("sid", &sid), ("sid", &sid)],
    ];
    let mut answers = Vec::new();
    for fields in nothing {
        let page = frame(&site, MAIN, fields).await?;
        assert_eq!(page.status, 200, "{fields:?}: {page}");
        answers.push(page.body);
    }
    // The other provider has no say over this one's sessions.
    let fields = [("iss", &*issuer), ("sid", &*sid)];
    frame(&site, "other", &fields).await?;
    let of_other = other.issuer();
    frame(&site, "other", &[("iss", &of_other), ("sid", &sid)]).await?;
    assert_eq!(site.session_status(&mut phone).await?, 200);
    assert_eq!(site.session_status(&mut laptop).await?, 200);

    let page = frame(&site, MAIN, &fields).await?;
    assert_eq!(page.status, 200, "{page}");
    assert_eq!(site.session_status(&mut phone).await?, 401);
    assert_eq!(site.session_status(&mut laptop).await?, 200);
    answers.push(page.body);
    answers.dedup();
    assert_eq!(answers.len(), 1, "the answer does not tell");
    let record = site.newest_record()?;
    assert_eq!(record["kind"], "admin");
    assert_eq!(record["detail"], "front-channel logout: 1 session ended");
    Ok(())
}

#[tokio::test]
async fn the_frame_may_be_the_providers_and_nothing_else_may_be_framed() -> anyhow::Result<()> {
    let site = site().await?;
    let page = frame(&site, MAIN, &[]).await?;
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("x-frame-options"), None);
    let origin = url::Url::parse(&site.provider.issuer())?.origin();
    let origin = origin.ascii_serialization();
    let policy = page.header("content-security-policy").context("policy")?;
    assert!(
        policy.ends_with(&format!("frame-ancestors {origin}")),
        "{policy}"
    );
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for path in [
        "/logout/done",
        "/login?choose=1",
        "/frontchannel_logout_other",
    ] {
        let page = Visitor::new().get(site.url(path)).await?;
        assert_eq!(page.header("x-frame-options"), Some("DENY"), "{path}");
        let policy = page.header("content-security-policy").context("policy")?;
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_store_that_is_down_is_said() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let (issuer, sid) = (site.provider.issuer(), site.provider.latest_session());
    let fields = [("iss", &*issuer), ("sid", &*sid)];
    let mut database = site.database().await?;
    let lock = database.begin_with("BEGIN IMMEDIATE").await?;
    assert_eq!(frame(&site, MAIN, &fields).await?.status, 503);
    lock.rollback().await?;
    assert_eq!(site.session_status(&mut ann).await?, 200);
    assert_eq!(frame(&site, MAIN, &fields).await?.status, 200);
    assert_eq!(site.session_status(&mut ann).await?, 401);
    Ok(())
}

/// A frame proves nothing, so nothing that it says is remembered: whoever is still on the way
/// back gets in, and the next frame ends that. The back channel is for those who cannot wait.
#[tokio::test]
async fn l12_a_frame_during_a_sign_in_ends_nothing_and_keeps_nobody_out() -> anyhow::Result<()> {
    let site = site().await?;
    let mut phone = site.admitted(Person::new("ann")).await?;
    let mut ann = Visitor::new();
    let answer = site.up_to_the_callback(&mut ann, MAIN).await?;
    let (issuer, sid) = (site.provider.issuer(), site.provider.latest_session());
    let fields = [("iss", &*issuer), ("sid", &*sid)];
    let records = site.usher.audit()?.len();
    assert_eq!(frame(&site, MAIN, &fields).await?.status, 200);
    assert_eq!(site.usher.audit()?.len(), records, "nothing has ended");

    assert_eq!(ann.follow(&answer).await?.status, 303);
    assert_eq!(site.session_status(&mut ann).await?, 200);
    assert_eq!(frame(&site, MAIN, &fields).await?.status, 200);
    assert_eq!(site.session_status(&mut ann).await?, 401);
    assert_eq!(site.session_status(&mut phone).await?, 200);
    Ok(())
}
