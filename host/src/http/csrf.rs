//! Proof that a form was sent by one of our own pages (`protocol.md` S7).

use aws_lc_rs::hmac;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::PublicUrl;

/// A POST that did not come from our own page: 403, nothing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the form was not sent by a page of this service")]
pub struct Foreign;

/// The CSRF token that belongs to a cookie: the session's, or the transaction's before there
/// is a session. Whoever cannot read the cookie cannot make it, and it does not give the
/// cookie away.
pub fn token(cookie: &str) -> String {
    let tag = hmac::sign(&key(cookie), PURPOSE);
    URL_SAFE_NO_PAD.encode(tag)
}

/// Whether a POST comes from one of our own pages. `cookie` is the value of the cookie that
/// a token would belong to, `given` the form's field `csrf`.
///
/// # Errors
/// [`Foreign`] unless the `Origin` is ours, or there is none and the browser says
/// `Sec-Fetch-Site: same-origin`, or the token belongs to the cookie. Another site's
/// `Origin` is refused whatever else there is.
pub fn check(
    headers: &HeaderMap,
    public_url: &PublicUrl,
    cookie: Option<&str>,
    given: Option<&str>,
) -> Result<(), Foreign> {
    match origin(headers, public_url) {
        Origin::Own => Ok(()),
        Origin::Other => Err(Foreign),
        Origin::Unsaid => match (cookie, given) {
            (Some(cookie), Some(given)) => belongs(cookie, given),
            _ => Err(Foreign),
        },
    }
}

const PURPOSE: &[u8] = b"usher csrf 1";

fn key(cookie: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, cookie.as_bytes())
}

fn belongs(cookie: &str, given: &str) -> Result<(), Foreign> {
    let given = URL_SAFE_NO_PAD.decode(given).map_err(|_| Foreign)?;
    // Compares in constant time.
    hmac::verify(&key(cookie), PURPOSE, &given).map_err(|_| Foreign)
}

enum Origin {
    Own,
    Other,
    Unsaid,
}

fn origin(headers: &HeaderMap, public_url: &PublicUrl) -> Origin {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(_), Some(_)) => Origin::Other,
        (Some(one), None) if one.as_bytes() == public_url.origin().as_bytes() => Origin::Own,
        // What privacy settings make of it: the token must speak.
        (Some(one), None) if one == "null" => Origin::Unsaid,
        (Some(_), None) => Origin::Other,
        (None, _) => match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
            Some(b"same-origin") => Origin::Own,
            Some(b"cross-site") => Origin::Other,
            _ => Origin::Unsaid,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn checked(headers: &[(&'static str, &'static str)], given: Option<&str>) -> bool {
        let public_url = PublicUrl::parse("https://login.example.com").unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_static(name);
            map.append(name, HeaderValue::from_static(value));
        }
        check(&map, &public_url, Some("cookie"), given).is_ok()
    }

    #[test]
    fn s7_our_own_origin_is_proof() {
        assert!(checked(&[("origin", "https://login.example.com")], None));
        assert!(checked(&[("sec-fetch-site", "same-origin")], None));
    }

    #[test]
    fn s7_anothers_origin_is_refused_even_with_a_token() {
        let token = token("cookie");
        for headers in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "https://login.example.com.evil.example")],
            &[("origin", "http://login.example.com")],
            &[("origin", "https://login.example.com:8443")],
            &[
                ("origin", "https://login.example.com"),
                ("origin", "https://evil.example"),
            ],
            &[
                ("origin", "https://evil.example"),
                ("sec-fetch-site", "same-origin"),
            ],
            &[("sec-fetch-site", "cross-site")],
        ] {
            assert!(!checked(headers, Some(&token)), "{headers:?}");
        }
    }

    #[test]
    fn s7_without_an_origin_the_token_of_the_cookie_is_needed() {
        for headers in [
            &[][..],
            &[("origin", "null")],
            &[("sec-fetch-site", "same-site")],
        ] {
            assert!(checked(headers, Some(&token("cookie"))), "{headers:?}");
            for bad in [None, Some(""), Some("AAAA"), Some(token("other").as_str())] {
                assert!(!checked(headers, bad), "{headers:?} {bad:?}");
            }
        }
        let public_url = PublicUrl::parse("https://login.example.com").unwrap();
        let token = token("");
        let anonymous = check(&HeaderMap::new(), &public_url, None, Some(&token));
        assert_eq!(anonymous, Err(Foreign));
    }
}
