//! Forms of other sites (S7), and the headers of every answer (S8).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use usher_tests::provider::Person;
use usher_tests::visitor::{Page, Visitor};

use super::wire::{Answer, say};
use super::{INTO_ACME, routes};
use crate::acme::Acme;

/// They carry a proof of their own (`spec.md` §5).
const OWN_PROOF: [&str; 2] = ["/callback_main", "/backchannel_logout_main"];
/// It comes from another site by its nature, and does what its GET does: begin an attempt.
const INITIATION: &str = "/login/initiate";

/// Posts a form as pages of other sites make browsers do.
async fn foreign(by: &Visitor, url: &str) -> anyhow::Result<BTreeMap<&'static str, Page>> {
    let mut pages = BTreeMap::new();
    let fields = [("csrf", "AAAA"), ("session", "x")];
    let own = url::Url::parse(url)?.origin().ascii_serialization();
    let (longer, other_port) = (format!("{own}.evil.example"), format!("{own}0"));
    for (what, origin) in [
        ("another site", "https://evil.example"),
        ("null", "null"),
        ("a longer name", &longer),
        ("another port", &other_port),
        ("nothing", ""),
        ("two", &format!("{own}, https://evil.example")),
    ] {
        let page = by.clone().post_from(origin, url.parse()?, &fields).await?;
        pages.insert(what, page);
    }
    let form = Some("application/x-www-form-urlencoded");
    for (what, site) in [
        ("no origin", ""),
        ("cross-site", "cross-site"),
        ("same-site", "same-site"),
    ] {
        let mut by = by.clone();
        if !site.is_empty() {
            by = by.with_header("sec-fetch-site", site);
        }
        let page = by.post_body(url, form, "csrf=AAAA&session=x").await?;
        pages.insert(what, page);
    }
    Ok(pages)
}

#[tokio::test]
async fn s7_no_route_takes_a_form_of_another_site() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, ("allow_initiation", "true")]).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let mut refused = 0;
    for path in routes::changing() {
        for (what, page) in foreign(&ann, &site.url(&path)).await? {
            if OWN_PROOF.contains(&&*path) || path == INITIATION {
                assert_eq!(page.status, 400, "{path} {what}: {page}");
                continue;
            }
            assert_eq!(page.status, 403, "{path} {what}: {page}");
            assert_eq!(page.headers.get("set-cookie"), None, "{path} {what}");
            refused += 1;
        }
        assert_eq!(site.session_status(&mut ann).await?, 200, "{path}");
    }
    assert!(refused >= 4 * 9, "{refused}");
    Ok(())
}

/// The headers of S8, whatever the answer; the one page for frames names who may frame it.
fn has_the_headers(what: &str, answer: &Answer) {
    let framed = what.contains("/frontchannel_logout_main") && answer.status == 200;
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ] {
        if !(framed && name == "x-frame-options") {
            assert_eq!(answer.header(name), Some(value), "{what}: {answer:?}");
        }
    }
    let policy = answer.header("content-security-policy").unwrap_or_default();
    for directive in ["default-src 'none'", "frame-ancestors ", "base-uri 'none'"] {
        assert!(policy.contains(directive), "{what}: {answer:?}");
    }
    assert!(
        !policy.contains('*') && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(answer.header("cache-control").is_some(), "{what}");
    assert!(answer.header("x-request-id").is_some(), "{what}");
    assert_eq!(answer.header("server"), None, "{what}");
}

#[tokio::test]
async fn s8_every_answer_of_every_route_carries_the_headers() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let mut seen = BTreeSet::new();
    let mut check = |what: &str, answer: Option<Answer>| -> anyhow::Result<()> {
        let answer = answer.with_context(|| format!("no answer: {what}"))?;
        has_the_headers(what, &answer);
        seen.insert(answer.status);
        Ok(())
    };
    let mut paths: Vec<String> = routes::all().into_iter().map(|route| route.path).collect();
    paths.extend(["/ghost", "/api/v1/ghost", "/%00", "/login/%ff"].map(str::to_owned));
    for path in &paths {
        for method in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
        ] {
            let what = format!("{method} {path}");
            let head = format!("{what} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
            check(&what, say(&site, format!("{head}\r\n").as_bytes()).await?)?;
        }
        let what = format!("HEAD {path}");
        let head = format!("{what} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        check(&what, say(&site, head.as_bytes()).await?)?;
        let huge = "x".repeat(100 * 1024);
        let what = format!("GET {path}, huge header");
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: {huge}\r\n\r\n");
        check(&what, say(&site, head.as_bytes()).await?)?;
    }
    let huge = format!("csrf={}", "x".repeat(100 * 1024));
    for path in ["/logout", "/callback_main"] {
        let own = &site.server.origin;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: {own}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{huge}",
            huge.len()
        );
        check(path, say(&site, head.as_bytes()).await?)?;
    }
    for _ in 0..70 {
        let head = "GET /callback_main HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        check("too often", say(&site, head.as_bytes()).await?)?;
    }
    for status in [200, 303, 400, 401, 403, 404, 405, 413, 429, 431] {
        assert!(seen.contains(&status), "{status} was not seen: {seen:?}");
    }
    Ok(())
}
