//! What the provider can do wrong: each is refused, with the check that says why, the right
//! one to blame, no further request, and none of the provider's words.

use serde_json::{Value, json};
use usher::domain::Code;
use usher::domain::Code::{ClockSkew, ProviderError, ProviderUnreachable, TokenInvalid};
use usher::oidc::OidcError;
use usher_tests::provider::{
    Edit, Endpoint, Faults, Iss, Person, Provider, Says, Signature, edit, without,
};

use super::party::Party;

/// The outcome of one sign-in with one fault.
async fn refused(provider: &Provider, party: &Party, fault: impl FnOnce(&mut Faults)) -> OidcError {
    provider.behave();
    fault(&mut provider.faults());
    let error = party.sign_in().await.expect_err("the provider does wrong");
    let text = format!("{error} {error:?}");
    for foreign in ["hostile", "<", "eyJ", "s3cret", "ann@"] {
        assert!(!text.contains(foreign), "{text}");
    }
    error
}

fn set(name: &'static str, value: Value) -> Edit {
    edit(move |document| document[name] = value.clone())
}

/// Rows: C17, F03, K3, K12, K13
#[tokio::test]
async fn wrong_metadata_stops_everything_before_it_begins() {
    type Fault = fn(&mut Faults);
    let faults: [(&str, Code, Fault); 10] = [
        ("discovery.issuer", ProviderError, |f| {
            f.metadata = set("issuer", json!("https://evil.example"));
        }),
        ("discovery.issuer", ProviderError, |f| {
            f.metadata = without("issuer")
        }),
        ("discovery.pkce", ProviderError, |f| {
            f.metadata = set("code_challenge_methods_supported", json!(["plain"]));
        }),
        ("discovery.endpoint", ProviderError, |f| {
            f.metadata = set("jwks_uri", json!("http://169.254.169.254/latest"));
        }),
        ("discovery.json", ProviderError, |f| {
            f.says.insert(Endpoint::Discovery, Says::Html);
        }),
        ("discovery.json", ProviderError, |f| {
            let text = r#"{"issuer":"a","issuer":"b"}"#;
            f.says.insert(Endpoint::Discovery, Says::Text(text.into()));
        }),
        ("discovery.status", ProviderError, |f| {
            f.says.insert(Endpoint::Discovery, Says::Status(500));
        }),
        ("discovery.status", ProviderError, |f| {
            let there = Says::Redirect("http://127.0.0.1:1/".into());
            f.says.insert(Endpoint::Discovery, there);
        }),
        ("outbound.size", ProviderError, |f| {
            f.says
                .insert(Endpoint::Discovery, Says::Text(" ".repeat(300_000)));
        }),
        ("outbound.timeout", ProviderUnreachable, |f| {
            let late = Says::Late(std::time::Duration::from_secs(30));
            f.says.insert(Endpoint::Discovery, late);
        }),
    ];
    for (check, code, fault) in faults {
        let provider = Provider::start();
        let error = refused(&provider, &Party::of(&provider), fault).await;
        assert_eq!((error.check, error.code), (check, code), "{error}");
        for endpoint in [Endpoint::Authorize, Endpoint::Keys, Endpoint::Token] {
            assert_eq!(provider.calls(endpoint), 0, "{check} {endpoint:?}");
        }
    }
}

#[tokio::test]
async fn html_instead_of_metadata_says_so_and_what_to_do() {
    let provider = Provider::start();
    let html = |f: &mut Faults| drop(f.says.insert(Endpoint::Discovery, Says::Html));
    let error = refused(&provider, &Party::of(&provider), html).await;
    assert!(error.detail.contains("HTML instead of JSON"), "{error}");
    assert!(error.detail.contains("base_url"), "{error}");
}

#[tokio::test]
async fn f16_f17_c36_a_wrong_authorization_response_calls_no_endpoint() {
    let provider = Provider::start();
    let party = Party::of(&provider);
    type Fault = fn(&mut Faults);
    let faults: [(&str, Code, Fault); 7] = [
        ("response.iss", ProviderError, |f| {
            f.iss = Iss::Wrong("https://evil.example".into());
        }),
        ("response.iss", ProviderError, |f| f.iss = Iss::Missing),
        ("state", Code::StateInvalid, |f| {
            f.state = Some(Some("another".into()))
        }),
        ("state", Code::StateInvalid, |f| f.state = Some(None)),
        ("error", ProviderError, |f| {
            f.error = Some("login_required".into())
        }),
        ("error", ProviderError, |f| {
            f.error = Some("access_denied".into())
        }),
        ("error", ProviderError, |f| {
            f.error = Some("<hostile>".into())
        }),
    ];
    for (check, code, fault) in faults {
        let error = refused(&provider, &party, fault).await;
        assert_eq!((error.check, error.code), (check, code), "{error}");
        assert_eq!(
            error.denied,
            provider.faults().error.as_deref() == Some("access_denied")
        );
    }
    for endpoint in [Endpoint::Token, Endpoint::Keys, Endpoint::Userinfo] {
        assert_eq!(provider.calls(endpoint), 0, "{endpoint:?}");
    }
}

#[tokio::test]
async fn k11_an_issuer_that_is_not_announced_needs_the_switch() {
    let provider = Provider::start();
    let metadata = || without("authorization_response_iss_parameter_supported");
    let strict = Party::of(&provider);
    let error = refused(&provider, &strict, |f| f.metadata = metadata()).await;
    assert_eq!(error.check, "response.iss");
    let lenient = Party::with(&provider, &[("allow_unadvertised_iss", "true")]);
    lenient.sign_in().await.unwrap();
}

#[tokio::test]
async fn a_wrong_answer_of_the_token_endpoint_is_refused() {
    let provider = Provider::start();
    let party = Party::of(&provider);
    let says = |says: Says| move |f: &mut Faults| drop(f.says.insert(Endpoint::Token, says));
    let twice = r#"{"token_type":"Bearer","access_token":"a","id_token":"b","id_token":"c"}"#;
    for (check, instead) in [
        ("token.answer", Says::Html),
        ("token.answer", Says::Status(500)),
        ("token.answer", Says::Redirect("http://127.0.0.1:1/".into())),
        ("token.answer", Says::Text("[]".into())),
        ("token.answer", Says::Text(twice.into())),
        ("outbound.size", Says::Text(" ".repeat(300_000))),
    ] {
        let error = refused(&provider, &party, says(instead)).await;
        assert_eq!((error.check, error.code), (check, ProviderError), "{error}");
    }
    for (check, answer) in [
        ("id_token", without("id_token")),
        ("token.answer", without("access_token")),
        ("token_type", set("token_type", json!("DPoP"))),
    ] {
        let error = refused(&provider, &party, |f| f.token_answer = answer).await;
        assert_eq!(error.check, check);
    }
    for answer in [without("expires_in"), set("token_type", json!("bEARER"))] {
        provider.behave();
        provider.faults().token_answer = answer;
        party.sign_in().await.unwrap();
    }
}

/// Rows: C03, C04, C05, C09, C10, C12, C32
#[tokio::test]
async fn c02_to_c12_a_wrong_id_token_ends_the_exchange() {
    let provider = Provider::start();
    let party = Party::with(&provider, &[("get_info_from_access_token", "false")]);
    type Fault = fn(&mut Faults);
    let faults: [(&str, Code, Fault); 13] = [
        ("iss", TokenInvalid, |f| {
            f.id_claims = set("iss", json!("https://evil.example"))
        }),
        ("sub", TokenInvalid, |f| f.id_claims = without("sub")),
        ("aud", TokenInvalid, |f| {
            f.id_claims = set("aud", json!("other"))
        }),
        ("iat", TokenInvalid, |f| f.id_claims = without("iat")),
        ("exp", TokenInvalid, |f| {
            f.id_claims = set("exp", json!("never"))
        }),
        ("nonce", TokenInvalid, |f| f.nonce = Some("another".into())),
        ("azp", TokenInvalid, |f| {
            f.id_claims = set("azp", json!("other"))
        }),
        ("at_hash", TokenInvalid, |f| {
            f.id_claims = set("at_hash", json!("other"))
        }),
        ("signature", TokenInvalid, |f| {
            f.id_signature = Signature::Foreign
        }),
        ("signature", TokenInvalid, |f| {
            f.id_signature = Signature::Nothing
        }),
        ("alg", TokenInvalid, |f| {
            f.id_header = set("alg", json!("none"))
        }),
        ("alg", TokenInvalid, |f| {
            f.id_header = set("alg", json!("HS256"));
            f.id_signature = Signature::Hmac;
        }),
        ("typ", TokenInvalid, |f| {
            f.id_header = set("typ", json!("logout+jwt"))
        }),
    ];
    for (check, code, fault) in faults {
        let error = refused(&provider, &party, fault).await;
        assert_eq!((error.check, error.code), (check, code), "{error}");
    }
    assert_eq!(provider.calls(Endpoint::Userinfo), 0);
}

#[tokio::test]
async fn k21_clocks_that_differ_have_a_reason_of_their_own() {
    let provider = Provider::start();
    let party = Party::of(&provider);
    for ahead in [300, -900, 86_400] {
        let error = refused(&provider, &party, |f| f.clock_ahead = ahead).await;
        assert_eq!((error.check, error.code), ("iat", ClockSkew), "{error}");
    }
    provider.faults().clock_ahead = 45;
    party.sign_in().await.unwrap();
}

#[tokio::test]
async fn c07_without_a_key_id_several_keys_are_too_many() {
    let provider = Provider::start();
    let party = Party::of(&provider);
    let no_kid = |f: &mut Faults| {
        f.id_header = without("kid");
        f.access_header = without("kid");
    };
    no_kid(&mut provider.faults());
    party.sign_in().await.unwrap();
    let provider = Provider::start();
    provider.publish_another_key();
    let error = refused(&provider, &Party::of(&provider), no_kid).await;
    assert_eq!(error.check, "key");
}

#[tokio::test]
async fn k31_an_access_token_that_cannot_be_verified_is_refused_with_what_to_do() {
    let provider = Provider::start();
    let party = Party::of(&provider);
    let opaque = |f: &mut Faults| f.opaque_access_token = true;
    let error = refused(&provider, &party, opaque).await;
    assert_eq!(error.check, "access_token.form");
    assert!(
        error.detail.contains("get_info_from_access_token"),
        "{error}"
    );
    let foreign = |f: &mut Faults| f.access_signature = Signature::Foreign;
    let error = refused(&provider, &party, foreign).await;
    assert_eq!(error.check, "access_token.signature");
    let lightweight = |f: &mut Faults| f.access_claims = without("sub");
    let error = refused(&provider, &party, lightweight).await;
    assert!(error.detail.contains("lightweight"), "{error}");
    let stranger = |f: &mut Faults| f.access_claims = set("azp", json!("other"));
    let error = refused(&provider, &party, stranger).await;
    assert_eq!(error.check, "access_token.azp");
}

#[tokio::test]
async fn c11_k28_userinfo_about_somebody_else_is_refused() {
    let provider = Provider::start();
    let party = Party::with(&provider, &[("get_info_from_access_token", "false")]);
    for (check, userinfo) in [
        ("userinfo.sub", set("sub", json!("another"))),
        (
            "userinfo.sub",
            set("sub", json!(Person::new("ann").sub.to_uppercase())),
        ),
        ("userinfo.sub", without("sub")),
    ] {
        let error = refused(&provider, &party, |f| f.userinfo = userinfo).await;
        assert_eq!((error.check, error.code), (check, TokenInvalid));
    }
    for (check, instead) in [
        ("userinfo.json", Says::Html),
        ("userinfo.status", Says::Status(401)),
        (
            "userinfo.json",
            Says::Text(r#"{"sub":"a","sub":"b"}"#.into()),
        ),
    ] {
        let fault = |f: &mut Faults| drop(f.says.insert(Endpoint::Userinfo, instead));
        let error = refused(&provider, &party, fault).await;
        assert_eq!((error.check, error.code), (check, ProviderError), "{error}");
    }
}

#[tokio::test]
async fn a_token_with_a_control_character_does_not_bring_the_service_down() {
    let provider = Provider::start();
    let party = Party::with(&provider, &[("get_info_from_access_token", "false")]);
    let fault = |f: &mut Faults| {
        f.token_answer = set("access_token", json!("a\r\nb"));
        f.id_claims = without("at_hash");
    };
    let error = refused(&provider, &party, fault).await;
    assert_eq!(error.check, "access_token.form");
}

#[tokio::test]
async fn k23_what_was_asked_for_at_authorization_is_checked_on_return() {
    let provider = Provider::start();
    let more = [
        ("authorize_params__acr_values", "gold"),
        ("authorize_params__max_age", "300"),
    ];
    let party = Party::with(&provider, &more);
    let error = refused(&provider, &party, |_| ()).await;
    assert_eq!(error.check, "acr");
    let gold = edit(|claims| claims["acr"] = "gold".into());
    provider.faults().id_claims = gold;
    party.sign_in().await.unwrap();
    let asked = provider.requests(Endpoint::Authorize);
    assert_eq!(
        (&*asked[0]["acr_values"], &*asked[0]["max_age"]),
        ("gold", "300")
    );
    let old = edit(|claims| {
        claims["acr"] = "gold".into();
        claims["auth_time"] = 1_000_000_000.into();
    });
    let error = refused(&provider, &party, |f| f.id_claims = old).await;
    assert_eq!(error.check, "auth_time");
}
