//! Open redirects (S6, K7, hole 36): a list of more than a thousand, each through the service,
//! and whatever it takes, through a whole sign-in. Browsers are the judge: the parser of the
//! URL standard, and Chromium.

use anyhow::{Context, ensure};
use url::Url;
use usher_tests::chromium::Chromium;
use usher_tests::provider::Person;
use usher_tests::visitor::{Page, Visitor};

use super::{INTO_ACME, payloads};
use crate::acme::{Acme, MAIN, somebody};

/// As it goes over the wire: every byte encoded, so that the service reads just this text.
fn encoded(payload: &str) -> String {
    payload.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// Whether a browser at the callback that is sent there leaves the service.
fn leaves(own: &Url, location: &str) -> bool {
    let there = own.join(location);
    !there.is_ok_and(|there| there.origin() == own.origin() && there.username().is_empty())
}

#[test]
fn the_list_is_long_and_most_of_it_would_lead_away() -> anyhow::Result<()> {
    let own = Url::parse("https://usher.example/callback_main?code=x")?;
    let all = payloads::all();
    let away = all.iter().filter(|payload| leaves(&own, payload)).count();
    assert!(all.len() >= 1000, "{}", all.len());
    assert!(away >= 500, "{away} of {}", all.len());
    assert!(!leaves(&own, "/account?next=//evil.example"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s6_hole36_no_payload_of_a_thousand_leads_away() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    site.provider.sign_in_as(Person::new("ann"));
    let own = Url::parse(&site.url("/callback_main"))?;
    let (mut taken, mut refused) = (0, 0);
    for payload in payloads::all() {
        let mut ann = somebody();
        let start = format!(
            "/login/start?provider={MAIN}&return_to={}",
            encoded(&payload)
        );
        let page = ann.get(site.url(&start)).await?;
        if page.status == 400 {
            refused += 1;
            assert!(!page.body.contains("evil"), "echoed: {payload:?}");
            assert_eq!(ann.cookies.names(), [""; 0], "{payload:?}");
            continue;
        }
        taken += 1;
        let page = through(&mut ann, page).await?;
        assert_eq!(page.status, 303, "{payload:?}: {page}");
        let locations: Vec<_> = page.headers.get_all("location").iter().collect();
        ensure!(locations.len() == 1, "{payload:?}: {locations:?}");
        let location = page.header("location").context("text")?;
        assert!(location.starts_with('/'), "{payload:?}: {location}");
        assert!(!leaves(&own, location), "{payload:?}: {location}");
        // A proxy may decode once more.
        let decoded = location.split(['?', '#']).next().unwrap_or_default();
        let decoded = percent_decoded(decoded);
        assert!(!leaves(&own, &decoded), "{payload:?}: {decoded}");
        assert!(ann.cookies.value("usher").is_some(), "{payload:?}");
        let set = page.headers.get_all("set-cookie").iter().count();
        assert_eq!(set, 2, "a session begins, an attempt ends: {payload:?}");
    }
    println!("{taken} taken, {refused} refused");
    assert!(taken >= 30 && refused >= 500, "{taken} {refused}");
    Ok(())
}

/// Through the provider and the callback: the page that says where to go.
async fn through(visitor: &mut Visitor, page: Page) -> anyhow::Result<Page> {
    let page = visitor
        .settle_until(page, |url| url.path() == "/callback_main")
        .await?;
    visitor.follow(&page).await
}

fn percent_decoded(text: &str) -> String {
    let plus = text.replace('+', "%2b");
    let pair = format!("x={plus}");
    let mut pairs = url::form_urlencoded::parse(pair.as_bytes());
    pairs
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hole36_no_payload_leads_an_initiated_sign_in_away() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, ("allow_initiation", "true")]).await?;
    site.provider.sign_in_as(Person::new("ann"));
    let own = Url::parse(&site.url("/callback_main"))?;
    let issuer = encoded(&site.provider.issuer());
    let origin = &site.server.origin;
    let mut taken = 0;
    let payloads: Vec<String> = payloads::all().into_iter().step_by(3).collect();
    let below = payloads.iter().map(|payload| format!("{origin}{payload}"));
    for payload in payloads.iter().cloned().chain(below) {
        let mut ann = somebody();
        let asked = format!("iss={issuer}&target_link_uri={}", encoded(&payload));
        let page = ann
            .get(site.url(&format!("/login/initiate?{asked}")))
            .await?;
        if page.status == 400 {
            continue;
        }
        taken += 1;
        let page = through(&mut ann, page).await?;
        let location = page.header("location").with_context(|| format!("{page}"))?;
        assert!(!leaves(&own, location), "{payload:?}: {location}");
    }
    assert!(taken >= 20, "{taken}");
    Ok(())
}

#[tokio::test]
async fn hole36_chromium_stays_here_too() -> anyhow::Result<()> {
    let Some(chromium) = Chromium::start().await? else {
        return Ok(());
    };
    let site = Acme::start(&[INTO_ACME]).await?;
    site.provider.sign_in_as(Person::new("ann"));
    let own = Url::parse(&site.server.origin)?;
    let all: Vec<String> = payloads::all().into_iter().collect();
    let every = all.len() / 20;
    let taken = [
        "/@evil.example",
        "/account;//evil.example",
        "/\u{ff0f}evil.example",
    ];
    let sample = all.iter().step_by(every).map(String::as_str).chain(taken);
    for payload in sample {
        let start = format!(
            "/login/start?provider={MAIN}&return_to={}",
            encoded(payload)
        );
        chromium.open(&site.url(&start)).await?;
        let there = Url::parse(chromium.driver.current_url().await?.as_str())?;
        assert_eq!(there.origin(), own.origin(), "{payload:?}: {there}");
    }
    chromium.quit().await
}
