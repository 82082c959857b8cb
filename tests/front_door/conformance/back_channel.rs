//! The suite's back-channel modules: a logout token arrives while somebody signs out, beside a
//! form member that nobody asked for, without a `typ`, about a `sid` of odd characters.

use serde_json::json;
use url::form_urlencoded::Serializer;
use usher_tests::provider::{Algorithm, LogoutToken, Person, Signature, edit, without};
use usher_tests::visitor::{Page, Visitor};

use super::module::{Module, set};

const SID: &str = "sid with blanks, (punctuation) & more";

/// Ann, who is signed in, with the module that she is signed in at.
async fn signed_in() -> anyhow::Result<(Module, Visitor)> {
    let module = Module::with(|f| f.id_claims = set("sid", SID.into())).await?;
    let ann = module.accepts().await?;
    Ok((module, ann))
}

/// The token of the suite, changed.
async fn send(
    module: &Module,
    change: impl FnOnce(LogoutToken) -> LogoutToken,
) -> anyhow::Result<Page> {
    let provider = &module.site.provider;
    let token = provider.logout_token(&Person::new("ann"), SID);
    let token = token
        .header(&without("typ"))
        .claims(&set("unexpected", json!({"a": [1]})));
    let token = provider.sign_logout(&change(token));
    let fields = [("unexpected", "member"), ("logout_token", &token)];
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    let url = module.site.url("/backchannel_logout_main");
    let kind = Some("application/x-www-form-urlencoded");
    let page = Visitor::new().post_body(url, kind, body).await?;
    assert_eq!(page.header("cache-control"), Some("no-store"), "{page}");
    Ok(page)
}

/// The token is answered with 400 for this check, and Ann stays signed in.
async fn refused(
    check: &str,
    change: impl FnOnce(LogoutToken) -> LogoutToken,
) -> anyhow::Result<()> {
    let (module, mut ann) = signed_in().await?;
    module.site.provider.publish("of-another", Algorithm::Es256);
    let page = send(&module, change).await?;
    assert_eq!(page.status, 400, "{page}");
    let answer = page.json()?;
    assert_eq!(answer["error"], "invalid_request");
    assert!(
        page.body.contains(&format!("logout_token.{check}")),
        "{page}"
    );
    assert_eq!(module.site.session_status(&mut ann).await?, 200);
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout() -> anyhow::Result<()> {
    let (module, mut ann) = signed_in().await?;
    let page = send(&module, |token| token).await?;
    assert_eq!((page.status.as_u16(), &*page.body), (200, ""));
    assert_eq!(module.site.session_status(&mut ann).await?, 401);
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_alg_none() -> anyhow::Result<()> {
    let none = set("alg", json!("none"));
    refused("alg", |t| t.header(&none).signed(Signature::Nothing)).await
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_no_event() -> anyhow::Result<()> {
    refused("events", |t| t.claims(&without("events"))).await
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce() -> anyhow::Result<()> {
    refused("nonce", |t| t.claims(&set("nonce", json!("n")))).await
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg() -> anyhow::Result<()> {
    refused("alg", |t| t.signed(Signature::With(Algorithm::Es256))).await
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud() -> anyhow::Result<()> {
    refused("aud", |t| t.claims(&set("aud", json!("somebody-else")))).await
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event() -> anyhow::Result<()> {
    let wrong = json!({"http://schemas.openid.net/event/another": {}});
    refused("events", |t| t.claims(&set("events", wrong))).await
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss() -> anyhow::Result<()> {
    let wrong = edit(|claims| {
        claims["iss"] = format!("{}1", claims["iss"].as_str().unwrap_or_default()).into();
    });
    refused("iss", |t| t.claims(&wrong)).await
}
