use std::fs::{DirBuilder, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use subtle::ConstantTimeEq;

use super::revision::sha256_hex;

/// A private folder of what this installation made or accepted: components, so that the last
/// good one is there after a restart, and their native code.
///
/// Every entry is authenticated with a key that only this installation has: native code runs
/// outside of any sandbox, so that an entry which somebody else wrote, changed, cut or renamed
/// is not there.
pub struct Kept {
    folder: PathBuf,
    sign: Box<dyn Fn(&str) -> String + Send + Sync>,
}

/// Entries that are kept beside those that are named, newest first.
const SPARE: usize = 16;

/// An entry begins with its signature, 64 hex digits.
const SIGNATURE: usize = 64;

impl Kept {
    /// Opens the folder and makes it where it is missing. `sign` is HMAC-SHA-256 in hex with a
    /// key that only this installation has.
    ///
    /// # Errors
    /// It cannot be made, or not be made private.
    pub fn open(
        folder: &Path,
        sign: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> io::Result<Self> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => std::fs::set_permissions(folder, Permissions::from_mode(0o700))?,
        }
        Ok(Self {
            folder: folder.to_owned(),
            sign: Box::new(sign),
        })
    }

    /// Keeps a component under its digest.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep_component(&self, bytes: &[u8]) -> io::Result<()> {
        let sha256 = sha256_hex(bytes);
        match self.component(&sha256) {
            Some(_) => Ok(()),
            None => self.put(&component_name(&sha256), bytes),
        }
    }

    /// The component of a digest, if it is kept.
    pub fn component(&self, sha256: &str) -> Option<Vec<u8>> {
        let bytes = self.entry(&component_name(sha256))?;
        (sha256_hex(&bytes) == sha256).then_some(bytes)
    }

    /// Removes the oldest entries that are of none of these components.
    pub fn tidy(&self, wanted: &[String]) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return;
        };
        let spare = entries.filter_map(Result::ok).filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !wanted.iter().any(|sha256| name.starts_with(&**sha256))
        });
        let mut spare: Vec<(SystemTime, PathBuf)> = spare
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        spare.sort_by(|one, other| other.cmp(one));
        for (_, path) in spare.iter().skip(SPARE) {
            // It is there again at the next tidying.
            let _ = std::fs::remove_file(path);
        }
    }

    /// Puts an entry there, whole or not at all.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        // For its owner only, which it stays under its new name.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(self.signature(name, bytes).as_bytes())?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(self.folder.join(name))?;
        Ok(())
    }

    /// An entry, if it is authentic. What is not is removed.
    pub(super) fn entry(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.folder.join(name);
        let mut bytes = std::fs::read(&path).ok()?;
        if bytes.len() >= SIGNATURE {
            let body = bytes.split_off(SIGNATURE);
            let expected = self.signature(name, &body);
            if bool::from(expected.as_bytes().ct_eq(&bytes)) {
                return Some(body);
            }
        }
        tracing::warn!(
            file = %path.display(),
            "this was not written by this installation, or is damaged: thrown away"
        );
        let _ = std::fs::remove_file(&path);
        None
    }

    fn signature(&self, name: &str, bytes: &[u8]) -> String {
        (self.sign)(&format!("{name}\n{}", sha256_hex(bytes)))
    }
}

fn component_name(sha256: &str) -> String {
    format!("{sha256}.wasm")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(folder: &Path) -> Kept {
        Kept::open(folder, |text| {
            sha256_hex(format!("a key {text}").as_bytes())
        })
        .unwrap()
    }

    #[test]
    fn the_folder_and_its_entries_are_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let private = folder.path().join("private");
        std::fs::create_dir(&private).unwrap();
        std::fs::set_permissions(&private, Permissions::from_mode(0o777)).unwrap();
        let kept = kept(&private);
        kept.put("entry", b"bytes").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&private), mode(&private.join("entry"))),
            (0o700, 0o600)
        );
    }

    #[test]
    fn an_entry_that_is_changed_cut_renamed_or_foreign_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let kept = kept(folder.path());
        let path = |name: &str| folder.path().join(name);
        kept.put("entry", b"native code").unwrap();
        let good = std::fs::read(path("entry")).unwrap();
        assert_eq!(kept.entry("entry").unwrap(), b"native code");
        for at in 0..good.len() {
            let mut changed = good.clone();
            changed[at] ^= 1;
            for bytes in [&changed[..], &good[..at]] {
                std::fs::write(path("entry"), bytes).unwrap();
                assert_eq!(kept.entry("entry"), None, "byte {at}");
                assert!(!path("entry").exists());
            }
        }
        std::fs::write(path("other"), &good).unwrap();
        assert_eq!(kept.entry("other"), None);
        let foreign = Kept::open(folder.path(), |text| sha256_hex(text.as_bytes())).unwrap();
        foreign.put("entry", b"native code").unwrap();
        assert_eq!(kept.entry("entry"), None);
    }

    #[test]
    fn a_component_comes_back_by_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let kept = kept(folder.path());
        kept.keep_component(b"component").unwrap();
        let sha256 = sha256_hex(b"component");
        assert_eq!(kept.component(&sha256).unwrap(), b"component");
        assert_eq!(kept.component(&sha256_hex(b"other")), None);
        // Rightly signed, and still not what its name says.
        kept.put(&component_name(&sha256), b"other").unwrap();
        assert_eq!(kept.component(&sha256), None);
        kept.keep_component(b"component").unwrap();
        assert_eq!(kept.component(&sha256).unwrap(), b"component");
    }

    #[test]
    fn tidying_leaves_what_is_wanted_and_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let kept = kept(folder.path());
        for number in 0..30 {
            kept.put(&format!("{number:02}.wasm"), b"bytes").unwrap();
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(number);
            let file = std::fs::File::open(folder.path().join(format!("{number:02}.wasm")));
            file.unwrap().set_modified(time).unwrap();
        }
        kept.tidy(&["03".to_owned()]);
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, SPARE + 1);
        assert!(kept.entry("03.wasm").is_some() && kept.entry("29.wasm").is_some());
        assert!(kept.entry("13.wasm").is_none());
    }
}
