//! What makes the service look: links that lead elsewhere, and SIGHUP.

use std::os::unix::fs::symlink;
use std::process::Command;

use anyhow::Context;
use usher_tests::provider::{Person, Provider};

use super::{Site, into, marked};
use crate::acme::{Acme, MAIN, connect, furnished};
use crate::guest::Guest;

#[tokio::test]
async fn a_config_map_of_kubernetes_is_swapped_by_its_link() -> anyhow::Result<()> {
    let usher = furnished()?;
    let volume = usher.path("rules");
    let version = |name: &str, component: &[u8]| {
        std::fs::create_dir_all(volume.join(name))?;
        std::fs::write(volume.join(name).join("policy.wasm"), component)?;
        anyhow::Ok(())
    };
    version("..2026_01", &into("acme")?)?;
    symlink("..2026_01", volume.join("..data"))?;
    symlink("..data/policy.wasm", volume.join("policy.wasm"))?;
    let file = volume.join("policy.wasm");
    let path = file.to_str().context("UTF-8")?.to_owned();
    let provider = Provider::start();
    let usher = connect(usher, &provider, MAIN, &[("policy__module", &path)]);
    let acme = Acme::open(provider, usher).await?;
    let site = Site { acme, file };
    assert_eq!(site.company_of("ann").await?.0, "acme");

    // As the kubelet does it: the new version, another link, the link renamed, the old gone.
    let next = into("beta")?;
    version("..2026_02", &next)?;
    symlink("..2026_02", volume.join("..data_tmp"))?;
    std::fs::rename(volume.join("..data_tmp"), volume.join("..data"))?;
    std::fs::remove_dir_all(volume.join("..2026_01"))?;
    site.until_active(&next).await?;
    assert_eq!(site.company_of("bob").await?.0, "beta");
    assert_eq!(site.said("the running one stays"), 0);
    Ok(())
}

#[tokio::test]
async fn hanging_up_reloads_and_says_what_it_found() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let hang_up = || {
        let id = site.acme.server.id().to_string();
        Command::new("kill").args(["-HUP", &id]).status()
    };
    hang_up()?;
    site.until(|_| site.said("the policy is unchanged") == 1)
        .await?;
    let broken = Guest::Admit("acme").of_contract("9.0.0")?;
    site.drop_file(&broken)?;
    site.until(|state| state["last_error"]["step"] == "contract")
        .await?;
    // Whoever asks is told again; the log of events is not filled with it.
    hang_up()?;
    site.until(|_| site.said("the running one stays") == 2)
        .await?;
    assert_eq!(site.events()?.len(), 2);
    let next = marked(&into("beta")?, 7);
    site.drop_file(&next)?;
    hang_up()?;
    site.until_active(&next).await?;
    Ok(())
}

#[tokio::test]
async fn hanging_up_ends_no_service_with_the_built_in_policy() -> anyhow::Result<()> {
    let acme = Acme::start(&[("default_company", "acme")]).await?;
    for _ in 0..3 {
        let id = acme.server.id().to_string();
        Command::new("kill").args(["-HUP", &id]).status()?;
    }
    acme.admitted(Person::new("ann")).await?;
    let said = acme.server.stderr();
    assert!(said.contains("the built-in policy is unchanged"), "{said}");
    assert_eq!(acme.server.stop()?, Some(0));
    Ok(())
}
