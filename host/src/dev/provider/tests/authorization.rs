use super::*;

#[tokio::test]
async fn discovery_announces_what_is_enforced() {
    let mut browser = Browser::new();
    let metadata = browser
        .open("/.well-known/openid-configuration", &[])
        .await
        .json();
    assert_eq!(metadata["issuer"], ISSUER);
    for (member, end) in [
        ("authorization_endpoint", "auth"),
        ("token_endpoint", "token"),
        ("userinfo_endpoint", "userinfo"),
        ("end_session_endpoint", "logout"),
        ("jwks_uri", "certs"),
    ] {
        let url = format!("{ISSUER}/protocol/openid-connect/{end}");
        assert_eq!(metadata[member], json!(url), "{member}");
    }
    assert_eq!(metadata["response_types_supported"], json!(["code"]));
    assert_eq!(
        metadata["code_challenge_methods_supported"],
        json!(["S256"])
    );
    assert_eq!(
        metadata["id_token_signing_alg_values_supported"],
        json!(["RS256"])
    );
    assert_eq!(
        metadata["authorization_response_iss_parameter_supported"],
        json!(true)
    );
}

#[tokio::test]
async fn the_page_lists_everybody_and_says_what_each_should_show() {
    let page = Browser::new().authorize(&[]).await;
    assert_eq!(page.status, StatusCode::OK);
    for sample in &samples::SAMPLES {
        let button = format!(r#"name="user" value="{}""#, sample.username);
        assert!(page.body.contains(&button), "{button}");
        assert!(page.body.contains(sample.email));
        let (given, family) = sample.name;
        assert!(
            page.body
                .contains(&format!("Sign in as {given} {family}</button>"))
        );
    }
    assert!(page.body.contains("loopback only"));
    assert!(page.body.contains("group_required") && page.body.contains("email_unverified"));
    let policy = page.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(policy.starts_with("default-src 'none'"));
    assert!(policy.contains("form-action 'self' http://127.0.0.1:8080;"));
}

#[tokio::test]
async fn choosing_a_user_goes_back_with_code_state_and_issuer() {
    let mut browser = Browser::new();
    let answer = browser.choose("mia", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let to = answer.location.clone().unwrap();
    assert!(to.as_str().starts_with(&format!("{CALLBACK}?")), "{to}");
    let query = answer.query();
    assert_eq!((&*query["state"], &*query["iss"]), ("st", ISSUER));
    assert!(query["code"].len() >= 43);
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.ends_with("; Path=/realms/dev/; HttpOnly; SameSite=Lax"));
}

#[tokio::test]
async fn an_unregistered_redirect_uri_or_client_is_a_page_and_never_a_redirect() {
    let mut browser = Browser::new();
    for changes in [
        ("redirect_uri", "http://127.0.0.1:8080/callback_dev/"),
        ("redirect_uri", "http://127.0.0.1:8080/callback_dev?x=1"),
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", ""),
        ("client_id", "other"),
        ("client_id", ""),
    ] {
        for answer in [
            browser.authorize(&[changes]).await,
            browser.choose("mia", &[changes]).await,
        ] {
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{changes:?}");
            assert_eq!(answer.location, None);
            assert!(answer.body.contains("<h1>This request cannot be answered"));
            assert!(!answer.body.contains("evil"));
        }
    }
}

#[tokio::test]
async fn a_bad_request_tells_the_client_with_state_and_issuer() {
    let mut browser = Browser::new();
    for (name, value, error) in [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("scope", "profile", "invalid_scope"),
        ("scope", "openid everything", "invalid_scope"),
        ("request", "eyJ", "request_not_supported"),
        ("prompt", "none login", "invalid_request"),
        ("prompt", "none", "login_required"),
        ("max_age", "soon", "invalid_request"),
    ] {
        let query = browser.authorize(&[(name, value)]).await.query();
        assert_eq!(query["error"], error, "{name}={value}");
        assert_eq!((&*query["state"], &*query["iss"]), ("st", ISSUER));
        assert!(!query.contains_key("code"));
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let mut browser = Browser::new();
    let mut params = request(&[]);
    params.push(("nonce", "other"));
    let path = "/protocol/openid-connect/auth";
    let answer = browser.open(path, &params).await;
    assert_eq!(answer.query()["error"], "invalid_request");
    params.push(("redirect_uri", CALLBACK));
    let answer = browser.open(path, &params).await;
    assert_eq!(
        (answer.status, answer.location),
        (StatusCode::BAD_REQUEST, None)
    );
}

#[tokio::test]
async fn going_back_without_signing_in_is_access_denied() {
    let mut browser = Browser::new();
    let path = format!("/login-actions/authenticate?{}", encoded(&request(&[])));
    let answer = browser.submit(&path, &[("cancel", "1")]).await;
    assert_eq!(answer.query()["error"], "access_denied");
    assert_eq!(browser.cookie, None);
}

#[tokio::test]
async fn form_post_sends_the_answer_as_a_form() {
    let mut browser = Browser::new();
    let answer = browser
        .choose("mia", &[("response_mode", "form_post")])
        .await;
    assert_eq!((answer.status, answer.location), (StatusCode::OK, None));
    let action = format!(r#"<form method="post" action="{CALLBACK}">"#);
    assert!(answer.body.contains(&action), "{}", answer.body);
    for field in ["code", "state", "iss"] {
        let input = format!(r#"<input type="hidden" name="{field}" value=""#);
        assert!(answer.body.contains(&input), "{field}");
    }
}

#[tokio::test]
async fn a_second_sign_in_is_silent_unless_it_must_not_be() {
    let mut browser = Browser::new();
    browser.choose("mia", &[]).await;
    assert!(browser.authorize(&[]).await.query().contains_key("code"));
    let silent = browser.authorize(&[("prompt", "none")]).await;
    assert!(silent.query().contains_key("code"));
    for must in [
        ("prompt", "login"),
        ("prompt", "select_account"),
        ("max_age", "0"),
    ] {
        let page = browser.authorize(&[must]).await;
        assert_eq!(page.status, StatusCode::OK, "{must:?}");
        assert!(page.body.contains("<strong>Mia Meyer</strong>"));
    }
}

#[tokio::test]
async fn somebody_else_can_sign_in_and_ends_the_first_session() {
    let mut browser = Browser::new();
    let mia = claims(&browser.tokens("mia").await["id_token"]);
    let first = browser.cookie.clone();
    let ada = claims(&browser.tokens("ada").await["id_token"]);
    assert_ne!(mia["sid"], ada["sid"]);
    assert_eq!(ada["preferred_username"], "ada");
    browser.cookie = first;
    assert_eq!(browser.authorize(&[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_of_another_site_signs_nobody_in() {
    let mut browser = Browser::new();
    let query = encoded(&request(&[]));
    let path = format!("/login-actions/authenticate?{query}");
    for (origin, status) in [
        ("https://evil.example", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
        ("http://127.0.0.1:8081", StatusCode::SEE_OTHER),
    ] {
        let mut form = form_to(&path, &[("user", "mia")]);
        form.headers_mut()
            .insert(header::ORIGIN, origin.parse().unwrap());
        assert_eq!(browser.send(form).await.status, status, "{origin}");
    }
}
