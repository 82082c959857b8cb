//! A compact JWS: taken apart, its header checked, its payload read only behind a signature
//! that held.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::error::shown;
use super::keys::{Keys, NoKey};
use super::{OidcError, json};
use crate::domain::Algorithm;

/// The claims of a token.
pub(super) type ClaimSet = Map<String, Value>;

const TOKEN: usize = 128 * 1024;
const HEADER: usize = 16 * 1024;
/// 8192 bits of RSA in base64url, and some.
const SIGNATURE: usize = 2048;

/// Which names the checks of one kind of token go by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    /// In words: `the ID token`.
    pub(super) token: &'static str,
    pub(super) form: &'static str,
    pub(super) header: &'static str,
    pub(super) alg: &'static str,
    pub(super) typ: &'static str,
    pub(super) key: &'static str,
    pub(super) signature: &'static str,
    pub(super) payload: &'static str,
}

/// A token before anything of it is believed.
#[derive(Debug)]
pub(super) struct Unverified<'a> {
    header: Header,
    signed: &'a str,
    payload: &'a str,
    signature: &'a str,
}

#[derive(Debug)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart and reads its header.
    ///
    /// # Errors
    /// Larger than 128 KiB, not three parts, or a header that asks for something we do not
    /// do: `crit`, `b64`, `zip`, `enc`, `cty` (K17). `jwk`, `jku`, `x5u` and `x5c` are not
    /// even looked at (K16).
    pub(super) fn parse(token: &'a str, names: &Names) -> Result<Self, OidcError> {
        let (header, payload, signature) = parts(token)
            .ok_or_else(|| OidcError::token(names.form, format!("{} is no JWT", names.token)))?;
        let refuse = |detail: &str| OidcError::token(names.header, detail);
        let bytes = decode(header).ok_or_else(|| refuse("the header is not base64url"))?;
        let fields = json::object(&bytes).map_err(|e| refuse(&format!("the header is {e}")))?;
        Ok(Self {
            header: Header::read(&fields).map_err(refuse)?,
            signed: &token[..header.len() + 1 + payload.len()],
            payload,
            signature,
        })
    }

    /// The key id that the header asks for.
    pub(super) fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// Checks algorithm (K15), type (K26), key (K16) and signature; only then gives the claims.
    pub(super) fn open(
        &self,
        keys: &Keys,
        algorithm: Algorithm,
        types: &[&str],
        names: &Names,
    ) -> Result<ClaimSet, OidcError> {
        self.check_header(algorithm, types, names)?;
        let key = keys.choose(self.kid(), algorithm).map_err(|reason| {
            let kid = self.kid().map_or("none".to_owned(), shown);
            let detail = match reason {
                NoKey::Unknown => {
                    format!("no published {} key fits key id {kid}", algorithm.as_str())
                }
                NoKey::Ambiguous => format!("several published keys fit key id {kid}"),
            };
            OidcError::token(names.key, detail)
        })?;
        let holds = key.verifies(self.signed.as_bytes(), self.signature, algorithm);
        if !holds {
            let detail = format!("the signature of {} is wrong", names.token);
            return Err(OidcError::token(names.signature, detail));
        }
        let refuse = |detail: String| OidcError::token(names.payload, detail);
        let bytes = decode(self.payload).ok_or_else(|| refuse("not base64url".into()))?;
        json::object(&bytes).map_err(|e| refuse(format!("the claims are {e}")))
    }

    /// The checks that need no key: algorithm (K15) and type (K26).
    pub(super) fn check_header(
        &self,
        algorithm: Algorithm,
        types: &[&str],
        names: &Names,
    ) -> Result<(), OidcError> {
        self.check_algorithm(algorithm, names)?;
        self.check_type(types, names)
    }

    /// Whether the header says what kind of token it is.
    pub(super) fn has_type(&self) -> bool {
        self.header.typ.is_some()
    }

    fn check_algorithm(&self, pinned: Algorithm, names: &Names) -> Result<(), OidcError> {
        // RFC 9864 names the curve; it is the same algorithm.
        let fully_specified = pinned == Algorithm::EdDSA && self.header.alg == "Ed25519";
        if self.header.alg == pinned.as_str() || fully_specified {
            return Ok(());
        }
        let (found, pinned) = (shown(&self.header.alg), pinned.as_str());
        let detail = format!(
            "{} is signed with {found}, and only {pinned} is accepted from this provider (signing_algorithm)",
            names.token
        );
        Err(OidcError::token(names.alg, detail))
    }

    fn check_type(&self, types: &[&str], names: &Names) -> Result<(), OidcError> {
        let Some(typ) = &self.header.typ else {
            return Ok(());
        };
        let short = strip_prefix_ignore_case(typ, "application/").unwrap_or(typ);
        if types.iter().any(|t| t.eq_ignore_ascii_case(short)) {
            return Ok(());
        }
        let detail = format!("{} has typ {}", names.token, shown(typ));
        Err(OidcError::token(names.typ, detail))
    }
}

impl Header {
    fn read(fields: &Map<String, Value>) -> Result<Self, &'static str> {
        const UNKNOWN: [(&str, &str); 5] = [
            (
                "crit",
                "the header has critical extensions, and none is known",
            ),
            ("b64", "the header changes the encoding of the payload"),
            ("zip", "the token is compressed"),
            ("enc", "the token is encrypted"),
            ("cty", "the token has another token inside"),
        ];
        for (name, refusal) in UNKNOWN {
            if fields.contains_key(name) {
                return Err(refusal);
            }
        }
        let text = |name: &str, refusal| match fields.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(refusal),
        };
        Ok(Self {
            alg: text("alg", "alg is no string")?.ok_or("the header has no alg")?,
            kid: text("kid", "kid is no string")?,
            typ: text("typ", "typ is no string")?,
        })
    }
}

fn parts(token: &str) -> Option<(&str, &str, &str)> {
    if token.len() > TOKEN {
        return None;
    }
    let (header, rest) = token.split_once('.')?;
    let (payload, signature) = rest.split_once('.')?;
    let sound = header.len() <= HEADER && signature.len() <= SIGNATURE && !signature.contains('.');
    sound.then_some((header, payload, signature))
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

#[cfg(test)]
mod tests {
    use super::super::verify::ID_TOKEN;
    use super::*;

    fn header(json: &str) -> Result<Header, &'static str> {
        Header::read(&json::object(json.as_bytes()).unwrap())
    }

    #[test]
    fn k17_a_header_that_asks_for_what_we_do_not_do_is_refused() {
        for bad in [
            r#"{"alg":"RS256","crit":["x"]}"#,
            r#"{"alg":"RS256","crit":[]}"#,
            r#"{"alg":"RS256","b64":false}"#,
            r#"{"alg":"RS256","zip":"DEF"}"#,
            r#"{"alg":"RS256","enc":"A256GCM"}"#,
            r#"{"alg":"RS256","cty":"JWT"}"#,
            r#"{"alg":["RS256"]}"#,
            r#"{"alg":"RS256","kid":7}"#,
            r#"{"alg":"RS256","typ":null}"#,
            r#"{"typ":"JWT"}"#,
        ] {
            assert!(header(bad).is_err(), "{bad}");
        }
        let good = r#"{"alg":"RS256","jwk":{},"jku":"http://x","x5u":"http://x","x5c":[]}"#;
        assert!(header(good).is_ok());
    }

    /// Rows: hole 46
    #[test]
    fn a_token_that_is_no_compact_jws_is_refused_before_it_is_read() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
        let check = |token: &str| Unverified::parse(token, &ID_TOKEN).unwrap_err().check;
        for token in [
            String::new(),
            "opaque".into(),
            "a.b".into(),
            format!("{header}.e30.x.y"),
            format!("{header}.e30.x.y.z"),
            ".".repeat(1_000_000),
            format!("{header}.{}.x", "a".repeat(TOKEN)),
            format!("{header}.e30.{}", "a".repeat(SIGNATURE + 1)),
        ] {
            assert_eq!(check(&token), "id_token.form", "{token:.20}");
        }
        assert_eq!(check(&format!("{header}=.e30.x")), "id_token.header");
        assert_eq!(check("e30.e30.x"), "id_token.header");
    }
}
