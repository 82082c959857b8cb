use super::*;

const LOGOUT: &str = "/protocol/openid-connect/logout";

async fn hint(browser: &mut Browser, user: &str) -> String {
    let tokens = browser.tokens(user).await;
    tokens["id_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_sign_out_with_the_id_token_ends_the_session_and_returns() {
    let mut browser = Browser::new();
    let hint = hint(&mut browser, "mia").await;
    let params = [
        ("id_token_hint", hint.as_str()),
        ("client_id", "usher"),
        ("post_logout_redirect_uri", DONE),
        ("state", "bye"),
    ];
    let cookie = browser.cookie.clone();
    let answer = browser.open(LOGOUT, &params).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(
        answer.location.unwrap().as_str(),
        format!("{DONE}?state=bye")
    );
    assert_eq!(browser.cookie, None);
    // The cookie is dead on the server too, not only gone from the browser.
    browser.cookie = cookie;
    assert_eq!(browser.authorize(&[]).await.status, StatusCode::OK);
    // Signed out already is no error.
    let again = browser.open(LOGOUT, &params).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn without_proof_the_person_is_asked_first() {
    let mut browser = Browser::new();
    hint(&mut browser, "mia").await;
    let params = [("client_id", "usher"), ("post_logout_redirect_uri", DONE)];
    let page = browser.open(LOGOUT, &params).await;
    assert_eq!((page.status, page.location), (StatusCode::OK, None));
    assert!(page.body.contains("<h1>Sign out?</h1>"));
    assert!(page.body.contains("Mia Meyer"));
    assert!(browser.authorize(&[]).await.query().contains_key("code"));

    let confirm = format!("/login-actions/logout-confirm?{}", encoded(&params));
    let answer = browser.submit(&confirm, &[]).await;
    assert_eq!(answer.location.unwrap().as_str(), DONE);
    assert_eq!(browser.authorize(&[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_old_id_token_does_not_sign_somebody_else_out_unasked() {
    let mut browser = Browser::new();
    let mias = hint(&mut browser, "mia").await;
    hint(&mut browser, "ada").await;
    let page = browser.open(LOGOUT, &[("id_token_hint", &mias)]).await;
    assert!(page.body.contains("Ada Adler"), "{}", page.body);
    assert!(browser.authorize(&[]).await.query().contains_key("code"));
}

#[tokio::test]
async fn a_bad_sign_out_request_is_a_page_and_ends_nothing() {
    let mut browser = Browser::new();
    let hint = hint(&mut browser, "mia").await;
    let forged = format!("{hint}x");
    let slash = format!("{DONE}/");
    let access = browser.tokens("mia").await["access_token"].clone();
    for params in [
        vec![
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", "https://evil.example/"),
        ],
        vec![
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", slash.as_str()),
        ],
        vec![("id_token_hint", forged.as_str())],
        vec![("id_token_hint", access.as_str().unwrap())],
        vec![("id_token_hint", hint.as_str()), ("client_id", "other")],
        vec![("post_logout_redirect_uri", DONE)],
    ] {
        let answer = browser.open(LOGOUT, &params).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{params:?}");
        assert_eq!(answer.location, None);
        let still = browser.authorize(&[]).await;
        assert!(still.query().contains_key("code"), "{params:?}");
    }
}
