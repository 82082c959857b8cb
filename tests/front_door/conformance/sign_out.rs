//! Sign-out that begins here, and in a frame of the provider's.

use anyhow::Context;
use usher_tests::provider::{CLIENT_ID, Endpoint};
use usher_tests::visitor::{Page, Visitor};

use super::module::{Module, set};

/// Ann has signed in and asks to be signed out; gives the answer, a redirect to the provider.
async fn out(module: &Module) -> anyhow::Result<(Visitor, Page)> {
    let mut ann = module.accepts().await?;
    let question = ann.get(module.site.url("/logout")).await?;
    let page = ann.submit(&question.form("form")?).await?;
    assert_eq!(page.status, 303, "{page}");
    Ok((ann, page))
}

async fn module() -> anyhow::Result<Module> {
    Module::start(&[("idp_logout", "true")]).await
}

/// The neutral page, whatever came back with her.
async fn is_out(module: &Module, ann: &mut Visitor, page: &Page) -> anyhow::Result<()> {
    assert_eq!(page.status, 200, "{page}");
    assert_eq!(page.url.path(), "/logout/done");
    assert_eq!(page.texts("h1"), ["You are signed out"]);
    assert!(!page.body.contains("hostile"), "{page}");
    assert_eq!(module.site.session_status(ann).await?, 401);
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_rp_init_logout() -> anyhow::Result<()> {
    let module = module().await?;
    let (mut ann, page) = out(&module).await?;
    let page = ann.settle(page).await?;
    is_out(&module, &mut ann, &page).await?;
    let asked = &module.site.provider.requests(Endpoint::EndSession)[0];
    assert!(asked["id_token_hint"].starts_with("eyJ"), "{asked:?}");
    assert_eq!(asked["client_id"], CLIENT_ID);
    let back = module.site.url("/logout/done");
    assert_eq!(asked["post_logout_redirect_uri"], back);
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_rp_init_logout_other_state() -> anyhow::Result<()> {
    let module = module().await?;
    let (mut ann, page) = out(&module).await?;
    let page = ann.follow(&page).await?;
    let mut back = page.redirect().context("back")?;
    back.set_query(Some("state=hostile&return_to=https://hostile.example"));
    let page = ann.get(&back).await?;
    is_out(&module, &mut ann, &page).await
}

#[tokio::test]
async fn oidcc_client_test_rp_init_logout_no_state() -> anyhow::Result<()> {
    let module = module().await?;
    module.site.provider.faults().end_session_without_state = true;
    let (mut ann, page) = out(&module).await?;
    let page = ann.settle(page).await?;
    assert_eq!(page.url.query(), None);
    is_out(&module, &mut ann, &page).await
}

#[tokio::test]
async fn oidcc_client_test_rp_frontchannel_rpinitlogout() -> anyhow::Result<()> {
    let module = module().await?;
    module.site.provider.faults().id_claims = set("sid", "a sid: with, all/sorts?&=".into());
    let mut phone = module.accepts().await?;
    module.site.provider.behave();
    module.site.provider.faults().opaque_access_token = true;
    let (mut laptop, page) = out(&module).await?;

    // The provider's page has a frame for each of her sessions; both may be ours.
    let page = laptop.follow(&page).await?;
    for sid in [
        "a sid: with, all/sorts?&=",
        &module.site.provider.latest_session(),
    ] {
        assert_eq!(frame(&module, sid).await?.status, 200);
    }
    let page = laptop.settle(page).await?;
    is_out(&module, &mut laptop, &page).await?;
    assert_eq!(module.site.session_status(&mut phone).await?, 401);
    Ok(())
}

async fn frame(module: &Module, sid: &str) -> anyhow::Result<Page> {
    let mut url: url::Url = module.site.url("/frontchannel_logout_main").parse()?;
    url.query_pairs_mut()
        .append_pair("iss", &module.site.provider.issuer())
        .append_pair("sid", sid);
    Visitor::new().get(url).await
}
