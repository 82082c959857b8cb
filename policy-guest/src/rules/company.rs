//! Which company (`spec.md` §4.6).

use policy_sdk::{Host, Level, Trace, Verification};

use crate::settings::Settings;

/// Where somebody belongs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Company {
    /// In this company.
    Found(String),
    /// In the default company, which does not exist.
    Missing(String),
    /// Nowhere; the code of the refusal.
    None(&'static str),
}

/// The known user's company, the default company, that of the invitation, that of the domain.
pub(super) fn find(host: &impl Host, settings: &Settings, trace: &mut Trace) -> Company {
    if let Some(company) = known(host, trace) {
        return Company::Found(company);
    }
    if let Some(company) = &settings.default_company {
        return default(host, company, trace);
    }
    trace.skip("company.default", "no default company is set");
    let verification = host.address().map(|email| email.verification);
    if verification != Some(Verification::Verified) {
        return unverified(verification.is_some(), trace);
    }
    if let Some(invitation) = host.invitations().into_iter().next() {
        let company = invitation.company;
        trace.hit(
            "company.invitation",
            format!("open invitation for the verified e-mail to {company}"),
        );
        return Company::Found(company);
    }
    trace.miss(
        "company.invitation",
        "no open invitation for the verified e-mail",
    );
    if let Some(company) = host.domain_company() {
        trace.hit(
            "company.domain",
            format!("the verified e-mail's domain belongs to {company}"),
        );
        return Company::Found(company);
    }
    trace.miss(
        "company.domain",
        "the verified e-mail's domain belongs to no company",
    );
    Company::None("no_company")
}

fn known(host: &impl Host, trace: &mut Trace) -> Option<String> {
    let Some(person) = host.known() else {
        trace.miss("company.known", "signs in for the first time");
        return None;
    };
    let Some(membership) = person.memberships.into_iter().next() else {
        trace.miss("company.known", "a known user without a company");
        return None;
    };
    trace.hit(
        "company.known",
        format!("a known user of {}", membership.company),
    );
    Some(membership.company)
}

fn default(host: &impl Host, company: &str, trace: &mut Trace) -> Company {
    if host.company_exists(company) {
        trace.hit(
            "company.default",
            format!("every new user lands in {company}"),
        );
        return Company::Found(company.to_owned());
    }
    trace.hit("company.default", format!("{company} does not exist"));
    host.log(
        Level::Error,
        &format!("the default company {company} does not exist"),
    );
    Company::Missing(company.to_owned())
}

/// The directory answers for verified addresses only; it is not asked in vain.
fn unverified(present: bool, trace: &mut Trace) -> Company {
    let (saw, code) = if present {
        ("the e-mail is not verified", "email_unverified")
    } else {
        ("there is no e-mail", "no_company")
    };
    trace.skip("company.invitation", saw);
    trace.skip("company.domain", saw);
    Company::None(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy_sdk::case::Case;

    fn found(case: &str) -> Company {
        let host = Case::parse(case).unwrap().host();
        let settings = Settings::read(&host).unwrap();
        find(&host, &settings, &mut Trace::default())
    }

    #[test]
    fn a_known_user_stays_even_with_a_default_company() {
        let company = found(
            r#"{"settings": {"default_company": "acme"},
                "directory": {"companies": {"acme": [], "globex": []},
                    "known": {"memberships": [{"company": "globex"}]}}}"#,
        );
        assert_eq!(company, Company::Found("globex".into()));
    }

    #[test]
    fn a_known_user_who_lost_the_company_is_placed_like_a_new_one() {
        let company = found(
            r#"{"settings": {"default_company": "acme"},
                "directory": {"companies": {"acme": []}, "known": {}}}"#,
        );
        assert_eq!(company, Company::Found("acme".into()));
    }

    #[test]
    fn an_invitation_goes_before_the_domain() {
        let company = found(
            r#"{"claims": {"access_token": {"email": "ada@acme.com", "email_verified": true}},
                "directory": {"companies": {"acme": [], "globex": []}, "domains": {"acme.com": "acme"},
                    "invitations": [{"email": "ada@acme.com", "company": "globex"}]}}"#,
        );
        assert_eq!(company, Company::Found("globex".into()));
    }

    #[test]
    fn an_unverified_address_opens_nothing() {
        let company = found(
            r#"{"claims": {"access_token": {"email": "ada@acme.com"}},
                "directory": {"companies": {"acme": []}, "domains": {"acme.com": "acme"}}}"#,
        );
        assert_eq!(company, Company::None("email_unverified"));
    }
}
