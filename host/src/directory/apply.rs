use jiff::Timestamp;

use crate::domain::{
    AdminChange, AdminEffect, Admission, Code, CompanyId, Effect, Entropy, GroupChange, Origin,
    Role, UserId, VerifiedIdentity,
};
use crate::store::{Person, StoreError, Tx};

#[cfg(test)]
mod tests;

/// How somebody came in: what the host holds a decision against.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The company asked for with `/login/<company>`.
    pub asked_company: Option<CompanyId>,
    /// Whether this provider's policy may place a known user in another company.
    pub may_move: bool,
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The user, new or known.
    pub user: UserId,
    /// Where they are.
    pub company: CompanyId,
    /// Group memberships that changed.
    pub groups: Effect,
    /// What became of the administrator role of origin `idp`.
    pub admin: AdminEffect,
}

/// Why a decision was not applied. The transaction must be dropped.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The host refuses it: `disabled`, `account_exists`, `company_unknown` or
    /// `company_mismatch`.
    #[error("the decision is refused: {}", .0.as_str())]
    Refused(Code),
    /// The store is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks a decision and applies it (`spec.md` §4.2 to §4.4): the host's part, whatever a
/// policy says.
///
/// Everything is looked up again inside the transaction, since the directory may have changed
/// after the policy was asked. Memberships and roles of origin `manual` are never taken away.
///
/// # Errors
/// The host refuses it, or the store is unavailable.
pub async fn apply(
    tx: &mut Tx,
    identity: &VerifiedIdentity,
    admission: &Admission,
    entry: &Entry,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<Applied, ApplyError> {
    let grant = admission.grant();
    let person = tx.person(&identity.issuer, &identity.subject).await?;
    check_person(tx, identity, person.as_ref()).await?;
    let company = check_company(tx, &grant.placement.company, person.as_ref(), entry).await?;
    let arrives = person.as_ref().and_then(|p| p.company.as_ref()) != Some(&company);

    let name = grant.display_name.as_deref().unwrap_or(&identity.name);
    let user = save_profile(tx, identity, person, name, now, entropy).await?;
    let mut left = (Vec::new(), false);
    if arrives {
        left = arrive(tx, &user, &company, identity, now).await?;
    }
    let mut groups = change_groups(tx, &user, &company, &grant.placement.groups, now).await?;
    groups.removed.splice(0..0, left.0);
    let admin = change_admin(tx, &user, &company, grant.placement.admin, left.1, now).await?;
    Ok(Applied {
        user,
        company,
        groups,
        admin,
    })
}

/// Nobody who is shut out, and nobody under somebody else's e-mail address.
async fn check_person(
    tx: &mut Tx,
    identity: &VerifiedIdentity,
    person: Option<&Person>,
) -> Result<(), ApplyError> {
    if person.is_some_and(|person| person.disabled || person.deleted) {
        return Err(ApplyError::Refused(Code::Disabled));
    }
    if let Some(email) = &identity.email {
        let owner = tx.email_owner(email.address()).await?;
        if owner.is_some() && owner.as_ref() != person.map(|person| &person.id) {
            return Err(ApplyError::Refused(Code::AccountExists));
        }
    }
    Ok(())
}

/// The company decided, if it exists, is the one asked for, and is no forbidden move.
async fn check_company(
    tx: &mut Tx,
    decided: &str,
    person: Option<&Person>,
    entry: &Entry,
) -> Result<CompanyId, ApplyError> {
    let unknown = ApplyError::Refused(Code::CompanyUnknown);
    let Ok(company) = decided.parse::<CompanyId>() else {
        return Err(unknown);
    };
    if !tx.company_exists(&company).await? {
        return Err(unknown);
    }
    let elsewhere = |other: &Option<CompanyId>| other.as_ref().is_some_and(|c| *c != company);
    let moves = person.is_some_and(|person| elsewhere(&person.company));
    if elsewhere(&entry.asked_company) || (moves && !entry.may_move) {
        return Err(ApplyError::Refused(Code::CompanyMismatch));
    }
    Ok(company)
}

/// A new user, or the known one with name and e-mail address as the provider has them now.
async fn save_profile(
    tx: &mut Tx,
    identity: &VerifiedIdentity,
    person: Option<Person>,
    name: &str,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<UserId, StoreError> {
    let email = identity.email.as_ref().map(|email| email.address());
    if let Some(person) = person {
        tx.update_profile(&person.id, name, email, now).await?;
        return Ok(person.id);
    }
    let user = UserId::new(now, entropy);
    tx.insert_user(&user, name, email, now).await?;
    tx.insert_identity(&identity.issuer, &identity.subject, &user, now)
        .await?;
    Ok(user)
}

/// Puts somebody into a company that they were not in. From another company everything of
/// origin `idp` ends, and all sessions: says which groups they left, and whether they were an
/// administrator. An open invitation to this company is accepted on the way.
async fn arrive(
    tx: &mut Tx,
    user: &UserId,
    company: &CompanyId,
    identity: &VerifiedIdentity,
    now: Timestamp,
) -> Result<(Vec<String>, bool), StoreError> {
    tx.end_sessions_of(user).await?;
    let left = tx.end_idp_grants_outside(user, company).await?;
    let role = match &identity.email {
        Some(email) if email.is_verified() => {
            tx.accept_invitation(email.address(), company, user, now)
                .await?
        }
        _ => None,
    };
    let origin = match role {
        Some(_) => Origin::Manual,
        None => Origin::Idp,
    };
    tx.place(user, company, origin, now).await?;
    if role == Some(Role::Admin) {
        tx.grant_admin(user, company, Origin::Manual, now).await?;
    }
    Ok(left)
}

/// Memberships of origin `idp` follow the decision; groups the company does not have are
/// reported and never made.
async fn change_groups(
    tx: &mut Tx,
    user: &UserId,
    company: &CompanyId,
    change: &GroupChange,
    now: Timestamp,
) -> Result<Effect, StoreError> {
    let (names, replace) = match change {
        GroupChange::Leave => return Ok(Effect::default()),
        GroupChange::Add(names) => (names, false),
        GroupChange::Replace(names) => (names, true),
    };
    let existing = tx.groups_named(company, names).await?;
    let mut effect = Effect::default();
    for name in names {
        if !existing.contains(name) {
            if !effect.unknown.contains(name) {
                effect.unknown.push(name.clone());
            }
        } else if tx.join_group(user, company, name, Origin::Idp, now).await? {
            effect.added.push(name.clone());
        }
    }
    if replace {
        for group in tx.groups_of_user(user, company, Origin::Idp).await? {
            if !existing.contains(&group) {
                tx.leave_group(user, company, &group, Origin::Idp).await?;
                effect.removed.push(group);
            }
        }
    }
    Ok(effect)
}

async fn change_admin(
    tx: &mut Tx,
    user: &UserId,
    company: &CompanyId,
    change: AdminChange,
    was_elsewhere: bool,
    now: Timestamp,
) -> Result<AdminEffect, StoreError> {
    let changed = match change {
        AdminChange::Leave => false,
        AdminChange::Grant => tx.grant_admin(user, company, Origin::Idp, now).await?,
        AdminChange::Revoke => tx.revoke_admin(user, company, Origin::Idp).await?,
    };
    Ok(match change {
        AdminChange::Grant if changed => AdminEffect::Granted,
        AdminChange::Leave | AdminChange::Revoke if changed || was_elsewhere => {
            AdminEffect::Revoked
        }
        _ => AdminEffect::Unchanged,
    })
}
