//! A sign-in that a third party begins (OpenID Connect Core §4; `protocol.md` C43).

use usher_tests::provider::{Endpoint, Person, Provider};
use usher_tests::visitor::{Page, Visitor};

use crate::acme::{Acme, MAIN, connect, furnished};

const INTO_ACME: (&str, &str) = ("default_company", "acme");
const ALLOWED: (&str, &str) = ("allow_initiation", "true");

async fn site() -> anyhow::Result<Acme> {
    Acme::start(&[INTO_ACME, ALLOWED]).await
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields).finish()
}

async fn initiate(site: &Acme, fields: &[(&str, &str)]) -> anyhow::Result<(Visitor, Page)> {
    let mut visitor = Visitor::new();
    let url = site.url(&format!("/login/initiate?{}", encoded(fields)));
    let page = visitor.get(url).await?;
    Ok((visitor, page))
}

#[tokio::test]
async fn c43_the_issuer_begins_a_sign_in_by_get_and_post() -> anyhow::Result<()> {
    let site = site().await?;
    site.provider.sign_in_as(Person::new("ann"));
    let issuer = site.provider.issuer();
    let target = site.url("/logout/../account?x=1");
    let fields = [
        ("iss", &*issuer),
        ("login_hint", "ann@example.com"),
        ("target_link_uri", &*target),
    ];
    let (mut ann, page) = initiate(&site, &fields).await?;
    assert_eq!(page.status, 303, "{page}");
    let page = ann.settle(page).await?;
    assert_eq!(
        (page.url.path(), page.url.query()),
        ("/account", Some("x=1"))
    );
    assert_eq!(site.session_status(&mut ann).await?, 200);
    let asked = site.provider.requests(Endpoint::Authorize);
    assert_eq!(asked[0]["login_hint"], "ann@example.com");

    // A form of the provider's own page: no origin of ours.
    let mut bob = Visitor::new().with_header("origin", "https://idp.example");
    let kind = Some("application/x-www-form-urlencoded");
    let body = encoded(&[("iss", &issuer)]);
    let page = bob
        .post_body(site.url("/login/initiate"), kind, body)
        .await?;
    assert_eq!(page.status, 303, "{page}");
    let page = bob.settle(page).await?;
    assert_eq!(page.url.path(), "/account");
    let asked = site.provider.requests(Endpoint::Authorize);
    assert!(!asked[1].contains_key("login_hint"));
    Ok(())
}

#[tokio::test]
async fn only_a_configured_issuer_that_may_is_followed() -> anyhow::Result<()> {
    let site = site().await?;
    let issuer = site.provider.issuer();
    let (slash, upper) = (format!("{issuer}/"), issuer.to_uppercase());
    let foreign: [&[(&str, &str)]; 7] = [
        &[],
        &[("iss", "")],
        &[("iss", "https://evil.example")],
        &[("iss", &slash)],
        &[("iss", &upper)],
        &[("iss", &issuer[..issuer.len() - 1])],
        &[("iss", &issuer), ("iss", &issuer)],
    ];
    for fields in foreign {
        let (visitor, page) = initiate(&site, fields).await?;
        assert_eq!(page.status, 400, "{fields:?}: {page}");
        assert_eq!(page.texts("h1"), ["That is not a way to sign in here"]);
        assert!(!page.body.contains("evil"), "{page}");
        assert!(visitor.cookies.names().is_empty(), "{fields:?}");
    }
    let site = site.restart(&[("allow_initiation", "false")]).await?;
    let (_, page) = initiate(&site, &[("iss", &issuer)]).await?;
    assert_eq!(page.status, 400, "it is off by default: {page}");
    assert_eq!(site.count("attempts").await?, 0);
    Ok(())
}

#[tokio::test]
async fn hole36_a_target_elsewhere_is_refused() -> anyhow::Result<()> {
    let site = site().await?;
    let issuer = site.provider.issuer();
    let own = site.server.origin.clone();
    for target in [
        "https://evil.example/".to_owned(),
        "//evil.example".to_owned(),
        "javascript:alert(1)".to_owned(),
        String::new(),
        format!("{own}.evil.example/"),
        format!("{own}@evil.example/"),
        format!("{own}//evil.example/"),
        format!("{own}/\\evil.example/"),
        format!("{own}/%2f%2fevil.example/"),
        format!("{own}1/"),
        format!("{own}/{}", "a".repeat(3000)),
    ] {
        let fields = [("iss", &*issuer), ("target_link_uri", &*target)];
        let (_, page) = initiate(&site, &fields).await?;
        assert_eq!(page.status, 400, "{target}: {page}");
        assert_eq!(page.header("location"), None);
    }
    Ok(())
}

#[tokio::test]
async fn a_target_that_is_a_step_of_signing_in_does_not_go_round() -> anyhow::Result<()> {
    let site = site().await?;
    site.provider.sign_in_as(Person::new("ann"));
    let issuer = site.provider.issuer();
    let again = encoded(&[("iss", &issuer)]);
    for target in [
        format!("/login/initiate?{again}"),
        "/login".to_owned(),
        "/login/start?provider=main".to_owned(),
        "/logout".to_owned(),
        "/callback_main?state=x".to_owned(),
    ] {
        let fields = [("iss", &*issuer), ("target_link_uri", &*site.url(&target))];
        let before = site.provider.calls(Endpoint::Authorize);
        let (mut ann, page) = initiate(&site, &fields).await?;
        let page = ann.settle(page).await?;
        assert_eq!(
            (page.url.path(), page.url.query()),
            ("/account", None),
            "{target}"
        );
        assert_eq!(site.provider.calls(Endpoint::Authorize), before + 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_hint_is_bounded_and_replaces_the_configured_one() -> anyhow::Result<()> {
    let provider = Provider::start();
    let configured = ("authorize_params__login_hint", "configured");
    let usher = connect(
        furnished()?,
        &provider,
        MAIN,
        &[INTO_ACME, ALLOWED, configured],
    );
    let site = Acme::open(provider, usher).await?;
    let issuer = site.provider.issuer();
    let long = "a".repeat(256);
    for (hint, sent) in [
        ("ann & bob=x", "ann & bob=x"),
        (&*long, "configured"),
        ("a\nb", "configured"),
        ("", "configured"),
    ] {
        let (mut ann, page) = initiate(&site, &[("iss", &issuer), ("login_hint", hint)]).await?;
        ann.settle(page).await?;
        let asked = site.provider.requests(Endpoint::Authorize);
        let asked = asked.last().expect("it was asked");
        assert_eq!(asked["login_hint"], sent, "{hint:.20}");
    }
    Ok(())
}

#[tokio::test]
async fn s1_attempts_that_others_begin_are_capped_like_ones_own() -> anyhow::Result<()> {
    let site = site().await?;
    let issuer = site.provider.issuer();
    let url = site.url(&format!("/login/initiate?{}", encoded(&[("iss", &issuer)])));
    let mut ann = Visitor::new();
    for _ in 0..8 {
        assert_eq!(ann.get(&url).await?.status, 303);
    }
    assert_eq!(ann.cookies.names().len(), 5);
    Ok(())
}
