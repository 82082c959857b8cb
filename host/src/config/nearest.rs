/// The known name that somebody most likely meant; `None` if nothing is similar.
///
/// A name that lacks its leading path (`admins` for `groups.admins`) is found as well.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    closest(given, known).filter(|name| similarity(given, name) >= 0.6)
}

/// The known name that is least different, however different it is.
pub(super) fn closest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    known
        .into_iter()
        .max_by(|a, b| similarity(given, a).total_cmp(&similarity(given, b)))
}

fn similarity(given: &str, name: &str) -> f64 {
    let given = given.to_lowercase();
    let plain = |text: &str| text.to_lowercase().replace('.', "_");
    let whole = strsim::normalized_damerau_levenshtein(&plain(&given), &plain(name));
    let last = name.rsplit('.').next().unwrap_or(name);
    if last.len() > 3 && last == given {
        return whole.max(0.9);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_the_one_that_was_meant() {
        let known = ["groups.claim", "groups.admins", "base_url"];
        assert_eq!(nearest("groups.claimenv", known), Some("groups.claim"));
        assert_eq!(nearest("admins", known), Some("groups.admins"));
        assert_eq!(nearest("BASEURL", known), Some("base_url"));
        assert_eq!(nearest("zzz", known), None);
    }
}
