//! What a case expects, and where a decision differs from it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{AdminChange, Attributes, Decision, Finding, Grant, GroupChange, Outcome, Refusal};

/// What the policy must say: exactly one of `admit`, `refuse` and `error`.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct Expect {
    outcome: Expected,
    trace: BTreeMap<String, Finding>,
}

/// The person comes in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedGrant {
    /// Id of the company.
    pub company: String,
    /// The administrator role there.
    #[serde(default)]
    pub admin: AdminChange,
    /// The groups there, in any order.
    #[serde(default)]
    pub groups: GroupChange,
    /// Name to show; compared if given.
    pub display_name: Option<String>,
    /// Attributes in any order; compared if given.
    pub attributes: Option<BTreeMap<String, String>>,
}

/// The person does not come in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedRefusal {
    /// The code.
    pub code: String,
    /// Shown to the person; compared if given.
    pub message: Option<String>,
    /// Attributes in any order; compared if given.
    pub attributes: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug)]
enum Expected {
    Admit(ExpectedGrant),
    Refuse(ExpectedRefusal),
    Error(String),
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
        Ok(Self {
            outcome,
            trace: written.trace,
        })
    }
}

impl Expect {
    /// Where the decision, or the error of a failed policy, differs; empty if nowhere.
    #[must_use]
    pub fn differences(&self, decision: Result<&Decision, &str>) -> Vec<String> {
        let mut differences = Differences::default();
        let decision = match (&self.outcome, decision) {
            (Expected::Error(expected), Err(error)) if error.contains(expected) => {
                return differences.0;
            }
            (expected, Err(error)) => {
                differences.add("outcome", expected, &error);
                return differences.0;
            }
            (_, Ok(decision)) => decision,
        };
        match (&self.outcome, &decision.outcome) {
            (Expected::Admit(expected), Outcome::Admit(grant)) => {
                expected.compare(grant, &mut differences);
            }
            (Expected::Refuse(expected), Outcome::Refuse(refusal)) => {
                expected.compare(refusal, &mut differences);
            }
            (expected, outcome) => differences.add("outcome", expected, outcome),
        }
        for (rule, expected) in &self.trace {
            let step = decision.trace.iter().find(|step| step.rule == *rule);
            let finding = step.map(|step| step.finding);
            if finding != Some(*expected) {
                differences.add(&format!("trace {rule}"), &Some(*expected), &finding);
            }
        }
        differences.0
    }
}

impl ExpectedGrant {
    fn compare(&self, grant: &Grant, differences: &mut Differences) {
        let [placement] = grant.placements.as_slice() else {
            differences.add("placements", &1, &grant.placements.len());
            return;
        };
        if placement.company != self.company {
            differences.add("company", &self.company, &placement.company);
        }
        if placement.admin != self.admin {
            differences.add("admin", &self.admin, &placement.admin);
        }
        if in_order(&placement.groups) != in_order(&self.groups) {
            differences.add("groups", &self.groups, &placement.groups);
        }
        if self.display_name.is_some() && grant.display_name != self.display_name {
            differences.add("display_name", &self.display_name, &grant.display_name);
        }
        differences.compare_attributes(self.attributes.as_ref(), &grant.attributes);
    }
}

impl ExpectedRefusal {
    fn compare(&self, refusal: &Refusal, differences: &mut Differences) {
        if refusal.code != self.code {
            differences.add("code", &self.code, &refusal.code);
        }
        if self.message.is_some() && refusal.message != self.message {
            differences.add("message", &self.message, &refusal.message);
        }
        differences.compare_attributes(self.attributes.as_ref(), &refusal.attributes);
    }
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn add(&mut self, what: &str, expected: &impl std::fmt::Debug, got: &impl std::fmt::Debug) {
        self.0
            .push(format!("{what}: expected {expected:?}, got {got:?}"));
    }

    fn compare_attributes(
        &mut self,
        expected: Option<&BTreeMap<String, String>>,
        got: &Attributes,
    ) {
        let Some(expected) = expected else { return };
        let sorted: BTreeMap<_, _> = got.iter().cloned().collect();
        if *expected != sorted || sorted.len() != got.len() {
            self.add("attributes", expected, got);
        }
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
