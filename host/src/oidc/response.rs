//! The authorization response, by GET or by form_post, before it is believed.

use url::form_urlencoded;

use super::checks::same;
use super::discovery::Metadata;
use super::error::shown;
use super::{Handshake, OidcError};
use crate::domain::{Code, Provider, Secret};

const LONGEST: usize = 4096;

/// What came back to the callback.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthorizationResponse {
    /// The code to redeem.
    pub code: Option<Secret>,
    /// Which attempt it answers.
    pub state: Option<String>,
    /// Who says so (RFC 9207).
    pub iss: Option<String>,
    /// The error code; never to be shown.
    pub error: Option<String>,
    /// A parameter was there twice or was longer than 4096 characters. It is left out above.
    pub malformed: bool,
}

impl AuthorizationResponse {
    /// Reads a query string or a form body. Everything but the four parameters is ignored,
    /// a token in the front channel included (K1).
    pub fn parse(query_or_form: &str) -> Self {
        let mut response = Self::default();
        let mut single = |name: &str| {
            let mut values = form_urlencoded::parse(query_or_form.as_bytes())
                .filter(|(n, _)| n == name)
                .map(|(_, value)| value.into_owned());
            let value = values.next()?;
            let sound = values.next().is_none() && value.len() <= LONGEST;
            response.malformed |= !sound;
            sound.then_some(value)
        };
        let (code, state) = (single("code"), single("state"));
        let (iss, error) = (single("iss"), single("error"));
        Self {
            code: code.map(Secret::new),
            state,
            iss,
            error,
            ..response
        }
    }

    /// Checks, in this order: form, state, issuer (K9 to K11, for errors too), error, code.
    pub(super) fn code(
        &self,
        provider: &Provider,
        metadata: &Metadata,
        handshake: &Handshake,
    ) -> Result<&Secret, OidcError> {
        if self.malformed {
            let detail = "a parameter is there twice or too long";
            return Err(OidcError::provider("response", detail));
        }
        self.check_state(handshake)?;
        self.check_issuer(provider, metadata)?;
        if let Some(error) = &self.error {
            return Err(refusal(error));
        }
        let missing = || OidcError::provider("code", "there is neither a code nor an error");
        self.code
            .as_ref()
            .filter(|c| !c.expose().is_empty())
            .ok_or_else(missing)
    }

    fn check_state(&self, handshake: &Handshake) -> Result<(), OidcError> {
        let state = self.state.as_deref().unwrap_or_default();
        if same(state, &handshake.state) {
            return Ok(());
        }
        let detail = "state is not the one of this attempt";
        Err(OidcError::new(Code::StateInvalid, "state", detail))
    }

    fn check_issuer(&self, provider: &Provider, metadata: &Metadata) -> Result<(), OidcError> {
        let refuse = |detail: String| Err(OidcError::provider("response.iss", detail));
        match &self.iss {
            Some(iss) if *iss != metadata.issuer => refuse(format!(
                "iss is {}, expected {}",
                shown(iss),
                shown(&metadata.issuer)
            )),
            Some(_) if !metadata.announces_iss && !provider.allow_unadvertised_iss => refuse(
                "the provider sent iss though it does not announce it (allow_unadvertised_iss)"
                    .into(),
            ),
            None if metadata.announces_iss => {
                refuse("the provider announces iss and did not send it".into())
            }
            _ => Ok(()),
        }
    }
}

/// What the provider's `error` means. Only registered codes are named.
fn refusal(error: &str) -> OidcError {
    const REGISTERED: [&str; 15] = [
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_request",
        "invalid_request_object",
        "invalid_request_uri",
        "invalid_scope",
        "login_required",
        "request_not_supported",
        "request_uri_not_supported",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    ];
    const OF_THE_PERSON: [&str; 4] = [
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "login_required",
    ];
    let known = REGISTERED.iter().find(|code| **code == error);
    let known = known.unwrap_or(&"an error code that is not registered");
    OidcError {
        denied: error == "access_denied",
        unattended: OF_THE_PERSON.contains(&error),
        ..OidcError::provider("error", format!("the provider answered with {known}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{ISSUER, handshake, metadata, provider};
    use super::*;

    fn outcome(query: &str, announced: bool, allowed: bool) -> Result<String, OidcError> {
        let metadata = Metadata {
            announces_iss: announced,
            ..metadata()
        };
        let mut provider = provider();
        provider.allow_unadvertised_iss = allowed;
        AuthorizationResponse::parse(query)
            .code(&provider, &metadata, &handshake())
            .map(|code| code.expose().to_owned())
    }

    fn check(query: &str) -> &'static str {
        outcome(query, false, false).unwrap_err().check
    }

    #[test]
    fn f18_f19_hole28_a_response_without_the_state_of_the_attempt_is_refused() {
        assert_eq!(
            outcome("code=c&state=the-state", false, false),
            Ok("c".into())
        );
        for query in [
            "code=c",
            "code=c&state=",
            "code=c&state=other",
            "code=c&state=THE-STATE",
        ] {
            let error = outcome(query, false, false).unwrap_err();
            assert_eq!((error.check, error.code), ("state", Code::StateInvalid));
        }
    }

    #[test]
    fn k9_k10_k11_f16_f17_the_issuer_of_the_response_is_exact_and_there_when_announced() {
        let iss: String = form_urlencoded::byte_serialize(ISSUER.as_bytes()).collect();
        let right = format!("code=c&state=the-state&iss={iss}");
        assert!(outcome(&right, true, false).is_ok());
        assert!(outcome(&right, false, true).is_ok());
        let twice: String = form_urlencoded::byte_serialize(iss.as_bytes()).collect();
        for (query, announced, allowed) in [
            (right.as_str(), false, false),
            ("code=c&state=the-state", true, false),
            ("code=c&state=the-state&iss=", true, false),
            (
                "code=c&state=the-state&iss=https://evil.example",
                true,
                true,
            ),
            (&format!("code=c&state=the-state&iss={iss}/"), true, true),
            (&format!("code=c&state=the-state&iss={twice}"), true, true),
            ("error=access_denied&state=the-state", true, false),
            (
                "error=access_denied&state=the-state&iss=https://evil.example",
                false,
                true,
            ),
        ] {
            let error = outcome(query, announced, allowed).unwrap_err();
            assert_eq!(error.check, "response.iss", "{query}");
            assert!(!error.denied);
        }
    }

    #[test]
    fn hole31_an_error_is_named_if_registered_and_never_repeated() {
        let denied = outcome("error=access_denied&state=the-state", false, false).unwrap_err();
        assert!(denied.denied && denied.code == Code::ProviderError);
        let login = outcome("error=login_required&state=the-state", false, false).unwrap_err();
        assert!(!login.denied && login.detail.contains("login_required"));
        assert!(login.unattended && !denied.unattended);
        let query = "error=%3Cscript%3E&error_description=%3Cscript%3E&state=the-state&code=c";
        let evil = outcome(query, false, false).unwrap_err();
        assert_eq!(evil.check, "error");
        assert!(!evil.detail.contains("script"), "{evil}");
    }

    #[test]
    fn a_parameter_that_is_there_twice_or_endless_is_malformed() {
        let long = format!("state=the-state&code={}", "c".repeat(LONGEST + 1));
        for query in [
            "state=the-state&code=a&code=b",
            "state=the-state&code=a&code=a",
            "state=the-state&error=a&error=b&code=a",
            "state=the-state&state=the-state&code=a",
            long.as_str(),
        ] {
            assert_eq!(check(query), "response", "{query:.60}");
        }
        assert_eq!(check("state=the-state"), "code");
        assert_eq!(check("state=the-state&code="), "code");
    }

    #[test]
    fn k1_a_token_in_the_front_channel_is_ignored() {
        assert_eq!(check("state=the-state&id_token=x&access_token=y"), "code");
        assert_eq!(
            AuthorizationResponse::parse("id_token=x"),
            AuthorizationResponse::default()
        );
    }
}
