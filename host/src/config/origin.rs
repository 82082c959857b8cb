use std::fmt;
use std::path::PathBuf;

/// Where an effective value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A variable, in the spelling in which it is set.
    Environment(String),
    /// A key of the configuration file.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// The whole key: `provider.keycloak.groups.claim`.
        key: String,
    },
    /// A file that a `…_file` setting names.
    SecretFile {
        /// The file.
        path: PathBuf,
        /// Where its path comes from.
        named_by: Box<Origin>,
    },
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(variable) => f.write_str(variable),
            Self::File { path, line, key } => write!(f, "{}:{line}: {key}", path.display()),
            Self::SecretFile { path, named_by } => {
                write!(f, "{} (named by {named_by})", path.display())
            }
            Self::Default => f.write_str("default"),
        }
    }
}
