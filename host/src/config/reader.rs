//! Second step: one setting after the other, by its type, with its default; the effective
//! value and its origin are kept.

use std::fs;
use std::path::PathBuf;

use super::Setting;
use super::collect::{Given, Scope, Shape, Subtree};
use super::keys::{Fallback, Key, Kind};
use super::origin::Origin;
use super::report::Report;
use super::shown::shown;
use super::value::{self, Wrong};
use crate::domain::{ProviderName, Secret};

/// Reads the settings of one provider or of the host.
pub(super) struct Reader<'a> {
    pub(super) provider: Option<&'a ProviderName>,
    pub(super) given: &'a Subtree,
    pub(super) report: &'a mut Report,
    pub(super) settings: &'a mut Vec<Setting>,
}

impl Reader<'_> {
    /// The value of a setting, or of its default. `None` if there is neither, or if what
    /// there is is wrong, which is reported.
    pub(super) fn read<T>(
        &mut self,
        key: &'static Key,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        let (text, origin, shape) = match (self.found(key), key.default) {
            (Some(given), _) => (given.text.clone(), given.origin.clone(), given.shape),
            (None, Fallback::Is(text)) => (text.to_owned(), Origin::Default, Shape::Text),
            (None, default) => {
                if let Fallback::Derived(words) = default {
                    self.keep(key, words, Origin::Default);
                }
                return None;
            }
        };
        let parsed = match fits(key.kind, shape) {
            true => parse(&text),
            false => value::wrong(
                "is a list or table",
                format!("write a {}", key.kind.describe()),
            ),
        };
        match parsed {
            Ok(value) => {
                self.keep(key, &shown(key, &text), origin);
                Some(value)
            }
            Err(wrong) => {
                self.wrong(key, &origin, wrong);
                None
            }
        }
    }

    /// A text, taken raw.
    pub(super) fn text(&mut self, key: &'static Key) -> Option<String> {
        self.read(key, |text| Ok(text.to_owned()))
    }

    /// A flag.
    pub(super) fn flag(&mut self, key: &'static Key) -> Option<bool> {
        self.read(key, value::flag)
    }

    /// A list; nothing is an empty one.
    pub(super) fn list(&mut self, key: &'static Key) -> Vec<String> {
        self.read(key, value::list).unwrap_or_default()
    }

    /// A file, which must be readable.
    pub(super) fn file(&mut self, key: &'static Key) -> Option<PathBuf> {
        self.read(key, |text| {
            // Opening a pipe would wait for whoever writes to it.
            let readable = fs::metadata(text).and_then(|found| match found.is_file() {
                true => fs::File::open(text)?.metadata(),
                false => Ok(found),
            });
            match readable {
                Ok(metadata) if metadata.is_dir() => {
                    value::wrong(format!("names {text}, which is a folder"), "name a file")
                }
                Ok(_) => Ok(PathBuf::from(text)),
                Err(error) => value::wrong(
                    format!("names {text}, which cannot be read: {error}"),
                    "name a file that exists and that this user may read",
                ),
            }
        })
    }

    /// The text of a setting that has a `…_file` twin, and where it comes from. `None` if
    /// there is none, or if it cannot be read, which is reported.
    pub(super) fn secret(&mut self, key: &'static Key) -> Option<Secret> {
        let twin = format!("{}_file", key.path);
        let text = match (self.found(key), self.given.given(&twin)) {
            (Some(given), None) => {
                let (text, origin) = (given.text.clone(), given.origin.clone());
                self.keep(key, &shown(key, &text), origin);
                text
            }
            (None, Some(given)) => {
                let (path, named_by) = (given.text.clone(), given.origin.clone());
                self.secret_file(key, path, named_by)?
            }
            (Some(given), Some(twin)) => {
                let place = format!("{} and {}", given.origin, twin.origin);
                self.report.error(
                    format!("{} is set, and so is a file that holds it", key.path),
                    place,
                    "remove one of the two",
                );
                return None;
            }
            (None, None) => {
                if let Fallback::Derived(words) | Fallback::Is(words) = key.default {
                    self.keep(key, words, Origin::Default);
                }
                let Fallback::Is(text) = key.default else {
                    return None;
                };
                text.to_owned()
            }
        };
        Some(Secret::new(text))
    }

    fn secret_file(&mut self, key: &'static Key, path: String, named_by: Origin) -> Option<String> {
        match read_secret(&path) {
            Ok(text) => {
                let named_by = Box::new(named_by);
                let path = PathBuf::from(path);
                let origin = Origin::SecretFile { path, named_by };
                self.keep(key, &shown(key, &text), origin);
                Some(text)
            }
            Err((what, fix)) => {
                let what = format!("{}: the file {path} {what}", key.path);
                self.report.error(what, named_by, fix);
                None
            }
        }
    }

    /// Whether a setting or its `…_file` twin is set to something.
    pub(super) fn is_set(&self, key: &'static Key) -> bool {
        let twin = format!("{}_file", key.path);
        self.found(key).is_some() || (key.has_file_twin() && self.given.given(&twin).is_some())
    }

    /// Whether a setting is absent without anything being reported that explains it.
    pub(super) fn is_missing(&self, key: &'static Key) -> bool {
        !self.is_set(key) && !self.report.explains_absence(&self.scope(), key.path)
    }

    /// Takes back a value that shows to be wrong only together with others.
    pub(super) fn withdraw(&mut self, key: &'static Key) {
        let provider = self.provider;
        self.settings
            .retain(|kept| kept.key != key || kept.provider.as_ref() != provider);
    }

    /// What is set. An empty value counts as not set where nothing is possible.
    fn found(&self, key: &'static Key) -> Option<&Given> {
        let given = self.given.given(key.path)?;
        let can_be_empty = matches!(key.default, Fallback::Is(_)) || key.kind == Kind::List;
        (can_be_empty || !given.text.trim().is_empty()).then_some(given)
    }

    /// Reports a wrong value.
    pub(super) fn wrong(&mut self, key: &'static Key, origin: &Origin, wrong: Wrong) {
        let what = format!("{} {}", key.path, wrong.what);
        self.report.error(what, origin, wrong.fix);
    }

    /// Where a setting is set, or could be.
    pub(super) fn place(&self, key: &'static Key) -> String {
        let twin = format!("{}_file", key.path);
        let given = self
            .given
            .given(key.path)
            .or_else(|| self.given.given(&twin));
        given.map_or_else(|| self.name(key), |given| given.origin.to_string())
    }

    /// How somebody who configures it in their way would write the name of a setting.
    pub(super) fn name(&self, key: &'static Key) -> String {
        if !self.given.is_by_file() {
            return key.variable(self.provider);
        }
        self.scope().file_key(key.path)
    }

    fn scope(&self) -> Scope {
        match self.provider {
            Some(provider) => Scope::Provider(provider.to_string()),
            None => Scope::Host,
        }
    }

    /// Keeps the effective value of one of the names below a setting.
    pub(super) fn keep_named(
        &mut self,
        key: &'static Key,
        name: &str,
        value: &str,
        origin: Origin,
    ) {
        self.settings.push(Setting {
            provider: self.provider.cloned(),
            key,
            name: Some(name.to_owned()),
            value: value.to_owned(),
            origin,
        });
    }

    fn keep(&mut self, key: &'static Key, value: &str, origin: Origin) {
        self.settings.push(Setting {
            provider: self.provider.cloned(),
            key,
            name: None,
            value: value.to_owned(),
            origin,
        });
    }
}

/// A secret's file: one trailing newline is trimmed, everything else belongs to the secret.
pub(super) fn read_secret(path: &str) -> Result<String, (String, &'static str)> {
    const READABLE: &str =
        "name a file that exists and that this user may read, or set the value itself";
    let bytes = fs::read(path).map_err(|error| (format!("cannot be read: {error}"), READABLE))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        (
            "is not UTF-8 text".to_owned(),
            "write the secret as plain text",
        )
    })?;
    let trimmed = text.strip_suffix("\r\n").or(text.strip_suffix('\n'));
    let trimmed = trimmed.unwrap_or(&text);
    if trimmed.is_empty() {
        return Err(("is empty".to_owned(), "write the secret into it"));
    }
    Ok(trimmed.to_owned())
}

/// Whether a value of this shape can be of this kind.
fn fits(kind: Kind, shape: Shape) -> bool {
    match shape {
        Shape::Text => true,
        Shape::List => matches!(kind, Kind::List | Kind::Networks),
        Shape::Table => kind == Kind::Json,
    }
}
