//! The relying party against the programmable provider: each test is a whole exchange.

mod party;
mod refusals;

use jiff::SignedDuration;
use serde_json::json;
use url::Url;
use usher::domain::{Code, Secret, Source};
use usher_tests::provider::{CLIENT_ID, Endpoint, Person, Provider, Says, edit, without};

use self::party::Party;

#[tokio::test]
async fn c01_c14_k33_a_sign_in_goes_from_authorize_to_an_identity() {
    let provider = Provider::start();
    provider.sign_in_as(Person::new("ann").groups(["research"]).role("admin"));
    let party = Party::of(&provider);
    let identity = party.sign_in().await.unwrap();

    assert_eq!(identity.issuer, provider.issuer());
    assert_eq!(identity.subject, Person::new("ann").sub);
    assert_eq!(identity.name, "ann Example");
    assert!(identity.email.is_some_and(|email| email.is_verified()));
    assert!(identity.provider_session.is_some());
    assert_eq!(identity.claims.configured, Source::AccessToken);
    let access_token = identity.claims.access_token.unwrap();
    assert_eq!(access_token["groups"], json!(["research"]));
    assert_eq!(access_token["realm_access"]["roles"][1], "admin");
    assert_eq!(identity.claims.userinfo, None);

    for (endpoint, times) in [
        (Endpoint::Discovery, 1),
        (Endpoint::Token, 1),
        (Endpoint::Keys, 1),
        (Endpoint::Userinfo, 0),
    ] {
        assert_eq!(provider.calls(endpoint), times, "{endpoint:?}");
    }
    party.sign_in().await.unwrap();
    assert_eq!(provider.calls(Endpoint::Discovery), 1, "kept for an hour");
    assert_eq!(provider.calls(Endpoint::Keys), 1, "kept for an hour");
}

/// Rows: K30
#[tokio::test]
async fn c13_c34_c48_claims_come_from_userinfo_where_the_site_says_so() {
    let provider = Provider::start();
    provider.sign_in_as(Person::new("bob").groups(["research"]));
    provider.faults().opaque_access_token = true;
    let party = Party::with(&provider, &[("get_info_from_access_token", "false")]);
    let identity = party.sign_in().await.unwrap();

    assert_eq!(identity.claims.configured, Source::Userinfo);
    assert_eq!(identity.claims.access_token, None);
    let claims = identity.claims.userinfo.unwrap();
    assert_eq!(claims["groups"], json!(["research"]));
    let asked = &provider.requests(Endpoint::Userinfo)[0];
    let names: Vec<&str> = asked.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["authorization"],
        "the token is in the header and nowhere else"
    );
}

#[tokio::test]
async fn c25_k29_a_signed_userinfo_answer_is_verified() {
    let provider = Provider::start();
    provider.faults().userinfo_signed = true;
    let party = Party::with(&provider, &[("get_info_from_access_token", "false")]);
    let identity = party.sign_in().await.unwrap();
    assert_eq!(identity.claims.userinfo.unwrap()["iss"], provider.issuer());
    for (name, check) in [("iss", "userinfo.iss"), ("aud", "userinfo.aud")] {
        provider.faults().userinfo = edit(move |claims| claims[name] = "other".into());
        assert_eq!(party.sign_in().await.unwrap_err().check, check);
        provider.faults().userinfo = without(name);
        assert_eq!(party.sign_in().await.unwrap_err().check, check);
    }
}

#[tokio::test]
async fn the_answer_may_come_as_a_form() {
    let provider = Provider::start();
    let party = Party::with(&provider, &[("response_mode", "form_post")]);
    assert!(party.sign_in().await.is_ok());
    let asked = &provider.requests(Endpoint::Authorize)[0];
    assert_eq!(asked["response_mode"], "form_post");
}

#[tokio::test]
async fn the_secret_may_go_into_the_body() {
    let provider = Provider::start();
    let party = Party::with(&provider, &[("client_auth", "client_secret_post")]);
    assert!(party.sign_in().await.is_ok());
    assert!(!provider.requests(Endpoint::Token)[0].contains_key("authorization"));
}

#[tokio::test]
async fn c47_the_code_is_redeemed_with_the_verifier_and_the_same_redirect_uri() {
    let provider = Provider::start();
    let party = Party::of(&provider);
    let (handshake, response) = party.authorize().await.unwrap();
    let rp = &party.rp;
    rp.redeem(&response, &handshake, party.now()).await.unwrap();
    let asked = &provider.requests(Endpoint::Token)[0];
    assert_eq!(asked["redirect_uri"], party::REDIRECT);
    assert_eq!(asked["code_verifier"], handshake.verifier.expose());
    let again = rp.redeem(&response, &handshake, party.now()).await;
    let refusal = again.unwrap_err();
    assert_eq!(refusal.check, "token.error");
    assert!(refusal.detail.contains("invalid_grant"), "{refusal}");
}

#[tokio::test]
async fn c18_c19_rotated_keys_cost_exactly_one_fetch() {
    let provider = Provider::start();
    let mut party = Party::of(&provider);
    party.sign_in().await.unwrap();
    provider.rotate_keys();
    party.sign_in().await.unwrap();
    assert_eq!(provider.calls(Endpoint::Keys), 2);
    party.sign_in().await.unwrap();
    assert_eq!(provider.calls(Endpoint::Keys), 2);

    provider.rotate_keys();
    let refusal = party.sign_in().await.unwrap_err();
    assert_eq!((refusal.check, refusal.code), ("key", Code::TokenInvalid));
    assert_eq!(provider.calls(Endpoint::Keys), 2, "once a minute");
    party.wait(SignedDuration::from_mins(1));
    party.sign_in().await.unwrap();
    assert_eq!(provider.calls(Endpoint::Keys), 3);
}

#[tokio::test]
async fn hole44_unknown_key_ids_neither_flood_the_provider_nor_lock_others_out() {
    let provider = Provider::start();
    let mut party = Party::of(&provider);
    party.sign_in().await.unwrap();
    for i in 0..1000 {
        let kid = format!("k{}", i ^ 0x2a5);
        provider.faults().id_header = edit(move |header| header["kid"] = kid.clone().into());
        assert_eq!(party.sign_in().await.unwrap_err().check, "key");
        if i % 50 == 0 {
            provider.behave();
            party.sign_in().await.unwrap();
        }
    }
    assert_eq!(provider.calls(Endpoint::Keys), 2);
    // The next window has one fetch, too.
    party.wait(SignedDuration::from_mins(1));
    for i in 0..50 {
        provider.faults().id_header = edit(move |header| header["kid"] = format!("n{i}").into());
        assert_eq!(party.sign_in().await.unwrap_err().check, "key");
    }
    assert_eq!(provider.calls(Endpoint::Keys), 3);
    provider.behave();
    party.sign_in().await.unwrap();
}

#[tokio::test]
async fn a_dead_provider_is_shown_as_such_and_recovers_by_itself() {
    let mut provider = Provider::start();
    provider.go_down();
    let mut party = Party::of(&provider);
    let failure = party.sign_in().await.unwrap_err();
    assert_eq!(failure.code, Code::ProviderUnreachable);
    assert!(failure.detail.contains("127.0.0.1"), "{failure}");
    let status = party.rp.status();
    assert_eq!(status.last_contact, None);
    assert_eq!(status.last_error.unwrap().0, party.now());

    provider.come_back();
    assert!(
        party.sign_in().await.is_err(),
        "it is not asked again at once"
    );
    assert_eq!(provider.calls(Endpoint::Discovery), 0);
    party.wait(SignedDuration::from_secs(6));
    party.sign_in().await.unwrap();
    let status = party.rp.status();
    assert_eq!(
        (status.last_contact, status.last_error),
        (Some(party.now()), None)
    );
    let origin = Url::parse(&provider.issuer()).unwrap().origin();
    assert_eq!(
        status.authorization_origin,
        Some(origin.ascii_serialization())
    );

    provider.go_down();
    let failure = party.sign_in_at(&provider).await.unwrap_err();
    assert_eq!(failure.code, Code::ProviderUnreachable);
    assert!(party.rp.status().last_error.is_some());
}

#[tokio::test]
async fn a_hundred_first_sign_ins_share_one_discovery_and_one_key_set() {
    let provider = Provider::start();
    let party = std::sync::Arc::new(Party::of(&provider));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let party = std::sync::Arc::clone(&party);
        tasks.spawn(async move { party.sign_in().await.map(drop) });
    }
    for outcome in tasks.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(provider.calls(Endpoint::Discovery), 1);
    assert_eq!(provider.calls(Endpoint::Keys), 1);
}

#[tokio::test]
async fn metadata_that_turns_bad_is_not_papered_over_and_a_provider_that_is_down_is() {
    let provider = Provider::start();
    let mut party = Party::of(&provider);
    party.sign_in().await.unwrap();
    party.wait(SignedDuration::from_hours(2));
    provider
        .faults()
        .says
        .insert(Endpoint::Discovery, Says::Status(503));
    party.authorize().await.unwrap();
    party.wait(SignedDuration::from_mins(2));
    provider.behave();
    provider.faults().metadata = edit(|m| m["issuer"] = "https://evil.example".into());
    assert_eq!(
        party.authorize().await.unwrap_err().check,
        "discovery.issuer"
    );
}

#[tokio::test]
async fn c16_a_key_set_that_moved_is_found() {
    let provider = Provider::start();
    let mut party = Party::of(&provider);
    party.sign_in().await.unwrap();
    let moved = format!(
        "{}/protocol/openid-connect/certs?moved=1",
        provider.issuer()
    );
    provider.faults().metadata = edit(move |m| m["jwks_uri"] = moved.clone().into());
    party.wait(SignedDuration::from_mins(61));
    party.sign_in().await.unwrap();
    assert!(provider.requests(Endpoint::Keys)[1].contains_key("moved"));
}

#[tokio::test]
async fn a_key_that_was_taken_away_signs_nothing_after_an_hour() {
    let provider = Provider::start();
    let mut party = Party::of(&provider);
    party.sign_in().await.unwrap();
    provider.publish_another_key();
    provider.faults().jwks = edit(|set| {
        let keys = set["keys"].as_array_mut().unwrap();
        keys.retain(|key| key["kid"] == "another");
    });
    party.wait(SignedDuration::from_mins(59));
    party.sign_in().await.unwrap();
    party.wait(SignedDuration::from_mins(2));
    assert_eq!(party.sign_in().await.unwrap_err().check, "key");
}

#[tokio::test]
async fn one_extra_slash_of_base_url_is_taken_back_with_a_note() {
    let provider = Provider::start();
    let base_url = format!("{}/", provider.issuer());
    let party = Party::with(&provider, &[("base_url", &base_url)]);
    let identity = party.sign_in().await.unwrap();
    assert_eq!(identity.issuer, provider.issuer());
    assert!(party.rp.status().note.is_some());
}

#[tokio::test]
async fn k49_the_browser_is_sent_to_end_the_providers_session() {
    let provider = Provider::start();
    let party = Party::of(&provider);
    let done = Url::parse("http://127.0.0.1:1/logout/done").unwrap();
    let hint = Secret::new("h.i.nt");
    let rp = &party.rp;
    let url = rp
        .end_session(Some(&hint), &done, "opaque", party.now())
        .await;
    let page = party.visit(&url.unwrap().unwrap()).await;
    let back = page.redirect().unwrap();
    assert_eq!(back.as_str(), "http://127.0.0.1:1/logout/done?state=opaque");
    let asked = &provider.requests(Endpoint::EndSession)[0];
    assert_eq!(asked["client_id"], CLIENT_ID);
    assert_eq!(asked["id_token_hint"], "h.i.nt");

    let without_end = Provider::start();
    without_end.faults().metadata = without("end_session_endpoint");
    let party = Party::of(&without_end);
    let none = party
        .rp
        .end_session(None, &done, "opaque", party.now())
        .await;
    assert_eq!(none.unwrap(), None);
}
