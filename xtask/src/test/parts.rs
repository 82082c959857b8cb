//! Other programs that the tests drive: fetched where that is possible, and said loudly
//! where it is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use super::steps::Steps;
use super::{browser, keycloak, providers};
use crate::policy::languages;
use crate::policy::workspace::Workspace;

/// Something that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// The real identity provider
    Keycloak,
    /// Chromium, its driver and axe-core
    Browser,
    /// Compilers of policies in C, JavaScript and Python
    Languages,
    /// The npm package `oidc-provider`
    OidcProvider,
    /// Debian's identity provider
    Glewlwyd,
}

/// Where a part is: variables for the tests.
pub(crate) type Places = Vec<(&'static str, PathBuf)>;

/// What was found or fetched.
pub(crate) struct Parts {
    places: Places,
    missing: Vec<(Part, String)>,
    skips: PathBuf,
}

impl Part {
    pub(crate) const ALL: [Self; 5] = [
        Self::Browser,
        Self::Keycloak,
        Self::OidcProvider,
        Self::Glewlwyd,
        Self::Languages,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Keycloak => "Keycloak",
            Self::Browser => "Chromium and axe-core",
            Self::Languages => "policies in C, JavaScript and Python",
            Self::OidcProvider => "oidc-provider",
            Self::Glewlwyd => "Glewlwyd",
        }
    }
}

impl Parts {
    /// Finds or fetches every part. What cannot be had is not an error yet.
    pub(crate) fn fetch(
        steps: &mut Steps,
        workspace: &Workspace,
        skip: &[Part],
    ) -> anyhow::Result<Self> {
        let folder = workspace.target.join("test-parts");
        std::fs::create_dir_all(&folder)?;
        let skips = folder.join("skipped-tests");
        let _none_so_far = std::fs::remove_file(&skips);
        let mut parts = Self {
            places: Vec::new(),
            missing: Vec::new(),
            skips,
        };
        for part in Part::ALL {
            if skip.contains(&part) {
                parts
                    .missing
                    .push((part, "left out with --skip".to_owned()));
                continue;
            }
            let fetched = steps.run(part.name(), |step| match part {
                Part::Browser => browser::fetch(step, &folder),
                Part::Keycloak => keycloak::fetch(step, &folder),
                Part::Languages => languages::fetch(workspace, step),
                Part::OidcProvider => providers::oidc_provider(step, workspace, &folder),
                Part::Glewlwyd => providers::glewlwyd(step),
            });
            match fetched {
                Ok(places) => parts.places.extend(places),
                Err(problem) => {
                    eprintln!("      going on without: {problem:#}");
                    parts.missing.push((part, format!("{problem:#}")));
                }
            }
        }
        Ok(parts)
    }

    /// Whether a part was found or fetched.
    pub(crate) fn has(&self, part: Part) -> bool {
        !self.missing.iter().any(|(missing, _)| *missing == part)
    }

    /// Variables for the tests.
    pub(crate) fn environment(&self) -> Places {
        let mut places = self.places.clone();
        places.push(("USHER_TEST_SKIPS", self.skips.clone()));
        places
    }

    /// Variables for a shell.
    pub(crate) fn as_shell(&self) -> String {
        self.places
            .iter()
            .fold(String::new(), |mut text, (name, place)| {
                let _ = writeln!(text, "export {name}='{}'", place.display());
                text
            })
    }

    /// The last words: what was not tested and why.
    ///
    /// # Errors
    /// Something was not tested and `strict` says that this is a failure.
    pub(crate) fn report(&self, strict: bool) -> anyhow::Result<()> {
        let told = std::fs::read_to_string(&self.skips).unwrap_or_default();
        let mut tests: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (test, part) in told.lines().filter_map(|line| line.split_once('\t')) {
            tests.entry(part).or_default().insert(test);
        }
        let count: usize = tests.values().map(BTreeSet::len).sum();
        if self.missing.is_empty() && count == 0 {
            return Ok(());
        }
        eprintln!("\nNOT TESTED");
        for (part, why) in &self.missing {
            eprintln!("  {}: {why}", part.name());
        }
        for (part, tests) in &tests {
            eprintln!("  {} tests need {part}:", tests.len());
            for test in tests {
                eprintln!("    {test}");
            }
        }
        eprintln!("Get what is missing, then run `cargo xtask test` again.");
        anyhow::ensure!(
            !strict,
            "CI=true: everything must be tested, and {count} tests were not"
        );
        Ok(())
    }
}
