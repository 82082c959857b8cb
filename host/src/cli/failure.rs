use std::io;

use crate::config::{ConfigErrors, Problem};

/// Why a command ends without success.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: u8,
    pub(super) problems: Vec<Problem>,
}

impl Failure {
    /// A finding or a refusal: exit 1.
    pub(super) fn refused(problem: Problem) -> Self {
        let problems = vec![problem];
        Self { exit: 1, problems }
    }

    /// Wrong usage or configuration: exit 2.
    pub(super) fn usage(problem: Problem) -> Self {
        let problems = vec![problem];
        Self { exit: 2, problems }
    }

    /// What was found is printed already: exit 1.
    pub(super) fn found() -> Self {
        let problems = Vec::new();
        Self { exit: 1, problems }
    }

    /// What is wrong is printed already, as data.
    pub(super) fn told(exit: u8) -> Self {
        let problems = Vec::new();
        Self { exit, problems }
    }

    /// A service does not start from what it is given; exit 2.
    pub(super) fn start(error: anyhow::Error, place: &str) -> Self {
        match error.downcast::<ConfigErrors>() {
            Ok(errors) => errors.into(),
            Err(error) => Self::usage(Problem::of(&error, place)),
        }
    }

    /// Something that should work does not; exit 1.
    pub(super) fn broken(error: &anyhow::Error, place: &str) -> Self {
        Self::refused(Problem::of(error, place))
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        let problems = errors.problems;
        Self { exit: 2, problems }
    }
}

/// Whoever read our output has left, as `head` does: nothing is wrong with that.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            let problems = Vec::new();
            return Self { exit: 0, problems };
        }
        let what = format!("the output cannot be written: {error}");
        Self::refused(Problem::new(what, "standard output", "make room for it"))
    }
}
