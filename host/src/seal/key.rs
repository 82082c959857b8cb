use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::domain::{Entropy, Secret};

/// Reads the secret key of a file, or makes one: 256 random bits, readable by the owner only.
///
/// Two processes that start together end up with the same key: the file appears at once and
/// complete, and whoever comes second reads it.
///
/// # Errors
/// The file cannot be read or made, or is empty; the message says what to do.
pub fn load_or_create_key(path: &Path, entropy: &Entropy) -> Result<Secret> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    create(path, entropy)?;
    read(path)?.with_context(|| format!("the secret key {} vanished", path.display()))
}

fn read(path: &Path) -> Result<Option<Secret>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| {
                format!(
                    "the secret key {} cannot be read; make it readable for the user that runs Usher, or set USHER__SECRET_KEY",
                    path.display()
                )
            });
        }
    };
    let key = text.trim();
    if key.is_empty() {
        bail!(
            "the secret key {} is empty; restore it from a backup (without it sealed values are lost), or delete the file to start with a new one",
            path.display()
        );
    }
    Ok(Some(Secret::new(key)))
}

fn create(path: &Path, entropy: &Entropy) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let explain = || {
        format!(
            "the secret key {} cannot be made; make its folder and let the user that runs Usher write there, or set USHER__SECRET_KEY",
            path.display()
        )
    };
    // A temporary file is made for its owner only (0600) and keeps that under its new name.
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(explain)?;
    let key = entropy.token();
    writeln!(file, "{key}").with_context(explain)?;
    file.as_file().sync_all().with_context(explain)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(lost) if lost.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(failed) => Err(failed.error).with_context(explain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entropy() -> Entropy {
        Entropy::new(|bytes| aws_lc_rs::rand::fill(bytes).unwrap())
    }

    #[cfg(unix)]
    #[test]
    fn a_new_key_is_for_the_owner_only_and_the_same_next_time() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("usher.key");
        let first = load_or_create_key(&path, &entropy()).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(first.expose().len(), 43);
        assert!(load_or_create_key(&path, &entropy()).unwrap() == first);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn twenty_starts_at_once_end_with_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("usher.key");
        let keys: Vec<Secret> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..20)
                .map(|_| scope.spawn(|| load_or_create_key(&path, &entropy()).unwrap()))
                .collect();
            starts.into_iter().map(|s| s.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[test]
    fn an_unreadable_or_empty_key_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let unreadable = load_or_create_key(folder.path(), &entropy()).unwrap_err();
        assert!(unreadable.to_string().contains("USHER__SECRET_KEY"));
        let missing = folder.path().join("no/folder/usher.key");
        let missing = load_or_create_key(&missing, &entropy()).unwrap_err();
        assert!(missing.to_string().contains("make its folder"), "{missing}");
        let empty = folder.path().join("empty");
        std::fs::write(&empty, "\n").unwrap();
        let empty = load_or_create_key(&empty, &entropy()).unwrap_err();
        assert!(empty.to_string().contains("restore it from a backup"));
    }
}
