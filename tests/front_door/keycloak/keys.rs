//! Signatures, keys and how we prove who we are (`spec.md` §3.1).

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use serde_json::{Value, json};
use usher_tests::keycloak::{Administration, Client};
use usher_tests::visitor::{Page, Visitor};

use super::site::{Plan, Site};

/// The client signs both tokens with this algorithm.
fn sign_with(client: &mut Client, id_token: &str, access_token: &str) {
    for (token, algorithm) in [("id", id_token), ("access", access_token)] {
        let attribute = format!("/attributes/{token}.token.signed.response.alg");
        client.set(&attribute, json!(algorithm));
    }
}

/// Fails without: the setting `signing_algorithm` (`alg` refuses).
#[tokio::test]
async fn tokens_may_be_signed_with_another_algorithm() -> anyhow::Result<()> {
    for algorithm in ["PS256", "ES256", "RS512", "ES384", "EdDSA"] {
        let Some(plan) = Plan::new().await? else {
            return Ok(());
        };
        let site = plan
            .client(|client| sign_with(client, algorithm, algorithm))
            .set("services", "signing_algorithm", algorithm)
            .start()
            .await?;
        let session = site.session_of("carol").await?;
        assert_eq!(session["groups"], json!(["research"]), "{algorithm}");
    }
    Ok(())
}

/// Fails without: the check of `alg` in `Unverified::open`, for either token.
#[tokio::test]
async fn token_that_is_signed_with_another_algorithm_is_refused() -> anyhow::Result<()> {
    for (id_token, access_token, configured, check) in [
        ("RS256", "RS256", "PS256", "alg: "),
        ("PS256", "RS256", "PS256", "access_token.alg: "),
        ("RS256", "ES256", "RS256", "access_token.alg: "),
        ("RS256", "HS512", "RS256", "access_token.alg: "),
        ("HS256", "RS256", "RS256", "alg: "),
    ] {
        let Some(plan) = Plan::new().await? else {
            return Ok(());
        };
        let site = plan
            .client(|client| sign_with(client, id_token, access_token))
            .set("services", "signing_algorithm", configured)
            .start()
            .await?;
        let (page, record) = site.refused("carol").await?;
        let case = format!("{id_token} {access_token} {configured}");
        assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{case}: {page}");
        assert_eq!(record["code"], "token_invalid", "{case}");
        let detail = record["detail"].as_str().unwrap_or_default();
        assert!(detail.starts_with(check), "{case}: {detail}");
        assert!(page.text().contains("signing_algorithm"), "{case}: {page}");
    }
    Ok(())
}

/// Fails without: fetching the keys again for a key id that is not known
/// (`RelyingParty::keys`).
#[tokio::test]
async fn keys_may_be_rotated_while_people_are_signed_in() -> anyhow::Result<()> {
    let Some(plan) = Plan::alone("rotating").await? else {
        return Ok(());
    };
    let administration = plan.realm().administration();
    let site = plan.start().await?;
    let mut before = site.admitted("carol").await?;
    let first = signing_key(&administration).await?;
    add_key(&administration, 200).await?;
    let second = signing_key(&administration).await?;
    assert_ne!(
        first["kid"], second["kid"],
        "Keycloak signs with the new key"
    );
    site.session(&mut before).await?;
    site.admitted("bob").await?;

    // The old key is removed: what it signed is no session's business.
    let old = first["providerId"].as_str().unwrap_or_default();
    administration.remove(&format!("components/{old}")).await?;
    site.session(&mut before).await?;
    site.admitted("alice").await?;
    let site = site.restart(&[]).await?;
    site.session(&mut before).await?;
    site.admitted("dave").await?;
    Ok(())
}

/// The key with which Keycloak signs by RS256 now.
async fn signing_key(administration: &Administration) -> anyhow::Result<Value> {
    let keys = administration.get("keys").await?;
    let active = &keys["active"]["RS256"];
    let all = keys["keys"].as_array().into_iter().flatten();
    let key = all.into_iter().find(|key| key["kid"] == *active);
    Ok(key.cloned().unwrap_or_default())
}

async fn add_key(administration: &Administration, priority: u32) -> anyhow::Result<()> {
    let realm = administration.get("").await?;
    let key = json!({
        "name": format!("rsa-{priority}"), "providerId": "rsa-generated",
        "providerType": "org.keycloak.keys.KeyProvider", "parentId": realm["id"],
        "config": {
            "priority": [priority.to_string()], "enabled": ["true"], "active": ["true"],
            "algorithm": ["RS256"], "keySize": ["2048"],
        },
    });
    administration.create("components", &key).await?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever stole a key has a clock of their own"
)]
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A key that Keycloak signs with and that somebody else has too, such as one that was stolen.
struct Stolen {
    pair: RsaKeyPair,
    kid: Value,
    component: String,
}

impl Stolen {
    /// Becomes the key of the realm.
    async fn plant(administration: &Administration) -> anyhow::Result<Self> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
        let der: Pkcs8V1Der<'_> = pair.as_der()?;
        let realm = administration.get("").await?;
        let key = json!({
            "name": "imported", "providerId": "rsa",
            "providerType": "org.keycloak.keys.KeyProvider", "parentId": realm["id"],
            "config": {
                "priority": ["500"], "enabled": ["true"], "active": ["true"],
                "algorithm": ["RS256"], "privateKey": [STANDARD.encode(der.as_ref())],
            },
        });
        let component = administration.create("components", &key).await?;
        let kid = signing_key(administration).await?["kid"].clone();
        Ok(Self {
            pair,
            kid,
            component,
        })
    }

    /// Signs somebody out, as if Keycloak said so.
    async fn sign_out(&self, site: &Site, subject: &str) -> anyhow::Result<Page> {
        let now = now();
        let header = json!({"alg": "RS256", "typ": "logout+jwt", "kid": self.kid});
        let claims = json!({
            "iss": site.realm.issuer(), "aud": site.client_id, "sub": subject,
            "iat": now, "exp": now + 120, "jti": format!("{subject}-{now}"),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
        let message = format!(
            "{}.{}",
            encode(header.to_string()),
            encode(claims.to_string())
        );
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        let bytes = message.as_bytes();
        self.pair
            .sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature)?;
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        let url = site.server.url("/backchannel_logout_keycloak");
        Visitor::new().post(url, &[("logout_token", &token)]).await
    }
}

/// Fails without: the new answer replacing the old key set (`Cached::reload`), as if keys were
/// only ever added.
#[tokio::test]
async fn key_that_was_removed_at_keycloak_signs_nothing_any_more() -> anyhow::Result<()> {
    let Some(plan) = Plan::alone("stolen").await? else {
        return Ok(());
    };
    let administration = plan.realm().administration();
    let stolen = Stolen::plant(&administration).await?;
    let site = plan.start().await?;
    let (carol, bob) = (
        administration.user("carol").await?,
        administration.user("bob").await?,
    );
    let mut of_carol = site.admitted("carol").await?;
    let answer = stolen.sign_out(&site, &carol).await?;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "it is the realm's key: {answer}"
    );
    let session = site.server.url("/api/v1/session");
    let ended = of_carol.get(&session).await?;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);

    let component = format!("components/{}", stolen.component);
    administration.remove(&component).await?;
    // A key that is not known yet makes us look again; without one it takes an hour.
    add_key(&administration, 600).await?;
    let mut of_bob = site.admitted("bob").await?;
    let answer = stolen.sign_out(&site, &bob).await?;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer}");
    let going_on = of_bob.get(&session).await?;
    assert_eq!(going_on.status, StatusCode::OK);
    Ok(())
}

/// Fails without: form-urlencoding both halves of `client_secret_basic` (K33), and the
/// setting `client_auth`.
#[tokio::test]
async fn secret_may_hold_any_character() -> anyhow::Result<()> {
    const SECRET: &str = r#"%+:/=&# é"'\$%41;€"#;
    for way in ["client_secret_basic", "client_secret_post"] {
        let Some(plan) = Plan::new().await? else {
            return Ok(());
        };
        let site = plan
            .client(|client| SECRET.clone_into(&mut client.secret))
            .set("secure", "client_secret", SECRET)
            .set("services", "client_auth", way)
            .start()
            .await?;
        site.admitted("carol").await?;
        let site = site
            .restart(&[("secure", "client_secret", &SECRET.replace('+', " "))])
            .await?;
        let (_, record) = site.refused("carol").await?;
        assert_eq!(record["code"], "provider_error", "{way}");
    }
    Ok(())
}
