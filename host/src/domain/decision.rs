use serde::{Deserialize, Serialize};

/// What a policy answers, checked for its form: names bounded and free of control characters,
/// exactly one placement, no host code in a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Admit or refuse.
    pub outcome: Outcome,
    /// Rule by rule, in the order the policy went through them.
    pub trace: Vec<Step>,
}

impl Decision {
    /// The admission, or the refusal that ends the sign-in.
    ///
    /// # Errors
    /// The policy's refusal.
    pub fn admission(self) -> Result<Admission, Refusal> {
        match self.outcome {
            Outcome::Admit(grant) => Ok(Admission(grant)),
            Outcome::Refuse(refusal) => Err(refusal),
        }
    }
}

/// Leave to enter. Only comes out of a [`Decision`].
#[derive(Debug, Clone)]
pub struct Admission(Grant);

impl Admission {
    /// What the policy grants.
    pub fn grant(&self) -> &Grant {
        &self.0
    }
}

/// Admit or refuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The person may enter.
    Admit(Grant),
    /// The person may not.
    Refuse(Refusal),
}

/// What a policy grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Where the person belongs; the contract has a list, today it holds exactly one.
    pub placement: Placement,
    /// The name to show, if the policy sets one.
    pub display_name: Option<String>,
    /// Handed to the API server with the session.
    pub attributes: Vec<(String, String)>,
}

/// A place in a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Id of the company, not yet known to exist.
    pub company: String,
    /// What becomes of the administrator role of origin `idp`.
    pub admin: AdminChange,
    /// What becomes of the group memberships of origin `idp`.
    pub groups: GroupChange,
}

/// What becomes of the administrator role of origin `idp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminChange {
    /// Nothing changes.
    Leave,
    /// The person is an administrator.
    Grant,
    /// The person is none.
    Revoke,
}

/// What becomes of the group memberships of origin `idp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupChange {
    /// Nothing changes.
    Leave,
    /// These are added.
    Add(Vec<String>),
    /// They become exactly these.
    Replace(Vec<String>),
}

/// Why a policy refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The policy's code; its own ones are shown as `policy_refused`.
    pub code: String,
    /// Shown to the person: plain text, at most 300 characters.
    pub message: Option<String>,
    /// Kept with the record.
    pub attributes: Vec<(String, String)>,
}

/// One rule of a policy and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Name of the rule.
    pub rule: String,
    /// What became of it.
    pub finding: Finding,
    /// What it looked at, in words.
    pub saw: String,
}

/// What became of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It applied.
    Hit,
    /// It was tried and did not apply.
    Miss,
    /// It was not tried.
    Skipped,
}

impl Finding {
    /// `hit`, `miss` or `skipped`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Skipped => "skipped",
        }
    }
}
