//! The default policy's rules in this process, over the host functions that answer a guest.

use std::cell::RefCell;

use policy_sdk::{
    AdminChange, Decision, Email, Finding, Found, GroupChange, Host, Invitation, Level, Matching,
    Membership, Outcome, Person, Role, Source, Value, Verification,
};
use usher::policy::parts::Asked;
use usher::policy::parts::contract::{claims, decide, directory, log, request, settings, types};

/// Decides, and gives the answer as a guest would.
pub(crate) fn rules(host: &mut dyn Asked) -> Result<decide::Decision, String> {
    let native = Native(RefCell::new(host));
    policy_guest::rules::decide(&native).map(answer)
}

/// The host's side of the contract as the kit's side.
struct Native<'a>(RefCell<&'a mut dyn Asked>);

/// A limit that is exceeded ends the measurement.
fn ok<T, E: std::fmt::Debug>(answer: Result<T, E>) -> T {
    answer.expect("within the limits")
}

impl Host for Native<'_> {
    fn provider(&self) -> String {
        ok(request::Host::provider(*self.0.borrow_mut()))
    }

    fn issuer(&self) -> String {
        ok(request::Host::issuer(*self.0.borrow_mut()))
    }

    fn client_id(&self) -> String {
        ok(request::Host::client_id(*self.0.borrow_mut()))
    }

    fn subject(&self) -> String {
        ok(request::Host::subject(*self.0.borrow_mut()))
    }

    fn address(&self) -> Option<Email> {
        ok(request::Host::address(*self.0.borrow_mut())).map(|email| Email {
            address: email.address,
            domain: email.domain,
            verification: match email.verification {
                request::Verification::Verified => Verification::Verified,
                request::Verification::Unverified => Verification::Unverified,
                request::Verification::Unstated => Verification::Unstated,
            },
        })
    }

    fn company(&self) -> Option<String> {
        ok(request::Host::company(*self.0.borrow_mut()))
    }

    fn time(&self) -> u64 {
        ok(request::Host::time(*self.0.borrow_mut()))
    }

    fn claim(&self, from: Source, pointer: &str) -> Value {
        let found = claims::Host::get(*self.0.borrow_mut(), source(from), pointer.to_owned());
        value(ok(found))
    }

    fn claim_keys(&self, from: Source, pointer: &str) -> Option<Vec<String>> {
        let mut host = self.0.borrow_mut();
        ok(claims::Host::keys(*host, source(from), pointer.to_owned()))
    }

    fn claims_document(&self, from: Source) -> Option<String> {
        ok(claims::Host::document(*self.0.borrow_mut(), source(from)))
    }

    fn setting(&self, pointer: &str) -> Value {
        value(ok(settings::Host::get(
            *self.0.borrow_mut(),
            pointer.to_owned(),
        )))
    }

    fn setting_keys(&self, pointer: &str) -> Option<Vec<String>> {
        ok(settings::Host::keys(
            *self.0.borrow_mut(),
            pointer.to_owned(),
        ))
    }

    fn settings_document(&self) -> String {
        ok(settings::Host::document(*self.0.borrow_mut()))
    }

    fn known(&self) -> Option<Person> {
        let known = ok(directory::Host::known(*self.0.borrow_mut()))?;
        let membership = |membership: directory::Membership| Membership {
            company: membership.company,
            role: role(membership.role),
        };
        Some(Person {
            id: known.id,
            memberships: known.memberships.into_iter().map(membership).collect(),
        })
    }

    fn company_exists(&self, id: &str) -> bool {
        ok(directory::Host::company_exists(
            *self.0.borrow_mut(),
            id.to_owned(),
        ))
    }

    fn invitations(&self) -> Vec<Invitation> {
        let open = ok(directory::Host::invitations(*self.0.borrow_mut()));
        let open = open.into_iter().map(|invitation| Invitation {
            company: invitation.company,
            role: role(invitation.role),
        });
        open.collect()
    }

    fn domain_company(&self) -> Option<String> {
        ok(directory::Host::domain_company(*self.0.borrow_mut()))
    }

    fn find_groups(&self, company: &str, names: &[String], matching: Matching) -> Vec<Found> {
        let matching = match matching {
            Matching::Exact => directory::Matching::Exact,
            Matching::IgnoreCase => directory::Matching::IgnoreCase,
        };
        let mut host = self.0.borrow_mut();
        let (company, names) = (company.to_owned(), names.to_vec());
        let found = ok(directory::Host::find_groups(
            *host, company, names, matching,
        ));
        let found = found.into_iter().map(|found| Found {
            asked: found.asked,
            name: found.name,
        });
        found.collect()
    }

    fn log(&self, level: Level, message: &str) {
        let level = match level {
            Level::Debug => log::Level::Debug,
            Level::Info => log::Level::Info,
            Level::Warn => log::Level::Warn,
            Level::Error => log::Level::Error,
        };
        ok(log::Host::write(
            *self.0.borrow_mut(),
            level,
            message.to_owned(),
        ));
    }
}

fn source(source: Source) -> claims::Source {
    match source {
        Source::Configured => claims::Source::Configured,
        Source::IdToken => claims::Source::IdToken,
        Source::AccessToken => claims::Source::AccessToken,
        Source::Userinfo => claims::Source::Userinfo,
    }
}

fn value(value: types::Value) -> Value {
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

fn role(role: directory::Role) -> Role {
    match role {
        directory::Role::User => Role::User,
        directory::Role::Admin => Role::Admin,
    }
}

fn answer(decision: Decision) -> decide::Decision {
    let outcome = match decision.outcome {
        Outcome::Admit(grant) => decide::Outcome::Admit(decide::Grant {
            placements: grant.placements.into_iter().map(placement).collect(),
            display_name: grant.display_name,
            attributes: grant.attributes,
        }),
        Outcome::Refuse(refusal) => decide::Outcome::Refuse(decide::Refusal {
            code: refusal.code,
            message: refusal.message,
            attributes: refusal.attributes,
        }),
    };
    let step = |step: policy_sdk::Step| decide::Step {
        rule: step.rule,
        finding: match step.finding {
            Finding::Hit => decide::Finding::Hit,
            Finding::Miss => decide::Finding::Miss,
            Finding::Skipped => decide::Finding::Skipped,
        },
        saw: step.saw,
    };
    let trace = decision.trace.into_iter().map(step).collect();
    decide::Decision { outcome, trace }
}

fn placement(placement: policy_sdk::Placement) -> decide::Placement {
    decide::Placement {
        company: placement.company,
        admin: match placement.admin {
            AdminChange::Leave => decide::AdminChange::Leave,
            AdminChange::Grant => decide::AdminChange::Grant,
            AdminChange::Revoke => decide::AdminChange::Revoke,
        },
        groups: match placement.groups {
            GroupChange::Leave => decide::GroupChange::Leave,
            GroupChange::Add(names) => decide::GroupChange::Add(names),
            GroupChange::Replace(names) => decide::GroupChange::Replace(names),
        },
    }
}
