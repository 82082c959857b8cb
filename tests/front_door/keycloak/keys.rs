//! Signatures, keys and how we prove who we are (`spec.md` §3.1).

use reqwest::StatusCode;
use serde_json::{Value, json};
use usher_tests::keycloak::{Administration, Client};

use super::site::Plan;

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
