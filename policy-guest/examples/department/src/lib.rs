//! Places people by the claim `department`; the table is the site's own setting `/site/departments`.

use policy_sdk::{Claim, Decision, Host, Placement, Source, Trace, pointer};

policy_sdk::export!(decide);

/// The company of the department, or a refusal with a code of our own.
pub fn decide(host: &impl Host) -> Result<Decision, String> {
    let mut trace = Trace::default();
    let Claim::Present(department) = host.claim(Source::Configured, "/department").into_text()
    else {
        trace.miss("department", "no department claim");
        return Ok(trace.refuse("department_unknown"));
    };
    let place = format!("/site/departments{}", pointer(&department));
    let Claim::Present(company) = host.setting(&place).into_text() else {
        trace.miss("department", "the department is in no company");
        return Ok(trace.refuse("department_closed"));
    };
    trace.hit("department", format!("the department is in {company}"));
    Ok(trace.admit(Placement::in_company(&company)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_decided_as_it_says() {
        let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
        policy_sdk::case::assert_cases(cases, super::decide);
    }
}
