//! Places people by the claim `department`; the table is the site's own setting `/site/departments`.

use policy_sdk::{Claim, Decision, Host, Placement, Problem, Source, Trace, Value, pointer};

policy_sdk::export!(decide);
policy_sdk::export_check!(
    r#"{"type":"object","required":["departments"],"properties":{"departments":{"type":"object","additionalProperties":{"type":"string"}}}}"#,
    check
);
policy_sdk::export_about!(
    r#"{"name":"department","version":"0.1.0","description":"The claim department decides the company.","claims":["department"],"codes":["department_unknown","department_closed"]}"#
);

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

/// Keeps the policy out where the table is missing or names no companies.
pub fn check(host: &impl Host) -> Vec<Problem> {
    let problem = |pointer: &str, message: &str| Problem {
        pointer: pointer.to_owned(),
        message: message.to_owned(),
    };
    let Some(departments) = host.setting_keys("/site/departments") else {
        let message = "must be an object: the name of a department and its company";
        return vec![problem("/site/departments", message)];
    };
    let places = departments
        .iter()
        .map(|department| format!("/site/departments{}", pointer(department)));
    let wrong = places.filter(|place| !matches!(host.setting(place), Value::Text(_)));
    wrong
        .map(|place| problem(&place, "must be the id of a company"))
        .collect()
}

#[cfg(test)]
mod tests {
    use policy_sdk::case::Case;

    #[test]
    fn a_table_that_names_no_companies_is_reported() {
        let problems = |settings: &str| {
            let case = Case::parse(&format!(r#"{{"settings": {{"site": {settings}}}}}"#)).unwrap();
            let found = super::check(&case.host()).into_iter();
            found.map(|problem| problem.pointer).collect::<Vec<_>>()
        };
        assert_eq!(problems("{}"), ["/site/departments"]);
        let table = r#"{"departments": {"research": "acme", "sales": 1}}"#;
        assert_eq!(problems(table), ["/site/departments/sales"]);
    }

    #[test]
    fn every_case_is_decided_as_it_says() {
        let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
        policy_sdk::case::assert_cases(cases, super::decide);
    }
}
