use serde_json::{Value, json};

/// Somebody who can be signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their subject.
    pub sub: String,
    /// `preferred_username`.
    pub username: String,
    /// `name`.
    pub name: String,
    /// `email`, if there is one.
    pub email: Option<String>,
    /// `email_verified`.
    pub email_verified: bool,
    /// Group names; like Keycloak, an empty list is left out of the tokens.
    pub groups: Vec<String>,
    /// Realm roles, in the access token only.
    pub roles: Vec<String>,
}

impl Person {
    /// Somebody with a verified address and no groups. Their subject is made from the name,
    /// so that the same name is the same person.
    pub fn new(username: &str) -> Self {
        Self {
            sub: format!("00000000-0000-4000-8000-{username}"),
            username: username.to_owned(),
            name: format!("{username} Example"),
            email: Some(format!("{username}@example.com")),
            email_verified: true,
            groups: Vec::new(),
            roles: vec!["offline_access".to_owned()],
        }
    }

    /// The same with these groups.
    #[must_use]
    pub fn groups<const N: usize>(mut self, groups: [&str; N]) -> Self {
        self.groups = groups.map(str::to_owned).to_vec();
        self
    }

    /// The same with one more realm role.
    #[must_use]
    pub fn role(mut self, role: &str) -> Self {
        self.roles.push(role.to_owned());
        self
    }

    /// The same with another address.
    #[must_use]
    pub fn email(mut self, email: &str, verified: bool) -> Self {
        self.email = Some(email.to_owned());
        self.email_verified = verified;
        self
    }

    /// The same with another subject.
    #[must_use]
    pub fn subject(mut self, sub: &str) -> Self {
        self.sub = sub.to_owned();
        self
    }

    /// What ID token, access token and userinfo have in common.
    pub(super) fn profile(&self) -> Value {
        let mut claims = json!({
            "sub": self.sub,
            "email_verified": self.email_verified,
            "name": self.name,
            "preferred_username": self.username,
        });
        if let Some(email) = &self.email {
            claims["email"] = email.as_str().into();
        }
        if !self.groups.is_empty() {
            claims["groups"] = self.groups.clone().into();
        }
        claims
    }
}
