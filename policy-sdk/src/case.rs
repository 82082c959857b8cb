//! A case: one sign-in as JSON and the decision it must lead to.
//!
//! Cases run natively against [`Fake`] (here) and through a compiled component in the host (`usher
//! policy test`); both read this format and these defaults. Everything may be left out; an unknown
//! key is an error.
//!
//! ```json
//! {
//!   "request": {
//!     "provider": "keycloak",                    default
//!     "issuer": "https://kc.example/realms/r",   default
//!     "client_id": "usher",                      default
//!     "subject": "subject-1",                    default; the claim `sub` is not looked at
//!     "company": null,                           default; set: asked for with /login/<company>
//!     "time": 1700000000                         default
//!   },
//!   "settings": {
//!     "default_company": null,
//!     "claims": {"name": "name", "user_id": "sub", "email": "email"},
//!     "groups": {"enabled": false, "claim": "groups", "absent": "empty", "admins": [],
//!                "case_sensitive": true, "prohibit_user_signup_if_not_in_group": false},
//!     "admin_role": "admin",
//!     "get_info_from_access_token": true,
//!     "policy": {"may_move": false},
//!     "site": {}
//!   },
//!   "claims": {"id_token": {…}, "access_token": {…}, "userinfo": {…}},
//!   "directory": {
//!     "known": null,                             or {"id": "user-1", "memberships": [{"company": "acme", "role": "user"}]}
//!     "companies": {"acme": ["Research"]},       id → names of its groups
//!     "domains": {"acme.com": "acme"},           domain → company
//!     "invitations": [{"email": "ada@acme.com", "company": "acme", "role": "user"}]
//!   },
//!   "expect": {"admit": {"company": "acme", "admin": "leave", "groups": "leave"}}
//! }
//! ```
//!
//! - **settings** are the mapping keys of `spec.md` §3.1, nested by their `__` path, all defaults as
//!   above; a policy meets exactly this document, and `site` is the site's own object.
//! - **claims**: `id_token` and the configured source (`access_token`, or `userinfo` when
//!   `get_info_from_access_token` is false) are `{}` if left out; another source that is left out, or
//!   `null`, was not given by the provider.
//! - **the e-mail address** is the claim that `settings.claims.email` names, read from the configured
//!   source, in lower case; there is one only if the claim is a string with something on both sides of
//!   its last `@`. It is verified if `email_verified` of the same source is the literal `true`,
//!   unstated if that is missing or `null`, otherwise unverified.
//! - **directory**: invitations and domains answer for the verified address only; `role` is `user`
//!   by default, `memberships` is empty, `id` is `user-1`. `find-groups` answers in the order asked,
//!   for one name in the order of the company's groups.
//! - **expect** is `admit` or `refuse`, and optionally `trace`:
//!   - `{"admit": {"company", "admin", "groups", "display_name", "attributes"}}`: `admin` (`leave`,
//!     `grant`, `revoke`) and `groups` (`"leave"`, `{"add": […]}`, `{"replace": […]}`; names in any
//!     order) are `leave` if left out; `display_name` and `attributes` (an object) are compared if given;
//!   - `{"refuse": {"code", "message", "attributes"}}`: the last two are compared if given;
//!   - `{"error": "…"}`: the policy must fail with an error that contains the text;
//!   - `"trace": {"groups.absent": "hit"}`: these rules must end so (`hit`, `miss`, `skipped`); others are free.
//!
//! JSON numbers become `integer` if they are written without fraction and exponent and fit in 64 bits
//! with a sign, integers beyond that are `json`, others are `number`.

mod expect;
mod folder;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{Decision, Fake, Person, Role};
pub use expect::{Expect, ExpectedGrant, ExpectedRefusal};
pub use folder::{assert_cases, run_folder};

/// Most look-ups that the host answers in one decision.
pub const LOOKUPS: usize = 32;

/// One sign-in and the decision it must lead to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Case {
    /// Who signs in, and to what.
    pub request: Request,
    /// The mapping keys and the site's own.
    pub settings: Settings,
    /// Verified claims by source.
    pub claims: Claims,
    /// What the installation knows.
    pub directory: Directory,
    /// What the policy must say; nothing is compared without it.
    pub expect: Option<Expect>,
}

/// Who signs in, and to what.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the contract")]
pub struct Request {
    pub provider: String,
    pub issuer: String,
    pub client_id: String,
    pub subject: String,
    pub company: Option<String>,
    pub time: u64,
}

/// The mapping keys of `spec.md` §3.1.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of spec.md §3.1")]
pub struct Settings {
    pub default_company: Option<String>,
    pub claims: ClaimNames,
    pub groups: Groups,
    pub admin_role: String,
    pub get_info_from_access_token: bool,
    pub policy: Policy,
    pub site: Map<String, Json>,
}

/// Settings `claims__…`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of spec.md §3.1")]
pub struct ClaimNames {
    pub name: String,
    pub user_id: String,
    pub email: String,
}

/// Settings `groups__…`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of spec.md §3.1")]
pub struct Groups {
    pub enabled: bool,
    pub claim: String,
    pub absent: Absent,
    pub admins: Vec<String>,
    pub case_sensitive: bool,
    pub prohibit_user_signup_if_not_in_group: bool,
}

/// Setting `groups__absent`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// A token without the claim means no groups.
    #[default]
    Empty,
    /// A token without the claim changes nothing.
    Leave,
}

/// Settings `policy__…` that a policy sees.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of spec.md §3.1")]
pub struct Policy {
    pub may_move: bool,
}

/// Verified claims by source; `None`: left out or not given, see the module's text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the sources of the contract")]
pub struct Claims {
    pub id_token: Option<Map<String, Json>>,
    pub access_token: Option<Map<String, Json>>,
    pub userinfo: Option<Map<String, Json>>,
}

/// What the installation knows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Directory {
    /// The user of this (issuer, subject).
    pub known: Option<Person>,
    /// Company id → names of its groups.
    pub companies: BTreeMap<String, Vec<String>>,
    /// Domain → company id.
    pub domains: BTreeMap<String, String>,
    /// Open invitations.
    pub invitations: Vec<InvitedEmail>,
}

/// An open invitation, with whom it is for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvitedEmail {
    /// The address invited; compared in lower case.
    pub email: String,
    /// Id of the company that invites.
    pub company: String,
    /// The role that acceptance gives.
    #[serde(default)]
    pub role: Role,
}

impl Case {
    /// Reads a case. The error says where and what, in words for the author of the case.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("not a case: {error}"))
    }

    /// Reads a case from a file; the error names the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// The host that this case describes.
    #[must_use]
    pub fn host(&self) -> Fake {
        Fake::new(self)
    }

    /// Asks the policy, under the host's limit on look-ups.
    pub fn decide(
        &self,
        decide: impl FnOnce(&Fake) -> Result<Decision, String>,
    ) -> Result<Decision, String> {
        let host = self.host();
        let decision = decide(&host);
        let lookups = host.lookups().len();
        if lookups > LOOKUPS {
            return Err(format!(
                "{lookups} look-ups; the host ends a decision after {LOOKUPS} (budget)"
            ));
        }
        decision
    }
}

pub(crate) fn user_1() -> String {
    "user-1".to_owned()
}

impl Default for Request {
    fn default() -> Self {
        Self {
            provider: "keycloak".to_owned(),
            issuer: "https://kc.example/realms/r".to_owned(),
            client_id: "usher".to_owned(),
            subject: "subject-1".to_owned(),
            company: None,
            time: 1_700_000_000,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_company: None,
            claims: ClaimNames::default(),
            groups: Groups::default(),
            admin_role: "admin".to_owned(),
            get_info_from_access_token: true,
            policy: Policy::default(),
            site: Map::new(),
        }
    }
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            name: "name".to_owned(),
            user_id: "sub".to_owned(),
            email: "email".to_owned(),
        }
    }
}

impl Default for Groups {
    fn default() -> Self {
        Self {
            enabled: false,
            claim: "groups".to_owned(),
            absent: Absent::Empty,
            admins: Vec::new(),
            case_sensitive: true,
            prohibit_user_signup_if_not_in_group: false,
        }
    }
}

#[cfg(test)]
mod tests;
