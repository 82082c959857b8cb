//! Environment and file to typed settings, with the origin of each value.
//!
//! [`load`] collects what is set, checks the names, reads every value by the type of its
//! setting, checks what must hold between settings, and answers with domain types, or with
//! everything that is wrong at once (`spec.md` §3, `clearml.md` §2). The settings themselves
//! are declared once, in [`PROVIDER`] and [`HOST`].

mod collect;
pub mod directory_file;
mod environment;
mod file;
mod hocon;
mod host;
mod keys;
mod names;
mod nearest;
mod origin;
mod provider;
mod reader;
mod reference;
mod report;
mod shown;
mod value;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use self::environment::Environment;
pub use self::keys::{Fallback, HOST, Key, Kind, PROVIDER, Place, Secrecy};
pub use self::nearest::nearest;
pub use self::origin::Origin;
pub use self::reference::{Asked, Variable, look_up, variables};
pub use self::report::{ConfigErrors, Problem};
pub(crate) use self::value::unquoted;

use self::collect::{Collected, collect};
use self::nearest::closest;
use self::reader::Reader;
use self::report::{Report, Reports};
use crate::domain::{
    ClientAuth, DatabaseUrl, HostSettings, Provider, ProviderName, PublicUrl, Secret,
};

/// A whole configuration that `serve` can start with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Settings of the host; `public_url` is there.
    pub host: HostSettings,
    /// At least one connection, in configuration order.
    pub providers: Vec<Provider>,
    /// What deserves attention, though it does not stop the start.
    pub warnings: Vec<Problem>,
    /// Every effective value with its origin; what nobody set and has no default is absent.
    pub settings: Vec<Setting>,
}

impl Config {
    /// Where a setting of the host or of a provider is set, or could be: for what shows to be
    /// wrong only later.
    pub fn place(&self, provider: Option<&ProviderName>, path: &str) -> String {
        let is_set = |setting: &&Setting| {
            setting.provider.as_ref() == provider
                && setting.key.path == path
                && setting.origin != Origin::Default
        };
        if let Some(setting) = self.settings.iter().find(is_set) {
            return setting.origin.to_string();
        }
        let keys = if provider.is_some() { PROVIDER } else { HOST };
        let key = keys.iter().find(|key| key.path == path);
        key.map_or_else(|| path.to_owned(), |key| key.variable(provider))
    }
}

/// One effective value, fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Whose it is; `None` for the host.
    pub provider: Option<ProviderName>,
    /// The setting.
    pub key: &'static Key,
    /// The name below it, for a setting of [`Kind::Names`].
    pub name: Option<String>,
    /// The value; `***` for a secret.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Reads the whole configuration; the environment wins over the file.
///
/// # Errors
/// Everything that is wrong, each with what, where and what to do.
pub fn load(environment: &Environment, file: Option<&Path>) -> Result<Config, ConfigErrors> {
    let Read {
        host,
        providers,
        settings,
        found,
    } = read(environment, file);
    match host {
        Some(host) if found.problems.is_empty() => Ok(Config {
            host,
            providers,
            warnings: found.warnings,
            settings,
        }),
        _ => Err(found),
    }
}

/// What is configured, right or wrong, fit to be shown.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// The effective values that are right, in the order in which settings are declared.
    pub settings: Vec<Setting>,
    /// What stops the start.
    pub problems: Vec<Problem>,
    /// What deserves attention besides.
    pub warnings: Vec<Problem>,
}

/// Reads the whole configuration to show it, also if a service could not start with it.
pub fn inspect(environment: &Environment, file: Option<&Path>) -> Inspected {
    let Read {
        mut settings,
        found,
        ..
    } = read(environment, file);
    // Providers stay in their order: this sort is stable.
    let order: Vec<_> = settings.iter().map(|s| s.provider.clone()).collect();
    let provider = |s: &Setting| order.iter().position(|name| *name == s.provider);
    settings.sort_by_cached_key(|setting| {
        (
            setting.provider.is_some(),
            provider(setting),
            setting.rank(),
        )
    });
    Inspected {
        settings,
        problems: found.problems,
        warnings: found.warnings,
    }
}

/// Everything that can be read, and everything that is wrong with it.
struct Read {
    host: Option<HostSettings>,
    providers: Vec<Provider>,
    settings: Vec<Setting>,
    found: ConfigErrors,
}

fn read(environment: &Environment, file: Option<&Path>) -> Read {
    let mut reports = Reports::default();
    let mut settings = Vec::new();
    let collected = collect(environment, file, &mut reports);
    let host = host::read(&mut Reader {
        provider: None,
        given: &collected.host,
        report: &mut reports.host,
        settings: &mut settings,
    });
    let providers = providers(&collected, &mut reports.providers, &mut settings);
    keys_differ(&providers, &settings, &mut reports.providers);
    let nothing = collected.providers.is_empty() && reports.providers.problems.is_empty();
    if nothing && !reports.providers.in_part {
        reports.providers.error(
            "no provider is configured",
            keys::BASE_URL.variable(None),
            "set base_url, client_id and client_secret of a provider; P is its name, such as keycloak",
        );
    }
    let found = reports.into_errors();
    Read {
        host,
        providers,
        settings,
        found,
    }
}

/// What the commands need that work on the database beside a running service.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Where directory, sessions and records live.
    pub database_url: DatabaseUrl,
    /// The key that records are sealed with, if it is configured; only who reads values of
    /// records needs it.
    pub secret_key: Result<Option<Secret>, ConfigErrors>,
    /// What browsers see, for commands that print a link.
    pub public_url: Result<PublicUrl, ConfigErrors>,
    /// What is wrong with providers; it stops nothing here.
    pub warnings: Vec<Problem>,
}

/// Reads only where the directory lives and what it is sealed with.
///
/// # Errors
/// What is wrong with the file as a whole, the names of host settings, or the database's.
pub fn load_stored(environment: &Environment, file: Option<&Path>) -> Result<Stored, ConfigErrors> {
    let mut reports = Reports::default();
    let mut settings = Vec::new();
    let collected = collect(environment, file, &mut reports);
    let database = host::database_url(&mut Reader {
        provider: None,
        given: &collected.host,
        report: &mut reports.host,
        settings: &mut settings,
    });
    // A misspelt database setting must not lead to another database.
    let database_url = match database {
        Some(database) if reports.host.problems.is_empty() => database,
        _ => return Err(reports.into_errors()),
    };
    let mut sealing = Reports::default();
    let secret_key = host::secret_key(
        Some(&database_url),
        &mut Reader {
            provider: None,
            given: &collected.host,
            report: &mut sealing.host,
            settings: &mut settings,
        },
    );
    let mut linking = Reports::default();
    let public_url = host::public_url(&mut Reader {
        provider: None,
        given: &collected.host,
        report: &mut linking.host,
        settings: &mut settings,
    });
    providers(&collected, &mut reports.providers, &mut settings);
    Ok(Stored {
        database_url,
        public_url: public_url.ok_or_else(|| linking.into_errors()),
        secret_key: match sealing.is_clean() {
            true => Ok(secret_key),
            false => Err(sealing.into_errors()),
        },
        warnings: reports.providers.problems,
    })
}

/// Sessions that no provider opened carry a name of ours in its place.
fn reserved(name: &ProviderName, r: &mut Reader<'_>) {
    if name.as_str().starts_with("usher_") {
        let place: Vec<_> = r.given.origins().map(ToString::to_string).collect();
        r.report.error(
            format!(
                "`{name}` is no name for a provider: those that begin with `usher_` are Usher's own"
            ),
            place.join(", "),
            "rename the provider; its callback path changes with it",
        );
    }
}

/// Each connection proves itself with a key of its own (`protocol.md` K32): whoever is shown an
/// assertion must not be able to use it anywhere else.
fn keys_differ(providers: &[Provider], settings: &[Setting], report: &mut Report) {
    let mut seen: Vec<(String, &ProviderName)> = Vec::new();
    for provider in providers {
        let ClientAuth::PrivateKeyJwt(pem) = &provider.client_auth else {
            continue;
        };
        let key: String = pem.expose().split_whitespace().collect();
        let name = &provider.name;
        let Some((_, other)) = seen.iter().find(|(known, _)| *known == key) else {
            seen.push((key, name));
            continue;
        };
        let setting = settings.iter().find(|setting| {
            setting.provider.as_ref() == Some(name) && setting.key.path == "client_key_file"
        });
        report.error(
            format!("`{name}` and `{other}` have the same private key"),
            setting.map_or_else(String::new, |setting| setting.origin.to_string()),
            "give each provider a key of its own: openssl genpkey -algorithm EC -pkeyopt \
             ec_paramgen_curve:P-256 -out FILE",
        );
    }
}

/// Every provider that is right; what is wrong with the others is reported.
fn providers(
    collected: &Collected,
    report: &mut Report,
    settings: &mut Vec<Setting>,
) -> Vec<Provider> {
    let mut providers = Vec::new();
    let mut complete = Vec::new();
    let mut incomplete = Vec::new();
    for (name, given) in &collected.providers {
        let mut reader = Reader {
            provider: Some(name),
            given,
            report: &mut *report,
            settings: &mut *settings,
        };
        let missing = provider::missing(&reader);
        reserved(name, &mut reader);
        providers.extend(provider::read(name, &mut reader));
        if missing.is_empty() {
            complete.push(name.as_str());
        } else {
            let wanted: Vec<_> = missing.iter().map(|key| reader.name(key)).collect();
            incomplete.push((name, given, missing, wanted.join(", ")));
        }
    }
    for (name, given, missing, wanted) in incomplete {
        let missing: Vec<_> = missing.iter().map(|key| key.path).collect();
        let place: Vec<_> = given.origins().map(ToString::to_string).collect();
        let fix = match closest(name.as_str(), complete.iter().copied()) {
            Some(known) if nearest(name.as_str(), [known]).is_some() => {
                format!("did you mean `{known}`? Otherwise set {wanted}")
            }
            Some(known) => {
                format!("if this belongs to `{known}`, rename it; otherwise set {wanted}")
            }
            None => format!("set {wanted}"),
        };
        let what = format!(
            "provider `{name}` is incomplete: {} missing",
            missing.join(", ")
        );
        report.error(what, place.join(", "), fix);
    }
    providers
}
