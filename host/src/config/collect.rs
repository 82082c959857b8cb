//! First step: everything that is set, by setting, with its origin; names are checked,
//! values are not.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::path::Path;

use super::environment::Environment;
use super::file;
use super::hocon;
use super::keys::{self, Key, Kind, Place};
use super::names::{Name, UNSERVED};
use super::nearest::nearest;
use super::origin::Origin;
use super::report::{Report, Reports};
use super::shown::typed;
use super::value::{short, unquoted};
use crate::domain::ProviderName;

/// Whose setting it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    Host,
    Provider(String),
}

impl Scope {
    pub(super) fn keys(&self) -> &'static [Key] {
        match self {
            Self::Host => keys::HOST,
            Self::Provider(_) => keys::PROVIDER,
        }
    }

    /// A path as the whole key in the file.
    pub(super) fn file_key(&self, path: &str) -> String {
        match self {
            Self::Host => format!("usher.{path}"),
            Self::Provider(name) => format!("provider.{name}.{path}"),
        }
    }
}

/// How a value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    List,
    Table,
}

/// One value as it was found.
pub(super) struct Entry {
    pub(super) scope: Scope,
    pub(super) path: String,
    /// Which of `services` and `secure` a variable names.
    pub(super) place: Option<Place>,
    pub(super) text: String,
    pub(super) shape: Shape,
    pub(super) origin: Origin,
}

impl Entry {
    fn kind(&self) -> Option<Kind> {
        Key::find(self.scope.keys(), &self.path).map(|key| key.kind)
    }
}

/// One value of a known setting. Not `Debug`: it may be a secret.
pub(super) struct Given {
    pub(super) text: String,
    pub(super) shape: Shape,
    pub(super) origin: Origin,
}

/// What is set for one provider or for the host, by path.
#[derive(Default)]
pub(super) struct Subtree(BTreeMap<String, Given>);

impl Subtree {
    pub(super) fn given(&self, path: &str) -> Option<&Given> {
        self.0.get(path)
    }

    /// What is set below a path: the rest of each path with its value.
    pub(super) fn below<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a str, &'a Given)> {
        self.0.iter().filter_map(move |(whole, given)| {
            let name = whole.strip_prefix(path)?.strip_prefix('.')?;
            Some((name, given))
        })
    }

    /// Where its values come from.
    pub(super) fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.0.values().map(|given| &given.origin)
    }

    /// Whether somebody configures it by file alone.
    pub(super) fn is_by_file(&self) -> bool {
        !self.0.is_empty()
            && self
                .origins()
                .all(|origin| matches!(origin, Origin::File { .. }))
    }
}

/// Everything that is set.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) host: Subtree,
    /// In configuration order: those of the file first, then by name.
    pub(super) providers: Vec<(ProviderName, Subtree)>,
}

/// Reads file and environment; the environment wins.
pub(super) fn collect(
    environment: &Environment,
    file: Option<&Path>,
    reports: &mut Reports,
) -> Collected {
    let mut collected = Collected::default();
    let written = file.map(|path| file::read(path, reports));
    collected.add_layer(written.unwrap_or_default(), reports);
    let set = variables(environment, reports);
    collected.add_layer(set, reports);
    collected
}

impl Collected {
    fn add_layer(&mut self, entries: Vec<Entry>, reports: &mut Reports) {
        let mut layer: BTreeMap<(Scope, String), Given> = BTreeMap::new();
        let mut order = Vec::new();
        for entry in known(entries, reports) {
            let kind = entry.kind();
            let given = Given {
                text: entry.text,
                shape: entry.shape,
                origin: entry.origin,
            };
            match layer.entry((entry.scope.clone(), entry.path.clone())) {
                Slot::Vacant(slot) => drop(slot.insert(given)),
                Slot::Occupied(slot) if is_same(kind, &slot.get().text, &given.text) => {}
                Slot::Occupied(slot) => reports.of(&entry.scope).error(
                    "one setting has two different values",
                    format!("{} and {}", slot.get().origin, given.origin),
                    "remove one of the two",
                ),
            }
            order.push((entry.scope, entry.path));
        }
        for slot in order {
            if let Some(given) = layer.remove(&slot)
                && let Some(subtree) = self.subtree(&slot.0)
            {
                subtree.0.insert(slot.1, given);
            }
        }
    }

    fn subtree(&mut self, scope: &Scope) -> Option<&mut Subtree> {
        let Scope::Provider(name) = scope else {
            return Some(&mut self.host);
        };
        let name: ProviderName = name.parse().ok()?;
        let index = self.providers.iter().position(|(known, _)| *known == name);
        let index = index.unwrap_or_else(|| {
            self.providers.push((name, Subtree::default()));
            self.providers.len() - 1
        });
        self.providers.get_mut(index).map(|(_, subtree)| subtree)
    }
}

/// The settings that there are, of owners that there can be; the others are reported.
fn known(entries: Vec<Entry>, reports: &mut Reports) -> Vec<Entry> {
    let mut misnamed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut known = Vec::new();
    for entry in entries {
        match &entry.scope {
            Scope::Provider(name) if name.parse::<ProviderName>().is_err() => {
                let places = misnamed.entry(name.clone()).or_default();
                places.push(entry.origin.to_string());
            }
            scope if is_known(&entry, reports.of(scope)) => known.push(entry),
            _ => {}
        }
    }
    for (name, places) in misnamed {
        let words = name.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let fix = match words.join("_") {
            name if name.parse::<ProviderName>().is_ok() => format!("call it `{name}`"),
            _ => "call it by letters and digits, such as `keycloak`".into(),
        };
        let what = match name.parse::<ProviderName>() {
            Err(error) => error.to_string(),
            Ok(_) => continue,
        };
        let place = places.join(", ");
        reports.providers.error(what, place, fix);
    }
    known
}

/// Whether two texts are one value of a setting: `true` and `True`, `a,b` and `["a","b"]`.
fn is_same(kind: Option<Kind>, one: &str, other: &str) -> bool {
    match kind {
        Some(kind) => typed(kind, one) == typed(kind, other),
        None => one == other,
    }
}

/// Every variable of ours, as it is set.
fn variables(environment: &Environment, reports: &mut Reports) -> Vec<Entry> {
    let report = &mut reports.host;
    let mut entries = Vec::new();
    let mut trains = Vec::new();
    for (variable, value) in environment.iter() {
        let (scope, path, place) = match Name::of(variable) {
            Name::Host(path) => (Scope::Host, path, None),
            Name::Provider {
                provider,
                place,
                path,
            } => (Scope::Provider(provider), path, Some(place)),
            Name::NotRead(what, fix) => {
                report.warn(what, variable, fix);
                continue;
            }
            Name::Trains => {
                trains.push(variable);
                continue;
            }
            Name::Foreign => continue,
        };
        entries.push(Entry {
            scope,
            path,
            place,
            text: unquoted(value).to_owned(),
            shape: Shape::Text,
            origin: Origin::Environment(variable.to_owned()),
        });
        if place.is_some() {
            warn_of_surprise(variable, value, entries.last(), report);
        }
    }
    if !trains.is_empty() {
        report.warn(
            "variables that begin with TRAINS__ are not read by Usher, though the API server reads them",
            trains.join(", "),
            "begin their names with CLEARML__",
        );
    }
    for variable in environment.not_text() {
        let (scope, path) = match Name::of(variable) {
            Name::Foreign | Name::Trains | Name::NotRead(..) => continue,
            Name::Host(path) => (Scope::Host, path),
            Name::Provider { provider, path, .. } => (Scope::Provider(provider), path),
        };
        let report = reports.of(&scope);
        let fix = "set it again as plain text";
        report.error("the value is not UTF-8 text", variable, fix);
        report.attempted(&scope, path.strip_suffix("_file").unwrap_or(&path));
    }
    entries
}

/// The block of variables is often shared with the API server.
fn warn_of_surprise(variable: &str, value: &str, entry: Option<&Entry>, report: &mut Report) {
    let key = entry.and_then(|entry| Key::find(keys::PROVIDER, &entry.path));
    let Some(key) = key else { return };
    let text = matches!(key.kind, Kind::Text | Kind::Company);
    if let Some(would) = hocon::surprise(value, text) {
        report.warn(
            format!("Usher takes this value whole; the API server, if it reads it too, {would}"),
            variable,
            match value.contains('"') {
                true => {
                    "surround the value with double quotes, with a backslash before each one \
                     inside: both then read the same"
                }
                false => "surround the value with double quotes: both then read the same",
            },
        );
    }
}

/// Says what is wrong with a name that is not known, or set in the other place.
fn is_known(entry: &Entry, report: &mut Report) -> bool {
    let keys = entry.scope.keys();
    let Some(key) = Key::find(keys, &entry.path) else {
        unknown(entry, report);
        return false;
    };
    if let Some(place) = entry.place
        && place != key.place
    {
        let (documented, found) = match key.place {
            Place::Secure => ("secure", "services"),
            _ => ("services", "secure"),
        };
        report.warn(
            format!(
                "{} is documented under `{documented}`, and set under `{found}`",
                key.path
            ),
            &entry.origin,
            "nothing: Usher takes it from either",
        );
    }
    true
}

fn unknown(entry: &Entry, report: &mut Report) {
    let Entry {
        scope,
        path,
        origin,
        ..
    } = entry;
    let is_provider = matches!(scope, Scope::Provider(_));
    if is_provider && UNSERVED.contains(&path.as_str()) {
        report.warn(
            format!("`{path}` is known to ClearML, and not supported by Usher"),
            origin,
            "nothing, if the API server reads it",
        );
        return;
    }
    let known = || scope.keys().iter().map(|key| key.path);
    // A `…_file` of something that is no secret means that something.
    let without_file = path
        .strip_suffix("_file")
        .and_then(|path| known().find(|k| *k == path));
    let fix = match without_file.or_else(|| nearest(path, known())) {
        Some(known) => {
            report.attempted(scope, known);
            format!("did you mean {}?", spelt(scope, known, origin))
        }
        None => "remove it; `usher config env` lists every setting".into(),
    };
    let owner = if is_provider { "a provider" } else { "Usher" };
    let what = format!("`{}` is no setting of {owner}", short(path));
    report.error(what, origin, fix);
}

/// A known path in the spelling of the place where the unknown one was found.
fn spelt(scope: &Scope, path: &str, found: &Origin) -> String {
    match (found, scope) {
        (Origin::Environment(_), Scope::Provider(provider)) => {
            let key = Key::find(keys::PROVIDER, path);
            let name = provider.parse().ok();
            key.map_or_else(|| path.into(), |key| key.variable(name.as_ref()))
        }
        (Origin::Environment(_), Scope::Host) => {
            Key::find(keys::HOST, path).map_or_else(|| path.into(), |key| key.variable(None))
        }
        _ => scope.file_key(path),
    }
}
