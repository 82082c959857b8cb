//! Open redirects (S6, K7, hole 36).

use url::Url;
use usher_tests::provider::Person;

use super::site;
use crate::acme::somebody;

/// What somebody may put behind `return_to=`, encoded as it goes over the wire.
const HOSTILE: &[&str] = &[
    "https://evil.example",
    "http:evil.example",
    "https:/evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "/%00/evil.example",
    "/%5cevil.example",
    "%5c%5cevil.example",
    "/%5c/evil.example",
    "%5c/evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "%20//evil.example",
    "%09//evil.example",
    "/%20/evil.example",
    "/%2520/evil.example",
    "/%252fevil.example",
    "/%252f%252fevil.example",
    "/%255cevil.example",
    "/%2f%2fevil.example",
    "%2f%2fevil.example",
    "%2F%2Fevil.example",
    "/%2F/evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/a//evil.example",
    "/./%5cevil.example",
    "/%2e%2f/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "%6a%61vascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "@evil.example",
    ":@evil.example",
    "user@evil.example",
    "evil.example",
    "www.evil.example/x",
    ".evil.example",
    "?x=https://evil.example",
    "%23@evil.example",
    "",
    "%20",
    "%e3%80%82evil.example",
    "//evil%e3%80%82example",
    "/%c2%a0/evil.example",
    "/%e2%80%a8/evil.example",
    "/%c2%85/evil.example",
    "/%ef%bc%8f/evil.example%09",
    "https://127.0.0.1@evil.example",
    "//127.0.0.1:80@evil.example",
    "//[::1]@evil.example",
    "ftp://evil.example",
    "///%5c;@evil.example",
];

/// Harmless: leads to this service, whatever it looks like.
const OWN: &[(&str, &str)] = &[
    ("/livez", "/livez"),
    ("/livez?next=//evil.example", "/livez?next=//evil.example"),
    (
        "/livez?next=https://evil.example",
        "/livez?next=https://evil.example",
    ),
    ("/a/../livez", "/livez"),
    ("/livez%23//evil.example", "/livez"),
    ("/@evil.example", "/@evil.example"),
    ("/evil.example", "/evil.example"),
    ("/;@evil.example", "/;@evil.example"),
    ("/https:evil.example", "/https:evil.example"),
];

#[tokio::test]
async fn s6_hole36_a_sign_in_never_leads_to_another_place() -> anyhow::Result<()> {
    let site = site().await?;
    let long = format!("/{}", "a".repeat(2048));
    let starts = [
        "/login?",
        "/login?choose=1&",
        "/login/acme?",
        "/login/start?provider=main&",
    ];
    for hostile in HOSTILE.iter().copied().chain([&*long]) {
        for start in starts {
            let mut visitor = somebody();
            let url = site.url(&format!("{start}return_to={hostile}"));
            let page = visitor.get(&url).await?;
            assert_eq!(page.status, 400, "{start} {hostile:?}: {page}");
            assert_eq!(page.texts("h1"), ["That is not a way to sign in here"]);
            assert!(!page.body.contains("evil"), "never echoed: {hostile:?}");
            assert_eq!(visitor.cookies.names(), [""; 0], "no attempt: {hostile:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn s6_a_place_of_ours_stays_one() -> anyhow::Result<()> {
    let site = site().await?;
    for (asked, place) in OWN {
        site.provider.sign_in_as(Person::new("ann"));
        let mut ann = somebody();
        let page = site.up_to_the_callback_to(&mut ann, asked).await?;
        let page = ann.follow(&page).await?;
        assert_eq!(page.header("location"), Some(*place), "{asked}");
        let at = page.redirect().expect("a redirect");
        let own = Url::parse(&site.server.origin)?;
        assert_eq!(at.origin(), own.origin(), "{asked}");
    }
    Ok(())
}

#[tokio::test]
async fn k7_nothing_that_arrives_at_the_callback_leads_anywhere() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = somebody();
    site.provider.sign_in_as(Person::new("ann"));
    let page = site.up_to_the_callback(&mut ann, "main").await?;
    let mut url = page.redirect().expect("an answer");
    url.query_pairs_mut()
        .append_pair("return_to", "https://evil.example")
        .append_pair("redirect_uri", "https://evil.example")
        .append_pair("next", "//evil.example");
    let page = ann.get(url).await?;
    assert_eq!(page.header("location"), Some("/account"));
    for path in [
        "/logout/done?return_to=",
        "/logout?return_to=",
        "/logout/done?post_logout_redirect_uri=",
    ] {
        let page = ann
            .get(site.url(&format!("{path}https://evil.example")))
            .await?;
        assert_eq!(page.redirect(), None, "{page}");
        assert!(!page.body.contains("evil"), "{page}");
    }
    let url = site.url("/logout?return_to=https://evil.example");
    let page = ann
        .post(url, &[("return_to", "https://evil.example")])
        .await?;
    assert_eq!(page.header("location"), Some("/logout/done"));
    Ok(())
}
