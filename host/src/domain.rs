//! Plain data: what the rest of the service talks about. No I/O.

mod activation;
mod audit;
mod claims;
mod code;
mod decision;
mod directory_file;
mod entropy;
mod evidence;
mod hex;
mod host;
mod identity;
mod logout;
mod lookups;
mod names;
mod origin;
mod provider;
mod question;
mod remedy;
mod return_to;
mod secret;

pub use self::activation::{Activation, RefusedPolicy};
pub use self::audit::{AdminEffect, Effect, Kind, Outcome as AuditOutcome, Record};
pub use self::claims::{Claims, Email, Source, Verification};
/// The OpenAPI document of the HTTP interface.
pub const OPENAPI: &str = include_str!("../openapi.json");
pub use self::code::{Actor, Code};
pub use self::decision::{
    AdminChange, Admission, Decision, Finding, Grant, GroupChange, Outcome, Placement, Refusal,
    Step,
};
pub use self::directory_file::{DirectoryFile, Listed, ListedCompany};
pub use self::entropy::Entropy;
pub use self::evidence::{
    Call, Cost, Evidence, FindGroups, Level, LogLine, Lookup, PolicyId, Read, Reading,
};
pub use self::hex::hex;
pub use self::host::{
    Brand, DatabaseUrl, HostSettings, PublicUrl, RecordSettings, RecordedClaims, SessionLife,
};
pub(crate) use self::identity::Attested;
pub use self::identity::{VerifiedIdentity, VerifiedTokens};
pub(crate) use self::logout::AttestedLogout;
pub use self::logout::{VerifiedLogout, Whose};
pub use self::lookups::{LookupFailed, Lookups, Pending};
pub use self::names::{CompanyId, InvalidName, ProviderName, Reference, UserId};
pub use self::origin::Origin;
pub use self::provider::{
    Absent, Algorithm, ClaimName, ClientAuth, Groups, LogoutTokenTyp, PolicyLimits, PolicySettings,
    Provider, ResponseMode,
};
pub use self::question::{Found, Invitation, Known, Matching, Membership, Question, Request, Role};
pub use self::remedy::remedy;
pub use self::return_to::ReturnTo;
pub use self::secret::Secret;
