//! Third step, for the host: its settings as [`HostSettings`], and the rules that hold
//! between them.

use jiff::SignedDuration;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::keys;
use super::nearest::nearest;
use super::reader::Reader;
use super::value::{self, Wrong, wrong};
use crate::domain::{
    Brand, DatabaseUrl, HostSettings, PublicUrl, RecordSettings, RecordedClaims, Secret,
    SessionLife,
};

/// The settings of the host, as `serve` needs them. `None` if something is wrong, which is
/// reported.
pub(super) fn read(r: &mut Reader<'_>) -> Option<HostSettings> {
    let listen = r.read(&keys::LISTEN, value::address);
    let public_url = public_url(r);
    let database_url = database_url(r);
    let directory_file = r.file(&keys::DIRECTORY_FILE);
    let ops_listen = r.read(&keys::OPS_LISTEN, value::address);
    let secret_key = secret_key(database_url.as_ref(), r);
    let session = session(r);
    let records = records(r);
    let trusted_proxies = r.read(&keys::TRUSTED_PROXIES, value::networks);
    let brand = brand(r);
    let oidc_ca_file = r.file(&keys::OIDC_CA_FILE);
    let oidc_allow_private = r.read(&keys::OIDC_ALLOW_PRIVATE, value::networks);
    r.read(&keys::LOG, log);
    Some(HostSettings {
        listen: listen?,
        public_url: Some(public_url?),
        database_url: database_url?,
        directory_file,
        ops_listen,
        secret_key,
        session: session?,
        records: records?,
        trusted_proxies: trusted_proxies.unwrap_or_default(),
        brand: brand?,
        oidc_ca_file,
        oidc_allow_private: oidc_allow_private.unwrap_or_default(),
    })
}

/// A level, or directives. A misspelt level would be taken for the name of a module, and
/// nothing would be logged.
fn log(text: &str) -> Result<(), Wrong> {
    const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];
    const FIX: &str = "write a level (error, warn, info, debug, trace, off), or directives such as usher=debug,warn";
    for directive in text.split(',').map(str::trim) {
        let level = directive.rsplit('=').next().unwrap_or(directive);
        let is_module = !directive.contains('=')
            && (level.starts_with("usher") || level.contains("::") || level.contains('['));
        if is_module || level.parse::<LevelFilter>().is_ok() {
            continue;
        }
        let fix = match nearest(level, LEVELS) {
            Some(known) => format!("did you mean {known}?"),
            None => FIX.into(),
        };
        return wrong(format!("has no level `{}`", value::short(level)), fix);
    }
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(()),
        Err(error) => wrong(format!("cannot be read: {error}"), FIX),
    }
}

/// Where the directory lives: all that the commands which change it need.
pub(super) fn database_url(r: &mut Reader<'_>) -> Option<DatabaseUrl> {
    let text = r.secret(&keys::DATABASE_URL)?;
    match value::database(text.expose()) {
        Ok(database) => Some(database),
        Err(error) => {
            let what = format!("{} {}", keys::DATABASE_URL.path, error.what);
            let place = r.place(&keys::DATABASE_URL);
            r.withdraw(&keys::DATABASE_URL);
            r.report.error(what, place, error.fix);
            None
        }
    }
}

pub(super) fn public_url(r: &mut Reader<'_>) -> Option<PublicUrl> {
    if r.is_missing(&keys::PUBLIC_URL) {
        let name = r.name(&keys::PUBLIC_URL);
        r.report.error(
            "public_url is not set: redirect URIs are made from it",
            name,
            "set it to what browsers see, such as https://login.example.com",
        );
        return None;
    }
    r.read(&keys::PUBLIC_URL, |text| {
        PublicUrl::parse(text.trim())
            .or_else(|what| wrong(what, "write an origin, such as https://login.example.com"))
    })
}

/// The key that values are sealed with. Several replicas on one PostgreSQL need the same, so
/// none is made up for them.
pub(super) fn secret_key(database: Option<&DatabaseUrl>, r: &mut Reader<'_>) -> Option<Secret> {
    const MAKE: &str = "make one: openssl rand -base64 32";
    let key = r.secret(&keys::SECRET_KEY);
    let place = r.place(&keys::SECRET_KEY);
    let is_postgres = matches!(database, Some(DatabaseUrl::Postgres(_)));
    match key.as_ref().map(|key| key.expose().len()) {
        Some(..16) => {
            let what = "secret_key is shorter than 16 characters";
            r.withdraw(&keys::SECRET_KEY);
            r.report.error(what, place, MAKE);
        }
        Some(16..32) => {
            let what = "secret_key is shorter than 32 characters, and may be guessed";
            r.report.warn(what, place, MAKE);
        }
        None if is_postgres && r.is_missing(&keys::SECRET_KEY) => {
            let what = "secret_key is not set, and required with PostgreSQL";
            r.report.error(what, place, MAKE);
        }
        _ => {}
    }
    key
}

fn session(r: &mut Reader<'_>) -> Option<SessionLife> {
    let idle = r.read(&keys::SESSION_IDLE, value::duration);
    let absolute = r.read(&keys::SESSION_ABSOLUTE, value::duration);
    let (idle, absolute): (SignedDuration, SignedDuration) = (idle?, absolute?);
    if idle > absolute {
        let place = r.place(&keys::SESSION_IDLE);
        r.report.warn(
            "session.idle is longer than session.absolute, which ends every session before",
            place,
            "make session.absolute the longer one",
        );
    }
    Some(SessionLife { idle, absolute })
}

fn records(r: &mut Reader<'_>) -> Option<RecordSettings> {
    let days = r.read(&keys::RECORDS_DAYS, value::days);
    let claims = r.read(&keys::RECORDS_CLAIMS, |text| {
        let words = [
            ("all", RecordedClaims::All),
            ("read", RecordedClaims::Read),
            ("none", RecordedClaims::None),
        ];
        value::choice(text, &words)
    });
    let redact = r.read(&keys::RECORDS_REDACT, |text| {
        let pointers = value::list(text)?;
        match pointers.iter().find(|pointer| !pointer.starts_with('/')) {
            Some(bad) => wrong(
                format!("has `{}`, which is no JSON pointer", value::short(bad)),
                format!("write /{}", value::short(bad)),
            ),
            None => Ok(pointers),
        }
    });
    Some(RecordSettings {
        days: days?,
        claims: claims?,
        redact: redact.unwrap_or_default(),
    })
}

fn brand(r: &mut Reader<'_>) -> Option<Brand> {
    let name = r.read(&keys::BRAND_NAME, |text| match text.trim() {
        "" => wrong("is empty", "write the name that the pages show"),
        name => Ok(name.to_owned()),
    });
    let logo_file = r.file(&keys::BRAND_LOGO_FILE);
    let color = r.read(&keys::BRAND_COLOR, value::color);
    let accent = r.read(&keys::BRAND_ACCENT, value::color);
    let contact = r.text(&keys::BRAND_CONTACT);
    Some(Brand {
        name: name?,
        logo_file,
        color,
        accent,
        contact,
    })
}
