use std::collections::BTreeSet;
use std::fmt;

use super::collect::Scope;

/// One thing that is wrong, in the three parts that every error of Usher has.
///
/// Never holds a secret: values of secret settings are not quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub what: String,
    /// Where: a variable, `file:line: key`, or an argument of a command.
    pub place: String,
    /// What to do; empty where `what` says it.
    pub fix: String,
}

impl Problem {
    /// A problem of these three parts.
    pub fn new(
        what: impl Into<String>,
        place: impl fmt::Display,
        fix: impl Into<String>,
    ) -> Problem {
        // Names come from whoever writes them, and must not move the cursor.
        let printable = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        Self {
            what: what.into(),
            place: place.to_string().chars().map(printable).collect(),
            fix: fix.into(),
        }
    }

    /// A problem from an error of below, which says what is wrong, then, behind a semicolon,
    /// what to do; its causes belong to what is wrong.
    pub fn of(error: &anyhow::Error, place: impl fmt::Display) -> Problem {
        let (mut what, mut fix) = (String::new(), String::new());
        let mut said = String::new();
        for cause in error.chain() {
            let text = cause.to_string();
            // Some errors end with their cause's words themselves.
            if said.ends_with(&text) {
                continue;
            }
            let (part, advice) = text.split_once("; ").unwrap_or((&text, ""));
            if !what.is_empty() {
                what.push_str(": ");
            }
            what.push_str(part);
            if fix.is_empty() {
                fix.push_str(advice);
            }
            said = text;
        }
        Self::new(what, place, fix)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, place, fix } = self;
        write!(f, "{what}\n  where: {place}")?;
        match fix.as_str() {
            "" => Ok(()),
            fix => write!(f, "\n  fix:   {fix}"),
        }
    }
}

/// Everything that is wrong with a configuration, found in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors {
    /// What stops the start; at least one.
    pub problems: Vec<Problem>,
    /// What deserves attention besides.
    pub warnings: Vec<Problem>,
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// What was found so far, about the host (and the file as a whole) and about providers: a
/// command that needs no provider is not stopped by one.
#[derive(Default)]
pub(super) struct Reports {
    pub(super) host: Report,
    pub(super) providers: Report,
}

impl Reports {
    pub(super) fn of(&mut self, scope: &Scope) -> &mut Report {
        match scope {
            Scope::Host => &mut self.host,
            Scope::Provider(_) => &mut self.providers,
        }
    }

    /// Part of the configuration could not be read: what seems to be missing may be there.
    pub(super) fn is_in_part(&mut self) {
        self.host.in_part = true;
        self.providers.in_part = true;
    }

    pub(super) fn is_clean(&self) -> bool {
        self.host.problems.is_empty() && self.providers.problems.is_empty()
    }

    /// All of it, the host's first.
    pub(super) fn into_errors(mut self) -> ConfigErrors {
        self.host.problems.append(&mut self.providers.problems);
        self.host.warnings.append(&mut self.providers.warnings);
        ConfigErrors {
            problems: self.host.problems,
            warnings: self.host.warnings,
        }
    }
}

/// What was found so far about one of them.
#[derive(Default)]
pub(super) struct Report {
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    /// Something that holds many settings could not be read, and that is said already.
    pub(super) in_part: bool,
    /// Settings that somebody tried to set: the attempt is reported, their absence is not.
    attempted: BTreeSet<(Scope, String)>,
}

impl Report {
    /// Whether the absence of a setting only follows from what is reported already.
    pub(super) fn explains_absence(&self, scope: &Scope, path: &str) -> bool {
        self.in_part || self.attempted.contains(&(scope.clone(), path.to_owned()))
    }

    pub(super) fn attempted(&mut self, scope: &Scope, path: &str) {
        self.attempted.insert((scope.clone(), path.to_owned()));
    }

    pub(super) fn error(
        &mut self,
        what: impl Into<String>,
        place: impl fmt::Display,
        fix: impl Into<String>,
    ) {
        self.problems.push(Problem::new(what, place, fix));
    }

    pub(super) fn warn(
        &mut self,
        what: impl Into<String>,
        place: impl fmt::Display,
        fix: impl Into<String>,
    ) {
        self.warnings.push(Problem::new(what, place, fix));
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn causes_belong_to_what_is_wrong_and_not_to_what_to_do() {
        let cause = anyhow!("code 5: locked").context("the driver: code 5: locked");
        let error = cause.context("the database is locked; end the other process");
        let problem = Problem::of(&error, "HERE");
        assert_eq!(
            problem.what,
            "the database is locked: the driver: code 5: locked"
        );
        assert_eq!(problem.fix, "end the other process");

        let deep = Err::<(), _>(anyhow!("it is damaged; copy it again")).context("policy of p");
        let problem = Problem::of(&deep.unwrap_err(), "HERE");
        assert_eq!(problem.what, "policy of p: it is damaged");
        assert_eq!(problem.fix, "copy it again");
    }
}
