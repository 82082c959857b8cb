use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::fetch::{install, once, retry};
use super::parts::Places;
use super::steps::Step;

const VERSION: &str = "26.7.3";

/// Finds or fetches Keycloak, built for tests: database in memory.
pub(crate) fn fetch(step: &Step, folder: &Path) -> anyhow::Result<Places> {
    install(step, &[("java", "default-jre-headless")])?;
    let home = folder.join(format!("keycloak-{VERSION}"));
    once(&home, |empty| unpack_and_build(step, empty))?;
    Ok(vec![("USHER_TEST_KEYCLOAK_HOME", home)])
}

fn unpack_and_build(step: &Step, folder: &Path) -> anyhow::Result<()> {
    install(step, &[("mvn", "maven"), ("unzip", "unzip")])?;
    retry(|| {
        let mut maven = Command::new("mvn");
        maven
            .args(["-q", "-B", "dependency:copy"])
            .arg(format!(
                "-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
            ))
            .arg(format!("-DoutputDirectory={}", folder.display()))
            // Maven would take a POM of the folder that it is started in.
            .current_dir(folder);
        step.quiet(maven)
    })?;
    let archive = folder.join(format!("keycloak-quarkus-dist-{VERSION}.zip"));
    let mut unzip = Command::new("unzip");
    unzip.arg("-q").arg(&archive).arg("-d").arg(folder);
    step.quiet(unzip)?;
    std::fs::remove_file(&archive)?;
    let unpacked = folder.join(format!("keycloak-{VERSION}"));
    for entry in std::fs::read_dir(&unpacked).context("the archive has another shape")? {
        let entry = entry?;
        std::fs::rename(entry.path(), folder.join(entry.file_name()))?;
    }
    std::fs::remove_dir(&unpacked)?;
    let mut build = Command::new("sh");
    build
        .arg(folder.join("bin/kc.sh"))
        .args(["build", "--db=dev-mem"]);
    step.quiet(build)
}
