//! What a policy can ask, in plain types that mirror the contract.

/// Everything that a policy can ask. The documentation of each function is in `wit/policy.wit`,
/// with its limits; a limit that is exceeded ends the decision, so nothing here returns an error.
pub trait Host {
    /// Name of the provider in the configuration, such as `keycloak`.
    fn provider(&self) -> String;
    /// Issuer of the ID token, exactly as verified.
    fn issuer(&self) -> String;
    /// Our client id at this provider.
    fn client_id(&self) -> String;
    /// Subject of the ID token.
    fn subject(&self) -> String;
    /// The e-mail address, in lower case.
    fn address(&self) -> Option<Email>;
    /// Company asked for with `/login/<company>`.
    fn company(&self) -> Option<String>;
    /// Time of the sign-in in Unix seconds.
    fn time(&self) -> u64;

    /// The claim at an RFC 6901 pointer; see [`pointer`](crate::pointer) for names from settings.
    fn claim(&self, source: Source, pointer: &str) -> Value;
    /// Member names of the object there; `None` if it is no object.
    fn claim_keys(&self, source: Source, pointer: &str) -> Option<Vec<String>>;
    /// Everything from a source as JSON text; `None` if the provider did not give that source.
    fn claims_document(&self, source: Source) -> Option<String>;

    /// The setting at an RFC 6901 pointer: `/groups/enabled`, `/site/department`.
    fn setting(&self, pointer: &str) -> Value;
    /// Member names of the object there; `None` if it is no object.
    fn setting_keys(&self, pointer: &str) -> Option<Vec<String>>;
    /// All settings as JSON text.
    fn settings_document(&self) -> String;

    /// The user of this (issuer, subject). One look-up.
    fn known(&self) -> Option<Person>;
    /// Whether there is a company with exactly this id. One look-up.
    fn company_exists(&self, id: &str) -> bool;
    /// Open invitations; empty unless the e-mail is verified. One look-up.
    fn invitations(&self) -> Vec<Invitation>;
    /// Owner of the verified e-mail's domain. One look-up.
    fn domain_company(&self) -> Option<String>;
    /// Groups of the company that answer to the names, at most 1,000 a call. One look-up.
    fn find_groups(&self, company: &str, names: &[String], matching: Matching) -> Vec<Found>;

    /// Adds a line to the record; never write claim values.
    fn log(&self, level: Level, message: &str);
}

/// A JSON value as a policy meets it. `Absent` is not `Null` and not empty.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing is there.
    Absent,
    /// The literal `null`.
    Null,
    /// A boolean.
    Flag(bool),
    /// A number that is an integer and fits in 64 bits with a sign.
    Integer(i64),
    /// A number written with a fraction or an exponent.
    Number(f64),
    /// A string.
    Text(String),
    /// An array of strings, possibly empty.
    Texts(Vec<String>),
    /// Objects, mixed arrays, numbers beyond both types: as JSON text.
    Json(String),
}

/// Where a claim comes from. Sources are never merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "fake",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum Source {
    /// The access token, or userinfo when `get_info_from_access_token` is false.
    Configured,
    /// The ID token.
    IdToken,
    /// The access token, if it is a JWT that was verified.
    AccessToken,
    /// The userinfo answer, if it was asked for.
    Userinfo,
}

/// The e-mail address of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The whole address in lower case.
    pub address: String,
    /// What follows the last `@`, in lower case.
    pub domain: String,
    /// Whether the provider vouches for it.
    pub verification: Verification,
}

/// What the provider says about the e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// `email_verified` is the literal `true`.
    Verified,
    /// `email_verified` is there and is anything else.
    Unverified,
    /// The provider does not say.
    Unstated,
}

/// A user who signed in before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "fake",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
pub struct Person {
    /// Our id of the user.
    #[cfg_attr(feature = "fake", serde(default = "crate::case::user_1"))]
    pub id: String,
    /// Companies of the user; today at most one.
    #[cfg_attr(feature = "fake", serde(default))]
    pub memberships: Vec<Membership>,
}

/// One company of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "fake",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
pub struct Membership {
    /// Id of the company.
    pub company: String,
    /// The role there now, whatever its origin.
    #[cfg_attr(feature = "fake", serde(default))]
    pub role: Role,
}

/// What somebody is in a company.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "fake",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum Role {
    /// An ordinary member.
    #[default]
    User,
    /// An administrator.
    Admin,
}

/// An open invitation to the verified e-mail of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "fake", derive(serde::Serialize))]
pub struct Invitation {
    /// Id of the company that invites.
    pub company: String,
    /// The role that acceptance gives.
    pub role: Role,
}

/// A group of a company that answers to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "fake", derive(serde::Serialize))]
pub struct Found {
    /// The name as it was asked.
    pub asked: String,
    /// The name as the company writes it.
    pub name: String,
}

/// How names are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "fake",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum Matching {
    /// Byte for byte.
    Exact,
    /// By their lower case; see [`lower`](crate::lower()).
    IgnoreCase,
}

impl Matching {
    /// Whether two names are the same under this comparison.
    #[must_use]
    pub fn same(self, left: &str, right: &str) -> bool {
        match self {
            Self::Exact => left == right,
            Self::IgnoreCase if left.is_ascii() && right.is_ascii() => {
                left.eq_ignore_ascii_case(right)
            }
            Self::IgnoreCase => crate::lower(left) == crate::lower(right),
        }
    }
}

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "fake",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum Level {
    /// For the author of the policy.
    Debug,
    /// For whoever asks why.
    Info,
    /// Something that an operator should look at.
    Warn,
    /// Something that is broken.
    Error,
}
