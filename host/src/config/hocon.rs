//! What ClearML's API server makes of a value: it parses `path: value` as HOCON, and the
//! block of variables is often shared with it (`clearml.md` §2). Usher takes the whole value
//! and says where the other side would not.

/// How the API server would read `value` differently; `None` if it reads the same.
/// `text` says whether the setting is a text, for which a number is a surprise too.
pub(super) fn surprise(value: &str, text: bool) -> Option<String> {
    let value = value.trim();
    if value.is_empty() || value.starts_with(['"', '[', '{']) {
        return None;
    }
    if value.starts_with("//") || value.starts_with('#') {
        return Some("would read an empty text here".into());
    }
    if value.contains('#') {
        return Some("would cut this value at the `#`".into());
    }
    if value.contains("${") {
        return Some("would replace `${…}` from its environment".into());
    }
    if let Some(bad) = value.chars().find(|c| "${}[],+=?&*@!^\"\\".contains(*c)) {
        return Some(format!(
            "would refuse to start over the `{bad}` in this value"
        ));
    }
    if text && is_quantity(value) {
        return Some("would read a number or a duration here, and change it".into());
    }
    None
}

/// `000123`, `12345e6789`, `10s`.
fn is_quantity(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &value[number.len()..];
    let units = ["", "ms", "s", "m", "h", "d", "w"];
    value.starts_with(|c: char| c.is_ascii_digit())
        && (value.parse::<f64>().is_ok()
            || (units.contains(&unit) && number.parse::<f64>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_api_server_reads_alike_is_no_surprise() {
        for alike in [
            "true",
            "https://kc/realms/r",
            "a:b",
            "/team/a",
            "",
            "\"ab#cd\"",
            "[\"ClearML Admins\"]",
            "[a b, c]",
            "clearml",
            "d1bd92a3b039400cbafc60a7a5b1e52b",
            "4f1a6b70-1d1c-4f4e-8b5e-1f1f5a3f2b11",
        ] {
            assert_eq!(surprise(alike, true), None, "{alike}");
        }
    }

    #[test]
    fn what_the_api_server_cuts_refuses_or_changes_is_said() {
        for (value, word) in [
            ("ab#cd", "cut"),
            ("//x", "empty"),
            ("#x", "empty"),
            ("https://kc/auth?x=1", "refuse"),
            ("c2VjcmV0==", "refuse"),
            ("${HOME}", "replace"),
            ("000123", "number"),
            ("12345e6789", "number"),
            ("10s", "number"),
        ] {
            let said = surprise(value, true).unwrap_or_default();
            assert!(said.contains(word), "{value}: {said}");
        }
        assert_eq!(surprise("1", false), None);
    }
}
