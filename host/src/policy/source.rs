//! The file that a policy comes from.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::limits::Limits;
use super::revision::{LoadError, LoadStep, fits};
use crate::domain::PolicyLimits;

/// Tells whether a file is still the one that was looked at: links are followed, so that a
/// link that leads elsewhere is another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Fingerprint {
    /// Of the file there now; none where nothing can be looked at.
    pub fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::from)
    }
}

impl From<&Metadata> for Fingerprint {
    fn from(metadata: &Metadata) -> Self {
        Self {
            place: (metadata.dev(), metadata.ino()),
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Reads a component, and no more of it than a profile loads.
///
/// # Errors
/// It is no file, cannot be read, or is too big.
pub fn read(path: &Path, profile: PolicyLimits) -> Result<Vec<u8>, LoadError> {
    let unreadable = |error: std::io::Error| {
        LoadError::new(
            LoadStep::Read,
            format!("it cannot be read: {error}"),
            "put the component there, readable for the user that runs Usher",
        )
    };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    // Opening a pipe would wait for whoever writes to it.
    if !metadata.is_file() {
        return Err(LoadError::new(
            LoadStep::Read,
            "it is no file",
            "put the component itself there",
        ));
    }
    let limits = Limits::of(profile);
    fits(metadata.len(), profile, limits)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(limits.component_bytes).unwrap_or(u64::MAX);
    let file = File::open(path).map_err(unreadable)?;
    // It may grow meanwhile.
    let mut some = file.take(most.saturating_add(1));
    some.read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_readable_file_of_the_right_size_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let read = |path: &Path| read(path, PolicyLimits::Standard);
        let missing = read(&folder.path().join("missing")).unwrap_err();
        assert_eq!(missing.step, LoadStep::Read);
        assert_eq!(read(folder.path()).unwrap_err().step, LoadStep::Read);
        let big = folder.path().join("big");
        File::create(&big).unwrap().set_len(100 << 30).unwrap();
        assert_eq!(read(&big).unwrap_err().step, LoadStep::Size);
        let whole = folder.path().join("whole");
        std::fs::write(&whole, b"whole").unwrap();
        assert_eq!(read(&whole).unwrap(), b"whole");
    }

    #[test]
    fn a_link_that_leads_elsewhere_is_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for version in ["one", "two"] {
            std::fs::create_dir(path(version)).unwrap();
            std::fs::write(path(version).join("policy.wasm"), b"same").unwrap();
        }
        let through = path("..data").join("policy.wasm");
        std::os::unix::fs::symlink("one", path("..data")).unwrap();
        let one = Fingerprint::of(&through).unwrap();
        assert_eq!(Fingerprint::of(&through).unwrap(), one);
        std::os::unix::fs::symlink("two", path("..next")).unwrap();
        std::fs::rename(path("..next"), path("..data")).unwrap();
        assert_ne!(Fingerprint::of(&through).unwrap(), one);
        assert_eq!(Fingerprint::of(&path("missing")), None);
    }
}
