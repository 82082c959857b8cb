use super::*;

static NOW: AtomicI64 = AtomicI64::new(1_800_000_000);

async fn code(browser: &mut Browser) -> String {
    browser.choose("mia", &[]).await.query()["code"].clone()
}

fn error(answer: &Answer) -> String {
    let error = answer.json()["error"].as_str().unwrap().to_owned();
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    error
}

#[tokio::test]
async fn a_code_is_good_once() {
    let mut browser = Browser::new();
    let code = code(&mut browser).await;
    assert_eq!(browser.redeem(&code, &[]).await.status, StatusCode::OK);
    let again = browser.redeem(&code, &[]).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert_eq!(error(&again), "invalid_grant");
}

#[tokio::test]
async fn a_wrong_verifier_or_redirect_uri_uses_the_code_up() {
    let mut browser = Browser::new();
    for wrong in [
        (
            "code_verifier",
            "aBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
        ("code_verifier", CHALLENGE),
        ("code_verifier", ""),
        ("redirect_uri", "http://127.0.0.1:8080/"),
        ("redirect_uri", ""),
    ] {
        let code = code(&mut browser).await;
        let refused = browser.redeem(&code, &[wrong]).await;
        assert_eq!(error(&refused), "invalid_grant", "{wrong:?}");
        let right = browser.redeem(&code, &[]).await;
        assert_eq!(error(&right), "invalid_grant", "{wrong:?}");
    }
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let clock = Clock::new(|| Timestamp::from_second(NOW.load(Ordering::SeqCst)).unwrap());
    let mut browser = Browser::with_clock(clock);
    let fresh = code(&mut browser).await;
    NOW.fetch_add(60, Ordering::SeqCst);
    assert_eq!(browser.redeem(&fresh, &[]).await.status, StatusCode::OK);
    let stale = code(&mut browser).await;
    NOW.fetch_add(61, Ordering::SeqCst);
    assert_eq!(error(&browser.redeem(&stale, &[]).await), "invalid_grant");
}

#[tokio::test]
async fn only_the_client_redeems() {
    let mut browser = Browser::new();
    let code = code(&mut browser).await;
    let good = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", "usher"),
        ("client_secret", "s%cr:t/"),
    ];
    let path = "/protocol/openid-connect/token";
    for wrong in [
        ("client_secret", "guess"),
        ("client_secret", ""),
        ("client_id", "other"),
    ] {
        let mut form = good.to_vec();
        change(&mut form, &[wrong]);
        let answer = browser.submit(path, &form).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(error(&answer), "invalid_client", "{wrong:?}");
    }
    let twice = browser.redeem(&code, &[("client_secret", "s%cr:t/")]).await;
    assert_eq!(error(&twice), "invalid_request");
    let password = browser.redeem(&code, &[("grant_type", "password")]).await;
    assert_eq!(error(&password), "unsupported_grant_type");
    // Nobody who failed to prove themselves used the code up.
    assert_eq!(browser.submit(path, &good).await.status, StatusCode::OK);
}
