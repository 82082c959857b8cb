//! The configuration file: the same keys in TOML, flattened to dotted paths.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::collect::{Entry, Scope, Shape};
use super::keys::{self, Key, Kind};
use super::nearest::nearest;
use super::origin::Origin;
use super::report::{Report, Reports};

/// Every value of the file, in the order in which it is written.
pub(super) fn read(path: &Path, reports: &mut Reports) -> Vec<Entry> {
    let (entries, whole) = entries(path, &mut reports.host);
    if !whole {
        reports.is_in_part();
    }
    entries
}

/// What can be read of the file, and whether that is all that it holds.
fn entries(path: &Path, report: &mut Report) -> (Vec<Entry>, bool) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            report.error(
                format!("the configuration file cannot be read: {error}"),
                format!("--config {}", path.display()),
                "name a TOML file that this user may read",
            );
            return (Vec::new(), false);
        }
    };
    let root = match DeTable::parse(&text) {
        Ok(root) => root,
        Err(error) => {
            // The error's own display quotes the line, which may hold a secret.
            let place = error.span().map_or(0, |span| line_of(&text, &span));
            report.error(
                format!("the configuration file is not TOML: {}", error.message()),
                format!("{}:{place}", path.display()),
                "correct that line; texts stand in quotes",
            );
            return (Vec::new(), false);
        }
    };
    let mut reader = Reader {
        path,
        text: &text,
        entries: Vec::new(),
        whole: true,
        report,
    };
    reader.root(root.get_ref());
    let (mut entries, whole) = (reader.entries, reader.whole);
    entries.sort_by_key(|(at, _)| *at);
    let entries = entries.into_iter().map(|(_, entry)| entry);
    (entries.collect(), whole)
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    entries: Vec<(usize, Entry)>,
    whole: bool,
    report: &'a mut Report,
}

type Name<'i> = Spanned<Cow<'i, str>>;
type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn root(&mut self, root: &DeTable<'_>) {
        for (name, value) in root {
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("usher", DeValue::Table(table)) => self.table(&Scope::Host, "", table),
                ("provider", DeValue::Table(providers)) => self.providers(providers),
                (given, _) => {
                    let fix = match nearest(given, ["usher", "provider"]) {
                        Some(known) => format!("did you mean `{known}`? "),
                        None => String::new(),
                    };
                    self.whole = false;
                    self.report.error(
                        format!("`{given}` is no part of the configuration"),
                        self.place(name.span(), given),
                        format!("{fix}Settings stand under [usher] or [provider.NAME]"),
                    );
                }
            }
        }
    }

    fn providers(&mut self, providers: &DeTable<'_>) {
        for (name, value) in providers {
            match value.get_ref() {
                DeValue::Table(table) => {
                    let scope = Scope::Provider(name.get_ref().to_lowercase());
                    self.table(&scope, "", table);
                }
                _ => {
                    self.whole = false;
                    self.report.error(
                        format!("`{}` is no provider", name.get_ref()),
                        self.place(name.span(), &format!("provider.{}", name.get_ref())),
                        "write a table with the provider's name: [provider.keycloak]",
                    );
                }
            }
        }
    }

    fn table(&mut self, scope: &Scope, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let path = join(prefix, name.get_ref(), scope);
            let is_json = Key::find(scope.keys(), &path).is_some_and(|key| key.kind == Kind::Json);
            match value.get_ref() {
                DeValue::Table(inner) if !is_json => self.table(scope, &path, inner),
                _ => self.value(scope, path, name, value),
            }
        }
    }

    fn value(&mut self, scope: &Scope, path: String, name: &Name<'_>, value: &Value<'_>) {
        let (text, shape) = match value.get_ref() {
            DeValue::String(text) => (text.to_string(), Shape::Text),
            DeValue::Array(items) => (self.list(items), Shape::List),
            DeValue::Table(_) => (json(value, self.text).to_string(), Shape::Table),
            _ => (self.verbatim(value), Shape::Text),
        };
        let origin = Origin::File {
            path: self.path.to_owned(),
            line: line_of(self.text, &name.span()),
            key: scope.file_key(&path),
        };
        let entry = Entry {
            scope: scope.clone(),
            path,
            place: None,
            text,
            shape,
            origin,
        };
        self.entries.push((name.span().start, entry));
    }

    /// A list as JSON; numbers in it are texts, so that an id stays what it is.
    fn list(&self, items: &[Value<'_>]) -> String {
        let item = |item: &Value<'_>| match item.get_ref() {
            DeValue::String(_) | DeValue::Array(_) | DeValue::Table(_) => json(item, self.text),
            _ => self.verbatim(item).into(),
        };
        let items: serde_json::Value = items.iter().map(item).collect();
        items.to_string()
    }

    /// A number as it is written, so that an id stays what it is.
    fn verbatim(&self, value: &Value<'_>) -> String {
        self.text[value.span()].trim().to_owned()
    }

    fn place(&self, span: Range<usize>, key: &str) -> String {
        let line = line_of(self.text, &span);
        format!("{}:{line}: {key}", self.path.display())
    }
}

/// Names are case-insensitive like those of variables; below `authorize_params` they are the
/// provider's, and stay as they are.
fn join(prefix: &str, name: &str, scope: &Scope) -> String {
    if prefix.is_empty() {
        return name.to_lowercase();
    }
    let keeps_case = Key::find(scope.keys(), &format!("{prefix}.x"))
        .is_some_and(|key| key.path == keys::AUTHORIZE_PARAMS.path);
    let name = if keeps_case {
        name.to_owned()
    } else {
        name.to_lowercase()
    };
    format!("{prefix}.{name}")
}

pub(super) fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = text.get(..span.start).unwrap_or(text);
    before.matches('\n').count() + 1
}

fn json(value: &Value<'_>, text: &str) -> serde_json::Value {
    match value.get_ref() {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Array(items) => items.iter().map(|item| json(item, text)).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(name, value)| (name.get_ref().to_string(), json(value, text)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        _ => {
            let verbatim = text[value.span()].trim();
            serde_json::from_str(verbatim).unwrap_or_else(|_| verbatim.into())
        }
    }
}
