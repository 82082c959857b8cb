//! From a sign-in that was tried out to its page.

use serde_json::Value;

use super::Usher;
use super::handlers::problem;
use super::pages::{ClaimSource, Tested, Verdict, Why};
use crate::domain::{AdminEffect, Claims, Source};
use crate::login::{self, Change, Connection, LoginError};

/// The page.
pub(super) fn page<'a>(
    usher: &'a Usher,
    connection: &Connection,
    tested: &login::Tested,
) -> Tested<'a> {
    let record = &tested.record;
    let verdict = match &tested.outcome {
        Ok(_) => Verdict::Admitted,
        Err(error) => stopped(error),
    };
    Tested {
        site: &usher.site,
        provider: connection.provider.display_name.clone(),
        again: format!("/login/test?provider={}", connection.provider.name),
        verdict,
        facts: facts(usher, tested),
        why: record.policy.is_some().then(|| Why::of(record)),
        logs: record
            .logs
            .iter()
            .map(|line| line.message.clone())
            .collect(),
        sources: sources(usher, tested),
    }
}

fn stopped(error: &LoginError) -> Verdict {
    Verdict::Stopped {
        problem: problem(error),
        code: error.recorded_code().to_owned(),
        detail: error.detail(),
        message: error.message().map(str::to_owned),
        remedy: error.remedy(),
    }
}

type Facts = Vec<(&'static str, String)>;

fn facts(usher: &Usher, tested: &login::Tested) -> Facts {
    let words = &usher.site.words.tested;
    let mut facts = Facts::new();
    if let Some(Claims { id_token, .. }) = &tested.claims {
        for (name, claim) in [(words.issuer, "iss"), (words.subject, "sub")] {
            let text = id_token.get(claim).and_then(Value::as_str);
            facts.extend(text.map(|text| (name, text.to_owned())));
        }
    }
    if let Ok(change) = &tested.outcome {
        facts.extend(changes(usher, tested, change));
    }
    facts
}

fn changes(usher: &Usher, tested: &login::Tested, change: &Change) -> Facts {
    let words = &usher.site.words.tested;
    let applied = &change.applied;
    let mut facts = Facts::new();
    facts.push((
        words.user,
        match &tested.known {
            Some(known) => format!("{} · {}", known.user.name, known.user.id),
            None => words.new_user.to_owned(),
        },
    ));
    facts.push((words.company, applied.company.to_string()));
    let before = tested.known.as_ref().map(|known| known.user.name.as_str());
    if let Some(name) = change.name.as_deref().filter(|name| Some(*name) != before) {
        facts.push((words.name, name.to_owned()));
    }
    let groups = [
        (words.added, &applied.groups.added),
        (words.removed, &applied.groups.removed),
        (words.unknown, &tested.record.groups.unknown),
    ];
    for (word, names) in groups {
        if !names.is_empty() {
            facts.push((word, names.join(", ")));
        }
    }
    facts.push((
        words.administrator,
        match applied.admin {
            AdminEffect::Granted => words.granted,
            AdminEffect::Revoked => words.revoked,
            AdminEffect::Unchanged => words.unchanged,
        }
        .to_owned(),
    ));
    for (key, value) in &change.attributes {
        facts.push((words.attribute, format!("{key} = {value}")));
    }
    facts
}

fn sources(usher: &Usher, tested: &login::Tested) -> Vec<ClaimSource> {
    let words = usher.site.words;
    let mut sources = Vec::new();
    let claims = tested.claims.as_ref();
    for source in [Source::IdToken, Source::AccessToken, Source::Userinfo] {
        let Some(document) = claims.and_then(|claims| claims.document(source)) else {
            continue;
        };
        let configured = claims.is_some_and(|claims| claims.configured == source);
        sources.push(ClaimSource {
            name: words.source(source),
            role: match configured {
                true => words.tested.configured,
                false => words.tested.identity,
            },
            claims: Ok(pretty(document)),
        });
    }
    for (source, seen) in &tested.also_seen {
        sources.push(ClaimSource {
            name: words.source(*source),
            role: words.tested.not_used,
            claims: match seen {
                Ok(document) => Ok(pretty(document)),
                Err(error) => Err(error.to_string()),
            },
        });
    }
    sources
}

fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}
