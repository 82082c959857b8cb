use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::console::{Access, Console, Format, Listed, or_dash, when};
use crate::cli::failure::Failure;
use crate::config;
use crate::domain::{
    Activation, PolicyLimits, PolicySettings, Provider, ProviderName, RefusedPolicy,
};
use crate::policy;

const EXAMPLES: &str = "\
Examples:
  usher policy list
  usher policy list --json
";

/// Say what decides the sign-ins of each provider, since when, and what was refused.
///
/// The service writes it down when it loads, swaps or refuses a policy; what its file holds
/// now is read beside it.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    listed: Listed,
}

/// A provider with what decides its sign-ins; nothing, where no service has served it yet.
#[derive(Debug, Serialize)]
struct Row {
    provider: ProviderName,
    sha256: Option<String>,
    contract: Option<String>,
    since: Option<Timestamp>,
    /// None for the built-in default policy.
    path: Option<PathBuf>,
    /// What the configured file holds, compared with that.
    file: FileState,
    refused: Option<RefusedPolicy>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum FileState {
    /// What decides.
    Active,
    /// Something else that the service has refused.
    Refused,
    /// Something else: the service has not looked yet, or does not run.
    Differs,
    /// It is missing or cannot be read.
    Unreadable,
}

impl FileState {
    fn words(self) -> &'static str {
        match self {
            Self::Active => "is active",
            Self::Refused => "differs: refused",
            Self::Differs => "differs from what is active",
            Self::Unreadable => "cannot be read",
        }
    }
}

impl List {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let opened = console.open(Access::Read).await?;
        let active = opened.done(opened.store.policies().await).await?;
        let rows = match config::load(console.environment, console.config.as_deref()) {
            Ok(config) => configured(&config.providers, &active),
            // It may be the file that is missing: compared with where it was.
            Err(errors) => {
                console.warn(&errors.problems);
                active.iter().map(as_before).collect()
            }
        };
        if self.listed.format() == Format::Json {
            return console.json(&rows);
        }
        let columns = [
            "provider", "sha256", "contract", "since", "path", "file", "refused",
        ];
        console.list(self.listed, &rows, columns, cells)?;
        match rows.iter().find(|row| row.refused.is_some()) {
            Some(_) => console.next("usher policy check FILE, which says what is to be mended"),
            None if rows.is_empty() => console.say("no provider is configured"),
            None => {}
        }
        Ok(())
    }
}

impl Row {
    fn new(provider: &ProviderName, active: Option<&Activation>, file: FileState) -> Self {
        Self {
            provider: provider.clone(),
            sha256: active.map(|active| active.policy.sha256.clone()),
            contract: active.map(|active| active.policy.contract.clone()),
            since: active.map(|active| active.since),
            path: active.and_then(|active| active.path.clone()),
            file,
            refused: active.and_then(|active| active.refused.clone()),
        }
    }
}

fn as_before(active: &Activation) -> Row {
    let limits = PolicyLimits::Interpreter;
    let file = compare(active.path.as_deref(), limits, Some(active));
    Row::new(&active.provider, Some(active), file)
}

fn configured(providers: &[Provider], active: &[Activation]) -> Vec<Row> {
    let rows = providers.iter().map(|provider| {
        let active = active
            .iter()
            .find(|active| active.provider == provider.name);
        let PolicySettings { module, limits, .. } = &provider.policy;
        let file = compare(module.as_deref(), *limits, active);
        Row::new(&provider.name, active, file)
    });
    rows.collect()
}

fn compare(module: Option<&Path>, limits: PolicyLimits, active: Option<&Activation>) -> FileState {
    let read = match module {
        Some(path) => policy::read(path, limits),
        None => Ok(policy::DEFAULT.to_vec()),
    };
    let Ok(bytes) = read else {
        return FileState::Unreadable;
    };
    let sha256 = policy::digest(&bytes);
    let refused = active.and_then(|active| active.refused.as_ref());
    match active {
        Some(active) if active.policy.sha256 == sha256 => FileState::Active,
        _ if refused.is_some_and(|refused| refused.sha256.as_ref() == Some(&sha256)) => {
            FileState::Refused
        }
        _ => FileState::Differs,
    }
}

fn cells(row: &Row) -> [String; 7] {
    let short = |sha256: &String| sha256.chars().take(12).collect::<String>();
    let path = row.path.as_ref().map(|path| path.display().to_string());
    let built_in = || row.sha256.is_some().then(|| "built in".to_owned());
    let refused = row.refused.as_ref();
    [
        row.provider.to_string(),
        or_dash(row.sha256.as_ref().map(short)),
        or_dash(row.contract.as_ref()),
        or_dash(row.since.map(when)),
        or_dash(path.or_else(built_in)),
        row.file.words().to_owned(),
        or_dash(refused.map(|refused| format!("{} {}", when(refused.time), refused.message))),
    ]
}
