//! That the tests' Keycloak does what the scenarios take for granted.

use reqwest::StatusCode;
use serde_json::{Value, json};
use usher_tests::keycloak::{self, Client, Keycloak, password};
use usher_tests::visitor::Visitor;

#[tokio::test]
async fn keycloak_signs_in_at_its_own_form_and_sends_back_a_code() -> anyhow::Result<()> {
    let Some(keycloak) = keycloak::running().await else {
        return Ok(());
    };
    let origin = "http://127.0.0.1:9";
    let client = keycloak.register(origin).await?;
    let mut visitor = Visitor::new();
    let form = visitor
        .get(authorization(keycloak, &client, origin, "query"))
        .await?;
    let wrong = keycloak::sign_in(&mut visitor, form, "bob", "wrong").await?;
    assert_eq!(wrong.status, StatusCode::OK);
    assert!(
        wrong.text().contains("Invalid username or password"),
        "{wrong}"
    );

    let back = keycloak::sign_in(&mut visitor, wrong, "bob", &password("bob")).await?;
    let url = back.redirect().expect("a redirect back");
    assert!(
        url.as_str()
            .starts_with("http://127.0.0.1:9/callback_keycloak?state=some-state"),
        "{url}"
    );
    let (_, code) = url
        .query_pairs()
        .find(|(name, _)| name == "code")
        .expect("a code");
    let tokens = redeem(keycloak, &client, origin, &code).await?;
    let access = claims(&tokens, "access_token")?;
    assert_eq!(access["groups"], json!(["research"]));
    assert_eq!(access["realm_access"]["roles"], json!(["admin"]));
    let id = claims(&tokens, "id_token")?;
    assert_eq!(id["groups"], json!(["research"]));
    assert_eq!(id["email_verified"], json!(true));
    Ok(())
}

#[tokio::test]
async fn keycloak_posts_its_answer_and_remembers_the_visitor() -> anyhow::Result<()> {
    let Some(keycloak) = keycloak::running().await else {
        return Ok(());
    };
    let origin = "http://127.0.0.1:10";
    let client = keycloak.register(origin).await?;
    let administration = keycloak.administration();
    let erin = administration.create_user("erin", &["operations"]).await?;
    let mut visitor = Visitor::new();
    let form = visitor
        .get(authorization(keycloak, &client, origin, "form_post"))
        .await?;
    let posts = keycloak::sign_in(&mut visitor, form, "erin", &password("erin")).await?;
    let at_usher = |url: &url::Url| url.as_str().starts_with(origin);
    let posts = visitor.settle_until(posts, at_usher).await?;
    let form = posts.submits_itself().expect("a form that submits itself");
    assert_eq!(
        form.action.as_str(),
        "http://127.0.0.1:10/callback_keycloak"
    );
    assert!(form.post && form.value("code").is_some(), "{form:?}");
    assert_eq!(form.value("state"), Some("some-state"));

    let again = visitor
        .get(authorization(keycloak, &client, origin, "query"))
        .await?;
    assert!(
        again.redirect().is_some_and(|url| at_usher(&url)),
        "no second form: {again}"
    );
    assert_eq!(administration.sessions(&erin).await?.len(), 1);
    administration.end_sessions(&erin).await?;
    assert_eq!(administration.sessions(&erin).await?.len(), 0);
    let asked = visitor
        .get(authorization(keycloak, &client, origin, "query"))
        .await?;
    assert!(asked.form("#kc-form-login").is_ok(), "asked again: {asked}");
    Ok(())
}

fn authorization(keycloak: &Keycloak, client: &Client, origin: &str, mode: &str) -> String {
    let url = format!("{}/protocol/openid-connect/auth", keycloak.issuer());
    let callback = format!("{origin}/callback_keycloak");
    let parameters = [
        ("response_type", "code"),
        ("scope", "openid profile email"),
        ("client_id", &client.id),
        ("redirect_uri", &callback),
        ("response_mode", mode),
        ("state", "some-state"),
        ("nonce", "some-nonce"),
    ];
    url::Url::parse_with_params(&url, parameters)
        .expect("a URL")
        .into()
}

async fn redeem(
    keycloak: &Keycloak,
    client: &Client,
    origin: &str,
    code: &str,
) -> anyhow::Result<Value> {
    let url = format!("{}/protocol/openid-connect/token", keycloak.issuer());
    let callback = format!("{origin}/callback_keycloak");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &callback),
        ("client_id", &client.id),
        ("client_secret", &client.secret),
    ];
    let answer = Visitor::new().post(url, &form).await?;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    answer.json()
}

fn claims(tokens: &Value, name: &str) -> anyhow::Result<Value> {
    use base64::Engine as _;
    let token = tokens[name].as_str().expect("a token");
    let payload = token.split('.').nth(1).expect("three parts");
    Ok(serde_json::from_slice(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload)?,
    )?)
}
