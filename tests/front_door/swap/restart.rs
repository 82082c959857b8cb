//! After a restart the latest event wins.

use std::path::{Path, PathBuf};

use serde_json::Value;
use usher_tests::server::{Answer, Installation};

use super::{Site, into, marked, sha256};
use crate::acme::{MAIN, variable};
use crate::guest::Guest;

const STARTED_WITH_THE_LAST: &str = "started with the policy that was active before";

impl Site {
    /// Stops the service, changes something, and starts it again.
    pub(super) async fn restarted_after(
        self,
        change: impl FnOnce(&mut Installation, &Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let Self { mut acme, file } = self;
        acme.server.stop()?;
        change(&mut acme.usher, &file)?;
        acme.server = acme.usher.serve().await?;
        Ok(Self { acme, file })
    }

    /// Stops the service, changes something, and has it refuse to start.
    fn refused_after(
        self,
        change: impl FnOnce(&mut Installation, &Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<Answer> {
        let Self { mut acme, file } = self;
        acme.server.stop()?;
        change(&mut acme.usher, &file)?;
        let answer = acme.usher.run(&["serve"])?;
        assert_eq!(answer.code, Some(2), "{answer:#?}");
        Ok(answer)
    }
}

/// Where policies are kept.
fn kept(usher: &Installation) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(usher.path("usher.db.policies"))?;
    Ok(entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?)
}

#[tokio::test]
async fn an_unchanged_file_goes_on_and_a_changed_one_is_taken() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let before = site.state().await?;
    let site = site.restarted_after(|_, _| Ok(())).await?;
    assert_eq!(site.state().await?, before, "active since then");
    assert_eq!(site.events()?.len(), 1, "nothing happened");

    let next = into("beta")?;
    let site = site
        .restarted_after(|_, file| Ok(std::fs::write(file, &next)?))
        .await?;
    assert_eq!(site.state().await?["sha256"], sha256(&next));
    assert_eq!(site.events()?.len(), 2);
    assert_eq!(site.company_of("bob").await?.0, "beta");
    Ok(())
}

#[tokio::test]
async fn with_a_broken_file_the_last_good_policy_goes_on() -> anyhow::Result<()> {
    let mut site = Site::start().await?;
    let good = marked(&into("beta")?, 3);
    site.drop_file(&good)?;
    let active = site.until_active(&good).await?;
    for (number, (broken, step)) in [
        (b"<html>".to_vec(), "parse"),
        (good[..good.len() / 2].to_vec(), "parse"),
        (Guest::Trap.component()?, "trial"),
    ]
    .into_iter()
    .enumerate()
    {
        site = site
            .restarted_after(|_, file| Ok(std::fs::write(file, &broken)?))
            .await?;
        let state = site.state().await?;
        assert_eq!(state["sha256"], active["sha256"], "{step}");
        assert_eq!(state["since"], active["since"], "{step}");
        assert_eq!(state["last_error"]["step"], step, "{state}");
        assert_eq!(site.said(STARTED_WITH_THE_LAST), 1, "{step}");
        assert_eq!(site.company_of(&format!("ann{number}")).await?.0, "beta");
        let events = site.events()?;
        assert_eq!(events[0]["code"], step, "{:#?}", events[0]);
        assert_eq!(events.len(), 3 + number, "{step}: once for each content");
    }
    let mended = into("acme")?;
    site.drop_file(&mended)?;
    site.until_active(&mended).await?;
    assert_eq!(site.company_of("zoe").await?.0, "acme");
    Ok(())
}

#[tokio::test]
async fn a_forged_predecessor_or_another_setting_is_no_way_back() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let answer = site.refused_after(|usher, file| {
        std::fs::write(file, b"<html>")?;
        let evil = into("beta")?;
        for entry in kept(usher)? {
            std::fs::write(entry, &evil)?;
        }
        Ok(())
    })?;
    assert!(answer.stderr.contains("no WebAssembly"), "{answer:#?}");

    let site = Site::start().await?;
    let answer = site.refused_after(|usher, _| {
        let other = usher.path("other.wasm");
        std::fs::write(&other, b"<html>")?;
        usher.set(variable(MAIN, "policy__module"), other.to_string_lossy());
        Ok(())
    })?;
    assert!(answer.stderr.contains("other.wasm"), "{answer:#?}");
    Ok(())
}

#[tokio::test]
async fn kept_native_code_is_private_taken_again_and_never_believed_blindly() -> anyhow::Result<()>
{
    use std::os::unix::fs::PermissionsExt;

    let site = Site::start().await?;
    let folder = site.acme.usher.path("usher.db.policies");
    let mode = std::fs::metadata(&folder)?.permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let code = |usher: &Installation| -> anyhow::Result<Vec<PathBuf>> {
        let mut entries = kept(usher)?;
        entries.retain(|entry| entry.extension().is_some_and(|kind| kind == "code"));
        Ok(entries)
    };
    let made = code(&site.acme.usher)?;
    assert_eq!(made.len(), 1, "{made:?}");
    let whole = std::fs::read(&made[0])?;
    let written = std::fs::metadata(&made[0])?.modified()?;
    let site = site.restarted_after(|_, _| Ok(())).await?;
    assert_eq!(std::fs::metadata(&made[0])?.modified()?, written);

    // Somebody else's machine code, with a signature that is not ours.
    let mut forged = whole.clone();
    forged[..64].fill(b'0');
    let site = site
        .restarted_after(|_, _| Ok(std::fs::write(&made[0], &forged)?))
        .await?;
    assert_eq!(site.said("thrown away"), 1);
    assert_eq!(site.company_of("ann").await?.0, "acme");
    assert_ne!(std::fs::read(&made[0])?, forged, "made again");
    assert_eq!(site.state().await?["last_error"], Value::Null);
    Ok(())
}
