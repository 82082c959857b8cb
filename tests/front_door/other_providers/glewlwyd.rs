//! Debian's Glewlwyd: no `iss` in its responses, access tokens that say `client_id` instead of
//! `azp`, and logout tokens without `exp`, which the back channel does not take any more.

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use usher_tests::glewlwyd::Glewlwyd;
use usher_tests::server::{Installation, Server};
use usher_tests::visitor::{Page, Visitor};

use crate::acme::{furnished, sign_ins, variable};

const NAME: &str = "debian";

struct Site {
    provider: Glewlwyd,
    usher: Installation,
    server: Server,
}

impl Site {
    /// None where the part is missing.
    async fn start(settings: &[(&str, &str)]) -> anyhow::Result<Option<Self>> {
        let usher = furnished()?;
        let Some(provider) = Glewlwyd::start(usher.origin(), NAME).await? else {
            return Ok(None);
        };
        let settings = [("default_company", "acme")]
            .iter()
            .chain(settings)
            .map(|(key, value)| (variable(NAME, key), (*value).to_owned()));
        let usher = usher.with_all(provider.settings(NAME)).with_all(settings);
        let server = usher.serve().await?;
        Ok(Some(Self {
            provider,
            usher,
            server,
        }))
    }

    async fn sign_in(&self, visitor: &mut Visitor, name: &str) -> anyhow::Result<Page> {
        let start = self.server.url(&format!("/login/start?provider={NAME}"));
        let page = visitor.get(start).await?;
        self.provider.sign_in(visitor, page, name).await
    }

    /// Somebody who is signed in.
    async fn admitted(&self, name: &str) -> anyhow::Result<Visitor> {
        let mut visitor = Visitor::new();
        let page = self.sign_in(&mut visitor, name).await?;
        assert_eq!(page.url.path(), "/account", "{page}");
        assert_eq!(page.status, 200, "{page}");
        Ok(visitor)
    }

    async fn status(&self, visitor: &mut Visitor) -> anyhow::Result<u16> {
        let page = visitor.get(self.server.url("/api/v1/session")).await?;
        Ok(page.status.as_u16())
    }

    /// Waits for a record with such a detail: Glewlwyd tells nobody when it has sent a token.
    async fn recorded(&self, detail: &str) -> anyhow::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let is = |record: &Value| {
            let told = record["detail"].as_str().unwrap_or_default();
            told.starts_with(detail)
        };
        while !self.usher.audit()?.iter().any(is) {
            ensure!(Instant::now() < deadline, "{:#?}", self.usher.audit()?);
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// The newest record, and what it says more closely.
    fn newest(&self) -> anyhow::Result<(Value, String)> {
        let record = sign_ins(self.usher.audit()?).into_iter().next();
        let record = record.context("a record")?;
        let detail = record["detail"].as_str().unwrap_or_default().to_owned();
        Ok((record, detail))
    }
}

/// Rows: C01, K11, K24
#[tokio::test]
async fn somebody_signs_in_who_is_somebody_else_than_the_next() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let (mut ann, mut bob) = (site.admitted("ann").await?, site.admitted("bob").await?);
    let mut ids = Vec::new();
    for (visitor, name) in [(&mut ann, "ann"), (&mut bob, "bob")] {
        let session = visitor.get(site.server.url("/api/v1/session")).await?;
        let session: Value = session.json()?;
        assert_eq!(session["user"]["name"], format!("{name} Example"));
        assert_eq!(session["user"]["email"], format!("{name}@example.com"));
        ids.push(session["user"]["id"].clone());
    }
    let mut again = site.admitted("ann").await?;
    let session = again.get(site.server.url("/api/v1/session")).await?;
    assert_eq!(session.json()?["user"]["id"], ids[0]);
    assert_ne!(ids[0], ids[1]);
    Ok(())
}

/// Rows: K31
#[tokio::test]
async fn what_does_not_hold_lets_nobody_in_and_says_why() -> anyhow::Result<()> {
    let Some(mut site) = Site::start(&[]).await? else {
        return Ok(());
    };
    for (key, value, code, words) in [
        ("client_secret", "wrong", "provider_error", "token"),
        // Its access token is for its scopes and does not name us as `azp`.
        (
            "get_info_from_access_token",
            "true",
            "token_invalid",
            "access_token.",
        ),
        ("signing_algorithm", "PS256", "token_invalid", "alg: "),
    ] {
        site.server.stop()?;
        site.usher = site.usher.with_all(site.provider.settings(NAME));
        site.usher.set(variable(NAME, key), value);
        site.server = site.usher.serve().await?;
        let mut ann = Visitor::new();
        let page = site.sign_in(&mut ann, "ann").await?;
        assert_eq!(page.status, 502, "{key}: {page}");
        assert_eq!(site.status(&mut ann).await?, 401, "{key}");
        let (record, detail) = site.newest()?;
        assert_eq!(record["code"], code, "{record}");
        assert!(detail.starts_with(words), "{detail}");
        assert_eq!(record["policy"], json!(null), "{record}");
    }
    Ok(())
}

/// Rows: C19
#[tokio::test]
async fn a_new_key_disturbs_nobody() -> anyhow::Result<()> {
    let Some(mut site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let mut ann = site.admitted("ann").await?;
    site.provider.rotate_keys().await?;
    let mut bob = site.admitted("bob").await?;
    assert_eq!(site.status(&mut ann).await?, 200);
    assert_eq!(site.status(&mut bob).await?, 200);
    Ok(())
}

/// Rows: L01, L12, K39, K50
#[tokio::test]
async fn signing_out_ends_the_session_there_and_by_its_frame_the_others_here() -> anyhow::Result<()>
{
    let Some(site) = Site::start(&[("idp_logout", "true")]).await? else {
        return Ok(());
    };
    let mut ann = site.admitted("ann").await?;
    // The same browser's session there opens another one here, until its frame is loaded.
    let mut second = ann.clone();
    second.cookies.remove("usher");
    site.sign_in(&mut second, "ann").await?;
    assert_eq!(site.status(&mut second).await?, 200);
    let question = second.get(site.server.url("/logout")).await?;
    let page = second.submit(&question.form("form")?).await?;
    assert_eq!(site.status(&mut second).await?, 401);
    let page = second.settle(page).await?;
    let frames = site.provider.frames(&mut second, &page).await?;
    let page = site.provider.sign_out(&mut second, page).await?;
    assert_eq!(page.url.path(), "/logout/done", "{page}");
    assert_eq!(page.texts("h1"), ["You are signed out"]);

    // Its logout token lacks `exp`, which has been required since 2023: refused, and recorded.
    site.recorded("back-channel logout: logout_token.exp: ")
        .await?;
    assert_eq!(site.status(&mut ann).await?, 200);
    // Its frame says it, too.
    assert_eq!(frames.len(), 1, "{frames:?}");
    assert_eq!(Visitor::new().get(&frames[0]).await?.status, 200);
    assert_eq!(site.status(&mut ann).await?, 401);
    Ok(())
}
