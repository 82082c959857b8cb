//! Between the generated types and the plain ones.

use super::bindings::exports::usher::policy::decide as answer;
use super::bindings::usher::policy::{claims, directory, log, request, types};
use super::bindings_check::exports::usher::policy::check as settings_check;
use crate::{
    AdminChange, Decision, Email, Finding, Found, Grant, GroupChange, Invitation, Level, Matching,
    Membership, Outcome, Person, Placement, Problem, Refusal, Role, Source, Step, Value,
    Verification,
};

pub(super) fn value(value: types::Value) -> Value {
    match value {
        types::Value::Absent => Value::Absent,
        types::Value::Null => Value::Null,
        types::Value::Flag(flag) => Value::Flag(flag),
        types::Value::Integer(integer) => Value::Integer(integer),
        types::Value::Number(number) => Value::Number(number),
        types::Value::Text(text) => Value::Text(text),
        types::Value::Texts(texts) => Value::Texts(texts),
        types::Value::Json(json) => Value::Json(json),
    }
}

pub(super) fn source(source: Source) -> claims::Source {
    match source {
        Source::Configured => claims::Source::Configured,
        Source::IdToken => claims::Source::IdToken,
        Source::AccessToken => claims::Source::AccessToken,
        Source::Userinfo => claims::Source::Userinfo,
    }
}

pub(super) fn email(email: request::Email) -> Email {
    Email {
        address: email.address,
        domain: email.domain,
        verification: match email.verification {
            request::Verification::Verified => Verification::Verified,
            request::Verification::Unverified => Verification::Unverified,
            request::Verification::Unstated => Verification::Unstated,
        },
    }
}

pub(super) fn person(person: directory::Person) -> Person {
    let memberships = person.memberships.into_iter().map(|membership| Membership {
        company: membership.company,
        role: role(membership.role),
    });
    Person {
        id: person.id,
        memberships: memberships.collect(),
    }
}

pub(super) fn invitation(invitation: directory::Invitation) -> Invitation {
    Invitation {
        company: invitation.company,
        role: role(invitation.role),
    }
}

pub(super) fn matching(matching: Matching) -> directory::Matching {
    match matching {
        Matching::Exact => directory::Matching::Exact,
        Matching::IgnoreCase => directory::Matching::IgnoreCase,
    }
}

pub(super) fn found(found: directory::Found) -> Found {
    Found {
        asked: found.asked,
        name: found.name,
    }
}

pub(super) fn level(level: Level) -> log::Level {
    match level {
        Level::Debug => log::Level::Debug,
        Level::Info => log::Level::Info,
        Level::Warn => log::Level::Warn,
        Level::Error => log::Level::Error,
    }
}

pub(super) fn decision(decision: Decision) -> answer::Decision {
    answer::Decision {
        outcome: match decision.outcome {
            Outcome::Admit(grant) => answer::Outcome::Admit(self::grant(grant)),
            Outcome::Refuse(refusal) => answer::Outcome::Refuse(self::refusal(refusal)),
        },
        trace: decision.trace.into_iter().map(step).collect(),
    }
}

pub(super) fn problem(problem: Problem) -> settings_check::Problem {
    settings_check::Problem {
        pointer: problem.pointer,
        message: problem.message,
    }
}

fn role(role: directory::Role) -> Role {
    match role {
        directory::Role::User => Role::User,
        directory::Role::Admin => Role::Admin,
    }
}

fn grant(grant: Grant) -> answer::Grant {
    answer::Grant {
        placements: grant.placements.into_iter().map(placement).collect(),
        display_name: grant.display_name,
        attributes: grant.attributes,
    }
}

fn placement(placement: Placement) -> answer::Placement {
    answer::Placement {
        company: placement.company,
        admin: match placement.admin {
            AdminChange::Leave => answer::AdminChange::Leave,
            AdminChange::Grant => answer::AdminChange::Grant,
            AdminChange::Revoke => answer::AdminChange::Revoke,
        },
        groups: match placement.groups {
            GroupChange::Leave => answer::GroupChange::Leave,
            GroupChange::Add(names) => answer::GroupChange::Add(names),
            GroupChange::Replace(names) => answer::GroupChange::Replace(names),
        },
    }
}

fn refusal(refusal: Refusal) -> answer::Refusal {
    answer::Refusal {
        code: refusal.code,
        message: refusal.message,
        attributes: refusal.attributes,
    }
}

fn step(step: Step) -> answer::Step {
    answer::Step {
        rule: step.rule,
        finding: match step.finding {
            Finding::Hit => answer::Finding::Hit,
            Finding::Miss => answer::Finding::Miss,
            Finding::Skipped => answer::Finding::Skipped,
        },
        saw: step.saw,
    }
}
