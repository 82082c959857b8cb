//! Who else on this machine can read what is secret.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Report;
use crate::app;
use crate::config::{Config, Origin, Secrecy};
use crate::domain::DatabaseUrl;

/// Every file that holds a secret, or people's data.
pub(super) fn examine(config: &Config, report: &mut Report<'_>) {
    let files = files(config);
    let mut open = false;
    for file in &files {
        let Ok(metadata) = std::fs::metadata(file) else {
            continue;
        };
        let mode = metadata.mode() & 0o777;
        let (others, group) = (mode & 0o006, mode & 0o020);
        if others == 0 && group == 0 {
            continue;
        }
        open = true;
        let who = match others {
            0 => "its whole group can write to it",
            0o004 => "every user of this machine can read it",
            _ => "every user of this machine can write to it",
        };
        let what = format!(
            "{} holds secrets, and {who} (mode {mode:o})",
            file.display()
        );
        report.attention("secrets", what, format!("chmod 600 '{}'", file.display()));
    }
    if !open && !files.is_empty() {
        report.fine(
            "secrets",
            "nobody else on this machine can read the files that hold them",
        );
    }
}

fn files(config: &Config) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for setting in &config.settings {
        match &setting.origin {
            Origin::SecretFile { path, .. } => drop(files.insert(path.clone())),
            Origin::File { path, .. } if setting.key.secrecy != Secrecy::Open => {
                files.insert(path.clone());
            }
            _ => {}
        }
    }
    if let DatabaseUrl::Sqlite(database) = &config.host.database_url {
        let beside = [database.clone(), app::key_file(database)];
        files.extend(
            beside
                .into_iter()
                .filter(|file: &PathBuf| Path::exists(file)),
        );
    }
    files
}
