use super::words::{ENGLISH, Words};
use crate::domain::Brand;
use crate::http::assets::Names;

/// What every page shows: brand, words, assets. Made once at start.
#[derive(Debug, Clone)]
pub struct Site {
    /// All text.
    pub words: &'static Words,
    /// Name of the service.
    pub name: String,
    /// Whom to ask.
    pub contact: Option<Contact>,
    /// Where stylesheets, script and pictures are.
    pub assets: Names,
    /// Whether every page says that this is `usher dev`.
    pub development: bool,
}

impl Site {
    /// The site of a brand, whose assets were made before.
    pub fn new(brand: &Brand, assets: Names, development: bool) -> Self {
        Self {
            words: &ENGLISH,
            name: brand.name.clone(),
            contact: brand.contact.as_deref().and_then(Contact::parse),
            assets,
            development,
        }
    }
}

/// Whom to ask: `USHER__BRAND__CONTACT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// An e-mail address.
    Mail(String),
    /// A page, http or https.
    Link(String),
    /// Anything else: a name, a telephone number.
    Words(String),
}

impl Contact {
    /// What kind of contact a text is; `None` if it is blank. Only http and https become
    /// links, so that no setting can put a script behind one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let one_word = !text.contains(char::is_whitespace);
        if text.is_empty() {
            None
        } else if one_word && (text.starts_with("https://") || text.starts_with("http://")) {
            Some(Self::Link(text.to_owned()))
        } else if one_word && text.matches('@').count() == 1 && !text.contains([':', '?', '&']) {
            Some(Self::Mail(text.to_owned()))
        } else {
            Some(Self::Words(text.to_owned()))
        }
    }

    /// What a link to it points to.
    pub fn href(&self) -> Option<String> {
        match self {
            Self::Mail(address) => Some(format!("mailto:{address}")),
            Self::Link(url) => Some(url.clone()),
            Self::Words(_) => None,
        }
    }

    /// What is shown.
    pub fn text(&self) -> &str {
        match self {
            Self::Mail(text) | Self::Words(text) => text,
            Self::Link(url) => url.split_once("://").map_or(url, |(_, rest)| rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_becomes_a_link_only_where_that_is_safe() {
        let href = |text| Contact::parse(text).unwrap().href();
        assert_eq!(href("it@acme.com"), Some("mailto:it@acme.com".to_owned()));
        assert_eq!(
            href("https://help.acme.com/x"),
            Some("https://help.acme.com/x".to_owned())
        );
        for plain in [
            "Call 4711",
            "javascript:alert(1)",
            "javascript:alert(1)//a@b",
            "a@b?cc=everyone@b",
            "data:text/html,x",
        ] {
            assert_eq!(href(plain), None, "{plain}");
        }
        assert_eq!(Contact::parse("  "), None);
    }
}
