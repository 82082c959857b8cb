//! The npm package `oidc-provider`: claims come from userinfo alone, since its access tokens are
//! opaque and its ID tokens say who and nothing else.

use anyhow::Context;
use serde_json::{Value, json};
use usher_tests::oidc_provider::{OidcProvider, sign_in};
use usher_tests::server::{Installation, Server};
use usher_tests::visitor::{Page, Visitor};

use crate::acme::{furnished, sign_ins, variable};
use crate::sign_in::client_key::new_key;

const NAME: &str = "node";

struct Site {
    provider: OidcProvider,
    usher: Installation,
    server: Server,
}

impl Site {
    /// None where the part is missing.
    async fn start(settings: &[(&str, &str)]) -> anyhow::Result<Option<Self>> {
        let usher = furnished()?;
        let Some(provider) = OidcProvider::start(usher.origin(), NAME).await? else {
            return Ok(None);
        };
        Self::open(usher, provider, settings).await.map(Some)
    }

    async fn open(
        usher: Installation,
        provider: OidcProvider,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let ours = [("default_company", "acme"), ("groups__enabled", "true")];
        let settings = ours
            .iter()
            .chain(settings)
            .map(|(key, value)| (variable(NAME, key), (*value).to_owned()));
        let usher = usher.with_all(provider.settings(NAME)).with_all(settings);
        let server = usher.serve().await?;
        Ok(Self {
            provider,
            usher,
            server,
        })
    }

    async fn begin(&self, visitor: &mut Visitor) -> anyhow::Result<Page> {
        let start = self.server.url(&format!("/login/start?provider={NAME}"));
        visitor.get(start).await
    }

    /// Somebody who is signed in.
    async fn admitted(&self, name: &str) -> anyhow::Result<Visitor> {
        let mut visitor = Visitor::new();
        let page = self.begin(&mut visitor).await?;
        let page = sign_in(&mut visitor, page, name).await?;
        assert_eq!((page.status.as_u16(), page.url.path()), (200, "/account"));
        Ok(visitor)
    }

    async fn status(&self, visitor: &mut Visitor) -> anyhow::Result<u16> {
        let page = visitor.get(self.server.url("/api/v1/session")).await?;
        Ok(page.status.as_u16())
    }

    fn newest(&self) -> anyhow::Result<Value> {
        let records = sign_ins(self.usher.audit()?);
        records.into_iter().next().context("a record")
    }
}

/// Rows: C01, C13, C14, C34, K9, K33
#[tokio::test]
async fn somebody_signs_in_with_claims_from_userinfo() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let mut ann = site.admitted("ann").await?;
    let session = ann.get(site.server.url("/api/v1/session")).await?.json()?;
    assert_eq!(session["user"]["name"], "ann Example");
    assert_eq!(session["user"]["email"], "ann@example.com");
    assert_eq!(session["groups"], json!(["research"]));
    let record = site.newest()?;
    assert_eq!(record["outcome"], "admitted", "{record}");

    // Somebody who is known there comes in without being asked, and is the same person.
    ann.cookies.remove("usher");
    let page = site.begin(&mut ann).await?;
    let page = ann.settle(page).await?;
    assert_eq!(page.url.path(), "/account", "{page}");
    let again = ann.get(site.server.url("/api/v1/session")).await?.json()?;
    assert_eq!(again["user"]["id"], session["user"]["id"]);
    Ok(())
}

/// Rows: C08, C25, K15, K29, K32, S1
#[tokio::test]
async fn each_way_to_sign_and_to_prove_who_we_are_is_understood_there() -> anyhow::Result<()> {
    let alg = |alg: &str| json!({"id_token_signed_response_alg": alg});
    let ways = [
        (alg("PS256"), ("signing_algorithm", "PS256")),
        (alg("ES256"), ("signing_algorithm", "ES256")),
        (alg("EdDSA"), ("signing_algorithm", "EdDSA")),
        (json!({}), ("response_mode", "form_post")),
        (
            json!({"userinfo_signed_response_alg": "RS256"}),
            ("display_name", "Signed"),
        ),
        (
            json!({"token_endpoint_auth_method": "client_secret_post"}),
            ("client_auth", "client_secret_post"),
        ),
    ];
    for (metadata, setting) in ways {
        let usher = furnished()?;
        let provider = OidcProvider::start_with(usher.origin(), NAME, &metadata).await?;
        let Some(provider) = provider else {
            return Ok(());
        };
        let site = Site::open(usher, provider, &[setting]).await?;
        let mut ann = site.admitted("ann").await.context(metadata.to_string())?;
        assert_eq!(site.status(&mut ann).await?, 200, "{metadata}");
    }
    Ok(())
}

/// The provider fetches our key and checks that our assertion names its issuer.
///
/// Rows: K32, C50
#[tokio::test]
async fn a_signature_of_ours_is_taken_there_instead_of_a_secret() -> anyhow::Result<()> {
    let mut usher = furnished()?;
    let metadata = json!({
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks_uri": format!("{}/client_jwks_{NAME}", usher.origin()),
    });
    let provider = OidcProvider::start_with(usher.origin(), NAME, &metadata).await?;
    let Some(provider) = provider else {
        return Ok(());
    };
    let file = usher.path("key.pem");
    std::fs::write(&file, new_key())?;
    let place = format!("CLEARML__secure__login__sso__oauth_client__{NAME}__client_key_file");
    usher.set(place, file.display().to_string());
    let site = Site::open(usher, provider, &[("client_auth", "private_key_jwt")]).await?;
    let mut ann = site.admitted("ann").await?;
    assert_eq!(site.status(&mut ann).await?, 200);
    Ok(())
}

#[tokio::test]
async fn whoever_says_no_there_or_a_wrong_secret_lets_nobody_in() -> anyhow::Result<()> {
    let Some(mut site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let mut eve = Visitor::new();
    let page = site.begin(&mut eve).await?;
    let page = eve.settle(page).await?;
    let links = page.attributes("a[href*='/abort']", "href");
    let abort = page.url.join(links.first().context("a way out")?)?;
    let page = eve.get(abort).await?;
    let page = eve.settle(page).await?;
    assert_eq!(page.status, 400, "{page}");
    assert_eq!(page.texts("h1"), ["The sign-in was cancelled"]);
    let record = site.newest()?;
    assert_eq!(record["code"], "provider_error", "{record}");
    assert_eq!(record["policy"], json!(null), "{record}");

    // A token that was asked for and is opaque names the setting.
    for (key, value, code, words) in [
        ("client_secret", "wrong", "provider_error", "invalid_client"),
        (
            "get_info_from_access_token",
            "true",
            "token_invalid",
            "get_info_from_access_token",
        ),
        ("signing_algorithm", "ES256", "token_invalid", "alg"),
    ] {
        site.server.stop()?;
        let right = site.provider.settings(NAME);
        site.usher = site.usher.with_all(right).with(
            "CLEARML__services__login__sso__oauth_client__node__signing_algorithm",
            "RS256",
        );
        site.usher.set(variable(NAME, key), value);
        site.server = site.usher.serve().await?;
        let mut ann = Visitor::new();
        let page = site.begin(&mut ann).await?;
        let page = sign_in(&mut ann, page, "ann").await?;
        assert_eq!(page.status, 502, "{key}: {page}");
        assert_eq!(site.status(&mut ann).await?, 401, "{key}");
        let record = site.newest()?;
        assert_eq!(record["code"], code, "{record}");
        let detail = record["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(words), "{detail}");
    }
    Ok(())
}

/// Rows: C19, K16
#[tokio::test]
async fn a_new_key_disturbs_nobody() -> anyhow::Result<()> {
    let Some(mut site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let mut ann = site.admitted("ann").await?;
    site.provider.restart_with_another_key().await?;
    let mut bob = site.admitted("bob").await?;
    assert_eq!(site.status(&mut ann).await?, 200);
    assert_eq!(site.status(&mut bob).await?, 200);
    Ok(())
}

/// Rows: L01, L04, K44, K45, K49
#[tokio::test]
async fn signing_out_ends_the_session_there_and_the_others_here() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[("idp_logout", "true")]).await? else {
        return Ok(());
    };
    let mut ann = site.admitted("ann").await?;
    let mut bob = site.admitted("bob").await?;
    // The same browser's session there opens another one here.
    let mut second = ann.clone();
    second.cookies.remove("usher");
    let page = site.begin(&mut second).await?;
    second.settle(page).await?;
    assert_eq!(site.status(&mut second).await?, 200);

    let question = ann.get(site.server.url("/logout")).await?;
    let page = ann.submit(&question.form("form")?).await?;
    assert_eq!(site.status(&mut ann).await?, 401);
    assert_eq!(site.status(&mut second).await?, 200);
    let page = ann.settle(page).await?;
    let form = page.form("form")?;
    let mut fields = form.fields.clone();
    fields.push(("logout".to_owned(), "yes".to_owned()));
    let page = ann
        .post_from(&form.origin, form.action.clone(), &fields)
        .await?;
    let page = ann.settle(page).await?;
    assert_eq!(page.url.path(), "/logout/done", "{page}");
    assert_eq!(page.texts("h1"), ["You are signed out"]);

    assert_eq!(site.status(&mut second).await?, 401, "by its logout token");
    assert_eq!(site.status(&mut bob).await?, 200);
    let records = site.usher.audit()?;
    let obeyed = records.iter().any(|record| {
        let detail = record["detail"].as_str().unwrap_or_default();
        detail.starts_with("back-channel logout: 1 session ended")
    });
    assert!(obeyed, "{records:#?}");
    Ok(())
}
