//! People with a keyboard only, without scripts, and on a computer that others use too.

use anyhow::ensure;
use thirtyfour::prelude::Key;
use usher_tests::chromium::Chromium;

use super::{Development, heading, must_be_silent};

#[tokio::test]
async fn a_person_signs_in_and_out_by_keyboard_alone() -> anyhow::Result<()> {
    let Some(site) = Development::start().await? else {
        return Ok(());
    };
    let chromium = &site.chromium;
    site.open("/login?choose=1").await?;
    press_enter_on(chromium, "a[href^='/login/start']").await?;
    site.arrive_at_the_provider().await?;
    press_enter_on(chromium, "button[value='mia']").await?;
    chromium.wait_for(|url| url.path() == "/account").await?;
    press_enter_on(chromium, "details summary").await?;
    press_enter_on(chromium, "form[action='/logout'] button").await?;
    signed_out(chromium).await?;
    press_enter_on(chromium, "main a[href^='/login']").await?;
    chromium.wait_for(|url| url.path() == "/login").await?;
    must_be_silent(chromium, "by keyboard", 200).await?;
    site.chromium.quit().await
}

/// Tabs from where the focus is until the element has it, then presses Enter. Wherever the
/// focus is on the way, it can be seen.
async fn press_enter_on(chromium: &Chromium, selector: &str) -> anyhow::Result<()> {
    let seen = "const [element, selector] = arguments;
        const box = element.getBoundingClientRect(), style = getComputedStyle(element);
        const marked = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        const there = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
        return [element === document.body || marked && there, element.matches(selector)]";
    for _ in 0..60 {
        let focused = chromium.driver.active_element().await?;
        let arguments = vec![focused.to_json()?, selector.into()];
        let found = chromium.driver.execute(seen, arguments).await?;
        let (visible, there): (bool, bool) = found.convert()?;
        ensure!(
            visible,
            "focus cannot be seen: {}",
            focused.outer_html().await?
        );
        if there {
            focused.send_keys(Key::Enter + "").await?;
            return Ok(());
        }
        focused.send_keys(Key::Tab + "").await?;
    }
    anyhow::bail!("{selector} cannot be reached with the Tab key")
}

#[tokio::test]
async fn everything_works_without_scripts() -> anyhow::Result<()> {
    let Some(site) = Development::start().await? else {
        return Ok(());
    };
    let chromium = &site.chromium;
    chromium.scripts(false).await?;
    site.open("/login?choose=1").await?;
    chromium.click("a[href^='/login/start']").await?;
    site.choose("uma").await?;
    assert!(chromium.text().await?.contains("not verified"));
    assert!(!chromium.text().await?.contains("Copy"), "needs a script");
    sign_in_as_someone_else(chromium).await?;
    site.sign_in_as("rico").await?;
    assert_eq!(heading(chromium).await?, "Rico Reyes");
    chromium.click("details summary").await?;
    assert!(chromium.text().await?.contains("support"));
    site.open("/logout").await?;
    chromium.click("form[action='/logout'] button").await?;
    signed_out(chromium).await?;
    site.open("/account").await?;
    site.arrive_at_the_provider().await?;
    site.chromium.quit().await
}

#[tokio::test]
async fn signing_in_as_someone_else_ends_the_session_at_the_provider() -> anyhow::Result<()> {
    let Some(site) = Development::start().await? else {
        return Ok(());
    };
    let chromium = &site.chromium;
    site.sign_in_as("noa").await?;
    let first = reference(chromium).await?;

    // The provider remembers Noa and asks nobody: without its end there is no way out.
    chromium.click("main a.button.first").await?;
    chromium
        .wait_for(|url| url.path() == "/callback_dev")
        .await?;
    let second = reference(chromium).await?;
    assert_ne!(first, second, "another attempt, refused at once");

    sign_in_as_someone_else(chromium).await?;
    let words = chromium.text().await?;
    assert!(
        words.contains("Your session at Development identity provider has ended too."),
        "{words}"
    );
    chromium.click("main a[href^='/login']").await?;
    chromium.click("a[href^='/login/start']").await?;
    site.arrive_at_the_provider().await?;
    let asked = chromium.text().await?;
    assert!(!asked.contains("Signed in here at present"), "{asked}");
    site.choose("rico").await?;
    assert_eq!(heading(chromium).await?, "Rico Reyes");
    site.chromium.quit().await
}

#[tokio::test]
async fn the_reference_can_be_copied_and_is_announced() -> anyhow::Result<()> {
    let Some(site) = Development::start().await? else {
        return Ok(());
    };
    let chromium = &site.chromium;
    site.sign_in_as("noa").await?;
    must_be_silent(chromium, "refused", 403).await?;
    chromium.click("button.copy").await?;
    let said = "const [done] = arguments, status = document.querySelector('[role=status]');
        const look = () => status.textContent ? done(status.textContent) : setTimeout(look, 20);
        look()";
    let said: String = chromium
        .driver
        .execute_async(said, Vec::new())
        .await?
        .convert()?;
    assert!(
        ["Copied", "Selected: copy it with your keyboard"].contains(&said.as_str()),
        "{said}"
    );
    must_be_silent(chromium, "copied", 200).await?;
    site.chromium.quit().await
}

async fn reference(chromium: &Chromium) -> anyhow::Result<String> {
    let element = thirtyfour::prelude::By::Id("reference");
    Ok(chromium.driver.find(element).await?.text().await?)
}

async fn sign_in_as_someone_else(chromium: &Chromium) -> anyhow::Result<()> {
    let words = "Sign in as someone else";
    let button = "form[action='/logout'] button";
    let found = thirtyfour::prelude::By::Css(button);
    assert_eq!(chromium.driver.find(found).await?.text().await?, words);
    chromium.click(button).await?;
    signed_out(chromium).await
}

async fn signed_out(chromium: &Chromium) -> anyhow::Result<()> {
    chromium
        .wait_for(|url| url.path() == "/logout/done")
        .await?;
    assert_eq!(heading(chromium).await?, "You are signed out");
    Ok(())
}
