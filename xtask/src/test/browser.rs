use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::fetch::{install, once, program, retry};
use super::parts::Places;
use super::steps::Step;

/// Pinned: another version may find other things.
const AXE: &str = "axe-core-4.14.1";

/// Finds or fetches Chromium, its driver and axe-core.
pub(crate) fn fetch(step: &Step, folder: &Path) -> anyhow::Result<Places> {
    let browser = || program(&["chromium", "chromium-browser", "google-chrome"]);
    if browser().is_none() || program(&["chromedriver"]).is_none() {
        install(
            step,
            &[
                ("chromium", "chromium"),
                ("chromedriver", "chromium-driver"),
            ],
        )?;
    }
    let axe = folder.join(AXE);
    once(&axe, |empty| unpack_axe(step, empty))?;
    Ok(vec![
        ("USHER_TEST_CHROMIUM", browser().context("no Chromium")?),
        (
            "USHER_TEST_CHROMEDRIVER",
            program(&["chromedriver"]).context("no chromedriver")?,
        ),
        ("USHER_TEST_AXE", axe.join("package/axe.min.js")),
    ])
}

fn unpack_axe(step: &Step, folder: &Path) -> anyhow::Result<()> {
    install(step, &[("npm", "npm")])?;
    let package = AXE.replacen("core-", "core@", 1);
    retry(|| {
        let mut npm = Command::new("npm");
        npm.args(["pack", "--silent", &package, "--pack-destination"])
            .arg(folder);
        step.quiet(npm)
    })?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf")
        .arg(folder.join(format!("{AXE}.tgz")))
        .arg("-C")
        .arg(folder);
    step.quiet(tar)
}
