//! The core of the suite. Each test is named as the suite names the module.

use anyhow::{Context, ensure};
use serde_json::json;
use usher_tests::provider::{Algorithm, Endpoint, Person, Provider, Signature, edit, without};
use usher_tests::visitor::Visitor;

use super::module::{ANSWER, Module, set};
use crate::acme::MAIN;
use crate::refusals::checked::Expected;

const FORM_POST: (&str, &str) = ("response_mode", "form_post");

#[tokio::test]
async fn oidcc_client_test() -> anyhow::Result<()> {
    for settings in [&[][..], &[FORM_POST]] {
        let module = Module::start(settings).await?;
        module.accepts().await?;
        for endpoint in [Endpoint::Token, Endpoint::Userinfo] {
            ensure!(module.calls(endpoint) == 1, "{endpoint:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_invalid_iss() -> anyhow::Result<()> {
    let other = set("iss", json!("https://other.example/"));
    let module = Module::with(|f| f.id_claims = other).await?;
    module.refuses("iss").await
}

#[tokio::test]
async fn oidcc_client_test_missing_sub() -> anyhow::Result<()> {
    let module = Module::start(&[]).await?;
    for wrong in [
        without("sub"),
        set("sub", json!("")),
        set("sub", json!("a".repeat(256))),
    ] {
        module.site.provider.faults().id_claims = wrong;
        module.refuses("sub").await?;
    }
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_invalid_aud() -> anyhow::Result<()> {
    let module = Module::with(|f| f.id_claims = set("aud", json!("somebody-else"))).await?;
    module.refuses("aud").await
}

#[tokio::test]
async fn oidcc_client_test_missing_iat() -> anyhow::Result<()> {
    let module = Module::with(|f| f.id_claims = without("iat")).await?;
    module.refuses("iat").await
}

#[tokio::test]
async fn oidcc_client_test_kid_absent_single_jwks() -> anyhow::Result<()> {
    let module = Module::with(|f| f.id_header = without("kid")).await?;
    module.accepts().await.map(drop)
}

#[tokio::test]
async fn oidcc_client_test_kid_absent_multiple_jwks() -> anyhow::Result<()> {
    let module = Module::with(|f| f.id_header = without("kid")).await?;
    module.site.provider.publish_another_key();
    module.refuses("key").await
}

#[tokio::test]
async fn oidcc_client_test_idtoken_sig_rs256() -> anyhow::Result<()> {
    let module = Module::start(&[("signing_algorithm", "RS256")]).await?;
    // Keys of the same name and other algorithms are in the way.
    for algorithm in [Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa] {
        module.site.provider.publish("key-0", algorithm);
    }
    module.accepts().await.map(drop)
}

#[tokio::test]
async fn oidcc_client_test_idtoken_sig_none() -> anyhow::Result<()> {
    let module = Module::with(|f| f.id_signature = Signature::Nothing).await?;
    for none in ["none", "None", "NONE"] {
        module.site.provider.faults().id_header = edit(move |header| {
            header["alg"] = none.into();
            header.as_object_mut().map(|header| header.remove("kid"));
        });
        module.refuses("alg").await?;
    }
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_invalid_sig_rs256() -> anyhow::Result<()> {
    let module = Module::with(|f| f.id_signature = Signature::Foreign).await?;
    module.refuses("signature").await
}

#[tokio::test]
async fn oidcc_client_test_userinfo_invalid_sub() -> anyhow::Result<()> {
    let module = Module::with(|f| f.userinfo = set("sub", json!("another"))).await?;
    module.refuses("userinfo.sub").await
}

#[tokio::test]
async fn oidcc_client_test_nonce_invalid() -> anyhow::Result<()> {
    let module = Module::with(|f| f.nonce = Some("another".to_owned())).await?;
    module.refuses("nonce").await
}

#[tokio::test]
async fn oidcc_client_test_scope_userinfo_claims() -> anyhow::Result<()> {
    let scopes = "openid profile email phone address";
    let module = Module::start(&[("scopes", scopes)]).await?;
    module.site.provider.faults().userinfo = edit(|claims| {
        claims["phone_number"] = "+49 30 123456".into();
        claims["address"] = json!({"country": "DE"});
    });
    module.accepts().await?;
    let asked = module.site.provider.requests(Endpoint::Authorize);
    assert_eq!(asked[0]["scope"], scopes);
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_client_secret_basic() -> anyhow::Result<()> {
    let module = Module::start(&[]).await?;
    module.accepts().await?;
    let asked = &module.site.provider.requests(Endpoint::Token)[0];
    assert!(asked["authorization"].starts_with("Basic "), "{asked:?}");
    assert!(!asked.contains_key("client_secret"), "{asked:?}");
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_discovery_openid_config() -> anyhow::Result<()> {
    let module = Module::start(&[]).await?;
    module.accepts().await?;
    assert_eq!(module.calls(Endpoint::Discovery), 1);
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_discovery_jwks_uri_keys() -> anyhow::Result<()> {
    for run in ["1", "2"] {
        let module = Module::start(&[]).await?;
        let keys = format!(
            "{}/protocol/openid-connect/certs?run={run}",
            module.site.provider.issuer()
        );
        module.site.provider.faults().metadata = set("jwks_uri", keys.into());
        module.accepts().await?;
        assert_eq!(module.site.provider.requests(Endpoint::Keys)[0]["run"], run);
    }
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_discovery_issuer_mismatch() -> anyhow::Result<()> {
    let other = set("issuer", json!("https://other.example"));
    let module = Module::with(|f| f.metadata = other).await?;
    module.never_begins().await
}

#[tokio::test]
async fn oidcc_client_test_signing_key_rotation_just_before_signing() -> anyhow::Result<()> {
    let module = Module::start(&[]).await?;
    module.accepts().await?;
    let mut ann = Visitor::new();
    let page = module.site.up_to_the_callback(&mut ann, MAIN).await?;
    module.site.provider.rotate_keys();
    let page = ann.follow(&page).await?;
    assert_eq!(page.status, 303, "{page}");
    assert_eq!(module.site.session_status(&mut ann).await?, 200);
    assert_eq!(module.calls(Endpoint::Keys), 2, "exactly one more");
    module.asked_properly()
}

#[tokio::test]
async fn oidcc_client_test_signing_key_rotation() -> anyhow::Result<()> {
    let module = Module::start(&[]).await?;
    module.accepts().await?;
    module.site.provider.rotate_keys();
    module.accepts().await?;
    assert_eq!(module.calls(Endpoint::Keys), 2);
    Ok(())
}

/// Rows: K29, hole 17
#[tokio::test]
async fn oidcc_client_test_userinfo_signed() -> anyhow::Result<()> {
    let module = Module::with(|f| f.userinfo_signed = true).await?;
    module.accepts().await?;
    module.site.provider.faults().userinfo_signature = Signature::Foreign;
    module.refuses("userinfo.signature").await
}

#[tokio::test]
async fn oidcc_client_test_missing_aud() -> anyhow::Result<()> {
    let module = Module::with(|f| f.id_claims = without("aud")).await?;
    module.refuses("aud").await
}

#[tokio::test]
async fn oidcc_client_test_invalid_sig_hs256() -> anyhow::Result<()> {
    let module = Module::with(|f| {
        f.id_header = set("alg", json!("HS256"));
        f.id_signature = Signature::Hmac;
    })
    .await?;
    module.refuses("alg").await
}

#[tokio::test]
async fn oidcc_client_test_invalid_sig_es256() -> anyhow::Result<()> {
    let module = Module::start(&[("signing_algorithm", "ES256")]).await?;
    module.site.provider.sign_with(Algorithm::Es256);
    module.accepts().await?;
    module.site.provider.faults().id_signature = Signature::Foreign;
    module.refuses("signature").await
}

/// Rows: K30
#[tokio::test]
async fn oidcc_client_test_userinfo_bearer_header() -> anyhow::Result<()> {
    let module = Module::start(&[]).await?;
    module.accepts().await?;
    let asked = &module.site.provider.requests(Endpoint::Userinfo)[0];
    assert!(asked["authorization"].starts_with("Bearer "), "{asked:?}");
    assert_eq!(asked.len(), 1, "and nowhere else: {asked:?}");
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_form_post_error() -> anyhow::Result<()> {
    let silent = ("authorize_params__prompt", "none");
    let fresh = ("authorize_params__max_age", "0");
    let module = Module::start(&[FORM_POST, silent, fresh]).await?;
    module.site.provider.faults().error = Some("login_required".to_owned());
    module
        .ends(Expected {
            heading: "The identity provider has to ask you something first",
            detail: "error: the provider answered with login_required",
            ..ANSWER
        })
        .await?;
    assert_eq!(module.calls(Endpoint::Token), 0);
    Ok(())
}

/// Rows: hole 42
#[tokio::test]
async fn oidcc_client_test_aggregated_claims() -> anyhow::Result<()> {
    let module = Module::start(&[("groups__enabled", "true")]).await?;
    let elsewhere = Provider::start();
    let endpoint = format!("{}/protocol/openid-connect/userinfo", elsewhere.issuer());
    let sources = edit(move |claims| {
        claims["_claim_names"] = json!({"address": "a", "groups": "b", "phone_number": "b"});
        claims["_claim_sources"] = json!({
            "a": {"JWT": "eyJhbGciOiJub25lIn0.eyJhZGRyZXNzIjoiaG9zdGlsZSJ9."},
            "b": {"endpoint": endpoint, "access_token": "hostile"},
        });
        claims["picture"] = endpoint.clone().into();
        claims["jku"] = endpoint.clone().into();
    });
    module.site.provider.faults().id_claims = sources.clone();
    module.site.provider.faults().userinfo = sources;
    module.accepts().await?;
    for endpoint in [Endpoint::Userinfo, Endpoint::Discovery, Endpoint::Keys] {
        assert_eq!(elsewhere.calls(endpoint), 0, "{endpoint:?} was fetched");
    }
    Ok(())
}

#[tokio::test]
async fn oidcc_client_test_3rd_party_init_login() -> anyhow::Result<()> {
    for (allowed, status) in [("true", 303), ("false", 400)] {
        let module = Module::start(&[("allow_initiation", allowed)]).await?;
        module.site.provider.sign_in_as(Person::new("ann"));
        let mut ann = Visitor::new();
        let mut url: url::Url = module.site.url("/login/initiate").parse()?;
        url.query_pairs_mut()
            .append_pair("iss", &module.site.provider.issuer());
        let page = ann.get(&url).await.context(allowed)?;
        assert_eq!(page.status, status, "{page}");
        ann.settle(page).await?;
        let session = module.site.session_status(&mut ann).await?;
        assert_eq!(session == 200, allowed == "true");
        module.asked_properly()?;
    }
    Ok(())
}

/// Rows: C45, C46, C47, C48, C49
#[tokio::test]
async fn c44_our_requests_are_right_whatever_comes_back() -> anyhow::Result<()> {
    let wide = [
        ("scopes", "profile openid"),
        ("authorize_params__max_age", "0"),
    ];
    let module = Module::start(&wide).await?;
    module.accepts().await?;
    module.site.provider.faults().id_claims = without("aud");
    module.refuses("aud").await?;
    let asked = module.site.provider.requests(Endpoint::Authorize);
    assert_eq!(asked.len(), 2);
    for asked in asked {
        assert_eq!(asked["max_age"], "0");
        assert!(!asked.contains_key("prompt"), "{asked:?}");
        let redirect: url::Url = asked["redirect_uri"].parse()?;
        assert_eq!(redirect.fragment(), None);
        assert!(!asked.contains_key("access_token"), "{asked:?}");
    }
    Ok(())
}
