//! How Keycloak is asked, and what it promises by that (`spec.md` §3.1).

use reqwest::StatusCode;
use serde_json::json;
use url::Url;
use usher_tests::keycloak::{self, password, variable};
use usher_tests::visitor::Visitor;

use super::site::{Plan, Site};

/// Where the browser is sent first.
async fn asked(site: &Site) -> anyhow::Result<Url> {
    let start = site.server.url("/login/start?provider=keycloak");
    let page = Visitor::new().get(start).await?;
    page.redirect()
        .ok_or_else(|| anyhow::anyhow!("no redirect: {page}"))
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(key, _)| key == name)?;
    Some(found.1.into_owned())
}

/// Fails without: the settings `authorize_url` (no `explicit=1`) and `access_token_url`.
#[tokio::test]
async fn explicit_endpoints_win_over_discovery() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let authorize = format!("{}?explicit=1", plan.realm().endpoint("auth"));
    // Another name of the same server: a token endpoint is not visited by browsers.
    let token = plan.realm().endpoint("token");
    let token = token.replace("127.0.0.1", "localhost");
    let site = plan
        .set("services", "authorize_url", &authorize)
        .set("services", "access_token_url", &token)
        .start()
        .await?;
    let url = asked(&site).await?;
    assert_eq!(parameter(&url, "explicit").as_deref(), Some("1"), "{url}");
    assert_eq!(
        parameter(&url, "code_challenge_method").as_deref(),
        Some("S256")
    );
    site.admitted("carol").await?;
    let nowhere = format!("{token}-nowhere");
    let site = site
        .restart(&[("services", "access_token_url", &nowhere)])
        .await?;
    let (page, record) = site.refused("carol").await?;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{page}");
    assert_eq!(record["code"], "provider_error");
    Ok(())
}

/// Fails without: the note in `discovery::issuer` (`discovery.issuer` refuses).
#[tokio::test]
async fn one_slash_too_many_at_base_url_is_taken_and_two_are_not() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let issuer = plan.realm().issuer();
    let site = plan
        .set("services", "base_url", &format!("{issuer}/"))
        .start()
        .await?;
    site.admitted("carol").await?;
    let two = format!("{issuer}//");
    let site = site.restart(&[("services", "base_url", &two)]).await?;
    let page = site.begin(&mut Visitor::new()).await?;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{page}");
    Ok(())
}

/// Fails without: the setting `response_mode`.
#[tokio::test]
async fn answer_may_come_by_form_post() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "response_mode", "form_post")
        .start()
        .await?;
    let mode = parameter(&asked(&site).await?, "response_mode");
    assert_eq!(mode.as_deref(), Some("form_post"));
    let mut visitor = Visitor::new();
    let page = site.sign_in_with(&mut visitor, "carol").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let session = site.session(&mut visitor).await?;
    assert_eq!(session["groups"], json!(["research"]));
    Ok(())
}

/// Fails without: the setting `scopes` (the optional scope `phone` is not granted).
#[tokio::test]
async fn scopes_are_asked_for_as_the_site_says() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let administration = plan.realm().administration();
    // A scope that only whoever asks for it gets, with the name in it.
    let scope = json!({
        "name": "nickname", "protocol": "openid-connect",
        "protocolMappers": [{
            "name": "nick", "protocol": "openid-connect",
            "protocolMapper": "oidc-hardcoded-claim-mapper",
            "config": {
                "claim.name": "nick", "claim.value": "Caz", "jsonType.label": "String",
                "access.token.claim": "true",
            },
        }],
    });
    administration.create("client-scopes", &scope).await?;
    let site = plan
        .client(|client| {
            let scopes = json!(["basic", "profile", "email", "roles", "acr", "web-origins"]);
            client.set("/defaultClientScopes", scopes);
            client.set("/optionalClientScopes", json!(["nickname"]));
        })
        .set("services", "scopes", "openid profile email nickname")
        .set("services", "claims__name", "nick")
        .start()
        .await?;
    assert_eq!(site.session_of("carol").await?["user"]["name"], "Caz");
    let default = "openid profile email";
    let site = site.restart(&[("services", "scopes", default)]).await?;
    let scope = parameter(&asked(&site).await?, "scope");
    assert_eq!(scope.as_deref(), Some(default));
    assert_eq!(site.session_of("carol").await?["user"]["name"], "carol");
    // One that the client may not have.
    let site = site
        .restart(&[("services", "scopes", "openid ghosts")])
        .await?;
    let page = site.begin(&mut Visitor::new()).await?;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{page}");
    let detail = site.last_record()?["detail"].clone();
    assert!(detail.to_string().contains("invalid_scope"), "{detail}");
    Ok(())
}

/// Fails without: the setting `authorize_params__prompt` (signed in silently).
#[tokio::test]
async fn prompt_login_asks_for_the_password_again() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "authorize_params__prompt", "login")
        .start()
        .await?;
    let mut visitor = site.admitted("carol").await?;
    let again = site.begin(&mut visitor).await?;
    assert!(again.form("#kc-form-login").is_ok(), "{again}");
    let page = keycloak::sign_in(&mut visitor, again, "carol", &password("carol")).await?;
    let page = visitor.settle(page).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    Ok(())
}

/// Fails without: the setting `authorize_params__max_age` (signed in silently).
#[tokio::test]
async fn max_age_asks_again_whoever_signed_in_too_long_ago() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "authorize_params__max_age", "1")
        .start()
        .await?;
    let mut visitor = site.admitted("carol").await?;
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let again = site.begin(&mut visitor).await?;
    assert!(again.form("#kc-form-login").is_ok(), "{again}");
    let site = site
        .restart(&[("services", "authorize_params__max_age", "3600")])
        .await?;
    let silent = site.begin(&mut visitor).await?;
    assert_eq!(silent.url.path(), "/account", "{silent}");
    Ok(())
}

/// What `max_age` promises is `auth_time`, and a client without the scope `basic` has none.
///
/// Fails without: `checks::authenticated_since` (she is let in).
#[tokio::test]
async fn max_age_without_auth_time_in_the_token_refuses() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let sub = json!({"user.attribute": "id", "jsonType.label": "String"});
    let site = plan
        .client(|client| {
            let scopes = json!(["profile", "email", "roles", "acr", "web-origins"]);
            client.set("/defaultClientScopes", scopes);
            client.add_mapper("oidc-usermodel-property-mapper", "sub", &sub);
        })
        .set("services", "authorize_params__max_age", "3600")
        .set("services", "get_info_from_access_token", "false")
        .start()
        .await?;
    let (page, record) = site.refused("carol").await?;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{page}");
    assert_eq!(record["code"], "token_invalid");
    let detail = record["detail"].as_str().unwrap_or_default();
    assert!(
        detail.starts_with("auth_time: there is no auth_time"),
        "{detail}"
    );
    Ok(())
}

/// Keycloak answers classes that it cannot reach with `acr: 1` and without complaint.
///
/// Fails without: `checks::context_class` (she is let in by a password alone).
#[tokio::test]
async fn class_that_keycloak_did_not_reach_refuses() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "authorize_params__acr_values", "1")
        .start()
        .await?;
    site.admitted("carol").await?;
    let site = site
        .restart(&[("services", "authorize_params__acr_values", "gold")])
        .await?;
    let (page, record) = site.refused("carol").await?;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{page}");
    assert_eq!(record["code"], "token_invalid");
    assert_eq!(record["detail"], "acr: acr is 1, asked for was gold");
    Ok(())
}

/// Fails without: the setting `authorize_params__kc_idp_hint` (Keycloak shows its own form).
#[tokio::test]
async fn hint_leads_straight_on_to_a_brokered_provider() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let administration = plan.realm().administration();
    let broker = json!({
        "alias": "partner", "providerId": "oidc", "enabled": true,
        "config": {
            "clientId": "us", "clientSecret": "secret", "issuer": "http://127.0.0.1:9",
            "authorizationUrl": "http://127.0.0.1:9/partner", "tokenUrl": "http://127.0.0.1:9/token",
        },
    });
    administration
        .create("identity-provider/instances", &broker)
        .await?;
    let site = plan
        .set("services", "authorize_params__kc_idp_hint", "partner")
        .start()
        .await?;
    let mut visitor = Visitor::new();
    let page = visitor
        .get(site.server.url("/login/start?provider=keycloak"))
        .await?;
    let at_the_partner = |url: &Url| url.path() == "/partner";
    let page = visitor.settle_until(page, at_the_partner).await?;
    assert!(
        page.redirect().is_some_and(|url| at_the_partner(&url)),
        "{page}"
    );
    administration
        .remove("identity-provider/instances/partner")
        .await?;
    Ok(())
}

/// Fails without: the setting `display_name` (`keycloak`).
#[tokio::test]
async fn sign_in_page_calls_the_provider_as_the_site_does() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "display_name", "Acme <Staff>")
        .start()
        .await?;
    let page = Visitor::new()
        .get(site.server.url("/login?choose=1"))
        .await?;
    assert!(page.text().contains("Continue with Acme <Staff>"), "{page}");
    Ok(())
}

/// Fails without: the refusal of `code_challenge=false`; with `true` it starts.
#[tokio::test]
async fn code_challenge_cannot_be_switched_off() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "code_challenge", "true")
        .set("services", "code_challenge_method", "S256")
        // A client that insists on it.
        .client(|client| {
            client.set("/attributes/pkce.code.challenge.method", json!("S256"));
        })
        .start()
        .await?;
    site.admitted("carol").await?;
    let mut usher = site.usher;
    usher.set(variable("services", "code_challenge"), "false");
    site.server.stop()?;
    let answer = usher.run(&["serve"])?;
    assert_eq!(answer.code, Some(2), "{answer:?}");
    assert!(answer.stderr.contains("code_challenge"), "{answer:?}");
    Ok(())
}

/// Fails without: the words for `login_required`, and the setting `authorize_params__prompt`.
#[tokio::test]
async fn prompt_none_says_that_keycloak_has_to_ask_first() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "authorize_params__prompt", "none")
        .start()
        .await?;
    let page = site.begin(&mut Visitor::new()).await?;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{page}");
    let heading = "The identity provider has to ask you something first";
    assert_eq!(page.texts("h1"), [heading]);
    let detail = "error: the provider answered with login_required";
    assert_eq!(site.only_record()?["detail"], detail);
    Ok(())
}
