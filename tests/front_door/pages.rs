//! Every page in a real browser: both themes, wide and narrow, by keyboard, without scripts.

use thirtyfour::prelude::Key;
use usher_tests::chromium::{Chromium, Theme};
use usher_tests::server::Installation;

use crate::USHER;

/// Opens the development provider's page and chooses a sample user.
async fn sign_in_as(chromium: &Chromium, origin: &str, user: &str) -> anyhow::Result<()> {
    chromium.open(format!("{origin}/login")).await?;
    chromium
        .wait_for(|url| url.path().contains("/realms/"))
        .await?;
    chromium.click(&format!("button[value='{user}']")).await?;
    chromium
        .wait_for(|url| url.as_str().starts_with(origin))
        .await?;
    Ok(())
}

/// What must hold of every page, however it is looked at. A page whose own status is an error
/// makes Chromium write exactly one line about that, which is no fault of the page.
async fn must_be_sound(chromium: &Chromium, name: &str) -> anyhow::Result<()> {
    let console: Vec<String> = chromium
        .console()
        .await?
        .into_iter()
        .filter(|line| !line.contains("the server responded with a status of"))
        .collect();
    assert!(console.is_empty(), "{name}: {console:?}");
    for (theme, width) in [
        (Theme::Light, 1280),
        (Theme::Dark, 1280),
        (Theme::Light, 320),
        (Theme::Dark, 320),
    ] {
        chromium.look(theme, width).await?;
        assert!(chromium.fits().await?, "{name} does not fit {width} pixels");
        let found = chromium.axe().await?;
        assert!(found.is_empty(), "{name}, {width}: {found:#?}");
    }
    chromium.pictures(name).await?;
    let console = chromium.console().await?;
    assert!(console.is_empty(), "{name}: {console:?}");
    Ok(())
}

#[tokio::test]
async fn every_page_is_sound_in_both_themes_wide_and_narrow() -> anyhow::Result<()> {
    let Some(chromium) = Chromium::start().await? else {
        return Ok(());
    };
    let installation = Installation::new(USHER);
    let server = installation.dev(&["--listen", "127.0.0.1:0"]).await?;
    let origin = server.origin.clone();
    for (name, path) in [
        ("sign-in", "/login?choose=1"),
        ("sign-in-to-company", "/login/acme?choose=1"),
        ("not-found", "/nothing-here"),
        ("state-invalid", "/callback_dev?state=unknown&code=x"),
        (
            "bad-request",
            "/login/start?provider=dev&return_to=//evil.example",
        ),
        ("signed-out", "/logout/done"),
        ("development-provider", "/login"),
    ] {
        chromium.open(format!("{origin}{path}")).await?;
        must_be_sound(&chromium, name).await?;
    }

    sign_in_as(&chromium, &origin, "noa").await?;
    assert!(chromium.text().await?.contains("in no group"));
    must_be_sound(&chromium, "refused-without-a-group").await?;

    chromium.click("form[action='/logout'] button").await?;
    chromium
        .wait_for(|url| url.path() == "/logout/done")
        .await?;
    sign_in_as(&chromium, &origin, "ada").await?;
    let account = chromium.text().await?;
    for fact in [
        "Ada Adler",
        "Acme Robotics",
        "engineering",
        "company.domain",
    ] {
        assert!(account.contains(fact), "{fact}: {account}");
    }
    must_be_sound(&chromium, "account").await?;

    chromium.open(format!("{origin}/logout")).await?;
    must_be_sound(&chromium, "sign-out").await?;
    chromium.quit().await
}

#[tokio::test]
async fn a_person_signs_in_and_out_by_keyboard_alone() -> anyhow::Result<()> {
    let Some(chromium) = Chromium::start().await? else {
        return Ok(());
    };
    let installation = Installation::new(USHER);
    let server = installation.dev(&["--listen", "127.0.0.1:0"]).await?;
    let origin = server.origin.clone();

    chromium.open(format!("{origin}/login?choose=1")).await?;
    press_enter_on(&chromium, "a[href^='/login/start']").await?;
    chromium
        .wait_for(|url| url.path().contains("/realms/"))
        .await?;
    press_enter_on(&chromium, "button[value='mia']").await?;
    chromium.wait_for(|url| url.path() == "/account").await?;
    press_enter_on(&chromium, "form[action='/logout'] button").await?;
    chromium
        .wait_for(|url| url.path() == "/logout/done")
        .await?;
    chromium.quit().await
}

/// Tabs from the start of the page until the element has the focus, then presses Enter.
async fn press_enter_on(chromium: &Chromium, selector: &str) -> anyhow::Result<()> {
    for _ in 0..60 {
        let focused = chromium.driver.active_element().await?;
        let script = "return arguments[0].matches(arguments[1])";
        let arguments = vec![focused.to_json()?, selector.into()];
        let there: bool = chromium
            .driver
            .execute(script, arguments)
            .await?
            .convert()?;
        if there {
            focused.send_keys(Key::Enter + "").await?;
            return Ok(());
        }
        focused.send_keys(Key::Tab + "").await?;
    }
    anyhow::bail!("{selector} cannot be reached with the Tab key")
}

#[tokio::test]
async fn everything_works_without_scripts_and_someone_else_can_sign_in() -> anyhow::Result<()> {
    let Some(chromium) = Chromium::start().await? else {
        return Ok(());
    };
    let installation = Installation::new(USHER);
    let server = installation.dev(&["--listen", "127.0.0.1:0"]).await?;
    let origin = server.origin.clone();
    chromium.scripts(false).await?;

    sign_in_as(&chromium, &origin, "uma").await?;
    assert!(chromium.text().await?.contains("not verified"));
    chromium.click("form[action='/logout'] button").await?;
    chromium
        .wait_for(|url| url.path() == "/logout/done")
        .await?;
    // The provider's session has really ended: it asks again.
    sign_in_as(&chromium, &origin, "rico").await?;
    assert!(chromium.text().await?.contains("Rico Reyes"));
    chromium.click("form[action='/logout'] button").await?;
    chromium
        .wait_for(|url| url.path() == "/logout/done")
        .await?;
    chromium.open(format!("{origin}/account")).await?;
    chromium
        .wait_for(|url| url.path().contains("/realms/"))
        .await?;
    chromium.quit().await
}
