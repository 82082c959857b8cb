mod tail;

use anyhow::anyhow;
use clap::{Subcommand, ValueEnum};

use super::console::{Access, Console, Format, Listed, or_dash, table, when};
use super::evidence;
use super::failure::Failure;
use super::opened::Opened;
use crate::config::Problem;
use crate::domain::{
    AdminEffect, AuditOutcome, DatabaseUrl, Kind, Record, Reference, Secret, remedy,
};
use crate::seal::{self, Vault};
use crate::store::StoreError;
use crate::{app, audit};

const EXAMPLES: &str = "\
Examples:
  usher audit list --limit 20
  usher audit show 7KQ2-M4XD-0ZPA
  usher audit list --json
  usher audit tail                                what happens now, until Ctrl-C
";

/// The decision log.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub(super) enum Audit {
    /// List records, newest first.
    List {
        /// At most so many; by default 50 in a table, all in JSON.
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
        /// Only such records.
        #[arg(long, value_enum, value_name = "KIND")]
        kind: Option<Only>,
        #[command(flatten)]
        listed: Listed,
    },
    /// Print records as they are written, oldest first, until Ctrl-C.
    Tail {
        /// So many earlier ones first.
        #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
        lines: u32,
        /// Only such records.
        #[arg(long, value_enum, value_name = "KIND")]
        kind: Option<Only>,
        /// One object a line.
        #[command(flatten)]
        listed: Listed,
    },
    /// Show why an attempt ended as it did.
    Show {
        /// The reference that the page showed.
        reference: Reference,
        #[command(flatten)]
        listed: Listed,
    },
}

/// Of which kind records are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Only {
    /// Somebody tried to sign in.
    SignIn,
    /// A policy was loaded, refused or rolled back.
    Policy,
    /// Somebody changed something by hand.
    Admin,
}

impl Only {
    fn is(self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Self::SignIn, Kind::SignIn)
                | (Self::Policy, Kind::Policy)
                | (Self::Admin, Kind::Admin)
        )
    }
}

/// As many as fit on a screen or two.
const IN_A_TABLE: u32 = 50;

impl Audit {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let opened = console.open(Access::Read).await?;
        let vault = vault(&opened)?;
        let failed = |error: StoreError| Failure::broken(&error.into(), &opened.place);
        match self {
            Self::List {
                limit,
                kind,
                listed,
            } => {
                let mut records = audit::all(&opened.store, &vault);
                let is_asked_for = |r: &Record| kind.is_none_or(|kind| kind.is(r.kind));
                let mut next = async || loop {
                    match records.next().await.map_err(failed)? {
                        Some(record) if !is_asked_for(&record) => {}
                        found => return Ok::<_, Failure>(found),
                    }
                };
                if listed.format() == Format::Table {
                    let mut found = Vec::new();
                    let limit = usize::try_from(limit.unwrap_or(IN_A_TABLE)).unwrap_or(usize::MAX);
                    while found.len() < limit
                        && let Some(record) = next().await?
                    {
                        found.push(record);
                    }
                    return list(&found, listed, console);
                }
                let mut left = limit.unwrap_or(u32::MAX);
                let mut separator = "[";
                while left > 0
                    && let Some(record) = next().await?
                {
                    // Not collected first: there may be millions.
                    console.data(separator)?;
                    console.json(&record)?;
                    (left, separator) = (left - 1, ",");
                }
                Ok(console.data(if separator == "[" { "[]" } else { "]" })?)
            }
            Self::Tail {
                lines,
                kind,
                listed,
            } => {
                let mut tail = audit::tail(&opened.store, &vault);
                tail::follow(&mut tail, lines, kind, listed, console)
                    .await
                    .map_err(|end| end.into_failure(&opened.place))
            }
            Self::Show { reference, listed } => {
                let record = audit::show(&opened.store, &reference, &vault).await;
                let Some(record) = record.map_err(failed)? else {
                    return Err(Failure::refused(Problem::new(
                        format!("there is no record {reference}"),
                        &opened.place,
                        "see: usher audit list",
                    )));
                };
                match listed.format() {
                    Format::Json => console.json(&record),
                    Format::Table => Ok(console.data(show(&record))?),
                }
            }
        }
    }
}

/// What opens the values of records: the configured key, or the one next to the file.
fn vault(opened: &Opened) -> Result<Vault, Failure> {
    let key = match (
        opened.stored.secret_key.clone()?,
        &opened.stored.database_url,
    ) {
        (Some(key), _) => Ok(key),
        (None, DatabaseUrl::Sqlite(path)) => {
            let (file, entropy) = (app::key_file(path), app::Options::default().entropy);
            match file.exists() {
                true => seal::load_or_create_key(&file, &entropy),
                // Whoever only reads leaves no key behind; there is nothing sealed with one yet.
                false => Ok(Secret::new(entropy.token())),
            }
        }
        (None, DatabaseUrl::Postgres(_)) => Err(anyhow!(
            "there is no key to read records with; set USHER__SECRET_KEY as the service has it"
        )),
    };
    let vault = key.and_then(|key| Vault::open(&key));
    vault.map_err(|error| Failure::usage(Problem::of(&error, "USHER__SECRET_KEY")))
}

fn list(records: &[Record], listed: Listed, console: &mut Console<'_>) -> Result<(), Failure> {
    let columns = [
        "ref", "time", "provider", "outcome", "code", "detail", "company", "user",
    ];
    console.list(listed, records, columns, |r| {
        [
            r.reference.to_string(),
            when(r.time),
            or_dash(r.provider.as_ref()),
            outcome(r.outcome).to_owned(),
            or_dash(r.code.as_ref()),
            or_dash(r.detail.as_ref()),
            or_dash(r.company.as_ref()),
            or_dash(r.user.as_ref()),
        ]
    })?;
    match records {
        [] => console.say("no record yet"),
        [first, ..] if listed.format() == Format::Table => {
            console.next(format_args!("usher audit show {}", first.reference));
        }
        _ => {}
    }
    Ok(())
}

fn show(r: &Record) -> String {
    let admin = match r.admin {
        AdminEffect::Granted => "granted",
        AdminEffect::Revoked => "revoked",
        AdminEffect::Unchanged => "unchanged",
    };
    let policy = r.policy.as_ref();
    let failed = r
        .detail
        .as_deref()
        .and_then(|detail| detail.split_once(": "));
    let fix = failed.and_then(|(check, rest)| remedy(check, rest));
    let rows = [
        ("ref", r.reference.to_string()),
        ("time", when(r.time)),
        ("kind", kind(r.kind).to_owned()),
        ("provider", or_dash(r.provider.as_ref())),
        ("subject (hmac)", or_dash(r.subject_hmac.as_ref())),
        ("outcome", outcome(r.outcome).to_owned()),
        ("code", or_dash(r.code.as_ref())),
        ("detail", or_dash(r.detail.as_ref())),
        ("fix", or_dash(fix)),
        ("company", or_dash(r.company.as_ref())),
        ("user", or_dash(r.user.as_ref())),
        ("groups added", names(&r.groups.added)),
        ("groups removed", names(&r.groups.removed)),
        ("groups unknown", names(&r.groups.unknown)),
        ("administrator", admin.to_owned()),
        (
            "policy",
            or_dash(policy.map(|id| format!("{} (contract {})", id.sha256, id.contract))),
        ),
        ("settings", or_dash(r.settings_sha256.as_ref())),
    ];
    let head = table(&[], rows.map(|(name, value)| [name.to_owned(), value]));
    let evidence = evidence::sections(&r.trace, &r.reads, &r.lookups, &r.logs);
    let durations = r.durations_us.iter();
    let durations = durations.map(|(step, us)| [step.clone(), format!("{us} µs")]);
    let durations = table(&["step", "duration"], durations);
    format!("{head}\n{evidence}\n{durations}")
}

fn outcome(outcome: AuditOutcome) -> &'static str {
    match outcome {
        AuditOutcome::Admitted => "admitted",
        AuditOutcome::Refused => "refused",
        AuditOutcome::Failed => "failed",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::SignIn => "sign_in",
        Kind::Policy => "policy",
        Kind::Admin => "admin",
    }
}

fn names(names: &[String]) -> String {
    match names {
        [] => "-".to_owned(),
        names => names.join(", "),
    }
}
