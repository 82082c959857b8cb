//! Signing out (K48 to K51).

use anyhow::Context;
use usher_tests::provider::{CLIENT_ID, Endpoint, Person, Provider, edit};
use usher_tests::visitor::Visitor;

use super::{INTO_ACME, site};
use crate::acme::{Acme, MAIN, connect, furnished};

const TOO: (&str, &str) = ("idp_logout", "true");

/// Rows: hole 33
#[tokio::test]
async fn k51_get_asks_and_post_with_proof_signs_out() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let question = ann.get(site.url("/logout")).await?;
    assert_eq!(question.status, 200, "{question}");
    assert_eq!(question.texts("h1"), ["Sign out of Usher?"]);
    assert!(question.text().contains("Signed in as ann Example"));
    assert_eq!(site.session_status(&mut ann).await?, 200, "a question only");

    let before = ann.clone();
    let page = ann.submit(&question.form("form")?).await?;
    assert_eq!(page.status, 303);
    assert_eq!(page.header("location"), Some("/logout/done"));
    assert_eq!(ann.cookies.value("usher"), None, "the cookie is removed");
    let mut old = before;
    assert_eq!(site.session_status(&mut old).await?, 401, "hole 33");
    assert_eq!(site.count("sessions").await?, 0);
    assert_eq!(site.provider.calls(Endpoint::EndSession), 0);

    let page = ann.follow(&page).await?;
    assert_eq!(page.texts("h1"), ["You are signed out"]);
    let text = page.text();
    assert!(
        text.contains("Your session at main is still open"),
        "{text}"
    );
    assert_eq!(page.attributes("a.button", "href"), ["/login?choose=1"]);
    Ok(())
}

#[tokio::test]
async fn s7_a_post_without_proof_is_refused_and_changes_nothing() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let question = ann.get(site.url("/logout")).await?;
    let token = question
        .form("form")?
        .value("csrf")
        .context("token")?
        .to_owned();
    let page = ann.get(site.url("/account")).await?;
    let session = page.attributes("input[name=session]", "value").remove(0);
    for path in [
        "/logout",
        "/account/sessions/end",
        "/account/sign-out-everywhere",
    ] {
        let url: url::Url = site.url(path).parse()?;
        let near = format!("{}.evil.example", site.server.origin);
        for (origin, csrf) in [
            ("https://evil.example", None),
            ("https://evil.example", Some(&*token)),
            (&*near, Some(&*token)),
            ("http://127.0.0.1", Some(&*token)),
            ("null", None),
            ("null", Some("AAAA")),
        ] {
            let mut fields = vec![("session", &*session)];
            fields.extend(csrf.map(|token| ("csrf", token)));
            let page = ann.post_from(origin, url.clone(), &fields).await?;
            assert_eq!(page.status, 403, "{path} {origin} {csrf:?}");
            assert_eq!(page.texts("h1"), ["That did not come from our page"]);
            assert_eq!(site.session_status(&mut ann).await?, 200);
        }
    }
    let url: url::Url = site.url("/logout").parse()?;
    let page = ann.post_from("null", url, &[("csrf", &*token)]).await?;
    assert_eq!(page.status, 303, "the token is proof enough");
    assert_eq!(site.session_status(&mut ann).await?, 401);
    Ok(())
}

/// Rows: K8
#[tokio::test]
async fn k48_k49_l01_the_session_here_ends_before_the_providers() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, TOO]).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let question = ann.get(site.url("/logout")).await?;
    assert!(question.text().contains("here and at main"), "{question}");
    let mut old = ann.clone();
    let page = ann.submit(&question.form("form")?).await?;
    assert_eq!(page.status, 303);
    assert_eq!(site.session_status(&mut old).await?, 401, "ended already");
    assert_eq!(site.provider.calls(Endpoint::EndSession), 0);

    let url = page.redirect().context("to the provider")?;
    let page = ann.follow(&page).await?;
    let asked = &site.provider.requests(Endpoint::EndSession)[0];
    assert_eq!(asked["client_id"], CLIENT_ID);
    assert_eq!(asked["post_logout_redirect_uri"], site.url("/logout/done"));
    assert!(asked["id_token_hint"].starts_with("eyJ"));
    assert!(asked["state"].len() >= 22, "{url}");
    let page = ann.settle(page).await?;
    assert_eq!(page.url.path(), "/logout/done");
    assert!(page.text().contains("Your session at main has ended too."));
    assert_eq!(ann.cookies.names(), [""; 0], "nothing is kept");
    Ok(())
}

#[tokio::test]
async fn k50_l02_l03_the_page_afterwards_takes_any_state() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, TOO]).await?;
    for query in ["", "?state=", "?state=wrong", "?state=%3Cscript%3E", "?x=1"] {
        let mut ann = site.admitted(Person::new("ann")).await?;
        let page = ann.get(site.url("/logout")).await?;
        ann.submit(&page.form("form")?).await?;
        let page = ann.get(site.url(&format!("/logout/done{query}"))).await?;
        assert_eq!(page.status, 200, "{query}: {page}");
        assert_eq!(page.texts("h1"), ["You are signed out"]);
        assert!(!page.text().contains("has ended too"), "{query}: {page}");
        assert!(!page.body.contains("wrong") && !page.body.contains("<script>"));
    }
    let page = Visitor::new().get(site.url("/logout/done?state=x")).await?;
    assert_eq!(page.status, 200, "whoever comes: {page}");
    Ok(())
}

#[tokio::test]
async fn a_sign_out_works_while_the_provider_is_down_or_has_no_end_session() -> anyhow::Result<()> {
    let provider = Provider::start();
    provider.faults().metadata = edit(|metadata| {
        metadata["end_session_endpoint"] = serde_json::Value::Null;
    });
    let usher = connect(furnished()?, &provider, MAIN, &[INTO_ACME, TOO]);
    let site = Acme::open(provider, usher).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let page = ann.post(site.url("/logout"), &[]).await?;
    assert_eq!(page.header("location"), Some("/logout/done"));
    let page = ann.follow(&page).await?;
    assert!(page.text().contains("Your session at main is still open"));

    let mut bob = site.admitted(Person::new("bob")).await?;
    let Acme {
        mut provider,
        usher,
        server,
    } = site;
    server.stop()?;
    provider.go_down();
    let site = Acme::open(provider, usher).await?;
    let page = bob.post(site.url("/logout"), &[]).await?;
    assert_eq!(page.header("location"), Some("/logout/done"), "{page}");
    assert_eq!(site.session_status(&mut bob).await?, 401);
    Ok(())
}

#[tokio::test]
async fn whoever_is_signed_out_already_is_told_so() -> anyhow::Result<()> {
    let site = site().await?;
    let mut nobody = Visitor::new();
    let page = nobody.get(site.url("/logout")).await?;
    assert_eq!(page.header("location"), Some("/logout/done"));
    let page = nobody.post(site.url("/logout"), &[]).await?;
    assert_eq!(page.header("location"), Some("/logout/done"));
    Ok(())
}

#[tokio::test]
async fn a_forged_exit_leads_nowhere() -> anyhow::Result<()> {
    let site = site().await?;
    for exit in ["", "x", "AAAA", "https://evil.example"] {
        let page = Visitor::new()
            .post(site.url("/logout"), &[("exit", exit)])
            .await?;
        assert_eq!(page.header("location"), Some("/logout/done"), "{exit}");
    }
    Ok(())
}

#[tokio::test]
async fn s8_the_forms_may_lead_to_the_provider_even_after_a_restart() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, TOO]).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let site = site.restart(&[]).await?;
    let page = ann.get(site.url("/logout")).await?;
    let policy = page.header("content-security-policy").context("policy")?;
    let page = ann.submit(&page.form("form")?).await?;
    let to = page.redirect().context("to the provider")?;
    let origin = to.origin().ascii_serialization();
    let (_, targets) = policy.split_once("form-action ").context("form-action")?;
    assert!(
        targets.split(' ').any(|target| target == origin),
        "{policy}"
    );
    Ok(())
}
