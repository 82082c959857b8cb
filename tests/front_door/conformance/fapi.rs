//! The modules of FAPI 2.0 that also bind a plain client of the code flow. The suite runs them
//! with PAR and DPoP; here the same provider does the same wrong to a plain sign-in.

use anyhow::ensure;
use serde_json::json;
use usher_tests::provider::{
    Algorithm, CLIENT_ID, Endpoint, Faults, Iss, Signature, edit, without,
};

use super::module::{ANSWER, Module, STATE, set};
use crate::refusals::checked::Expected;

async fn refused(check: &str, fault: impl FnOnce(&mut Faults)) -> anyhow::Result<()> {
    Module::with(fault).await?.refuses(check).await
}

async fn accepted(fault: impl FnOnce(&mut Faults)) -> anyhow::Result<()> {
    Module::with(fault).await?.accepts().await.map(drop)
}

/// The authorization response does not hold: no endpoint is called.
async fn stopped(expected: Expected<'_>, fault: impl FnOnce(&mut Faults)) -> anyhow::Result<()> {
    let module = Module::with(fault).await?;
    module.ends(expected).await?;
    for endpoint in [Endpoint::Token, Endpoint::Keys, Endpoint::Userinfo] {
        ensure!(module.calls(endpoint) == 0, "{endpoint:?} was called");
    }
    Ok(())
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_discovery_issuer_mismatch() -> anyhow::Result<()>
{
    let other = set("issuer", json!("https://other.example"));
    let module = Module::with(|f| f.metadata = other).await?;
    module.never_begins().await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_iss() -> anyhow::Result<()> {
    refused("iss", |f| {
        f.id_claims = edit(|claims| {
            claims["iss"] = format!("{}1", claims["iss"].as_str().unwrap_or_default()).into();
        });
    })
    .await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_aud() -> anyhow::Result<()> {
    let other = json!(["somebody-else"]);
    refused("aud", |f| f.id_claims = set("aud", other)).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_secondary_aud() -> anyhow::Result<()> {
    let both = json!([CLIENT_ID, "stranger"]);
    refused("aud", |f| f.id_claims = set("aud", both)).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_null_alg() -> anyhow::Result<()> {
    refused("alg", |f| {
        f.id_header = set("alg", json!("none"));
        f.id_signature = Signature::Nothing;
    })
    .await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_alternate_alg() -> anyhow::Result<()> {
    let module = Module::start(&[("signing_algorithm", "PS256")]).await?;
    let provider = &module.site.provider;
    provider.sign_with(Algorithm::Ps256);
    for (kid, algorithm) in [
        ("rs", Algorithm::Rs256),
        ("es", Algorithm::Es256),
        ("key-1", Algorithm::EdDsa),
    ] {
        provider.publish(kid, algorithm);
    }
    module.accepts().await?;
    for other in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        provider.faults().id_signature = Signature::With(other);
        module.refuses("alg").await?;
    }
    Ok(())
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_expired_exp() -> anyhow::Result<()> {
    refused("exp", |f| {
        f.id_claims = edit(|claims| {
            claims["exp"] = (claims["iat"].as_i64().unwrap_or_default() - 360).into();
        });
    })
    .await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_missing_exp() -> anyhow::Result<()> {
    refused("exp", |f| f.id_claims = without("exp")).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_missing_aud() -> anyhow::Result<()> {
    refused("aud", |f| f.id_claims = without("aud")).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_missing_iss() -> anyhow::Result<()> {
    refused("iss", |f| f.id_claims = without("iss")).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_valid_aud_as_array() -> anyhow::Result<()> {
    accepted(|f| f.id_claims = set("aud", json!([CLIENT_ID]))).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_nonce() -> anyhow::Result<()> {
    refused("nonce", |f| f.nonce = Some("another".to_owned())).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_missing_nonce() -> anyhow::Result<()> {
    refused("nonce", |f| f.id_claims = without("nonce")).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_invalid_authorization_response_iss()
-> anyhow::Result<()> {
    let detail = "response.iss: ";
    let other = Iss::Wrong("https://other.example".to_owned());
    stopped(Expected { detail, ..ANSWER }, |f| f.iss = other).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_remove_authorization_response_iss()
-> anyhow::Result<()> {
    let detail = "response.iss: ";
    stopped(Expected { detail, ..ANSWER }, |f| f.iss = Iss::Missing).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_state_fails()
-> anyhow::Result<()> {
    let detail = "unknown";
    let other = Some(Some("another".to_owned()));
    stopped(Expected { detail, ..STATE }, |f| f.state = other).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_missing_state_fails()
-> anyhow::Result<()> {
    let detail = "missing";
    stopped(Expected { detail, ..STATE }, |f| f.state = Some(None)).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_token_endpoint_response_without_expires_in()
-> anyhow::Result<()> {
    accepted(|f| f.token_answer = without("expires_in")).await
}

#[tokio::test]
async fn fapi2_security_profile_final_client_test_token_type_case_insensitivity()
-> anyhow::Result<()> {
    accepted(|f| f.token_answer = set("token_type", json!("bEARER"))).await
}
