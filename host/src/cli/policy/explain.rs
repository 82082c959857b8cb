use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::Chosen;
use super::test::read_case;
use crate::cli::console::{Console, Format, Listed, table};
use crate::cli::evidence;
use crate::cli::failure::Failure;
use crate::config::Problem;
use crate::domain::{Claims, Finding, Lookup, Outcome, Read, Reading, Source, Step};
use crate::policy;
use crate::policy::case::{self, Case, Verdict};

/// Explain the decision of one case: every rule with what it looked at, and where claims are.
///
/// For each claim that was read, says where it was found and, if it was not, where else it is.
/// Exit 1 if the policy fails; a refusal is explained like an admission.
#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// The case, a JSON file.
    case: PathBuf,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    listed: Listed,
}

#[derive(Debug, Serialize)]
struct Explanation {
    decision: Option<Outcome>,
    failure: Option<policy::Failure>,
    rules: Vec<Step>,
    claims: Vec<Claim>,
    /// Top-level claims that the policy did not look at.
    unread: Vec<Unread>,
    lookups: Vec<Lookup>,
}

/// A claim that was read.
#[derive(Debug, Serialize)]
struct Claim {
    #[serde(flatten)]
    read: Read,
    /// Other sources that have it.
    elsewhere: Vec<Source>,
    /// A claim of the source that is spelt differently.
    similar: Option<String>,
}

#[derive(Debug, Serialize)]
struct Unread {
    source: Source,
    claims: Vec<String>,
}

impl Explain {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let case = read_case(&self.case)?;
        let policy = self.chosen.load()?;
        let verdict = case::run(&case, &policy).await;
        let logs = verdict.evidence.logs.clone();
        let explanation = Explanation::of(&case, verdict);
        match self.listed.format() {
            Format::Json => console.json(&explanation)?,
            Format::Table => {
                console.data(describe(&explanation))?;
                if let Some(logs) = evidence::logs(&logs) {
                    console.data(format_args!("\n{logs}"))?;
                }
            }
        }
        match explanation.failure {
            None => Ok(()),
            Some(failure) => Err(Failure::refused(Problem::new(
                format!("the policy failed: {failure}"),
                self.case.display(),
                "a failed policy admits nobody: mend it, or the settings that it names",
            ))),
        }
    }
}

impl Explanation {
    fn of(case: &Case, verdict: Verdict) -> Self {
        let (question, _) = case.question_and_directory();
        let reads = verdict.evidence.reads;
        let unread = unread(&question.claims, &reads);
        let claims = reads
            .into_iter()
            .map(|read| Claim::of(&question.claims, read));
        let (decision, rules) = match verdict.decision {
            Some(decision) => (Some(decision.outcome), decision.trace),
            None => (None, Vec::new()),
        };
        Self {
            decision,
            failure: verdict.failure,
            rules,
            claims: claims.collect(),
            unread,
            lookups: verdict.evidence.lookups,
        }
    }
}

const SOURCES: [Source; 3] = [Source::IdToken, Source::AccessToken, Source::Userinfo];

impl Claim {
    fn of(claims: &Claims, read: Read) -> Self {
        let is_absent = matches!(read.found, Reading::Absent {});
        let has = |source: &Source| {
            let document = claims.document(*source);
            document.is_some_and(|document| document.pointer(&read.pointer).is_some())
        };
        let others = SOURCES.into_iter().filter(|source| *source != read.source);
        let elsewhere = others.filter(has).collect();
        let similar = is_absent
            .then(|| similar(claims.document(read.source)?, &read.pointer))
            .flatten();
        Self {
            read,
            elsewhere,
            similar,
        }
    }

    /// What was found, or where it is instead.
    fn found(&self) -> String {
        if let Reading::Value { value } = &self.read.found {
            return value.to_string();
        }
        let mut words = "(absent)".to_owned();
        if !self.elsewhere.is_empty() {
            let names: Vec<&str> = self
                .elsewhere
                .iter()
                .map(|source| source.as_str())
                .collect();
            words += &format!(", but {} has it", names.join(" and "));
        }
        if let Some(similar) = &self.similar {
            words += &format!(", but there is {similar}");
        }
        words
    }
}

/// A member beside the one that is missing whose name differs in case, or in a separator.
fn similar(document: &Value, pointer: &str) -> Option<String> {
    let (parent, name) = pointer.rsplit_once('/')?;
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(|c| !matches!(c, '_' | '-' | '.' | ' '));
        letters.flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(&name.replace("~1", "/").replace("~0", "~"));
    let mut members = document.pointer(parent)?.as_object()?.keys();
    let member = members.find(|member| plain(member) == wanted)?;
    Some(format!(
        "{parent}/{}",
        member.replace('~', "~0").replace('/', "~1")
    ))
}

/// Top-level claims of each source that no read begins with.
fn unread(claims: &Claims, reads: &[Read]) -> Vec<Unread> {
    let mut all = Vec::new();
    for source in SOURCES {
        let of_source = reads.iter().filter(|read| read.source == source);
        let read: BTreeSet<String> = of_source
            .filter_map(|read| read.pointer.split('/').nth(1))
            .map(|token| token.replace("~1", "/").replace("~0", "~"))
            .collect();
        let is_read_whole = reads
            .iter()
            .any(|read| read.source == source && read.pointer.is_empty());
        let Some(Value::Object(members)) = claims.document(source) else {
            continue;
        };
        let names = members.keys().filter(|name| !read.contains(*name));
        let names: Vec<String> = names.cloned().collect();
        if !names.is_empty() && !is_read_whole {
            all.push(Unread {
                source,
                claims: names,
            });
        }
    }
    all
}

fn describe(explanation: &Explanation) -> String {
    let mut parts = vec![headline(explanation)];
    parts.extend(evidence::rules(&explanation.rules));
    if !explanation.claims.is_empty() {
        let rows = explanation.claims.iter().map(|claim| {
            let pointer = match claim.read.pointer.as_str() {
                "" => "(whole document)",
                pointer => pointer,
            };
            let source = claim.read.source.as_str();
            [pointer.to_owned(), source.to_owned(), claim.found()]
        });
        parts.push(table(&["claim", "looked for in", "found"], rows));
    }
    let unread = explanation.unread.iter().map(|unread| {
        let source = unread.source.as_str().to_owned();
        [source, unread.claims.join(", ")]
    });
    let unread: Vec<_> = unread.collect();
    if !unread.is_empty() {
        parts.push(table(&["not looked at in", "claims"], unread));
    }
    parts.extend(evidence::lookups(&explanation.lookups));
    parts.join("\n\n")
}

/// The decision and the rules in numbers, in a line.
fn headline(explanation: &Explanation) -> String {
    let decision = match (&explanation.decision, &explanation.failure) {
        (Some(Outcome::Admit(grant)), _) => format!("admitted to {}", grant.placement.company),
        (Some(Outcome::Refuse(refusal)), _) => match &refusal.message {
            Some(message) => format!("refused with {}: {message}", refusal.code),
            None => format!("refused with {}", refusal.code),
        },
        (None, Some(failure)) => format!("no decision, the policy failed: {failure}"),
        (None, None) => "no decision".to_owned(),
    };
    let ended = |finding: Finding| {
        let steps = explanation.rules.iter();
        steps.filter(|step| step.finding == finding).count()
    };
    let (hit, missed, skipped) = (
        ended(Finding::Hit),
        ended(Finding::Miss),
        ended(Finding::Skipped),
    );
    let decision = crate::cli::console::printable(&decision);
    format!("{decision}\n{hit} rules hit, {missed} missed, {skipped} skipped")
}
