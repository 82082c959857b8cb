use jiff::Timestamp;

/// A logout token whose signature and claims held (`protocol.md` K38 to K44). Whether it was
/// used before is for the store to say.
///
/// Only `oidc::verify` makes one; a test of the architecture holds this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedLogout {
    issuer: String,
    whose: Whose,
    subject: Option<String>,
    id: String,
    until: Timestamp,
}

/// Whose sessions a provider wants to end (K45).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Those that came out of one session at the provider: its `sid`.
    Session(String),
    /// All of one subject.
    Subject(String),
}

/// What [`VerifiedLogout::attest`] vouches for.
#[derive(Debug)]
pub(crate) struct AttestedLogout {
    pub(crate) issuer: String,
    pub(crate) sid: Option<String>,
    pub(crate) subject: Option<String>,
    /// `jti`.
    pub(crate) id: String,
    /// After this the token itself would be refused.
    pub(crate) until: Timestamp,
}

impl VerifiedLogout {
    /// To be called by `oidc::verify` alone, after its last check. `None` if it is about
    /// nobody (K40).
    pub(crate) fn attest(attested: AttestedLogout) -> Option<Self> {
        let AttestedLogout {
            issuer,
            sid,
            subject,
            id,
            until,
        } = attested;
        let whose = match (sid, &subject) {
            (Some(sid), _) => Whose::Session(sid),
            (None, Some(subject)) => Whose::Subject(subject.clone()),
            (None, None) => return None,
        };
        Some(Self {
            issuer,
            whose,
            subject,
            id,
            until,
        })
    }

    /// The provider's issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whose sessions end.
    pub fn whose(&self) -> &Whose {
        &self.whose
    }

    /// The subject, if the token names one; beside a `sid` it says who it is about and no more.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// `jti`: a token of this issuer with the same one is the same token.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Until when the token has to be remembered.
    pub fn until(&self) -> Timestamp {
        self.until
    }
}
