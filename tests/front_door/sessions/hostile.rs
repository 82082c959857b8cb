//! Headers of ours on every answer, and hostile ones of others.

use anyhow::Context;
use usher_tests::provider::{Endpoint, Person};
use usher_tests::visitor::{Page, Visitor};

use super::site;

fn has_the_headers(page: &Page) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), Some(value), "{name}: {page}");
    }
    let policy = page.header("content-security-policy").unwrap_or_default();
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(directive), "{directive}: {page}\n{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let asset = page.url.path().starts_with("/assets/") && page.status == 200;
    if !asset {
        assert_eq!(page.header("cache-control"), Some("no-store"), "{page}");
    }
    assert!(page.header("x-request-id").is_some(), "{page}");
    assert_eq!(page.header("server"), None);
}

#[tokio::test]
async fn s8_every_answer_carries_the_headers() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let account = ann.get(site.url("/account")).await?;
    let asset = account.attributes("link[rel=stylesheet]", "href").remove(0);
    for (path, status) in [
        ("/", 303),
        ("/account", 200),
        ("/login", 303),
        ("/login?choose=1", 200),
        ("/login?return_to=//evil", 400),
        ("/login/start?provider=main", 303),
        ("/login/start?provider=ghost", 404),
        ("/login/start", 404),
        ("/callback_main", 400),
        ("/callback_ghost", 404),
        ("/logout", 200),
        ("/logout/done", 200),
        ("/api/v1/session", 200),
        ("/api/v1/ghost", 404),
        ("/livez", 200),
        ("/readyz", 200),
        ("/account/sessions/end", 405),
        ("/ghost", 404),
        ("/%ff%00", 404),
        ("/login/..%2f..", 404),
        (&asset, 200),
    ] {
        let page = ann.get(site.url(path)).await?;
        assert_eq!(page.status, status, "{path}: {page}");
        has_the_headers(&page);
    }
    for path in ["/login", "/account", "/livez", "/api/v1/session"] {
        let page = ann.post(site.url(path), &[]).await?;
        assert_eq!(page.status, 405, "{path}: {page}");
        has_the_headers(&page);
    }
    let page = ann
        .post_from(
            "https://evil.example",
            site.url("/logout").parse()?,
            &[("a", "b")],
        )
        .await?;
    assert_eq!(page.status, 403);
    has_the_headers(&page);
    let huge = "x".repeat(100 * 1024);
    for path in ["/logout", "/callback_main"] {
        let page = ann.post(site.url(path), &[("csrf", &huge)]).await?;
        assert_eq!(page.status, 413, "{path}: {page}");
        assert_eq!(page.texts("h1"), ["That is too large"]);
        has_the_headers(&page);
    }
    Ok(())
}

#[tokio::test]
async fn a_request_that_cannot_be_read_gets_a_page_that_quotes_nothing() -> anyhow::Result<()> {
    let site = site().await?;
    let mut visitor = Visitor::new();
    for path in [
        "/login?choose=1&choose=hostile",
        "/login/start?provider=main&provider=hostile",
        "/login/%ff",
    ] {
        let page = visitor.get(site.url(path)).await?;
        assert!([400, 404].contains(&page.status.as_u16()), "{path}: {page}");
        assert_eq!(page.texts("h1").len(), 1, "a page: {path}: {page}");
        assert!(!page.body.contains("hostile"), "{path}: {page}");
        has_the_headers(&page);
    }
    let fields = [("csrf", "hostile"), ("csrf", "hostile")];
    let page = visitor.post(site.url("/logout"), &fields).await?;
    assert_eq!(page.status, 422, "{page}");
    assert_eq!(page.texts("h1").len(), 1, "a page: {page}");
    let mut program = Visitor::new().with_header("x-anything", &"a".repeat(64 * 1024));
    let page = program.get(site.url("/api/v1/session")).await?;
    assert_eq!(page.json()?["code"], "too_large");
    Ok(())
}

#[tokio::test]
async fn hole43_enormous_or_absurd_headers_get_a_clear_answer() -> anyhow::Result<()> {
    let site = site().await?;
    let big = "a".repeat(64 * 1024);
    for (name, path) in [
        ("cookie", "/account"),
        ("cookie", "/callback_main?state=x"),
        ("x-anything", "/login"),
    ] {
        let mut visitor = Visitor::new().with_header(name, &big);
        let page = visitor.get(site.url(path)).await?;
        assert_eq!(page.status, 431, "{name} {path}: {page}");
        assert_eq!(page.texts("h1"), ["That is too large"]);
        let advice = "Clear the cookies of this site";
        assert!(page.text().contains(advice), "{page}");
        has_the_headers(&page);
    }
    for cookie in [
        ";;=",
        "=;=;=",
        "usher",
        "usher=",
        "usher=é",
        "; ; ;usher==;;",
    ] {
        let mut visitor = Visitor::new().with_header("cookie", cookie);
        assert_eq!(site.session_status(&mut visitor).await?, 401, "{cookie}");
    }
    let many: String = (0..1500)
        .map(|i| format!("usher-attempt-aaaaaaaa{i:04}=1.x; "))
        .collect();
    let mut visitor = Visitor::new().with_header("cookie", &many[..30_000]);
    let page = visitor.get(site.url("/login/start?provider=main")).await?;
    assert!([303, 431].contains(&page.status.as_u16()), "{page}");
    let set = page.headers.get_all("set-cookie").iter().count();
    assert!(set <= 21, "a bounded answer: {set} cookies");
    Ok(())
}

#[tokio::test]
async fn hole37_headers_of_the_request_never_make_urls() -> anyhow::Result<()> {
    let site = site().await?;
    let hostile = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "4443"),
        ("x-forwarded-prefix", "/evil.example"),
        ("x-original-url", "/evil.example"),
        ("x-rewrite-url", "/evil.example"),
        ("forwarded", "for=1.2.3.4;host=evil.example;proto=https"),
        ("x-host", "evil.example"),
        ("referer", "https://evil.example/"),
    ];
    for (name, value) in hostile {
        let mut ann = Visitor::new()
            .with_header(name, value)
            .with_header("accept", "text/html");
        for path in [
            "/",
            "/account",
            "/login",
            "/login?choose=1",
            "/logout",
            "/logout/done",
            "/ghost",
        ] {
            let page = ann.get(site.url(path)).await?;
            let text = format!("{:?}{}", page.headers, page.body);
            assert!(!text.contains("evil.example"), "{name} {path}: {text}");
        }
        site.provider.sign_in_as(Person::new("ann"));
        let page = ann.get(site.url("/login/start?provider=main")).await?;
        let asked = page.redirect().with_context(|| format!("{name}: {page}"))?;
        assert!(!asked.as_str().contains("evil"), "{name}: {asked}");
        // The visitor sends the header to the provider as well, which does not look at it.
        let page = ann.settle(page).await?;
        assert_eq!(page.status, 200, "{name}: {page}");
        assert_eq!(page.url.as_str(), site.url("/account"));
    }
    for asked in site.provider.requests(Endpoint::Authorize) {
        assert_eq!(asked["redirect_uri"], site.url("/callback_main"));
    }
    Ok(())
}

/// Rows: hole 39, hole 24
#[tokio::test]
async fn hole40_a_spoofed_identity_header_signs_nobody_in() -> anyhow::Result<()> {
    let site = site().await?;
    for (name, value) in [
        ("x-forwarded-user", "ann"),
        ("x_forwarded_user", "ann"),
        ("x-auth-request-user", "ann"),
        (
            "authorization",
            "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.",
        ),
        ("connection", "cookie"),
    ] {
        let mut visitor = Visitor::new().with_header(name, value);
        assert_eq!(site.session_status(&mut visitor).await?, 401, "{name}");
    }
    Ok(())
}
