use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use url::Url;

use super::host::is_loopback;
use super::{CompanyId, ProviderName, Secret, Source};

/// One configured OpenID Connect connection: the settings of `spec.md` §3.1, parsed.
///
/// Each field names its variable without the prefix
/// `CLEARML__{services,secure}__login__sso__oauth_client__P__`.
#[derive(Debug, Clone)]
pub struct Provider {
    /// `P` itself.
    pub name: ProviderName,
    /// `base_url`: the issuer as configured, byte for byte.
    pub base_url: String,
    /// `authorize_url`: wins over discovery.
    pub authorize_url: Option<Url>,
    /// `access_token_url`: wins over discovery.
    pub access_token_url: Option<Url>,
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`; with `private_key_jwt` there is none.
    pub client_secret: Option<Secret>,
    /// `default_company`.
    pub default_company: Option<CompanyId>,
    /// `claims__name`.
    pub claim_name: ClaimName,
    /// `claims__user_id`.
    pub claim_user_id: ClaimName,
    /// `claims__email`.
    pub claim_email: ClaimName,
    /// `groups__…`.
    pub groups: Groups,
    /// `admin_role`; empty switches role association off.
    pub admin_role: String,
    /// `idp_logout`.
    pub idp_logout: bool,
    /// `get_info_from_access_token`.
    pub get_info_from_access_token: bool,
    /// `display_name`, by default the name.
    pub display_name: String,
    /// `scopes`, `openid` among them.
    pub scopes: Vec<String>,
    /// `signing_algorithm`.
    pub signing_algorithm: Algorithm,
    /// `response_mode`.
    pub response_mode: ResponseMode,
    /// `authorize_params__NAME`.
    pub authorize_params: BTreeMap<String, String>,
    /// `client_auth`.
    pub client_auth: ClientAuth,
    /// `logout_token_typ`.
    pub logout_token_typ: LogoutTokenTyp,
    /// `allow_initiation`.
    pub allow_initiation: bool,
    /// `allow_unadvertised_iss`.
    pub allow_unadvertised_iss: bool,
    /// `policy__…`.
    pub policy: PolicySettings,
}

impl Provider {
    /// The issuer that tokens and metadata must name: `base_url`, whose single extra slash at
    /// the end may be taken back by discovery (`spec.md` §3.1).
    pub fn issuer(&self) -> &str {
        &self.base_url
    }

    /// Whether `base_url` itself is on loopback, so that plain http and loopback addresses
    /// are accepted.
    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.base_url).is_ok_and(|url| is_loopback(&url))
    }

    /// Where profile, groups and roles are read from.
    pub fn claims_source(&self) -> Source {
        if self.get_info_from_access_token {
            Source::AccessToken
        } else {
            Source::Userinfo
        }
    }

    /// `max_age` of `authorize_params`, whose promise is checked on return (K23).
    pub fn max_age(&self) -> Option<SignedDuration> {
        let seconds = self.authorize_params.get("max_age")?.trim().parse().ok()?;
        Some(SignedDuration::from_secs(seconds))
    }

    /// The authentication classes that `authorize_params` ask for, whose promise is checked on
    /// return (K23): those of `claims` (Core §5.5.1.1), which a provider may not pass over, else
    /// `acr_values`.
    pub fn acr_values(&self) -> Vec<String> {
        let by_claims = self.authorize_params.get("claims");
        let by_claims = by_claims.and_then(|claims| acr_of_claims(claims));
        by_claims.unwrap_or_else(|| {
            let asked = self.authorize_params.get("acr_values");
            let words = asked.iter().flat_map(|asked| asked.split_whitespace());
            words.map(str::to_owned).collect()
        })
    }

    /// Whether `prompt` of `authorize_params` has the person sign in again every time.
    pub fn prompts_login(&self) -> bool {
        let prompt = self.authorize_params.get("prompt");
        prompt.is_some_and(|prompt| prompt.split_whitespace().any(|word| word == "login"))
    }

    /// The settings document that a policy sees: the mapping keys with their defaults, and
    /// the site's own object under `site`.
    pub fn policy_document(&self) -> serde_json::Value {
        serde_json::json!({
            "default_company": self.default_company,
            "claims": {
                "name": self.claim_name.as_str(),
                "user_id": self.claim_user_id.as_str(),
                "email": self.claim_email.as_str(),
            },
            "groups": {
                "enabled": self.groups.enabled,
                "claim": self.groups.claim.as_str(),
                "absent": self.groups.absent,
                "admins": self.groups.admins,
                "case_sensitive": self.groups.case_sensitive,
                "prohibit_user_signup_if_not_in_group": self.groups.prohibit_user_signup_if_not_in_group,
            },
            "admin_role": self.admin_role,
            "get_info_from_access_token": self.get_info_from_access_token,
            "policy": { "may_move": self.policy.may_move },
            "site": self.policy.settings,
        })
    }
}

/// The classes that a `claims` parameter asks for in the ID token.
fn acr_of_claims(claims: &str) -> Option<Vec<String>> {
    let claims: serde_json::Value = serde_json::from_str(claims).ok()?;
    let acr = claims.pointer("/id_token/acr")?;
    let one = acr.get("value").and_then(|value| value.as_str());
    let several = acr.get("values").and_then(|values| values.as_array());
    let several = several.into_iter().flatten().filter_map(|v| v.as_str());
    let asked: Vec<String> = one.into_iter().chain(several).map(str::to_owned).collect();
    (!asked.is_empty()).then_some(asked)
}

/// `groups__…`.
#[derive(Debug, Clone)]
pub struct Groups {
    /// `groups__enabled`.
    pub enabled: bool,
    /// `groups__claim`.
    pub claim: ClaimName,
    /// `groups__absent`.
    pub absent: Absent,
    /// `groups__admins`.
    pub admins: Vec<String>,
    /// `groups__case_sensitive`.
    pub case_sensitive: bool,
    /// `groups__prohibit_user_signup_if_not_in_group`.
    pub prohibit_user_signup_if_not_in_group: bool,
}

/// `policy__…`.
#[derive(Debug, Clone)]
pub struct PolicySettings {
    /// `policy__module`; none is the built-in default policy.
    pub module: Option<PathBuf>,
    /// `policy__limits`.
    pub limits: PolicyLimits,
    /// `policy__settings`, a JSON object.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// `policy__may_move`.
    pub may_move: bool,
}

/// The name of a claim: one top-level claim as it is written, or an RFC 6901 pointer if it
/// begins with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimName(String);

impl ClaimName {
    /// A name or pointer; `None` if it is empty or an invalid pointer.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = match text.strip_prefix('/') {
            None => !text.is_empty(),
            Some(rest) => rest
                .split('~')
                .skip(1)
                .all(|after| after.starts_with(['0', '1'])),
        };
        valid.then(|| Self(text.to_owned()))
    }

    /// As configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The RFC 6901 pointer to it.
    pub fn pointer(&self) -> String {
        if self.0.starts_with('/') {
            return self.0.clone();
        }
        format!("/{}", self.0.replace('~', "~0").replace('/', "~1"))
    }
}

/// What a token without the groups claim means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// The person is in no group.
    Empty,
    /// Nothing is known, nothing changes.
    Leave,
}

/// The one signature algorithm accepted from a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the registered names say it")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 9] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
    ];

    /// The registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }

    /// The algorithm of that name, in exactly that spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.as_str() == text)
    }
}

/// How the authorization response comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of a GET.
    Query,
    /// In the body of a cross-site POST.
    FormPost,
}

/// How we prove who we are at the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAuth {
    /// `client_secret_basic`.
    SecretBasic,
    /// `client_secret_post`.
    SecretPost,
    /// `private_key_jwt`, with the PEM of `client_key_file`.
    PrivateKeyJwt(Secret),
}

/// Which `typ` a logout token may have (K44).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutTokenTyp {
    /// `logout+jwt`, `JWT` or absent.
    Compatible,
    /// `logout+jwt`.
    Strict,
}

/// Which column of `policy.md` §5 applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyLimits {
    /// Rust or C.
    Standard,
    /// JavaScript or Python.
    Interpreter,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_name_with_dots_and_tildes_is_one_top_level_claim() {
        let name = ClaimName::parse("https://x.example/groups~1").unwrap();
        assert_eq!(name.pointer(), "/https:~1~1x.example~1groups~01");
        assert_eq!(ClaimName::parse("a.b").unwrap().pointer(), "/a.b");
        assert_eq!(ClaimName::parse("/a/b~1c").unwrap().pointer(), "/a/b~1c");
        for bad in ["", "/a~", "/a~2"] {
            assert_eq!(ClaimName::parse(bad), None, "{bad}");
        }
    }
}
