//! What a provider says about itself: fetched and checked by ourselves, because nothing that
//! is wrong there can be made good later.

use openidconnect::http::HeaderMap;
use serde_json::{Map, Value};
use url::{Host, Url};

use super::error::shown;
use super::outbound::Gate;
use super::{OidcError, json};
use crate::domain::{Code, Provider};

/// The metadata that a sign-in needs, checked.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    /// The issuer that tokens must name.
    pub(super) issuer: String,
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) jwks: Url,
    pub(super) userinfo: Option<Url>,
    pub(super) end_session: Option<Url>,
    /// `authorization_response_iss_parameter_supported` (K10).
    pub(super) announces_iss: bool,
    /// Something the operator should know, in words.
    pub(super) note: Option<String>,
}

/// Fetches and checks the metadata.
///
/// # Errors
/// [`Code::ProviderUnreachable`] without an answer, [`Code::ProviderError`] with a wrong one.
pub(super) async fn fetch(gate: &Gate, provider: &Provider) -> Result<Metadata, OidcError> {
    let (document, _) = read(gate, provider).await?;
    Metadata::check(provider, &document)
}

/// Fetches the metadata as they are, with the headers they came with.
///
/// # Errors
/// As [`fetch`], but for what the document says.
pub(super) async fn read(
    gate: &Gate,
    provider: &Provider,
) -> Result<(Map<String, Value>, HeaderMap), OidcError> {
    let url = address(provider)?;
    let answer = gate.fetch(&url, "application/json").await?;
    let status = answer.status().as_u16();
    if status != 200 {
        let detail = format!("{url} answered with status {status}; is base_url right?");
        return Err(OidcError::provider("discovery.status", detail));
    }
    let document = json::object(answer.body()).map_err(|reason| {
        let what = match answer.body().trim_ascii_start() {
            [b'<', ..] => "HTML instead of JSON".to_owned(),
            _ => reason.to_string(),
        };
        let detail = format!("{url} answered with {what}; is base_url right?");
        OidcError::provider("discovery.json", detail)
    })?;
    Ok((document, answer.into_parts().0.headers))
}

/// Whether a failure says that the metadata changed for the worse, so that an older copy of
/// it must not be used any more. A provider that is merely down says nothing.
pub(super) fn is_refusal(error: &OidcError) -> bool {
    let down = ["discovery.status", "discovery.json"];
    error.code != Code::ProviderUnreachable && !down.contains(&error.check)
}

fn address(provider: &Provider) -> Result<Url, OidcError> {
    let base = &provider.base_url;
    let refuse = |why: &str| {
        let detail = format!("base_url {} {why}", shown(base));
        OidcError::provider("discovery.base_url", detail)
    };
    let base_url = Url::parse(base).map_err(|_| refuse("is not a URL"))?;
    usable(&base_url, provider).map_err(refuse)?;
    if base_url.query().is_some() {
        return Err(refuse("has a query"));
    }
    // The one place where the slash at the end does not count.
    let stem = base.strip_suffix('/').unwrap_or(base);
    Url::parse(&format!("{stem}/.well-known/openid-configuration"))
        .map_err(|_| refuse("is not a URL"))
}

impl Metadata {
    pub(super) fn check(
        provider: &Provider,
        document: &Map<String, Value>,
    ) -> Result<Self, OidcError> {
        let (issuer, note) = issuer(provider, document)?;
        requires_s256(document)?;
        let endpoint = |name: &'static str| endpoint(provider, document, name);
        let required = |name: &'static str| {
            endpoint(name)?.ok_or_else(|| {
                OidcError::provider("discovery.endpoint", format!("there is no {name}"))
            })
        };
        let explicit = |url: &Option<Url>, name: &'static str| match url {
            None => required(name),
            Some(url) => usable(url, provider).map(|()| url.clone()).map_err(|why| {
                let detail = format!("the configured {name} {why}");
                OidcError::provider("discovery.endpoint", detail)
            }),
        };
        Ok(Self {
            issuer,
            authorization: explicit(&provider.authorize_url, "authorization_endpoint")?,
            token: explicit(&provider.access_token_url, "token_endpoint")?,
            jwks: required("jwks_uri")?,
            userinfo: endpoint("userinfo_endpoint")?,
            end_session: endpoint("end_session_endpoint")?,
            announces_iss: document.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
            note,
        })
    }
}

/// K12: byte for byte, but for one slash at the end that `base_url` alone may carry
/// (`spec.md` §3.1).
fn issuer(
    provider: &Provider,
    document: &Map<String, Value>,
) -> Result<(String, Option<String>), OidcError> {
    let refuse = |detail: String| OidcError::provider("discovery.issuer", detail);
    let configured = provider.issuer();
    match document.get("issuer") {
        Some(Value::String(issuer)) if issuer == configured => Ok((issuer.clone(), None)),
        Some(Value::String(issuer)) if configured.strip_suffix('/') == Some(issuer) => {
            let note = format!(
                "base_url ends with a slash, and the issuer does not: {} is taken as the issuer",
                shown(issuer)
            );
            Ok((issuer.clone(), Some(note)))
        }
        Some(Value::String(issuer)) => Err(refuse(format!(
            "the provider calls itself {}, base_url is {}; set base_url to the issuer",
            shown(issuer),
            shown(configured)
        ))),
        _ => Err(refuse("the metadata names no issuer".into())),
    }
}

/// K3: a provider that lists its methods must list S256.
fn requires_s256(document: &Map<String, Value>) -> Result<(), OidcError> {
    let announced = match document.get("code_challenge_methods_supported") {
        None | Some(Value::Null) => true,
        Some(Value::Array(methods)) => methods.contains(&"S256".into()),
        Some(_) => false,
    };
    if announced {
        return Ok(());
    }
    let detail = "the provider lists PKCE methods, and S256 is not among them";
    Err(OidcError::provider("discovery.pkce", detail))
}

fn endpoint(
    provider: &Provider,
    document: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<Url>, OidcError> {
    let refuse = |why: &str| {
        OidcError::provider(
            "discovery.endpoint",
            format!("{name} of the provider {why}"),
        )
    };
    let text = match document.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(refuse("is no string")),
    };
    let url = Url::parse(text).map_err(|_| refuse("is not a URL"))?;
    usable(&url, provider).map_err(refuse)?;
    Ok(Some(url))
}

/// K13: https; plain http only on loopback, and only for a provider that is there.
fn usable(url: &Url, provider: &Provider) -> Result<(), &'static str> {
    let named_user = !url.username().is_empty() || url.password().is_some();
    match url.scheme() {
        _ if url.host().is_none() => Err("has no host"),
        _ if named_user => Err("carries a user name or password"),
        _ if url.fragment().is_some() => Err("has a fragment"),
        "https" => Ok(()),
        "http" if provider.is_loopback() && on_loopback(url) => Ok(()),
        "http" => Err("must be https; plain http is accepted on loopback only"),
        _ => Err("must begin with https://"),
    }
}

fn on_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::provider;
    use super::*;

    const ISSUER: &str = "https://id.example/realms/acme";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://id.example/jwks",
        })
    }

    fn check(base_url: &str, document: &Value) -> Result<Metadata, OidcError> {
        let mut provider = provider();
        provider.base_url = base_url.into();
        Metadata::check(&provider, document.as_object().unwrap())
    }

    #[test]
    fn k12_hole22_the_issuer_is_the_configured_one_byte_for_byte() {
        assert_eq!(check(ISSUER, &document()).unwrap().note, None);
        for base_url in [
            "https://id.example/realms",
            "https://id.example/realms/acme2",
            "https://id.example/realms/acme//",
            "https://id.example/realms/Acme",
            "https://ID.example/realms/acme",
            "http://id.example/realms/acme",
            "https://id.example:443/realms/acme",
        ] {
            let error = check(base_url, &document()).unwrap_err();
            assert_eq!(error.check, "discovery.issuer", "{base_url}");
        }
        let mut without = document();
        without["issuer"] = json!(7);
        assert!(check(ISSUER, &without).is_err());
    }

    #[test]
    fn one_extra_slash_of_base_url_alone_is_taken_back_with_a_note() {
        let metadata = check(&format!("{ISSUER}/"), &document()).unwrap();
        assert_eq!(metadata.issuer, ISSUER);
        assert!(metadata.note.is_some());
        let mut slashed = document();
        slashed["issuer"] = json!(format!("{ISSUER}/"));
        assert!(check(ISSUER, &slashed).is_err());
        let kept = check(&format!("{ISSUER}/"), &slashed).unwrap();
        assert_eq!(kept.issuer, format!("{ISSUER}/"));
    }

    #[test]
    fn k13_an_endpoint_is_https_and_names_nobody() {
        for (name, url) in [
            ("jwks_uri", "http://id.example/jwks"),
            ("jwks_uri", "http://127.0.0.1/jwks"),
            ("jwks_uri", "file:///etc/passwd"),
            ("jwks_uri", "/jwks"),
            ("token_endpoint", "https://user@id.example/token"),
            ("authorization_endpoint", "javascript:alert(1)"),
            ("userinfo_endpoint", "http://169.254.169.254/"),
            ("end_session_endpoint", "https://id.example/#x"),
        ] {
            let mut document = document();
            document[name] = json!(url);
            let error = check(ISSUER, &document).unwrap_err();
            assert_eq!(error.check, "discovery.endpoint", "{name} {url}");
        }
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            let mut document = document();
            document[name] = Value::Null;
            assert!(check(ISSUER, &document).is_err(), "{name}");
        }
    }

    #[test]
    fn explicit_endpoints_win_over_discovery() {
        let mut provider = provider();
        provider.base_url = ISSUER.into();
        provider.authorize_url = Some(Url::parse("https://front.example/auth").unwrap());
        provider.access_token_url = Some(Url::parse("http://back.example/token").unwrap());
        let document = document();
        let document = document.as_object().unwrap();
        let error = Metadata::check(&provider, document).unwrap_err();
        assert!(error.detail.contains("token_endpoint"), "{error}");
        provider.access_token_url = None;
        let metadata = Metadata::check(&provider, document).unwrap();
        assert_eq!(
            metadata.authorization.as_str(),
            "https://front.example/auth"
        );
    }

    #[test]
    fn k3_methods_without_s256_make_the_connection_unusable() {
        for (methods, usable) in [
            (json!(["plain", "S256"]), true),
            (json!(null), true),
            (json!(["plain"]), false),
            (json!([]), false),
            (json!("S256"), false),
        ] {
            let mut document = document();
            document["code_challenge_methods_supported"] = methods.clone();
            let checked = check(ISSUER, &document);
            assert_eq!(checked.is_ok(), usable, "{methods}");
            assert!(checked.err().is_none_or(|e| e.check == "discovery.pkce"));
        }
    }

    /// Rows: C15
    #[test]
    fn the_document_lives_below_base_url_with_or_without_its_slash() {
        let mut provider = provider();
        for base in [ISSUER.to_owned(), format!("{ISSUER}/")] {
            provider.base_url = base;
            let url = address(&provider).unwrap();
            let expected = format!("{ISSUER}/.well-known/openid-configuration");
            assert_eq!(url.as_str(), expected);
        }
        for base in ["http://id.example", "id.example", "https://id.example?x"] {
            provider.base_url = base.into();
            assert_eq!(
                address(&provider).unwrap_err().check,
                "discovery.base_url",
                "{base}"
            );
        }
    }
}
