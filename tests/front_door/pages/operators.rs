//! What only operators meet.

use usher_tests::chromium::Chromium;
use usher_tests::provider::{Person, edit};

use super::{heading, must_be_silent, must_be_sound};
use crate::acme::Acme;

const ANN: &str = "ann@example.com";

#[tokio::test]
async fn every_page_for_operators_is_sound() -> anyhow::Result<()> {
    let Some(chromium) = Chromium::start().await? else {
        return Ok(());
    };
    let site = Acme::start(&[("default_company", "acme"), ("groups__enabled", "true")]).await?;
    let ann = Person::new("ann").groups(["research", "nobody-knows"]);
    site.provider.sign_in_as(ann);
    chromium.open(site.url("/login")).await?;
    site.usher.must(&["user", "set-operator", ANN])?;
    chromium.open(site.url("/account")).await?;
    must_be_sound(&chromium, "account-of-an-operator", 200).await?;

    chromium.click("a[href='/login/test']").await?;
    assert_eq!(heading(&chromium).await?, "Test sign-in");
    must_be_sound(&chromium, "test-sign-in", 200).await?;
    chromium.click("main a.button").await?;
    chromium
        .wait_for(|url| url.path() == "/callback_main")
        .await?;
    assert_eq!(heading(&chromium).await?, "This person would be signed in");
    must_be_sound(&chromium, "tested", 200).await?;

    site.provider.faults().access_header = edit(|header| header["alg"] = "PS256".into());
    chromium.open(site.url("/login/test?provider=main")).await?;
    let words = chromium.text().await?;
    assert!(words.contains("token_invalid"), "{words}");
    must_be_sound(&chromium, "tested-and-stopped", 200).await?;
    chromium
        .open(site.url("/login/start?provider=main"))
        .await?;
    must_be_sound(&chromium, "token-invalid", 502).await?;

    site.usher.must(&["user", "set-operator", "--off", ANN])?;
    chromium.open(site.url("/login/test")).await?;
    must_be_sound(&chromium, "not-an-operator", 403).await?;
    must_be_silent(&chromium, "the end", 403).await?;
    chromium.quit().await
}

#[tokio::test]
async fn recovery_is_sound_and_takes_one_button() -> anyhow::Result<()> {
    let Some(chromium) = Chromium::start().await? else {
        return Ok(());
    };
    let site = Acme::start(&[("default_company", "acme")]).await?;
    site.admitted(Person::new("ann")).await?;
    site.usher.must(&["user", "set-operator", ANN])?;
    let link = site.usher.must(&["admin", "recovery-link", ANN])?;
    chromium.open(link.trim()).await?;
    must_be_sound(&chromium, "recovery", 200).await?;
    chromium.click("main button").await?;
    chromium.wait_for(|url| url.path() == "/account").await?;
    must_be_sound(&chromium, "account-after-recovery", 200).await?;
    chromium.open(link.trim()).await?;
    must_be_sound(&chromium, "recovery-used", 400).await?;
    chromium.quit().await
}
