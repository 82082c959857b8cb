//! Keycloak ends sessions here, and knows us by our key.

use std::time::Duration;

use anyhow::Context;
use reqwest::StatusCode;
use serde_json::{Value, json};
use usher_tests::visitor::Visitor;

use super::site::Site;
use crate::sign_in::client_key::new_key;

/// Changes the client at Keycloak, as its administrator does in the console.
async fn change_client(site: &Site, mut changes: Value) -> anyhow::Result<()> {
    let origin = site.usher.origin();
    let port = origin.rsplit(':').next().context("a port")?;
    changes["attributes"]["post.logout.redirect.uris"] = json!(format!("{origin}/logout/done"));
    let administration = site.keycloak.administration();
    administration
        .change_client(&format!("clearml-{port}"), &changes)
        .await
}

async fn status(site: &Site, visitor: &mut Visitor) -> anyhow::Result<StatusCode> {
    let page = visitor.get(site.server.url("/api/v1/session")).await?;
    Ok(page.status)
}

/// Within two seconds.
async fn is_signed_out(site: &Site, visitor: &mut Visitor) -> anyhow::Result<bool> {
    for _ in 0..20 {
        if status(site, visitor).await? == StatusCode::UNAUTHORIZED {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(false)
}

/// Seen to fail without the route, and with `logout+jwt` taken out of the types.
#[tokio::test]
async fn sessions_that_an_administrator_ends_at_keycloak_end_here() -> anyhow::Result<()> {
    for (user, with_sid, typ) in [
        ("judy", "true", "compatible"),
        ("judith", "true", "strict"),
        ("kenny", "false", "compatible"),
    ] {
        let settings = [("services", "logout_token_typ", typ)];
        let Some(site) = Site::start(&settings).await? else {
            return Ok(());
        };
        let url = site.server.url("/backchannel_logout_keycloak");
        let attributes = json!({
            "backchannel.logout.url": url,
            "backchannel.logout.session.required": with_sid,
        });
        change_client(&site, json!({ "attributes": attributes })).await?;
        let administration = site.keycloak.administration();
        let id = administration.create_user(user, &["research"]).await?;
        let (mut phone, page) = site.sign_in(user).await?;
        assert_eq!(page.status, StatusCode::OK, "{page}");
        let (mut laptop, _) = site.sign_in(user).await?;
        let (mut carol, _) = site.sign_in("carol").await?;
        assert_eq!(administration.sessions(&id).await?.len(), 2);

        administration.end_sessions(&id).await?;
        assert!(
            is_signed_out(&site, &mut phone).await?,
            "{}",
            site.server.stderr()
        );
        assert!(
            is_signed_out(&site, &mut laptop).await?,
            "{}",
            site.server.stderr()
        );
        assert_eq!(status(&site, &mut carol).await?, StatusCode::OK);
        let records = site.usher.audit()?;
        let ended = records.iter().filter(|record| {
            let detail = record["detail"].as_str().unwrap_or_default();
            record["kind"] == "admin" && detail.starts_with("back-channel logout: ")
        });
        assert!(
            ended.clone().all(|record| record["outcome"] == "admitted"),
            "{records:?}"
        );
        assert!(ended.count() >= 1, "{records:?}");
    }
    Ok(())
}

/// The logout token that Keycloak sends to the one who began the sign-out finds nobody here.
#[tokio::test]
async fn a_sign_out_that_began_here_is_no_error_when_keycloak_repeats_it() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[("services", "idp_logout", "true")]).await? else {
        return Ok(());
    };
    let url = site.server.url("/backchannel_logout_keycloak");
    change_client(
        &site,
        json!({ "attributes": { "backchannel.logout.url": url } }),
    )
    .await?;
    let (mut carol, _) = site.sign_in("carol").await?;
    let question = carol.get(site.server.url("/logout")).await?;
    let leaving = carol.submit(&question.form("main button")?).await?;
    let done = carol.settle(leaving).await?;
    assert_eq!(done.url.path(), "/logout/done", "{done}");
    let records = site.usher.audit()?;
    let of_logout = |record: &&Value| {
        let detail = record["detail"].as_str().unwrap_or_default();
        detail.contains("back-channel")
    };
    assert_eq!(records.iter().find(of_logout), None);
    assert!(
        !site.server.stderr().contains("refused"),
        "{}",
        site.server.stderr()
    );
    Ok(())
}

/// Keycloak's own page loads our URL in a frame, when somebody signs out at another service.
#[tokio::test]
async fn keycloaks_front_channel_frame_ends_the_session() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[("services", "idp_logout", "true")]).await? else {
        return Ok(());
    };
    let url = site.server.url("/frontchannel_logout_keycloak");
    let attributes = json!({
        "frontchannel.logout.url": url, "frontchannel.logout.session.required": "true",
    });
    let changes = json!({ "frontchannelLogout": true, "attributes": attributes });
    change_client(&site, changes).await?;
    let (mut carol, _) = site.sign_in("carol").await?;
    // Her other browser tab is all that is left of her here: the sign-out begins elsewhere.
    let mut elsewhere = carol.clone();
    let end = format!("{}/protocol/openid-connect/logout", site.keycloak.issuer());
    let page = elsewhere.get(end).await?;
    let page = elsewhere.settle(page).await?;
    let question = page.form("form").context("Keycloak asks")?;
    let page = elsewhere.submit(&question).await?;
    let page = elsewhere.settle(page).await?;
    let frames = page.attributes("iframe", "src");
    let frame = frames.iter().find(|src| src.starts_with(&url));
    let frame = frame.with_context(|| format!("no frame of ours: {page}"))?;
    assert_eq!(status(&site, &mut carol).await?, StatusCode::OK);
    let page = Visitor::new().get(frame).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert_eq!(status(&site, &mut carol).await?, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn keycloak_takes_our_signature_instead_of_a_secret() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("key.pem");
    std::fs::write(&file, new_key())?;
    let settings = [
        ("services", "client_auth", "private_key_jwt"),
        ("secure", "client_key_file", &file.display().to_string()),
    ];
    let Some(site) = Site::start(&settings).await? else {
        return Ok(());
    };
    let (_, page) = site.sign_in("carol").await?;
    assert_eq!(
        page.status,
        StatusCode::BAD_GATEWAY,
        "not yet known: {page}"
    );
    let attributes = json!({
        "use.jwks.url": "true",
        "jwks.url": site.server.url("/client_jwks_keycloak"),
        "token.endpoint.auth.signing.alg": "ES256",
    });
    let changes = json!({ "clientAuthenticatorType": "client-jwt", "attributes": attributes });
    change_client(&site, changes).await?;
    let (mut carol, page) = site.sign_in("carol").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert_eq!(status(&site, &mut carol).await?, StatusCode::OK);
    Ok(())
}
