use super::domains::of_address;
use crate::domain::{CompanyId, Invitation, Known, Membership, Role, UserId, VerifiedIdentity};
use crate::store::{Store, StoreError};

/// What the directory knows about somebody who is about to sign in, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Whether they may, as far as the host alone decides.
    pub standing: Standing,
    /// The user of this (issuer, subject), unless they are shut out.
    pub known: Option<Known>,
    /// Open invitations; empty unless the e-mail address is verified.
    pub invitations: Vec<Invitation>,
    /// The owner of the domain; none unless the e-mail address is verified.
    pub domain_company: Option<CompanyId>,
}

/// Whether somebody may sign in, before a policy is asked (`spec.md` §4.2, §4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody knows them yet.
    New,
    /// A user.
    Active(UserId),
    /// A user who is disabled or deleted: refuse with `disabled`.
    Disabled,
    /// Their e-mail address belongs to another user: refuse with `account_exists`.
    EmailTaken,
}

/// Looks somebody up.
///
/// # Errors
/// The store is unavailable.
pub async fn view(store: &Store, identity: &VerifiedIdentity) -> Result<View, StoreError> {
    let email = identity.email.as_ref();
    let address = email.map(|email| email.address());
    let verified = email
        .filter(|email| email.is_verified())
        .map(|email| (email.address(), of_address(email.domain())));
    let verified = verified.as_ref().map(|(a, domain)| (*a, domain.as_str()));
    let found = store
        .standpoint(&identity.issuer, &identity.subject, address, verified)
        .await?;
    let taken = found.email_owner.is_some() && found.email_owner != found.user;
    let standing = match found.user {
        Some(_) if found.shut_out => Standing::Disabled,
        _ if taken => Standing::EmailTaken,
        Some(ref user) => Standing::Active(user.clone()),
        None => Standing::New,
    };
    let role = if found.admin { Role::Admin } else { Role::User };
    let membership = found.company.map(|company| Membership { company, role });
    Ok(View {
        known: found.user.filter(|_| !found.shut_out).map(|id| Known {
            id,
            memberships: membership.into_iter().collect(),
        }),
        standing,
        invitations: found
            .invitation
            .map(|(company, role)| Invitation { company, role })
            .into_iter()
            .collect(),
        domain_company: found.domain_company,
    })
}
