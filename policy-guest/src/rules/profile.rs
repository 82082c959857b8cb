//! The name to show (`spec.md` §4.10).

use policy_sdk::{Host, Source, Trace};

use crate::settings::Settings;

/// Longest name in bytes that the contract takes.
const LONGEST: usize = 256;

/// The configured claim, else `preferred_username`, else the e-mail, else the subject.
pub(super) fn name(host: &impl Host, settings: &Settings, trace: &mut Trace) -> String {
    let claim = |pointer: &str| {
        let text = host.claim(Source::Configured, pointer).into_text();
        text.present().and_then(|text| shown(&text))
    };
    let rule = "profile.name";
    if let Some(name) = claim(&settings.name) {
        trace.hit(rule, format!("name claim in {}", settings.source));
        return name;
    }
    if let Some(name) = claim("/preferred_username") {
        trace.miss(rule, "no name claim; preferred_username stands in");
        return name;
    }
    if let Some(name) = host.address().and_then(|email| shown(&email.address)) {
        trace.miss(rule, "no name claim; the e-mail stands in");
        return name;
    }
    trace.miss(rule, "no name claim; the subject stands in");
    shown(&host.subject()).unwrap_or_else(|| "?".to_owned())
}

/// A name that the host takes: no control characters, no blanks around, not too long, not empty.
fn shown(text: &str) -> Option<String> {
    let mut name = String::new();
    for character in text.trim().chars() {
        let shown = if character.is_control() {
            ' '
        } else {
            character
        };
        if name.len() + shown.len_utf8() > LONGEST {
            break;
        }
        name.push(shown);
    }
    name.truncate(name.trim_end().len());
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_what_the_host_would_not_take() {
        assert_eq!(
            shown(" Ada\nLovelace\u{7f} ").as_deref(),
            Some("Ada Lovelace")
        );
        assert_eq!(shown(" \t "), None);
        let long = shown(&"ä".repeat(200)).unwrap();
        assert_eq!(long.len(), 256);
        assert_eq!(shown(&"€".repeat(200)).unwrap().len(), 255);
    }
}
