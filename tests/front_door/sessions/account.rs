//! The account page and its sessions.

use anyhow::Context;
use usher_tests::provider::Person;

use super::site;

#[tokio::test]
async fn the_account_page_lists_the_persons_sessions_and_ends_another() -> anyhow::Result<()> {
    let site = site().await?;
    let mut here = site.admitted(Person::new("ann")).await?;
    let mut there = site.admitted(Person::new("ann")).await?;
    let mut bob = site.admitted(Person::new("bob")).await?;
    let page = here.get(site.url("/account")).await?;
    let titles = page.texts(".sessions h3");
    assert_eq!(titles, ["This session main", "Another session main"]);
    let others = page.attributes(".sessions li:nth-child(2) input[name=session]", "value");
    let cookie = there.cookies.value("usher").context("a session")?;
    assert_ne!(others, [cookie], "its id is not its cookie");

    let form = page.form(".sessions li:nth-child(2) form")?;
    // Nobody ends another's session.
    let stolen = bob.get(site.url("/account")).await?;
    let stolen = stolen.form(".sessions form")?.fill("session", &others[0]);
    assert_eq!(bob.submit(&stolen).await?.status, 303);
    assert_eq!(site.session_status(&mut there).await?, 200);

    let page = here.submit(&form).await?;
    assert_eq!(page.header("location"), Some("/account"));
    assert_eq!(site.session_status(&mut there).await?, 401);
    assert_eq!(site.session_status(&mut here).await?, 200);
    assert_eq!(site.session_status(&mut bob).await?, 200);
    let page = here.follow(&page).await?;
    assert_eq!(page.texts(".sessions h3").len(), 1);
    Ok(())
}

#[tokio::test]
async fn ending_ones_own_session_from_the_list_signs_out() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let page = ann.get(site.url("/account")).await?;
    ann.submit(&page.form(".sessions form")?).await?;
    assert_eq!(site.session_status(&mut ann).await?, 401);
    Ok(())
}

#[tokio::test]
async fn sign_out_everywhere_ends_all_sessions_of_the_person_alone() -> anyhow::Result<()> {
    let site = site().await?;
    let mut here = site.admitted(Person::new("ann")).await?;
    let mut there = site.admitted(Person::new("ann")).await?;
    let mut bob = site.admitted(Person::new("bob")).await?;
    let page = here.get(site.url("/account")).await?;
    let form = page.form("form[action=\"/account/sign-out-everywhere\"]")?;
    let page = here.submit(&form).await?;
    assert_eq!(page.header("location"), Some("/logout/done"));
    assert_eq!(here.cookies.value("usher"), None);
    assert_eq!(site.session_status(&mut here).await?, 401);
    assert_eq!(site.session_status(&mut there).await?, 401);
    assert_eq!(site.session_status(&mut bob).await?, 200);
    Ok(())
}
