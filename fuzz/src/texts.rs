//! Short texts: addresses, names, and places to return to.

use url::Url;
use usher::domain::{
    ClaimName, CompanyId, Email, ProviderName, PublicUrl, Reference, ReturnTo, UserId, Verification,
};

/// An e-mail address belongs to one domain, and stays what it is.
pub(crate) fn email(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some(email) = Email::parse(&text, Verification::Verified) else {
        return;
    };
    let address = email.address();
    let (local, domain) = address.split_once('@').expect("an @");
    assert_eq!(domain, email.domain());
    assert!(!local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    assert!(address.len() <= 254);
    assert!(!address.contains(|c: char| c.is_control() || c.is_whitespace() || c == ','));
    assert!(!address.contains(|c: char| c.is_ascii_uppercase()));
    let again = Email::parse(address, Verification::Verified);
    assert_eq!(again.as_ref(), Some(&email), "parsing once is enough");
    // Nobody becomes somebody of plain letters by being written in other ones.
    let plain = |text: &str| text.chars().filter(char::is_ascii).count();
    assert_eq!(plain(&text), plain(address));
}

/// Names of things are made of few characters, and say the same when they are read again.
pub(crate) fn names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if let Ok(company) = text.parse::<CompanyId>() {
        assert!(company.as_str().chars().all(is_plain) && company.as_str() == text);
    }
    if let Ok(provider) = text.parse::<ProviderName>() {
        let is_low = |c: char| is_plain(c) && !c.is_ascii_uppercase() && c != '-';
        assert!(provider.as_str().chars().all(is_low) && provider.as_str() == text);
    }
    if let Ok(user) = text.parse::<UserId>() {
        assert!(user.as_str().len() == 36 && user.as_str().chars().all(is_plain));
    }
    if let Ok(reference) = text.parse::<Reference>() {
        assert!(reference.as_str().len() == 14 && reference.as_str().chars().all(is_plain));
        assert_eq!(reference.as_str().parse(), Ok(reference));
    }
    if let Some(claim) = ClaimName::parse(&text) {
        assert!(claim.pointer().starts_with('/'));
        assert_eq!(
            ClaimName::parse(&claim.pointer()).map(|name| name.pointer()),
            Some(claim.pointer())
        );
    }
}

/// A place to return to is one of this service, also for who decodes it once more and for a
/// browser that reads `\` as `/`.
pub(crate) fn return_to(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let public_url = PublicUrl::parse("https://usher.example").expect("a URL");
    let parsed = [
        ReturnTo::parse(&text),
        ReturnTo::parse_url(&text, &public_url),
    ];
    for place in parsed.into_iter().flatten() {
        let place = place.as_str();
        assert!(place.starts_with('/') && place.is_ascii(), "{place:?}");
        assert!(!place.contains(|c: char| c.is_control() || c == ' ' || c == '\\'));
        let path = place.split(['?', '#']).next().unwrap_or_default();
        assert_stays(path);
        assert_stays(&decoded(path));
        assert_stays(place);
        // What is written for other letters may be longer than what is taken.
        if place.len() <= 2048 {
            let again = ReturnTo::parse(place).expect("it is a place still");
            assert_eq!(again.as_str(), place);
        }
    }
}

fn assert_stays(place: &str) {
    let base = Url::parse("https://usher.example/login").expect("a URL");
    let lead = base.join(&place.replace('\\', "/")).expect("a URL");
    assert_eq!(lead.origin(), base.origin(), "{place:?} leads to {lead}");
    assert!(lead.username().is_empty() && lead.password().is_none());
}

/// As a proxy decodes a path that does so once too often.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let code = path_code(rest);
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn path_code(text: &[u8]) -> Option<u8> {
    let digits = text.strip_prefix(b"%")?.get(..2)?;
    // Signs are digits to no proxy.
    digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
