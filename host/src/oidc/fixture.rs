//! What the tests of this module share.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::Url;

use super::Handshake;
use super::discovery::Metadata;
use crate::domain::{
    Absent, Algorithm, Attested, ClaimName, ClientAuth, Groups, LogoutTokenTyp, PolicyLimits,
    PolicySettings, Provider, ResponseMode, Secret, VerifiedTokens,
};

pub(super) const ISSUER: &str = "https://id.example/realms/acme";

pub(super) fn provider() -> Provider {
    let claim = |name| ClaimName::parse(name).unwrap();
    Provider {
        name: "keycloak".parse().unwrap(),
        base_url: ISSUER.into(),
        authorize_url: None,
        access_token_url: None,
        client_id: "usher".into(),
        client_secret: Some(Secret::new("secret")),
        default_company: None,
        claim_name: claim("name"),
        claim_user_id: claim("sub"),
        claim_email: claim("email"),
        groups: Groups {
            enabled: false,
            claim: claim("groups"),
            absent: Absent::Empty,
            admins: Vec::new(),
            case_sensitive: true,
            prohibit_user_signup_if_not_in_group: false,
        },
        admin_role: "admin".into(),
        idp_logout: false,
        get_info_from_access_token: true,
        display_name: "Keycloak".into(),
        scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
        signing_algorithm: Algorithm::RS256,
        response_mode: ResponseMode::Query,
        authorize_params: BTreeMap::new(),
        client_auth: ClientAuth::SecretBasic,
        logout_token_typ: LogoutTokenTyp::Compatible,
        allow_initiation: false,
        allow_unadvertised_iss: false,
        policy: PolicySettings {
            module: None,
            limits: PolicyLimits::Standard,
            settings: serde_json::Map::new(),
            may_move: false,
        },
    }
}

pub(super) fn metadata() -> Metadata {
    let url = |path| Url::parse(&format!("{ISSUER}/{path}")).unwrap();
    Metadata {
        issuer: ISSUER.into(),
        authorization: url("auth"),
        token: url("token"),
        jwks: url("certs"),
        userinfo: Some(url("userinfo")),
        end_session: Some(url("logout")),
        announces_iss: false,
        note: None,
    }
}

pub(super) fn handshake() -> Handshake {
    Handshake {
        state: "the-state".into(),
        nonce: "the-nonce".into(),
        verifier: Secret::new("the-verifier-of-at-least-forty-three-characters"),
        begun_at: jiff::Timestamp::from_second(1_800_000_000 - 300).unwrap(),
    }
}

/// Verified tokens of `the-subject` with these claims in the access token.
pub(super) fn verified(access_token: Option<Value>) -> VerifiedTokens {
    VerifiedTokens::attest(Attested {
        issuer: ISSUER.into(),
        subject: "the-subject".into(),
        id_token: json!({"sub": "the-subject", "name": "From the ID token"}),
        access_token,
        session: None,
        raw_id_token: Secret::new("i"),
        raw_access_token: Secret::new("a"),
    })
}
