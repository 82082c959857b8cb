//! `/login/test`: an operator tries a sign-in out, and nothing comes of it.

use serde_json::json;
use usher_tests::provider::{Endpoint, Person, edit};
use usher_tests::visitor::{Page, Visitor};

use crate::acme::{Acme, MAIN};

const INTO_ACME: (&str, &str) = ("default_company", "acme");

async fn site(settings: &[(&str, &str)]) -> anyhow::Result<(Acme, Visitor)> {
    let site = Acme::start(settings).await?;
    let olga = site.admitted(Person::new("olga")).await?;
    site.usher
        .must(&["user", "set-operator", "olga@example.com"])?;
    Ok((site, olga))
}

async fn test(site: &Acme, by: &mut Visitor, person: Person) -> anyhow::Result<Page> {
    site.provider.sign_in_as(person);
    let page = by
        .get(site.url(&format!("/login/test?provider={MAIN}")))
        .await?;
    by.settle(page).await
}

#[tokio::test]
async fn an_operator_sees_what_would_be_and_nothing_comes_of_it() -> anyhow::Result<()> {
    let enabled = ("groups__enabled", "true");
    let (site, mut olga) = site(&[INTO_ACME, enabled, ("groups__admins", "Bosses")]).await?;
    let cookie = olga.cookies.value("usher").map(str::to_owned);
    let before = (site.directory().await?, site.count("sessions").await?);
    let bea = Person::new("bea").groups(["research", "Bosses", "nobody-knows"]);
    let page = test(&site, &mut olga, bea).await?;
    assert_eq!(
        (page.status.as_u16(), page.url.path()),
        (200, "/callback_main"),
        "{page}"
    );
    let text = page.text();
    for words in [
        "This person would be signed in",
        "a new user would be made",
        "research",
        "Groups that the company does not have Bosses, nobody-knows",
        "would be granted",
        "groups.sync",
        "bea@example.com",
        "profile, groups and roles are read from here",
        "not used with these settings, shown for comparison",
    ] {
        assert!(text.contains(words), "no {words:?}: {text}");
    }
    assert_eq!(
        site.provider.requests(Endpoint::Userinfo).len(),
        1,
        "for comparison"
    );
    let after = (site.directory().await?, site.count("sessions").await?);
    assert_eq!(after, before);
    assert_eq!(olga.cookies.value("usher").map(str::to_owned), cookie);
    let session = site.session(&mut olga).await?;
    assert_eq!(session["user"]["email"], json!("olga@example.com"));
    Ok(())
}

/// Rows: hole 48
#[tokio::test]
async fn that_an_operator_looked_is_recorded_and_the_claims_are_not() -> anyhow::Result<()> {
    let (site, mut olga) = site(&[INTO_ACME]).await?;
    let page = test(&site, &mut olga, Person::new("bea")).await?;
    assert_eq!(page.status, 200, "{page}");
    let record = site.newest_record()?;
    assert_eq!(record["kind"], json!("admin"), "{record}");
    assert_eq!(record["outcome"], json!("admitted"));
    assert_eq!(record["detail"], json!("test sign-in, would be admitted"));
    assert_eq!(record["reads"], json!([]));
    let session = site.session(&mut olga).await?;
    assert_eq!(record["user"], session["user"]["id"], "who looked");
    assert!(!record.to_string().contains("bea@"), "{record}");
    Ok(())
}

#[tokio::test]
async fn a_refusal_and_a_failure_are_shown_with_what_mends_them() -> anyhow::Result<()> {
    let (site, mut olga) = site(&[INTO_ACME]).await?;
    let site = site.restart(&[("default_company", "")]).await?;
    let stranger = Person::new("eve").email("eve@elsewhere.example", true);
    let page = test(&site, &mut olga, stranger).await?;
    let text = page.text();
    for words in [
        "No company is linked",
        "no_company",
        "company.domain",
        "elsewhere.example",
    ] {
        assert!(text.contains(words), "no {words:?}: {text}");
    }
    site.provider.faults().access_header = edit(|header| header["alg"] = "PS256".into());
    let page = test(&site, &mut olga, Person::new("bea")).await?;
    let text = page.text();
    for words in [
        "token_invalid",
        "access_token.alg",
        "Set signing_algorithm",
        "There are none",
    ] {
        assert!(text.contains(words), "no {words:?}: {text}");
    }
    let record = site.newest_record()?;
    assert_eq!(
        (&record["kind"], &record["outcome"]),
        (&json!("admin"), &json!("failed"))
    );
    Ok(())
}

/// Rows: hole 48
#[tokio::test]
async fn nobody_but_an_operator_gets_there() -> anyhow::Result<()> {
    let (site, mut olga) = site(&[INTO_ACME]).await?;
    let mut nobody = Visitor::new().with_header("accept", "text/html");
    let page = nobody.get(site.url("/login/test?provider=main")).await?;
    let location = page.header("location").unwrap_or_default().to_owned();
    assert_eq!(page.status, 303, "{page}");
    assert!(
        location.starts_with("/login?return_to=%2Flogin%2Ftest"),
        "{location}"
    );

    let mut member = site.admitted(Person::new("mia")).await?;
    for path in ["/login/test", "/login/test?provider=main"] {
        let page = member.get(site.url(path)).await?;
        assert_eq!(page.status, 403, "{page}");
        assert!(page.text().contains("This page is for operators"), "{page}");
    }
    assert!(
        !member
            .get(site.url("/account"))
            .await?
            .text()
            .contains("/login/test")
    );

    // Whoever is none any more when they come back sees nothing of it.
    site.provider.sign_in_as(Person::new("bea"));
    let start = olga.get(site.url("/login/test?provider=main")).await?;
    let at_us = |url: &url::Url| url.path().starts_with("/callback_");
    let back = olga.settle_until(start, at_us).await?;
    site.usher
        .must(&["user", "set-operator", "--off", "olga@example.com"])?;
    let page = olga.settle(back).await?;
    assert_eq!(page.status, 400, "{page}");
    assert!(!page.text().contains("bea"), "{page}");
    assert_eq!(site.newest_record()?["code"], json!("state_invalid"));
    Ok(())
}

#[tokio::test]
async fn a_test_belongs_to_the_browser_that_began_it_and_ends_once() -> anyhow::Result<()> {
    let (site, mut olga) = site(&[INTO_ACME]).await?;
    site.provider.sign_in_as(Person::new("bea"));
    let start = olga.get(site.url("/login/test?provider=main")).await?;
    let at_us = |url: &url::Url| url.path().starts_with("/callback_");
    let back = olga.settle_until(start, at_us).await?;
    let mut other = Visitor::new();
    let callback = back.redirect().expect("a way back");
    let page = other.get(callback.as_str()).await?;
    assert_eq!(page.status, 400, "{page}");
    let page = olga.settle(back).await?;
    assert_eq!(page.status, 400, "used up by the other: {page}");
    Ok(())
}

#[tokio::test]
async fn the_provider_is_chosen_and_asked_afresh() -> anyhow::Result<()> {
    let (site, mut olga) = site(&[INTO_ACME, ("authorize_params__prompt", "consent")]).await?;
    let page = olga.get(site.url("/login/test")).await?;
    let ways = page.attributes("main a", "href");
    assert_eq!(
        ways,
        [
            "/login/test?provider=main",
            "/login/test?provider=main&afresh=1"
        ]
    );
    let page = olga.get(site.url(&ways[1])).await?;
    let to = page.redirect().expect("the provider");
    let prompts: Vec<_> = to
        .query_pairs()
        .filter(|(name, _)| name == "prompt")
        .collect();
    assert_eq!(prompts.len(), 1, "{to}");
    assert_eq!(prompts[0].1, "login");
    for path in [
        "/login/test?provider=other",
        "/login/test?provider=main&company=a%20b",
    ] {
        let page = olga.get(site.url(path)).await?;
        assert!(page.status.is_client_error(), "{page}");
    }
    Ok(())
}
