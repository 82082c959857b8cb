//! Where the claims come from, and providers that come and go.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};
use usher_tests::provider::{Endpoint, Person, Provider};
use usher_tests::visitor::Visitor;

use super::INTO_ACME;
use crate::acme::{Acme, MAIN, connect, furnished, read};

#[tokio::test]
async fn a_provider_that_is_down_at_start_is_shown_as_such_and_recovers() -> anyhow::Result<()> {
    let mut provider = Provider::start();
    let usher = connect(furnished()?, &provider, MAIN, &[INTO_ACME]);
    provider.go_down();
    let mut site = Acme::open(provider, usher).await?;
    let mut visitor = Visitor::new();
    let ready = visitor.get(site.url("/readyz")).await?;
    assert_eq!(ready.status, 200, "never \"not ready\": {ready}");

    let page = visitor.get(site.url("/login?choose=1")).await?;
    let down = page.texts(".down");
    assert_eq!(down.len(), 1, "{page}");
    assert!(down[0].starts_with("Did not answer; you can still try."));
    let page = visitor.get(site.url("/login/start?provider=main")).await?;
    assert_eq!(page.status, 502, "{page}");
    assert_eq!(page.texts("h1"), ["The identity provider does not answer"]);
    let verbose = visitor.get(site.url("/readyz?verbose")).await?;
    assert_eq!(verbose.status, 200);
    let verbose = verbose.json()?;
    assert_eq!(verbose["providers"][MAIN]["last_contact"], json!(null));
    assert!(verbose["providers"][MAIN]["last_error"]["message"].is_string());

    site.provider.come_back();
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        let (_, page) = site.sign_in(Person::new("ann")).await?;
        if page.status == 200 {
            break;
        }
        assert!(Instant::now() < deadline, "does not recover: {page}");
        sleep(Duration::from_millis(200)).await;
    }
    let page = visitor.get(site.url("/login?choose=1")).await?;
    assert_eq!(page.texts(".down"), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn the_claims_come_from_the_place_that_is_configured() -> anyhow::Result<()> {
    let settings = [INTO_ACME, ("groups__enabled", "true")];
    let userinfo = [
        INTO_ACME,
        ("groups__enabled", "true"),
        ("get_info_from_access_token", "false"),
    ];
    let site = Acme::start_with(&[(MAIN, &settings), ("userinfo", &userinfo)]).await?;
    // The two disagree, so that it can be seen which one was believed.
    site.provider.faults().userinfo = usher_tests::provider::edit(|claims| {
        claims["groups"] = json!(["Operations"]);
        claims["name"] = json!("Ann of userinfo");
    });
    let person = Person::new("ann").groups(["research"]);
    for (provider, source, group, name, calls) in [
        (MAIN, "access_token", "research", "ann Example", 0),
        ("userinfo", "userinfo", "Operations", "Ann of userinfo", 1),
    ] {
        let mut ann = Visitor::new();
        let page = site
            .sign_in_with(&mut ann, provider, person.clone())
            .await?;
        assert_eq!(page.status, 200, "{page}");
        let session = site.session(&mut ann).await?;
        assert_eq!(session["groups"], json!([group]), "never merged");
        assert_eq!(session["user"]["name"], name);
        let record = site.newest_record()?;
        assert_eq!(read(&record, "/groups")?["source"], source);
        assert_eq!(site.provider.calls(Endpoint::Userinfo), calls);
    }
    Ok(())
}

#[tokio::test]
async fn keys_that_the_provider_rotates_disturb_nobody() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    site.admitted(Person::new("ann")).await?;
    site.provider.rotate_keys();
    site.admitted(Person::new("ann")).await?;
    assert_eq!(site.provider.calls(Endpoint::Keys), 2);
    Ok(())
}
