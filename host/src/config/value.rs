//! From text to a type: what `spec.md` §3 says about flags, lists and the like.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use jiff::SignedDuration;
use url::{Host, Url};

use super::nearest::nearest;
use crate::domain::{DatabaseUrl, Secret};

/// Why a text is not what it should be, and what to write instead. Goes behind the name of
/// the setting: "is not …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) what: String,
    pub(super) fix: String,
}

pub(super) fn wrong<T>(what: impl Into<String>, fix: impl Into<String>) -> Result<T, Wrong> {
    let (what, fix) = (what.into(), fix.into());
    Err(Wrong { what, fix })
}

/// Takes away one pair of surrounding quotes.
pub(crate) fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
            return inner;
        }
    }
    text
}

pub(super) fn flag(text: &str) -> Result<bool, Wrong> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => wrong(
            format!("is not a flag: `{}`", short(text)),
            "write true or false",
        ),
    }
}

/// One of several words; `words` as they are written.
pub(super) fn choice<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Wrong> {
    let names = || words.iter().map(|(name, _)| *name);
    let text = text.trim();
    if let Some((_, value)) = words.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let all = names().collect::<Vec<_>>().join(", ");
    let fix = match nearest(text, names()) {
        Some(known) => format!("did you mean {known}? Possible: {all}"),
        None => format!("write one of {all}"),
    };
    wrong(format!("cannot be `{}`", short(text)), fix)
}

/// `["a","b"]`, `[a, b]` or `a,b`; quotes around an item or around the whole are taken away.
pub(super) fn list(text: &str) -> Result<Vec<String>, Wrong> {
    let text = text.trim();
    if let Ok(items) = serde_json::from_str::<Vec<String>>(text) {
        return Ok(items);
    }
    if let Ok(quoted) = serde_json::from_str::<String>(text)
        && quoted.trim_start().starts_with('[')
    {
        return list(&quoted);
    }
    let inner = match (text.strip_prefix('['), text.ends_with(']')) {
        (Some(inner), true) => &inner[..inner.len() - 1],
        (None, false) => text,
        _ => return wrong("has a `[` without its `]`", LIST_FIX),
    };
    let mut items = Vec::new();
    for item in inner.split(',').map(str::trim) {
        let item = unquoted(item);
        if item.contains(['"', '[', ']', '{', '}']) {
            return wrong("is not a list: quotes or brackets do not match", LIST_FIX);
        }
        if !item.is_empty() {
            items.push(item.to_owned());
        }
    }
    Ok(items)
}

const LIST_FIX: &str = r#"write ["one","two"], [one, two] or one,two"#;

/// `10.0.0.0/8, fd00::/8, 192.0.2.7`.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, Wrong> {
    let parse = |item: String| {
        let address = || item.parse::<IpAddr>().map(IpNet::from).ok();
        item.parse().ok().or_else(address).map_or_else(
            || {
                wrong(
                    format!("has `{}`, which is no address range", short(&item)),
                    "write ranges such as 10.0.0.0/8,fd00::/8",
                )
            },
            Ok,
        )
    };
    list(text)?.into_iter().map(parse).collect()
}

/// `8h`, `30m`, `1h 30m`, `90s`, `2d`; more than nothing.
pub(super) fn duration(text: &str) -> Result<SignedDuration, Wrong> {
    let mut seconds: i64 = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let unit_end = after.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, after) = after.split_at(unit_end.unwrap_or(after.len()));
        let unit = match unit {
            "s" | "sec" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            "d" => 86400,
            _ => 0,
        };
        let part = number.parse::<i64>().ok().and_then(|n| n.checked_mul(unit));
        match part.and_then(|part| seconds.checked_add(part)) {
            Some(sum) if unit > 0 => seconds = sum,
            _ => {
                return wrong(
                    format!("is not a duration: `{}`", short(text)),
                    DURATION_FIX,
                );
            }
        }
        rest = after.trim_start();
    }
    match seconds {
        0 => wrong("is no time at all", DURATION_FIX),
        1..=315_360_000 => Ok(SignedDuration::from_secs(seconds)),
        _ => wrong("is more than ten years", DURATION_FIX),
    }
}

const DURATION_FIX: &str = "write a number and s, m, h or d: 30m, 8h, 1h 30m";

pub(super) fn days(text: &str) -> Result<u32, Wrong> {
    match text.trim().parse() {
        Ok(days) if days <= 36500 => Ok(days),
        _ => wrong(
            format!("is not a number of days: `{}`", short(text)),
            "write a whole number from 0 to 36500",
        ),
    }
}

/// `#rrggbb`, in lower case.
pub(super) fn color(text: &str) -> Result<String, Wrong> {
    let text = text.trim();
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    wrong(
        format!("is not a colour: `{}`", short(text)),
        "write # and six hexadecimal digits: #1f6feb",
    )
}

/// `127.0.0.1:8080`, `[::]:8080`, `localhost:8080`.
pub(super) fn address(text: &str) -> Result<SocketAddr, Wrong> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let port = |prefix| text.strip_prefix(prefix).and_then(|p| p.parse().ok());
    if let Some(port) = port("localhost:") {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let fix = match port(":").or_else(|| port("")) {
        Some(port) => format!("write 0.0.0.0:{port} for every address of this machine"),
        None => "write an IP address and a port: 127.0.0.1:8080 or 0.0.0.0:8080".into(),
    };
    wrong(format!("is not address:port: `{}`", short(text)), fix)
}

/// An endpoint of a provider; https, or http on loopback.
pub(super) fn endpoint(text: &str) -> Result<Url, Wrong> {
    let text = text.trim();
    // A URL may hold a password, so none is quoted.
    let Ok(url) = Url::parse(text) else {
        return wrong(
            "is not a URL",
            "write the whole address, beginning with https://",
        );
    };
    if !url.username().is_empty() || url.password().is_some() {
        return wrong(
            "holds a user name or password",
            "write the address without what stands before the @",
        );
    }
    match url.scheme() {
        "https" if url.host().is_some() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => wrong(
            "is plain http, which is accepted on loopback only",
            format!("write https://{}", text.trim_start_matches("http://")),
        ),
        _ => wrong("does not begin with https://", "write https://…"),
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(domain)) => domain == "localhost",
        None => false,
    }
}

/// `sqlite://FILE` or `postgres://…`. What is wrong is never quoted: it may hold a password.
pub(super) fn database(text: &str) -> Result<DatabaseUrl, Wrong> {
    let text = text.trim();
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return match Url::parse(text) {
            Ok(_) => Ok(DatabaseUrl::Postgres(Secret::new(text))),
            Err(error) => wrong(
                format!("is not a URL: {error}"),
                "write postgres://user:password@host/database; escape special characters of the password, as %40 for @",
            ),
        };
    }
    let fix = "write sqlite:///var/lib/usher/usher.db or postgres://user:password@host/database";
    let Some(file) = text.strip_prefix("sqlite:") else {
        return wrong("begins with neither sqlite:// nor postgres://", fix);
    };
    let file = file.strip_prefix("//").unwrap_or(file);
    match file {
        "" => wrong("names no file", fix),
        ":memory:" => wrong("would lose everybody's session when the service stops", fix),
        _ if file.contains('?') => wrong("has parameters, of which there are none", fix),
        _ => Ok(DatabaseUrl::Sqlite(PathBuf::from(file))),
    }
}

/// A JSON object.
pub(super) fn object(text: &str) -> Result<serde_json::Map<String, serde_json::Value>, Wrong> {
    const FIX: &str = r#"write an object, such as {"department": "research"}"#;
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(object)) => Ok(object),
        Ok(serde_json::Value::String(quoted)) if quoted.starts_with('{') => object(&quoted),
        Ok(_) => wrong("is JSON, but no object", FIX),
        // The error's own text names line and column and never quotes the value.
        Err(error) => wrong(format!("is not JSON: {error}"), FIX),
    }
}

/// A value short enough to be quoted in an error.
pub(super) fn short(text: &str) -> String {
    let mut quoted: String = text.chars().take(60).map(printable).collect();
    if text.chars().nth(60).is_some() {
        quoted.push('…');
    }
    quoted
}

/// Neither a control character nor one that turns or hides the text around it.
fn printable(c: char) -> char {
    match c {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => '\u{fffd}',
        '\u{2060}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_one_of_eight_words_in_any_letter_case() {
        for yes in ["true", "True", "TRUE", "yes", "on", "1", " true "] {
            assert_eq!(flag(yes), Ok(true), "{yes}");
        }
        for no in ["false", "No", "off", "0"] {
            assert_eq!(flag(no), Ok(false), "{no}");
        }
        for neither in ["", "ture", "2", "none", "null"] {
            assert!(flag(neither).is_err(), "{neither}");
        }
    }

    #[test]
    fn a_list_is_json_or_brackets_or_commas_and_its_items_stay_texts() {
        let two = vec!["ClearML Admins".to_owned(), "000123".to_owned()];
        for text in [
            r#"["ClearML Admins","000123"]"#,
            r#"["ClearML Admins", 000123]"#,
            "[ClearML Admins, 000123]",
            "ClearML Admins,000123",
            " ClearML Admins , 000123 , ",
            r#""[\"ClearML Admins\",\"000123\"]""#,
            "'ClearML Admins','000123'",
        ] {
            assert_eq!(list(text).as_ref(), Ok(&two), "{text}");
        }
        assert_eq!(list(""), Ok(vec![]));
        assert_eq!(list("[]"), Ok(vec![]));
        assert_eq!(list("[1]"), Ok(vec!["1".to_owned()]));
        assert_eq!(list("one"), Ok(vec!["one".to_owned()]));
        assert_eq!(list(r#"["a, b"]"#), Ok(vec!["a, b".to_owned()]));
        for bad in [r#"["a, b]"#, "[a", "a]", r#"[["a"]]"#] {
            assert!(list(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_pair_of_quotes_is_taken_away_and_no_more() {
        for (quoted, bare) in [
            ("\"a\"", "a"),
            ("'a'", "a"),
            ("\"\"", ""),
            ("\"'a'\"", "'a'"),
            ("a\"", "a\""),
            ("\"", "\""),
            ("\"a\",\"b\"", "\"a\",\"b\""),
        ] {
            assert_eq!(unquoted(quoted), bare, "{quoted}");
        }
    }

    #[test]
    fn a_duration_has_a_unit_and_is_more_than_nothing() {
        for (text, seconds) in [
            ("8h", 28800),
            ("30m", 1800),
            ("1h 30m", 5400),
            ("1h30m", 5400),
            ("90s", 90),
            ("2d", 172_800),
        ] {
            assert_eq!(duration(text), Ok(SignedDuration::from_secs(seconds)));
        }
        let huge = format!("{}h", i64::MAX);
        for bad in ["", "8", "h", "-8h", "0s", "8 hours ago", "8x", "é", &huge] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_networks_colours_and_databases_are_checked() {
        assert!(address("localhost:80").is_ok_and(|a| a.ip().is_loopback()));
        assert!(address(":8080").is_err_and(|w| w.fix.contains("0.0.0.0:8080")));
        assert_eq!(networks("10.0.0.0/8, 192.0.2.7").map(|n| n.len()), Ok(2));
        assert!(networks("10.0.0.0/33").is_err());
        assert_eq!(color("#A0b1C2").as_deref(), Ok("#a0b1c2"));
        assert!(color("#fff").is_err());
        assert_eq!(
            database("sqlite://usher.db"),
            Ok(DatabaseUrl::Sqlite("usher.db".into()))
        );
        assert_eq!(
            database("sqlite:///var/usher.db"),
            Ok(DatabaseUrl::Sqlite("/var/usher.db".into()))
        );
        assert!(database("postgres://u:p@h/d").is_ok());
        let unescaped = database("postgres://u:hunter2@@@/:x/d");
        assert!(!format!("{unescaped:?}").contains("hunter2"));
        for bad in ["usher.db", "sqlite://", "sqlite::memory:", "mysql://h/d"] {
            assert!(database(bad).is_err(), "{bad}");
        }
    }
}
