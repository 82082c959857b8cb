//! The host in memory, built from a case; records what it was asked.

use std::cell::RefCell;

use serde_json::{Map, Value as Json};

use crate::case::{Case, Directory, Request};
use crate::{
    Email, Found, Host, Invitation, Level, Matching, Person, Source, Value, Verification, pointer,
};

/// A host in memory. It answers as the real one does, and records reads, look-ups and log lines.
#[derive(Debug)]
pub struct Fake {
    request: Request,
    settings: Json,
    configured: Source,
    id_token: Option<Json>,
    access_token: Option<Json>,
    userinfo: Option<Json>,
    address: Option<Email>,
    directory: Directory,
    reads: RefCell<Vec<Read>>,
    lookups: RefCell<Vec<Lookup>>,
    logs: RefCell<Vec<(Level, String)>>,
}

/// A claim that was read.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Read {
    /// The source that answered; `configured` is resolved.
    pub source: Source,
    /// RFC 6901 pointer.
    pub pointer: String,
    /// What was there; `None`: absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
}

/// A question to the directory.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Lookup {
    /// Name of the function in the contract: `find-groups`.
    pub call: String,
    /// Its arguments.
    pub asked: Json,
    /// Its answer.
    pub answer: Json,
}

impl Fake {
    /// The host that a case describes.
    #[must_use]
    pub fn new(case: &Case) -> Self {
        let settings = &case.settings;
        let configured = if settings.get_info_from_access_token {
            Source::AccessToken
        } else {
            Source::Userinfo
        };
        let given = |source, claims: &Option<Map<String, Json>>| {
            let always = source == Source::IdToken || source == configured;
            let claims = claims.clone().or_else(|| always.then(Map::new));
            claims.map(Json::Object)
        };
        let mut fake = Self {
            request: case.request.clone(),
            settings: serde_json::to_value(settings).unwrap_or_default(),
            configured,
            id_token: given(Source::IdToken, &case.claims.id_token),
            access_token: given(Source::AccessToken, &case.claims.access_token),
            userinfo: given(Source::Userinfo, &case.claims.userinfo),
            address: None,
            directory: case.directory.clone(),
            reads: RefCell::default(),
            lookups: RefCell::default(),
            logs: RefCell::default(),
        };
        fake.address = fake.email(&pointer(&settings.claims.email));
        fake
    }

    /// Claims read so far, in order.
    #[must_use]
    pub fn reads(&self) -> Vec<Read> {
        self.reads.borrow().clone()
    }

    /// Look-ups so far, in order.
    #[must_use]
    pub fn lookups(&self) -> Vec<Lookup> {
        self.lookups.borrow().clone()
    }

    /// Log lines so far, in order.
    #[must_use]
    pub fn logs(&self) -> Vec<(Level, String)> {
        self.logs.borrow().clone()
    }

    fn email(&self, pointer: &str) -> Option<Email> {
        let claims = self.source(Source::Configured)?;
        let address = claims.pointer(pointer)?.as_str()?.to_lowercase();
        let (local, domain) = address.rsplit_once('@')?;
        if local.is_empty() || domain.is_empty() {
            return None;
        }
        let verification = match claims.get("email_verified") {
            None | Some(Json::Null) => Verification::Unstated,
            Some(Json::Bool(true)) => Verification::Verified,
            Some(_) => Verification::Unverified,
        };
        Some(Email {
            domain: domain.to_owned(),
            verification,
            address,
        })
    }

    fn verified_address(&self) -> Option<&Email> {
        let address = self.address.as_ref()?;
        (address.verification == Verification::Verified).then_some(address)
    }

    fn source(&self, source: Source) -> Option<&Json> {
        match self.resolved(source) {
            Source::IdToken => self.id_token.as_ref(),
            Source::Userinfo => self.userinfo.as_ref(),
            Source::AccessToken | Source::Configured => self.access_token.as_ref(),
        }
    }

    fn resolved(&self, source: Source) -> Source {
        if source == Source::Configured {
            self.configured
        } else {
            source
        }
    }

    fn read(&self, source: Source, pointer: &str) -> Option<&Json> {
        let value = self
            .source(source)
            .and_then(|claims| claims.pointer(pointer));
        self.reads.borrow_mut().push(Read {
            source: self.resolved(source),
            pointer: pointer.to_owned(),
            value: value.cloned(),
        });
        value
    }

    fn looked_up<T: serde::Serialize>(&self, call: &str, asked: Json, answer: T) -> T {
        self.lookups.borrow_mut().push(Lookup {
            call: call.to_owned(),
            asked,
            answer: serde_json::to_value(&answer).unwrap_or_default(),
        });
        answer
    }
}

impl Host for Fake {
    fn provider(&self) -> String {
        self.request.provider.clone()
    }

    fn issuer(&self) -> String {
        self.request.issuer.clone()
    }

    fn client_id(&self) -> String {
        self.request.client_id.clone()
    }

    fn subject(&self) -> String {
        self.request.subject.clone()
    }

    fn address(&self) -> Option<Email> {
        self.address.clone()
    }

    fn company(&self) -> Option<String> {
        self.request.company.clone()
    }

    fn time(&self) -> u64 {
        self.request.time
    }

    fn claim(&self, source: Source, pointer: &str) -> Value {
        value(self.read(source, pointer))
    }

    fn claim_keys(&self, source: Source, pointer: &str) -> Option<Vec<String>> {
        keys(self.read(source, pointer))
    }

    fn claims_document(&self, source: Source) -> Option<String> {
        self.read(source, "").map(Json::to_string)
    }

    fn setting(&self, pointer: &str) -> Value {
        value(self.settings.pointer(pointer))
    }

    fn setting_keys(&self, pointer: &str) -> Option<Vec<String>> {
        keys(self.settings.pointer(pointer))
    }

    fn settings_document(&self) -> String {
        self.settings.to_string()
    }

    fn known(&self) -> Option<Person> {
        self.looked_up("known", Json::Null, self.directory.known.clone())
    }

    fn company_exists(&self, id: &str) -> bool {
        let exists = self.directory.companies.contains_key(id);
        self.looked_up("company-exists", id.into(), exists)
    }

    fn invitations(&self) -> Vec<Invitation> {
        let address = self.verified_address().map(|email| email.address.clone());
        let open = self.directory.invitations.iter();
        let open = open.filter(|invitation| Some(invitation.email.to_lowercase()) == address);
        let open = open.map(|invitation| Invitation {
            company: invitation.company.clone(),
            role: invitation.role,
        });
        self.looked_up("invitations", Json::Null, open.collect())
    }

    fn domain_company(&self) -> Option<String> {
        let domain = self.verified_address().map(|email| &email.domain);
        let company = domain.and_then(|domain| self.directory.domains.get(domain).cloned());
        self.looked_up("domain-company", Json::Null, company)
    }

    fn find_groups(&self, company: &str, names: &[String], matching: Matching) -> Vec<Found> {
        let groups = self.directory.companies.get(company);
        let mut found: Vec<Found> = Vec::new();
        for asked in names {
            let same = groups
                .into_iter()
                .flatten()
                .filter(|name| matching.same(name, asked));
            for name in same {
                let pair = Found {
                    asked: asked.clone(),
                    name: name.clone(),
                };
                if !found.contains(&pair) {
                    found.push(pair);
                }
            }
        }
        let asked = serde_json::json!({"company": company, "names": names, "matching": matching});
        self.looked_up("find-groups", asked, found)
    }

    fn log(&self, level: Level, message: &str) {
        self.logs.borrow_mut().push((level, message.to_owned()));
    }
}

fn value(json: Option<&Json>) -> Value {
    match json {
        None => Value::Absent,
        Some(Json::Null) => Value::Null,
        Some(Json::Bool(flag)) => Value::Flag(*flag),
        Some(Json::String(text)) => Value::Text(text.clone()),
        Some(Json::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::Integer(integer),
            (None, Some(float)) if number.is_f64() => Value::Number(float),
            _ => Value::Json(number.to_string()),
        },
        Some(Json::Array(members)) => {
            let texts: Option<Vec<String>> = members
                .iter()
                .map(|member| member.as_str().map(str::to_owned))
                .collect();
            texts.map_or_else(
                || Value::Json(Json::from(members.clone()).to_string()),
                Value::Texts,
            )
        }
        Some(object @ Json::Object(_)) => Value::Json(object.to_string()),
    }
}

fn keys(json: Option<&Json>) -> Option<Vec<String>> {
    Some(json?.as_object()?.keys().cloned().collect())
}
