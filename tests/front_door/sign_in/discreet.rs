//! What never leaves the service (hole 45).

use anyhow::Context;
use usher_tests::provider::{CLIENT_SECRET, Endpoint, Person, Provider, edit};
use usher_tests::visitor::Visitor;

use super::{INTO_ACME, parameter};
use crate::acme::{Acme, MAIN, connect, furnished};

#[tokio::test]
async fn hole45_no_secret_is_in_the_log_on_a_page_or_in_the_database() -> anyhow::Result<()> {
    let provider = Provider::start();
    let usher = furnished()?.with("USHER__LOG", "debug");
    let usher = connect(usher, &provider, MAIN, &[INTO_ACME, ("idp_logout", "true")]);
    let site = Acme::open(provider, usher).await?;
    let mut secrets = vec![CLIENT_SECRET.to_owned(), "eyJhbGciOi".to_owned()];
    let mut pages = String::new();

    let mut ann = Visitor::new();
    let page = site.up_to_the_callback(&mut ann, MAIN).await?;
    let asked = site.provider.requests(Endpoint::Authorize).remove(0);
    let answer = page.redirect().context("an answer")?;
    secrets.push(asked["state"].clone());
    secrets.push(asked["nonce"].clone());
    secrets.push(parameter(&answer, "code").context("a code")?);
    let attempt = ann.cookies.names()[0].to_owned();
    let (_, browser) = ann
        .cookies
        .value(&attempt)
        .and_then(|v| v.split_once('.'))
        .context("cookie")?;
    secrets.push(browser.to_owned());
    let page = ann.settle(page).await?;
    assert_eq!(page.status, 200, "{page}");
    pages.push_str(&page.body);
    let verifier = site.provider.requests(Endpoint::Token).remove(0)["code_verifier"].clone();
    secrets.push(verifier);
    secrets.push(ann.cookies.value("usher").context("a session")?.to_owned());
    let key = std::fs::read_to_string(site.usher.path("usher.db.key"))?;
    secrets.push(key.trim().to_owned());

    // One that fails, with tokens in hand, and a sign-out.
    site.provider.faults().id_claims = edit(|claims| claims["aud"] = "another".into());
    let (_, page) = site.sign_in(Person::new("ann")).await?;
    assert_eq!(page.status, 502);
    pages.push_str(&page.body);
    let page = ann.get(site.url("/logout")).await?;
    pages.push_str(&page.body);
    let left = ann.submit(&page.form("form")?).await?;
    let left = left.redirect().context("to the provider")?;
    secrets.push(parameter(&left, "state").context("state")?);

    let said = format!("{}{}", site.server.stdout(), site.server.stderr());
    assert!(said.contains("sign-in failed"), "it does log: {said}");
    let mut kept = Vec::new();
    for file in ["usher.db", "usher.db-wal"] {
        kept.extend(std::fs::read(site.usher.path(file))?);
    }
    let kept = String::from_utf8_lossy(&kept);
    for secret in &secrets {
        assert!(secret.len() >= 3, "{secret:?}");
        assert!(
            !said.contains(secret.as_str()),
            "{secret} is in the log: {said}"
        );
        assert!(!pages.contains(secret.as_str()), "{secret} is on a page");
        assert!(!kept.contains(secret.as_str()), "{secret} is on the disk");
    }
    Ok(())
}
