//! What a policy answers, in plain types that mirror the contract.

/// Open pairs of key and value, kept with the session and handed to the API server.
/// Keys are `[a-z][a-z0-9_.-]{0,63}` and occur once.
pub type Attributes = Vec<(String, String)>;

/// What the policy says and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "fake", derive(serde::Serialize))]
pub struct Decision {
    /// In or not.
    pub outcome: Outcome,
    /// The rules in the order in which they were looked at; at most 64.
    pub trace: Vec<Step>,
}

/// In or not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "fake",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum Outcome {
    /// In; the host still checks and may refuse.
    Admit(Grant),
    /// Not in: no session, no change in the directory.
    Refuse(Refusal),
}

/// The person comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "fake", derive(serde::Serialize))]
pub struct Grant {
    /// Exactly one today.
    pub placements: Vec<Placement>,
    /// Name to show, at most 256 bytes, free of control characters.
    pub display_name: Option<String>,
    /// Kept with the session, handed to the API server.
    pub attributes: Attributes,
}

/// The person does not come in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "fake", derive(serde::Serialize))]
pub struct Refusal {
    /// `no_company`, `group_required`, `email_unverified`, or a code of the policy's own
    /// (`[a-z][a-z0-9_]{0,63}`); a code of the host makes the decision invalid.
    pub code: String,
    /// Shown to the person: plain text, at most 300 characters.
    pub message: Option<String>,
    /// Kept in the audit record.
    pub attributes: Attributes,
}

/// One company to be in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "fake", derive(serde::Serialize))]
pub struct Placement {
    /// Id of the company.
    pub company: String,
    /// The administrator role there.
    pub admin: AdminChange,
    /// The groups there.
    pub groups: GroupChange,
}

impl Placement {
    /// In this company, administrator role and groups left as they are.
    #[must_use]
    pub fn in_company(company: &str) -> Self {
        Self {
            company: company.to_owned(),
            admin: AdminChange::Leave,
            groups: GroupChange::Leave,
        }
    }
}

/// What happens to the administrator role that claims gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "fake",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum AdminChange {
    /// Stays as it is.
    #[default]
    Leave,
    /// Given, with origin `idp`.
    Grant,
    /// Taken away if its origin is `idp`.
    Revoke,
}

/// What happens to the group memberships that claims gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "fake",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum GroupChange {
    /// All stay as they are.
    #[default]
    Leave,
    /// These are added.
    Add(Vec<String>),
    /// They become exactly these; the empty list removes all.
    Replace(Vec<String>),
}

/// One rule that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "fake", derive(serde::Serialize))]
pub struct Step {
    /// Stable name, dots between its parts: `company.invitation`.
    pub rule: String,
    /// How it ended.
    pub finding: Finding,
    /// What it saw, in words for a person; no claim values, since redaction cannot reach them here.
    pub saw: String,
}

/// How a rule ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "fake",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum Finding {
    /// It applied.
    Hit,
    /// It was asked and did not apply.
    Miss,
    /// It was not asked.
    Skipped,
}

/// One setting that will not do, found when a policy is loaded (`export_check!`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// RFC 6901 pointer into the settings: `/site/department`.
    pub pointer: String,
    /// What is wrong and what would be right, in words for an operator.
    pub message: String,
}

/// The trace while it grows, and the two ways it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    steps: Vec<Step>,
}

impl Trace {
    /// A rule applied.
    pub fn hit(&mut self, rule: &str, saw: impl Into<String>) {
        self.push(rule, Finding::Hit, saw.into());
    }

    /// A rule was asked and did not apply.
    pub fn miss(&mut self, rule: &str, saw: impl Into<String>) {
        self.push(rule, Finding::Miss, saw.into());
    }

    /// A rule was not asked.
    pub fn skip(&mut self, rule: &str, saw: impl Into<String>) {
        self.push(rule, Finding::Skipped, saw.into());
    }

    /// The person comes in, with this trace.
    #[must_use]
    pub fn admit(self, placement: Placement) -> Decision {
        self.decide(Outcome::Admit(Grant {
            placements: vec![placement],
            display_name: None,
            attributes: Vec::new(),
        }))
    }

    /// The person does not come in, with this trace and the host's words for the code.
    #[must_use]
    pub fn refuse(self, code: &str) -> Decision {
        self.decide(Outcome::Refuse(Refusal {
            code: code.to_owned(),
            message: None,
            attributes: Vec::new(),
        }))
    }

    /// Any outcome, with this trace.
    #[must_use]
    pub fn decide(self, outcome: Outcome) -> Decision {
        Decision {
            outcome,
            trace: self.steps,
        }
    }

    fn push(&mut self, rule: &str, finding: Finding, saw: String) {
        self.steps.push(Step {
            rule: rule.to_owned(),
            finding,
            saw,
        });
    }
}
