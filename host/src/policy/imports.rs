//! The contract's imports, answered from a [`Session`].

use serde_json::Value;
use wasmtime::Result;

use super::bindings::{claims, directory, log, request, settings, types};
use super::convert;
use super::failure::{FailureKind, Stop};
use super::limits::FIND_NAMES;
use super::session::Session;
use super::value;
use crate::domain::{Call, FindGroups, Found, Source};

impl types::Host for Session {}

impl request::Host for Session {
    fn provider(&mut self) -> Result<String> {
        Ok(self.question.request.provider.clone())
    }

    fn issuer(&mut self) -> Result<String> {
        Ok(self.question.request.issuer.clone())
    }

    fn client_id(&mut self) -> Result<String> {
        Ok(self.question.request.client_id.clone())
    }

    fn subject(&mut self) -> Result<String> {
        Ok(self.question.request.subject.clone())
    }

    fn address(&mut self) -> Result<Option<request::Email>> {
        Ok(self.question.request.email.as_ref().map(convert::email))
    }

    fn company(&mut self) -> Result<Option<String>> {
        let company = self.question.request.company.as_ref();
        Ok(company.map(ToString::to_string))
    }

    fn time(&mut self) -> Result<u64> {
        Ok(self.question.request.time)
    }
}

impl Session {
    /// Finds a claim and writes down that it was asked for.
    fn read(&mut self, source: claims::Source, pointer: &str) -> Result<Option<&Value>, Stop> {
        let claims = &self.question.claims;
        let source = match source {
            claims::Source::Configured => claims.configured,
            claims::Source::IdToken => Source::IdToken,
            claims::Source::AccessToken => Source::AccessToken,
            claims::Source::Userinfo => Source::Userinfo,
        };
        let document = claims.document(source);
        let found = document.and_then(|document| value::at(document, pointer));
        self.recorder.read(source, pointer, found)?;
        Ok(found)
    }
}

impl claims::Host for Session {
    fn get(&mut self, source: claims::Source, pointer: String) -> Result<types::Value> {
        Ok(value::answer(self.read(source, &pointer)?)?)
    }

    fn keys(&mut self, source: claims::Source, pointer: String) -> Result<Option<Vec<String>>> {
        Ok(value::keys(self.read(source, &pointer)?)?)
    }

    fn document(&mut self, source: claims::Source) -> Result<Option<String>> {
        let found = self.read(source, "")?;
        Ok(found.map(value::document).transpose()?)
    }
}

impl settings::Host for Session {
    fn get(&mut self, pointer: String) -> Result<types::Value> {
        Ok(value::answer(value::at(&self.question.settings, &pointer))?)
    }

    fn keys(&mut self, pointer: String) -> Result<Option<Vec<String>>> {
        Ok(value::keys(value::at(&self.question.settings, &pointer))?)
    }

    fn document(&mut self) -> Result<String> {
        Ok(value::document(&self.question.settings)?)
    }
}

impl directory::Host for Session {
    fn known(&mut self) -> Result<Option<directory::Person>> {
        let before = self
            .recorder
            .ask(|call| matches!(call, Call::Known { .. }).then_some(()))?;
        let answer = &self.question.known;
        if before.is_none() {
            let bytes = answer
                .as_ref()
                .map_or(0, |known| 64 * known.memberships.len());
            let answer = answer.clone();
            self.recorder.answered(Call::Known { answer }, bytes)?;
        }
        Ok(self.question.known.as_ref().map(convert::person))
    }

    fn company_exists(&mut self, id: String) -> Result<bool> {
        let before = self.recorder.ask(|call| match call {
            Call::CompanyExists { asked, answer } if *asked == id => Some(*answer),
            _ => None,
        })?;
        if let Some(answer) = before {
            return Ok(answer);
        }
        let lookups = self.lookups();
        let answer = self.wait(lookups.company_exists(&id))?;
        let bytes = id.len();
        let call = Call::CompanyExists { asked: id, answer };
        self.recorder.answered(call, bytes)?;
        Ok(answer)
    }

    fn invitations(&mut self) -> Result<Vec<directory::Invitation>> {
        let same = |call: &Call| matches!(call, Call::Invitations { .. }).then_some(());
        let answer = &self.question.invitations;
        if self.recorder.ask(same)?.is_none() {
            let bytes = 64 * answer.len();
            let answer = answer.clone();
            self.recorder
                .answered(Call::Invitations { answer }, bytes)?;
        }
        let open = self.question.invitations.iter();
        Ok(open.map(convert::invitation).collect())
    }

    fn domain_company(&mut self) -> Result<Option<String>> {
        let same = |call: &Call| matches!(call, Call::DomainCompany { .. }).then_some(());
        let before = self.recorder.ask(same)?;
        let company = self.question.domain_company.as_ref();
        let answer = company.map(ToString::to_string);
        if before.is_none() {
            let call = Call::DomainCompany {
                answer: answer.clone(),
            };
            self.recorder.answered(call, 64)?;
        }
        Ok(answer)
    }

    fn find_groups(
        &mut self,
        company: String,
        names: Vec<String>,
        matching: directory::Matching,
    ) -> Result<Vec<directory::Found>> {
        if names.len() > FIND_NAMES {
            let words = format!(
                "find-groups asks for {} names, at most {FIND_NAMES}",
                names.len()
            );
            return Err(Stop::new(FailureKind::Output, words).into());
        }
        let asked = FindGroups {
            company,
            names,
            matching: convert::matching(matching),
        };
        let before = self.recorder.ask(|call| match call {
            Call::FindGroups {
                asked: same,
                answer,
            } if *same == asked => Some(found(answer)),
            _ => None,
        })?;
        if let Some(answer) = before {
            return Ok(answer);
        }
        let lookups = self.lookups();
        let pending = lookups.find_groups(&asked.company, &asked.names, asked.matching);
        let answer = self.wait(pending)?;
        let bytes = answer
            .iter()
            .map(|found| found.asked.len() + found.name.len());
        let bytes = bytes.sum();
        value::within(bytes)?;
        let given = found(&answer);
        let question: usize = asked.names.iter().map(String::len).sum();
        let call = Call::FindGroups { asked, answer };
        self.recorder.answered(call, bytes + question)?;
        Ok(given)
    }
}

fn found(answer: &[Found]) -> Vec<directory::Found> {
    answer.iter().map(convert::found).collect()
}

impl log::Host for Session {
    fn write(&mut self, level: log::Level, message: String) -> Result<()> {
        Ok(self.recorder.log(convert::level(level), message)?)
    }
}
