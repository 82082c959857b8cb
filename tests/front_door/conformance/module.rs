//! What every module has in common: a service whose claims come from userinfo, a provider
//! with opaque access tokens, and requests of ours that must be right whatever comes back.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use usher_tests::provider::{CLIENT_ID, Edit, Endpoint, Faults, Person, edit};
use usher_tests::visitor::Visitor;

use crate::acme::{Acme, MAIN, sign_ins};
use crate::refusals::checked::{Before, Expected, WRONG};

/// An authorization response that does not hold, or says that something went wrong.
pub(super) const ANSWER: Expected<'static> = Expected {
    heading: "The identity provider reported an error",
    code: "provider_error",
    ..WRONG
};

/// An answer that belongs to no attempt.
pub(super) const STATE: Expected<'static> = Expected {
    status: 400,
    heading: "This sign-in attempt is no longer valid",
    code: "state_invalid",
    ..WRONG
};

/// A sign-in under the conditions of the suite.
pub(super) struct Module {
    pub(super) site: Acme,
}

impl Module {
    pub(super) async fn start(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        const SUITE: [(&str, &str); 2] = [
            ("default_company", "acme"),
            ("get_info_from_access_token", "false"),
        ];
        let site = Acme::start(&[&SUITE, settings].concat()).await?;
        site.provider.faults().opaque_access_token = true;
        Ok(Self { site })
    }

    /// With a fault from the first request on.
    pub(super) async fn with(fault: impl FnOnce(&mut Faults)) -> anyhow::Result<Self> {
        let module = Self::start(&[]).await?;
        fault(&mut module.site.provider.faults());
        Ok(module)
    }

    /// Ann is let in.
    pub(super) async fn accepts(&self) -> anyhow::Result<Visitor> {
        let mut ann = self.site.admitted(Person::new("ann")).await?;
        let session = self.site.session(&mut ann).await?;
        ensure!(session["user"]["name"] == "ann Example", "{session}");
        let record = sign_ins(self.site.usher.audit()?).into_iter().next();
        ensure!(record.context("a record")?["outcome"] == "admitted");
        self.asked_properly()?;
        Ok(ann)
    }

    /// Ann is not let in, since this check fails.
    pub(super) async fn refuses(&self, check: &str) -> anyhow::Result<()> {
        let detail = &format!("{check}: ");
        self.ends(Expected { detail, ..WRONG }).await
    }

    /// Ann's sign-in ends like this, without a session, a request more than was needed to see
    /// it, or the policy.
    pub(super) async fn ends(&self, expected: Expected<'_>) -> anyhow::Result<()> {
        let provider = &self.site.provider;
        let userinfo = provider.calls(Endpoint::Userinfo);
        let before = Before::of(&self.site).await?;
        let (mut ann, page) = self.site.sign_in(Person::new("ann")).await?;
        let record = before
            .refused(&self.site, expected.detail, (&mut ann, &page), expected)
            .await?;
        ensure!(record["policy"] == json!(null), "the policy was asked");
        if !expected.detail.starts_with("userinfo") {
            ensure!(provider.calls(Endpoint::Userinfo) == userinfo, "went on");
        }
        self.asked_properly()
    }

    /// The sign-in cannot begin: no attempt, and no request but the one for the metadata.
    pub(super) async fn never_begins(&self) -> anyhow::Result<()> {
        let mut ann = Visitor::new();
        let start = format!("/login/start?provider={MAIN}");
        let page = ann.get(self.site.url(&start)).await?;
        ensure!(page.status == 502, "{page}");
        ensure!(ann.cookies.names().is_empty(), "an attempt was begun");
        for endpoint in [Endpoint::Authorize, Endpoint::Keys, Endpoint::Token] {
            ensure!(self.calls(endpoint) == 0, "{endpoint:?} was called");
        }
        Ok(())
    }

    pub(super) fn calls(&self, endpoint: Endpoint) -> usize {
        self.site.provider.calls(endpoint)
    }

    /// What the suite looks at in every module (C44 to C49).
    pub(super) fn asked_properly(&self) -> anyhow::Result<()> {
        let callback = self.site.url("/callback_main");
        let provider = &self.site.provider;
        for asked in provider.requests(Endpoint::Authorize) {
            let scopes = asked.get("scope").context("scope")?;
            ensure!(
                scopes.split(' ').any(|scope| scope == "openid"),
                "{asked:?}"
            );
            ensure!(asked["client_id"] == CLIENT_ID, "{asked:?}");
            ensure!(asked["redirect_uri"] == callback, "{asked:?}");
            let is = |name: &str, value: &str| asked.get(name).is_some_and(|v| v == value);
            let refuses = is("prompt", "none") && is("max_age", "0");
            // Only the module that wants an error asks for the impossible.
            ensure!(!refuses || is("response_mode", "form_post"), "{asked:?}");
        }
        for asked in provider.requests(Endpoint::Token) {
            ensure!(asked["redirect_uri"] == callback, "{asked:?}");
            ensure!(asked.contains_key("code"), "{asked:?}");
        }
        for asked in provider.requests(Endpoint::Userinfo) {
            let names: Vec<&String> = asked.keys().collect();
            ensure!(names == ["authorization"], "{names:?}");
        }
        Ok(())
    }
}

/// The change that sets a member.
pub(super) fn set(name: &'static str, value: Value) -> Edit {
    edit(move |document| document[name] = value.clone())
}
