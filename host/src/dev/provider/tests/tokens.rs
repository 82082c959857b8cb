use super::*;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

#[tokio::test]
async fn tokens_are_signed_with_the_published_key() {
    let mut browser = Browser::new();
    let tokens = browser.tokens("mia").await;
    let keys = browser.open("/protocol/openid-connect/certs", &[]).await;
    let key = keys.json()["keys"][0].clone();
    let number = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap());
    let public = RsaPublicKeyComponents {
        n: number("n").unwrap(),
        e: number("e").unwrap(),
    };
    assert_eq!(public.n.len(), 256);
    for token in ["id_token", "access_token"] {
        let (signed, signature) = tokens[token].as_str().unwrap().rsplit_once('.').unwrap();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        public
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
            .unwrap_or_else(|_| panic!("{token}"));
        let header = signed.split('.').next().unwrap();
        let header: Value =
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(
            header,
            json!({ "alg": "RS256", "typ": "JWT", "kid": key["kid"] })
        );
    }
}

#[tokio::test]
async fn the_id_token_answers_this_request() {
    let tokens = Browser::new().tokens("ada").await;
    let id = claims(&tokens["id_token"]);
    assert_eq!(id["iss"], ISSUER);
    assert_eq!((&id["aud"], &id["azp"]), (&json!("usher"), &json!("usher")));
    assert_eq!((&id["nonce"], &id["acr"]), (&json!("no"), &json!("1")));
    assert_eq!(id["iat"], 1_800_000_000);
    assert_eq!(id["auth_time"], 1_800_000_000);
    assert_eq!(id["exp"], 1_800_000_300);
    assert_eq!(id["sid"], tokens["session_state"]);
    assert_eq!(
        id["at_hash"],
        key::at_hash(tokens["access_token"].as_str().unwrap())
    );
    assert_eq!(id.get("realm_access"), None);
}

#[tokio::test]
async fn the_access_token_has_keycloaks_shape_for_everybody() {
    let mut browser = Browser::new();
    for sample in &samples::SAMPLES {
        let tokens = browser.tokens(sample.username).await;
        let access = claims(&tokens["access_token"]);
        assert_eq!(access["sub"], sample.subject);
        assert_eq!(access["sub"], claims(&tokens["id_token"])["sub"]);
        assert_eq!(
            (&access["typ"], &access["azp"]),
            (&json!("Bearer"), &json!("usher"))
        );
        assert_eq!(access["scope"], "openid profile email");
        assert_eq!(access["email"], sample.email);
        assert_eq!(access["email_verified"], json!(sample.email_verified));
        assert_eq!(access["preferred_username"], sample.username);
        let groups = (!sample.groups.is_empty()).then(|| json!(sample.groups));
        assert_eq!(access.get("groups"), groups.as_ref(), "{}", sample.username);
        let roles = access["realm_access"]["roles"].as_array().unwrap();
        assert!(roles.contains(&json!("offline_access")));
        assert_eq!(roles.contains(&json!("admin")), sample.username == "rico");
        assert!(access["resource_access"]["account"]["roles"].is_array());
    }
}

#[tokio::test]
async fn scopes_open_claims() {
    let mut browser = Browser::new();
    let answer = browser.choose("mia", &[("scope", "openid")]).await;
    let code = answer.query()["code"].clone();
    let tokens = browser.redeem(&code, &[]).await.json();
    let access = claims(&tokens["access_token"]);
    assert_eq!((access.get("email"), access.get("name")), (None, None));
    assert_eq!(access["groups"], json!(["engineering", "chess-club"]));
}

#[tokio::test]
async fn userinfo_answers_its_own_access_token_while_the_session_lives() {
    let mut browser = Browser::new();
    let tokens = browser.tokens("mia").await;
    let ask = async |browser: &mut Browser, token: &Value| {
        let uri = "/realms/dev/protocol/openid-connect/userinfo";
        let bearer = format!("Bearer {}", token.as_str().unwrap());
        let request = Request::get(uri)
            .header(header::AUTHORIZATION, bearer)
            .body(Body::empty())
            .unwrap();
        browser.send(request).await
    };
    let info = ask(&mut browser, &tokens["access_token"]).await.json();
    assert_eq!(info["sub"], claims(&tokens["id_token"])["sub"]);
    assert_eq!(info["groups"], json!(["engineering", "chess-club"]));
    assert_eq!(info.get("realm_access"), None);

    let not_for_this = ask(&mut browser, &tokens["id_token"]).await;
    assert_eq!(not_for_this.status, StatusCode::UNAUTHORIZED);
    let forged = format!("{}x", tokens["access_token"].as_str().unwrap());
    let forged = ask(&mut browser, &json!(forged)).await;
    assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
    browser.tokens("ada").await;
    let ended = ask(&mut browser, &tokens["access_token"]).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);
}
