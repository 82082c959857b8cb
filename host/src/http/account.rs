//! From a session, its user and its audit record to the account page: what the person is here,
//! and where each of it came from.

use super::Usher;
use super::pages::{
    Account, ClaimName, Forms, Group, Origin, Person, Session as SessionRow, Standing, Why,
};
use crate::administration::recovery::INSTEAD_OF_A_PROVIDER;
use crate::directory::users::UserDetails;
use crate::domain::{self, Claims, Finding, Provider, Read, Reading, Record, Verification};
use crate::sessions::{Listed, Session};

/// What the account page is made of.
pub(super) struct View {
    /// The session that asks.
    pub(super) session: Session,
    /// Its user, with the origin of everything.
    pub(super) user: UserDetails,
    /// All their sessions.
    pub(super) sessions: Vec<Listed>,
    /// The record of the sign-in that opened this session, while it is kept.
    pub(super) record: Option<Record>,
    /// All claims of that sign-in, while they are kept.
    pub(super) claims: Option<Claims>,
    /// CSRF token of the forms.
    pub(super) csrf: Option<String>,
}

/// The account page.
pub(super) fn page(usher: &Usher, view: View) -> Account<'_> {
    let View {
        session,
        user,
        sessions,
        record,
        claims,
        csrf,
    } = view;
    let document = claims.as_ref().and_then(|c| c.document(c.configured));
    let verified = |email: &str| Some(Verification::of(document?, email) == Verification::Verified);
    let reasons = Reasons::new(usher, &session, record.as_ref());
    let groups = user.groups.iter().map(|group| Group {
        name: group.name.clone(),
        origin: reasons.origin(&group.origins, "groups."),
    });
    let mut rows: Vec<_> = sessions
        .iter()
        .map(|listed| row(usher, &session, listed))
        .collect();
    rows.sort_by_key(|row| !row.this);
    Account {
        site: &usher.site,
        person: Person {
            name: session.user.name.clone(),
            email: session.user.email.clone().map(|email| {
                let verified = verified(&email);
                (email, verified)
            }),
            id: session.user.id.to_string(),
        },
        company: session.company.name.clone(),
        company_origin: reasons.origin(user.company_origin.as_slice(), "company."),
        groups: groups.collect(),
        administrator: reasons.administrator(&user),
        last_sign_in: session.created_at.into(),
        provider: reasons.provider.clone(),
        why: record.as_ref().map(Why::of),
        operator: session.operator,
        sessions: rows,
        forms: Forms {
            csrf,
            end_session: "/account/sessions/end".to_owned(),
            sign_out: "/logout".to_owned(),
            sign_out_everywhere: "/account/sign-out-everywhere".to_owned(),
        },
    }
}

fn row(usher: &Usher, session: &Session, listed: &Listed) -> SessionRow {
    SessionRow {
        id: listed.id.to_string(),
        this: listed.id == session.id,
        provider: display_name(usher, &listed.provider),
        opened: listed.created_at.into(),
        last_seen: listed.last_seen_at.into(),
        ends: listed.expires_at.into(),
    }
}

fn display_name(usher: &Usher, name: &domain::ProviderName) -> String {
    match usher.login.connection(name) {
        Some(connection) => connection.provider.display_name.clone(),
        None if name.as_str() == INSTEAD_OF_A_PROVIDER => usher.site.words.recover.link.to_owned(),
        None => name.to_string(),
    }
}

/// Finds in a record what each fact rests on.
struct Reasons<'a> {
    provider: String,
    settings: Option<&'a Provider>,
    record: Option<&'a Record>,
}

impl<'a> Reasons<'a> {
    fn new(usher: &'a Usher, session: &Session, record: Option<&'a Record>) -> Self {
        let connection = usher.login.connection(&session.provider);
        Self {
            provider: display_name(usher, &session.provider),
            settings: connection.map(|connection| &*connection.provider),
            record,
        }
    }

    /// Whatever a person gave stays, whatever claims say: that is the stronger reason.
    fn origin(&self, origins: &[domain::Origin], rules: &str) -> Origin {
        if origins.contains(&domain::Origin::Manual) {
            return Origin::ByHand;
        }
        let rule = self.hit(rules);
        Origin::Policy {
            provider: self.provider.clone(),
            claim: rule.as_deref().and_then(|rule| self.claim(rule)),
            rule,
        }
    }

    fn administrator(&self, user: &UserDetails) -> Standing {
        let origins = &user.user.admin_origins;
        let asked = !origins.is_empty() || self.step("admin.").is_some();
        Standing {
            is: user.user.admin,
            origin: asked.then(|| self.origin(origins, "admin.")),
        }
    }

    fn step(&self, rules: &str) -> Option<&'a domain::Step> {
        let mut trace = self.record?.trace.iter();
        trace.find(|step| step.rule.starts_with(rules))
    }

    fn hit(&self, rules: &str) -> Option<String> {
        let mut trace = self.record?.trace.iter();
        let step =
            trace.find(|step| step.rule.starts_with(rules) && step.finding == Finding::Hit)?;
        Some(step.rule.clone())
    }

    /// The claim behind a rule of the default policy; a site's own rules speak for themselves.
    fn claim(&self, rule: &str) -> Option<ClaimName> {
        let settings = self.settings?;
        let pointer = match rule {
            "company.domain" | "company.invitation" => settings.claim_email.pointer(),
            "admin.role" => return self.role_claim(&settings.admin_role),
            "admin.group" => settings.groups.claim.pointer(),
            rule if rule.starts_with("groups.") => settings.groups.claim.pointer(),
            _ => return None,
        };
        let source = settings.claims_source();
        Some(ClaimName { source, pointer })
    }

    fn role_claim(&self, role: &str) -> Option<ClaimName> {
        let holds = |read: &&Read| match &read.found {
            Reading::Value { value } => value
                .as_array()
                .is_some_and(|roles| roles.iter().any(|r| r == role)),
            _ => false,
        };
        let mut reads = self.record?.reads.iter();
        let read = reads.find(|read| read.pointer.ends_with("roles") && holds(read))?;
        Some(ClaimName {
            source: read.source,
            pointer: read.pointer.clone(),
        })
    }
}
