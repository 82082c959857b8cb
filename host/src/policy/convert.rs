//! Between the contract's types and ours. A guest's answer becomes a [`Decision`] only after
//! every check of `spec.md` §4.4 that needs no directory.

use std::collections::HashSet;
use std::fmt;

use super::bindings::{decide, directory, log, request};
use super::evidence::plain;
use super::failure::{Failure, FailureKind};
use super::limits::{
    ATTRIBUTE_CHARS, ATTRIBUTES, GROUPS, MESSAGE_CHARS, NAME_CHARS, SAW_CHARS, TRACE_STEPS,
};
use crate::domain::{
    AdminChange, Code, Decision, Email, Finding, Found, Grant, GroupChange, Invitation, Known,
    Level, Matching, Outcome, Placement, Refusal, Role, Step, Verification,
};

/// The guest's answer, checked.
///
/// # Errors
/// `output` for too many groups or steps, `invalid` for everything else.
pub(super) fn decision(answer: decide::Decision) -> Result<Decision, Failure> {
    let outcome = match answer.outcome {
        decide::Outcome::Admit(grant) => Outcome::Admit(admitted(grant)?),
        decide::Outcome::Refuse(refusal) => Outcome::Refuse(refused(refusal)?),
    };
    let trace = trace(answer.trace)?;
    Ok(Decision { outcome, trace })
}

fn admitted(grant: decide::Grant) -> Result<Grant, Failure> {
    let placements = grant.placements.len();
    let [placement] = <[_; 1]>::try_from(grant.placements).map_err(|_| {
        invalid(format!(
            "the decision has {placements} placements, exactly one is possible"
        ))
    })?;
    let decide::Placement {
        company,
        admin,
        groups,
    } = placement;
    named("company", &company)?;
    let admin = match admin {
        decide::AdminChange::Leave => AdminChange::Leave,
        decide::AdminChange::Grant => AdminChange::Grant,
        decide::AdminChange::Revoke => AdminChange::Revoke,
    };
    let groups = match groups {
        decide::GroupChange::Leave => GroupChange::Leave,
        decide::GroupChange::Add(names) => GroupChange::Add(group_names(names)?),
        decide::GroupChange::Replace(names) => GroupChange::Replace(group_names(names)?),
    };
    if let Some(name) = &grant.display_name {
        named("display name", name)?;
    }
    attributes(&grant.attributes)?;
    Ok(Grant {
        placement: Placement {
            company,
            admin,
            groups,
        },
        display_name: grant.display_name,
        attributes: grant.attributes,
    })
}

fn refused(refusal: decide::Refusal) -> Result<Refusal, Failure> {
    let decide::Refusal {
        code,
        message,
        attributes: pairs,
    } = refusal;
    if !is_word(&code, "_") {
        return Err(invalid(format!(
            "the refusal's code {} is not [a-z][a-z0-9_]{{0,63}}",
            shown(&code)
        )));
    }
    if Code::parse(&code).is_some_and(|code| !code.is_policys()) {
        return Err(invalid(format!("only the host refuses with `{code}`")));
    }
    if let Some(text) = &message {
        bounded(format_args!("the refusal's message"), text, MESSAGE_CHARS)?;
    }
    attributes(&pairs)?;
    Ok(Refusal {
        code,
        message,
        attributes: pairs,
    })
}

/// Group names, each once.
fn group_names(mut names: Vec<String>) -> Result<Vec<String>, Failure> {
    if names.len() > GROUPS {
        let words = format!("the decision has {} groups, at most {GROUPS}", names.len());
        return Err(Failure::new(FailureKind::Output, words));
    }
    for name in &names {
        named("group", name)?;
    }
    let mut seen = HashSet::with_capacity(names.len());
    let is_new: Vec<bool> = names.iter().map(|name| seen.insert(&**name)).collect();
    let mut is_new = is_new.into_iter();
    names.retain(|_| is_new.next() == Some(true));
    Ok(names)
}

fn attributes(pairs: &[(String, String)]) -> Result<(), Failure> {
    if pairs.len() > ATTRIBUTES {
        let words = format!("{} attributes, at most {ATTRIBUTES}", pairs.len());
        return Err(invalid(words));
    }
    let mut seen = HashSet::with_capacity(pairs.len());
    for (key, value) in pairs {
        if !is_word(key, "_.-") {
            return Err(invalid(format!(
                "the attribute key {} is not [a-z][a-z0-9_.-]{{0,63}}",
                shown(key)
            )));
        }
        if !seen.insert(key) {
            return Err(invalid(format!("the attribute `{key}` occurs twice")));
        }
        bounded(
            format_args!("the attribute `{key}`"),
            value,
            ATTRIBUTE_CHARS,
        )?;
    }
    Ok(())
}

/// The trace explains and is never acted upon: its words are cut and cleaned, not refused.
fn trace(steps: Vec<decide::Step>) -> Result<Vec<Step>, Failure> {
    if steps.len() > TRACE_STEPS {
        let words = format!("the trace has {} steps, at most {TRACE_STEPS}", steps.len());
        return Err(Failure::new(FailureKind::Output, words));
    }
    let step = |step: decide::Step| Step {
        rule: plain(step.rule, NAME_CHARS),
        finding: match step.finding {
            decide::Finding::Hit => Finding::Hit,
            decide::Finding::Miss => Finding::Miss,
            decide::Finding::Skipped => Finding::Skipped,
        },
        saw: plain(step.saw, SAW_CHARS),
    };
    Ok(steps.into_iter().map(step).collect())
}

fn named(what: &str, name: &str) -> Result<(), Failure> {
    if name.is_empty() {
        return Err(invalid(format!("a {what} without characters")));
    }
    bounded(format_args!("the {what}"), name, NAME_CHARS)
}

fn bounded(what: fmt::Arguments<'_>, text: &str, most: usize) -> Result<(), Failure> {
    let chars = text.chars().count();
    if chars > most {
        let words = format!("{what} has {chars} characters, at most {most} are possible");
        return Err(invalid(words));
    }
    if text.contains(char::is_control) {
        let words = format!("{what} {} has a control character", shown(text));
        return Err(invalid(words));
    }
    Ok(())
}

/// `[a-z][a-z0-9…]{0,63}`, with the further characters given.
fn is_word(text: &str, further: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || further.contains(c))
}

/// A quoted beginning of a text that may be anything.
fn shown(text: &str) -> String {
    let beginning: String = text.chars().take(40).collect();
    format!("{beginning:?}")
}

fn invalid(words: String) -> Failure {
    Failure::new(FailureKind::Invalid, words)
}

pub(super) fn email(email: &Email) -> request::Email {
    request::Email {
        address: email.address().to_owned(),
        domain: email.domain().to_owned(),
        verification: match email.verification() {
            Verification::Verified => request::Verification::Verified,
            Verification::Unverified => request::Verification::Unverified,
            Verification::Unstated => request::Verification::Unstated,
        },
    }
}

pub(super) fn person(known: &Known) -> directory::Person {
    let membership = |membership: &crate::domain::Membership| directory::Membership {
        company: membership.company.to_string(),
        role: role(membership.role),
    };
    directory::Person {
        id: known.id.to_string(),
        memberships: known.memberships.iter().map(membership).collect(),
    }
}

pub(super) fn invitation(invitation: &Invitation) -> directory::Invitation {
    directory::Invitation {
        company: invitation.company.to_string(),
        role: role(invitation.role),
    }
}

pub(super) fn found(found: &Found) -> directory::Found {
    directory::Found {
        asked: found.asked.clone(),
        name: found.name.clone(),
    }
}

pub(super) fn matching(matching: directory::Matching) -> Matching {
    match matching {
        directory::Matching::Exact => Matching::Exact,
        directory::Matching::IgnoreCase => Matching::IgnoreCase,
    }
}

pub(super) fn level(level: log::Level) -> Level {
    match level {
        log::Level::Debug => Level::Debug,
        log::Level::Info => Level::Info,
        log::Level::Warn => Level::Warn,
        log::Level::Error => Level::Error,
    }
}

fn role(role: Role) -> directory::Role {
    match role {
        Role::User => directory::Role::User,
        Role::Admin => directory::Role::Admin,
    }
}

#[cfg(test)]
mod tests;
