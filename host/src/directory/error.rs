use crate::domain::{CompanyId, UserId};
use crate::store::StoreError;

/// Why the directory did not do what it was asked. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum DirectoryError {
    #[error(
        "no company \"{0}\"; see: usher company list, or create it with: usher company create --id {0} --name NAME"
    )]
    NoSuchCompany(CompanyId),
    #[error("there is a company \"{0}\" already; choose another id")]
    CompanyExists(CompanyId),
    #[error("company \"{company}\" is not empty ({contents}); --force deletes it with all of that")]
    CompanyNotEmpty {
        company: CompanyId,
        /// Such as `2 users, 1 group`.
        contents: String,
    },
    #[error(
        "that is no name of a {kind}; give 1 to 256 characters, not all of them blank and none a control character"
    )]
    InvalidName { kind: &'static str },
    #[error(
        "company \"{company}\" has no group \"{group}\"; see: usher group list --company {company}, or create it with: usher group create --company {company} '{group}'"
    )]
    NoSuchGroup { company: CompanyId, group: String },
    #[error(
        "company \"{company}\" has a group \"{group}\" already; see: usher group list --company {company}"
    )]
    GroupExists { company: CompanyId, group: String },
    #[error("\"{0}\" is not an e-mail address; it must look like ann@example.com")]
    InvalidEmail(String),
    #[error(
        "{email} has an open invitation to company \"{company}\" already; remove it first with: usher invite remove --company {company} --email {email}"
    )]
    AlreadyInvited { email: String, company: CompanyId },
    #[error("{email} has no open invitation to company \"{company}\"; see: usher invite list")]
    NotInvited { email: String, company: CompanyId },
    #[error("\"{0}\" is not a domain; write what stands behind the @, such as example.com")]
    InvalidDomain(String),
    #[error(
        "domain {domain} belongs to company \"{owner}\" already; a domain belongs to one company: usher domain remove --company {owner} {domain}"
    )]
    DomainTaken { domain: String, owner: CompanyId },
    #[error("{what} is listed under company \"{owner}\" already; leave it under one of the two")]
    ListedTwice { what: String, owner: CompanyId },
    #[error("domain {domain} does not belong to company \"{company}\"; see: usher domain list")]
    NoSuchDomain { domain: String, company: CompanyId },
    #[error("no user \"{0}\"; give an id or an e-mail address from: usher user list")]
    NoSuchUser(String),
    #[error("more than one user has \"{email}\"; give one of these ids: {}", join(.ids))]
    AmbiguousUser { email: String, ids: Vec<UserId> },
    #[error("user {0} is deleted; a deleted user stays so; see: usher user show {0}")]
    UserDeleted(UserId),
    #[error("user {0} is disabled; let them in again with: usher user enable {0}")]
    UserDisabled(UserId),
    #[error(
        "user {0} is neither an administrator nor an operator; make them one with: usher user set-admin {0}"
    )]
    NotAdministrator(UserId),
    #[error("user {user} is not in company \"{company}\"; see: usher user show {user}")]
    NotInCompany { user: UserId, company: CompanyId },
    #[error("user {0} is in no company; a sign-in places them in one")]
    Homeless(UserId),
    #[error(
        "that identity belongs to user {0} already; see: usher user show {0}, and take it from there with: usher user unlink {0} --issuer I --subject S"
    )]
    IdentityTaken(UserId),
    #[error("user {0} has no such identity; see: usher user show {0}")]
    NotLinked(UserId),
    #[error(
        "an issuer and a subject are texts without blanks around them; copy them from the provider's tokens (iss, sub)"
    )]
    InvalidIdentity,
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn join(ids: &[UserId]) -> String {
    let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
    ids.join(", ")
}
