//! What a case expects, and where a decision differs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::domain::{AdminChange, Decision, Finding, Grant, GroupChange, Outcome, Refusal};
use crate::policy::Failure;

/// What the policy must say: exactly one of `admit`, `refuse` and `error`, and optionally how
/// rules of its trace must end.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub struct Expect {
    outcome: Expected,
    trace: BTreeMap<String, Finding>,
}

#[derive(Debug, Clone)]
enum Expected {
    Admit(ExpectedGrant),
    Refuse(ExpectedRefusal),
    /// Part of the failure's words.
    Error(String),
}

/// `None` is not compared.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedGrant {
    company: String,
    #[serde(default = "same_admin")]
    admin: AdminChange,
    #[serde(default = "same_groups")]
    groups: GroupChange,
    display_name: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
}

fn same_admin() -> AdminChange {
    AdminChange::Leave
}

fn same_groups() -> GroupChange {
    GroupChange::Leave
}

/// `None` is not compared.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedRefusal {
    code: String,
    message: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    admit: Option<ExpectedGrant>,
    refuse: Option<ExpectedRefusal>,
    error: Option<String>,
    #[serde(default)]
    trace: BTreeMap<String, Finding>,
}

impl TryFrom<Written> for Expect {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let outcome = match (written.admit, written.refuse, written.error) {
            (Some(grant), None, None) => Expected::Admit(grant),
            (None, Some(refusal), None) => Expected::Refuse(refusal),
            (None, None, Some(error)) => Expected::Error(error),
            _ => return Err("`expect` needs exactly one of `admit`, `refuse` and `error`"),
        };
        let trace = written.trace;
        Ok(Self { outcome, trace })
    }
}

impl Expect {
    /// Where the outcome differs, a line each with further lines for members of a list; empty if
    /// nowhere.
    pub(super) fn differences(&self, outcome: Result<&Decision, &Failure>) -> Vec<String> {
        let mut lines = Lines::default();
        match (&self.outcome, outcome) {
            (Expected::Error(part), Err(failure)) if failure.to_string().contains(part) => {}
            (Expected::Error(part), Err(failure)) => {
                lines.differs("failure", part, &failure.to_string());
            }
            (_, Err(failure)) => lines.0.push(format!("the policy failed: {failure}")),
            (Expected::Error(part), Ok(_)) => {
                lines
                    .0
                    .push(format!("expected a failure with {part:?}, got a decision"));
            }
            (Expected::Admit(expected), Ok(decision)) => match &decision.outcome {
                Outcome::Admit(grant) => expected.compare(grant, &mut lines),
                Outcome::Refuse(refusal) => {
                    let code = &refusal.code;
                    lines.0.push(format!(
                        "expected to be admitted, got refused with `{code}`"
                    ));
                }
            },
            (Expected::Refuse(expected), Ok(decision)) => match &decision.outcome {
                Outcome::Refuse(refusal) => expected.compare(refusal, &mut lines),
                Outcome::Admit(grant) => {
                    let (code, company) = (&expected.code, &grant.placement.company);
                    lines
                        .0
                        .push(format!("expected `{code}`, got admitted to `{company}`"));
                }
            },
        }
        if let Ok(decision) = outcome {
            self.compare_trace(decision, &mut lines);
        }
        lines.0
    }

    fn compare_trace(&self, decision: &Decision, lines: &mut Lines) {
        for (rule, expected) in &self.trace {
            let step = decision.trace.iter().find(|step| step.rule == *rule);
            let got = step.map_or("not in the trace", |step| step.finding.as_str());
            if got != expected.as_str() {
                lines.differs(&format!("trace {rule}"), expected.as_str(), got);
            }
        }
    }
}

impl ExpectedGrant {
    fn compare(&self, grant: &Grant, lines: &mut Lines) {
        let placement = &grant.placement;
        if placement.company != self.company {
            lines.differs("company", &self.company, &placement.company);
        }
        if placement.admin != self.admin {
            lines.differs("admin", &self.admin, &placement.admin);
        }
        if in_order(&placement.groups) != in_order(&self.groups) {
            lines.differs("groups", &self.groups, &placement.groups);
            lines.members(names(&self.groups), names(&placement.groups));
        }
        lines.given(
            "display_name",
            self.display_name.as_ref(),
            grant.display_name.as_ref(),
        );
        lines.attributes(self.attributes.as_ref(), &grant.attributes);
    }
}

impl ExpectedRefusal {
    fn compare(&self, refusal: &Refusal, lines: &mut Lines) {
        if refusal.code != self.code {
            lines.differs("code", &self.code, &refusal.code);
        }
        lines.given("message", self.message.as_ref(), refusal.message.as_ref());
        lines.attributes(self.attributes.as_ref(), &refusal.attributes);
    }
}

#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    /// Both as a case writes them.
    fn differs<T: Serialize + ?Sized>(&mut self, what: &str, expected: &T, got: &T) {
        let (expected, got) = (json!(expected), json!(got));
        self.0
            .push(format!("{what}: expected {expected}, got {got}"));
    }

    /// Member by member below the last line: `-` expected and not there, `+` there and not
    /// expected. What both have is left out: a list may have a thousand names.
    fn members(&mut self, expected: &[String], got: &[String]) {
        let Some(line) = self.0.last_mut() else {
            return;
        };
        let without = |mark: char, these: &[String], those: &[String]| -> String {
            let these = these.iter().filter(|name| !those.contains(name));
            these
                .map(|name| format!("\n  {mark} {}", json!(name)))
                .collect()
        };
        *line += &without('-', expected, got);
        *line += &without('+', got, expected);
    }

    fn given(&mut self, what: &str, expected: Option<&String>, got: Option<&String>) {
        if expected.is_some() && expected != got {
            self.differs(what, &expected, &got);
        }
    }

    fn attributes(
        &mut self,
        expected: Option<&BTreeMap<String, String>>,
        got: &[(String, String)],
    ) {
        let got: BTreeMap<_, _> = got.iter().cloned().collect();
        if let Some(expected) = expected.filter(|expected| **expected != got) {
            self.differs("attributes", expected, &got);
            let pairs = |pairs: &BTreeMap<String, String>| -> Vec<String> {
                let pairs = pairs.iter().map(|(key, value)| format!("{key}={value}"));
                pairs.collect()
            };
            self.members(&pairs(expected), &pairs(&got));
        }
    }
}

fn names(groups: &GroupChange) -> &[String] {
    match groups {
        GroupChange::Leave => &[],
        GroupChange::Add(names) | GroupChange::Replace(names) => names,
    }
}

fn in_order(groups: &GroupChange) -> GroupChange {
    let sorted = |names: &[String]| {
        let mut names = names.to_vec();
        names.sort();
        names
    };
    match groups {
        GroupChange::Leave => GroupChange::Leave,
        GroupChange::Add(names) => GroupChange::Add(sorted(names)),
        GroupChange::Replace(names) => GroupChange::Replace(sorted(names)),
    }
}
