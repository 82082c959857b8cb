//! What every page must be.

use usher_tests::chromium::{Chromium, Theme};
use usher_tests::parts;
use usher_tests::provider::{Person, Provider};
use usher_tests::server::{Installation, Server};

use super::{Development, heading, must_be_silent, must_be_sound};
use crate::USHER;
use crate::acme::variable;

#[tokio::test]
async fn every_page_of_the_development_service_is_sound() -> anyhow::Result<()> {
    let Some(site) = Development::start().await? else {
        return Ok(());
    };
    let chromium = &site.chromium;
    for (name, path, status) in [
        ("sign-in", "/login?choose=1", 200),
        ("sign-in-to-company", "/login/acme?choose=1", 200),
        ("not-found", "/nothing-here", 404),
        ("state-invalid", "/callback_dev?state=unknown&code=x", 400),
        (
            "bad-request",
            "/login/start?provider=dev&return_to=//evil.example",
            400,
        ),
        ("signed-out", "/logout/done", 200),
        ("development-provider", "/login", 200),
    ] {
        site.open(path).await?;
        must_be_sound(chromium, name, status).await?;
    }
    for (user, name, words) in [
        ("noa", "refused-without-a-group", "in no group"),
        ("uma", "refused-unverified", "not verified"),
    ] {
        site.sign_in_as(user).await?;
        let heading = heading(chromium).await?;
        assert!(heading.contains(words), "{user}: {heading}");
        must_be_sound(chromium, name, 403).await?;
        // The provider's cookies too, so that it asks again.
        let all = serde_json::json!({});
        chromium.cdp("Network.clearBrowserCookies", all).await?;
    }

    site.sign_in_as("ada").await?;
    let account = chromium.text().await?;
    for fact in ["Ada Adler", "Acme Robotics", "engineering", "admin.group"] {
        assert!(account.contains(fact), "{fact}: {account}");
    }
    must_be_sound(chromium, "account", 200).await?;
    chromium.look(Theme::Light, 1200).await?;
    let picture = chromium
        .picture_down_to("readme", "[aria-labelledby='why']")
        .await?;
    let size = std::fs::metadata(picture)?.len();
    assert!(size < 300_000, "too large for a README: {size} bytes");
    open_everything(chromium).await?;
    assert!(chromium.text().await?.contains("platform-admins"));
    must_be_sound(chromium, "account-opened", 200).await?;

    site.open("/logout").await?;
    must_be_sound(chromium, "sign-out", 200).await?;
    chromium.click("form[action='/logout'] button").await?;
    chromium
        .wait_for(|url| url.path() == "/logout/done")
        .await?;
    let words = chromium.text().await?;
    assert!(
        words.contains("Your session at Development identity provider has ended too."),
        "{words}"
    );
    must_be_sound(chromium, "signed-out-everywhere", 200).await?;
    site.chromium.quit().await
}

async fn open_everything(chromium: &Chromium) -> anyhow::Result<()> {
    let script = "document.querySelectorAll('details').forEach(part => { part.open = true })";
    chromium.driver.execute(script, Vec::new()).await?;
    Ok(())
}

/// A site with a name, a contact, and two providers, one of which is down.
async fn branded() -> anyhow::Result<(Installation, Provider, Server)> {
    let provider = Provider::start();
    let nobody = format!("http://127.0.0.1:{}/realms/partners", parts::free_port());
    let usher = Installation::new(USHER)
        .with_all(provider.settings("staff"))
        .with_all(provider.settings("partners"))
        .with(variable("staff", "display_name"), "Acme Staff")
        .with(variable("partners", "display_name"), "Acme Partners")
        .with(variable("partners", "base_url"), nobody)
        .with("USHER__BRAND__NAME", "Acme Research")
        .with("USHER__BRAND__CONTACT", "help@acme.example");
    usher.must(&["company", "create", "--id", "acme", "--name", "Acme"])?;
    usher.must(&["domain", "add", "--company", "acme", "acme.example"])?;
    let server = usher.serve().await?;
    Ok((usher, provider, server))
}

#[tokio::test]
async fn every_page_of_a_site_with_two_providers_is_sound() -> anyhow::Result<()> {
    let Some(chromium) = Chromium::start().await? else {
        return Ok(());
    };
    let (_usher, provider, server) = branded().await?;
    for (name, path, status, words) in [
        ("choose", "/login", 200, "Sign in to Acme Research"),
        (
            "choose-in-company",
            "/login/acme",
            200,
            "Sign in to Acme Research",
        ),
        (
            "provider-unreachable",
            "/login/start?provider=partners",
            502,
            "The identity provider does not answer",
        ),
        (
            "not-found-here",
            "/nothing-here",
            404,
            "There is no such page",
        ),
    ] {
        chromium.open(server.url(path)).await?;
        assert_eq!(heading(&chromium).await?, words);
        let all = chromium.text().await?;
        assert!(all.contains("help@acme.example"), "{all}");
        assert!(!all.contains("Development"), "{all}");
        must_be_sound(&chromium, name, status).await?;
    }
    chromium.open(server.url("/login")).await?;
    let all = chromium.text().await?;
    for words in ["Acme Staff", "Acme Partners", "Did not answer", "UTC"] {
        assert!(all.contains(words), "{words}: {all}");
    }

    for (person, status, name, words) in [
        (
            Person::new("eve").email("eve@nowhere.example", true),
            403,
            "refused-no-company",
            "No company is linked to your e-mail address",
        ),
        (
            Person::new("ann").email("ann@acme.example", true),
            200,
            "account-of-a-member",
            "ann Example",
        ),
    ] {
        provider.sign_in_as(person);
        chromium
            .open(server.url("/login/start?provider=staff"))
            .await?;
        assert_eq!(heading(&chromium).await?, words);
        must_be_sound(&chromium, name, status).await?;
    }
    must_be_silent(&chromium, "the end", 200).await?;
    chromium.quit().await
}
