//! The mapping keys of `spec.md` §3.1, read once into types that cannot be wrong.

use policy_sdk::{Claim, Host, Matching, Problem, Value, pointer};

/// The settings that the rules look at.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `default_company`
    pub default_company: Option<String>,
    /// `claims__name`, as a pointer.
    pub name: String,
    /// `groups__…`
    pub groups: Groups,
    /// `admin_role`; `None` switches role association off.
    pub admin_role: Option<String>,
    /// What the configured source is called in a trace.
    pub source: &'static str,
}

/// The settings `groups__…`.
#[derive(Clone, Debug)]
pub struct Groups {
    /// `groups__enabled`
    pub enabled: bool,
    /// `groups__claim`, as a pointer.
    pub claim: String,
    /// `groups__absent`
    pub absent: Absent,
    /// `groups__admins`
    pub admins: Vec<String>,
    /// `groups__case_sensitive`
    pub matching: Matching,
    /// `groups__prohibit_user_signup_if_not_in_group`
    pub required: bool,
}

/// What a token without the groups claim means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// No groups: providers leave an empty list out.
    Empty,
    /// Nothing: groups stay as they are.
    Leave,
}

impl Settings {
    /// Reads the settings; the problem is the first that is met.
    pub fn read(host: &impl Host) -> Result<Self, Problem> {
        let from_access_token = flag(host, "/get_info_from_access_token")?;
        Ok(Self {
            default_company: optional(host, "/default_company")?,
            name: pointer(&text(host, "/claims/name")?),
            groups: Groups::read(host)?,
            admin_role: optional(host, "/admin_role")?,
            source: if from_access_token {
                "the access token"
            } else {
                "userinfo"
            },
        })
    }
}

impl Groups {
    fn read(host: &impl Host) -> Result<Self, Problem> {
        let enabled = flag(host, "/groups/enabled")?;
        let prohibition = "/groups/prohibit_user_signup_if_not_in_group";
        let required = flag(host, prohibition)?;
        if required && !enabled {
            return Err(problem(prohibition, "needs groups__enabled=true"));
        }
        Ok(Self {
            enabled,
            claim: pointer(&text(host, "/groups/claim")?),
            absent: match text(host, "/groups/absent")?.as_str() {
                "empty" => Absent::Empty,
                "leave" => Absent::Leave,
                _ => return Err(problem("/groups/absent", "must be empty or leave")),
            },
            admins: texts(host, "/groups/admins")?,
            matching: if flag(host, "/groups/case_sensitive")? {
                Matching::Exact
            } else {
                Matching::IgnoreCase
            },
            required,
        })
    }

    /// Whether the groups claim matters to anybody.
    #[must_use]
    pub fn claim_is_used(&self) -> bool {
        self.enabled || !self.admins.is_empty()
    }

    /// The setting's spelling of the first administrator group among the names.
    #[must_use]
    pub fn admin_among(&self, names: &[String]) -> Option<&str> {
        let admin = |group: &&String| names.iter().any(|name| self.matching.same(group, name));
        self.admins.iter().find(admin).map(String::as_str)
    }
}

/// What the settings check of the contract answers: at most the first problem.
pub fn problems(host: &impl Host) -> Vec<Problem> {
    Settings::read(host).err().into_iter().collect()
}

fn flag(host: &impl Host, pointer: &str) -> Result<bool, Problem> {
    match host.setting(pointer).into_flag() {
        Claim::Present(flag) => Ok(flag),
        _ => Err(problem(pointer, "must be true or false")),
    }
}

fn text(host: &impl Host, pointer: &str) -> Result<String, Problem> {
    match host.setting(pointer) {
        Value::Text(text) => Ok(text),
        _ => Err(problem(pointer, "must be text")),
    }
}

/// Text that may be missing; the empty text is missing too.
fn optional(host: &impl Host, pointer: &str) -> Result<Option<String>, Problem> {
    match host.setting(pointer).into_text() {
        Claim::Present(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        Claim::Absent => Ok(None),
        Claim::Unusable => Err(problem(pointer, "must be text")),
    }
}

/// A list of names; an empty name would match an empty claim and is dropped.
fn texts(host: &impl Host, pointer: &str) -> Result<Vec<String>, Problem> {
    match host.setting(pointer).into_texts() {
        Claim::Present(mut texts) => {
            texts.retain(|text| !text.is_empty());
            Ok(texts)
        }
        Claim::Absent => Ok(Vec::new()),
        Claim::Unusable => Err(problem(pointer, "must be a list of texts")),
    }
}

fn problem(pointer: &str, message: &str) -> Problem {
    Problem {
        pointer: pointer.to_owned(),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy_sdk::case::Case;

    fn read(settings: &str) -> Result<Settings, Problem> {
        let case = Case::parse(&format!(r#"{{"settings": {settings}}}"#)).unwrap();
        Settings::read(&case.host())
    }

    #[test]
    fn defaults_are_those_of_the_specification() {
        let settings = read("{}").unwrap();
        assert_eq!(settings.default_company, None);
        assert_eq!(settings.name, "/name");
        assert_eq!(settings.admin_role.as_deref(), Some("admin"));
        assert_eq!(settings.groups.absent, Absent::Empty);
        assert!(!settings.groups.claim_is_used());
    }

    #[test]
    fn prohibition_without_groups_is_a_problem() {
        let problem = read(r#"{"groups": {"prohibit_user_signup_if_not_in_group": true}}"#);
        let problem = problem.unwrap_err();
        assert_eq!(
            problem.pointer,
            "/groups/prohibit_user_signup_if_not_in_group"
        );
    }

    #[test]
    fn an_empty_role_switches_role_association_off() {
        assert_eq!(read(r#"{"admin_role": ""}"#).unwrap().admin_role, None);
    }

    #[test]
    fn empty_administrator_groups_are_dropped() {
        let settings = read(r#"{"groups": {"admins": ["", "ops"]}}"#).unwrap();
        assert_eq!(settings.groups.admins, ["ops"]);
        assert_eq!(settings.groups.admin_among(&[String::new()]), None);
    }
}
