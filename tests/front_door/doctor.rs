//! `usher doctor`: each thing that is wrong, found with its fix; and nothing where all is well.

mod broken;

use anyhow::Context;
use serde_json::Value;
use usher_tests::provider::{Endpoint, Person, Provider, Says, edit};
use usher_tests::server::Installation;

use crate::acme::{Acme, MAIN, connect, furnished, variable};

const INTO_ACME: (&str, &str) = ("default_company", "acme");

/// Everything that the doctor finds, and how it ends.
pub(crate) fn doctor(usher: &Installation) -> anyhow::Result<(Option<i32>, Vec<Value>)> {
    let answer = usher.run(&["doctor", "--json"])?;
    let findings = serde_json::from_str(&answer.stdout).with_context(|| format!("{answer:#?}"))?;
    Ok((answer.code, findings))
}

/// The findings of a level, as one text each.
pub(crate) fn of_level(findings: &[Value], level: &str) -> Vec<String> {
    let text = |finding: &Value| {
        let part = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        format!("{}: {} | {}", part("check"), part("what"), part("fix"))
    };
    let found = findings.iter().filter(|finding| finding["level"] == level);
    found.map(text).collect()
}

/// One thing is broken, and no more: its check, and words of what and fix.
fn broken(usher: &Installation, check: &str, words: &[&str]) -> anyhow::Result<()> {
    let (code, findings) = doctor(usher)?;
    let broken = of_level(&findings, "broken");
    assert_eq!((code, broken.len()), (Some(1), 1), "{check}: {findings:#?}");
    assert!(broken[0].starts_with(check), "{check}: {broken:?}");
    for word in words {
        assert!(broken[0].contains(word), "{check}: no {word:?}: {broken:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_service_that_works_is_found_to_work() -> anyhow::Result<()> {
    let settings = [INTO_ACME, ("groups__enabled", "true")];
    let site = Acme::start(&settings).await?;
    site.admitted(Person::new("ann").groups(["research"]))
        .await?;
    let before = site.directory().await?;
    let (code, findings) = doctor(&site.usher)?;
    assert_eq!(code, Some(0), "{findings:#?}");
    assert_eq!(of_level(&findings, "broken"), Vec::<String>::new());
    for (about, check) in [
        ("configuration", "configuration"),
        ("configuration", "secrets"),
        ("host", "listener"),
        ("host", "database"),
        ("host", "secret key"),
        ("provider main", "discovery"),
        ("provider main", "algorithm"),
        ("provider main", "redirect URI"),
        ("provider main", "client"),
        ("provider main", "policy"),
        ("provider main", "policy cases"),
        ("provider main", "default company"),
        ("provider main", "sign-ins"),
        ("provider main", "clock"),
    ] {
        let is_fine =
            |f: &&Value| f["about"] == about && f["check"] == check && f["level"] == "fine";
        assert!(
            findings.iter().any(|f| is_fine(&f)),
            "{about}, {check}: {findings:#?}"
        );
    }
    let addresses = findings.iter().find(|f| f["check"] == "addresses");
    let addresses = addresses.context("addresses")?["what"].to_string();
    for path in ["/callback_main", "/logout/done", "/backchannel_logout_main"] {
        assert!(addresses.contains(&site.url(path)), "{path}: {addresses}");
    }
    let groups = "groups (groups): in the access token of 1 of 1";
    assert!(
        of_level(&findings, "fine")
            .iter()
            .any(|f| f.contains(groups)),
        "{findings:#?}"
    );
    assert_eq!(site.directory().await?, before, "nothing was changed");
    Ok(())
}

#[tokio::test]
async fn a_table_has_a_mark_and_a_fix_for_each_line() -> anyhow::Result<()> {
    let provider = Provider::start();
    let usher = connect(
        furnished()?,
        &provider,
        MAIN,
        &[("default_company", "nowhere")],
    );
    let answer = usher.run(&["doctor"])?;
    assert_eq!(answer.code, Some(1), "{answer:#?}");
    let broken = "  ✗ default company: there is no company nowhere (";
    let fix = "    fix: usher company create --id nowhere --name NAME\n";
    for words in [
        "provider main\n",
        "  ✓ discovery: ",
        "  ! listener: nothing",
        broken,
        fix,
    ] {
        assert!(
            answer.stdout.contains(words),
            "{words:?}: {}",
            answer.stdout
        );
    }
    assert!(answer.stderr.contains("1 broken"), "{answer:#?}");
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_the_provider_is_told_apart() -> anyhow::Result<()> {
    let provider = Provider::start();
    let usher = |settings: &[(&str, &str)]| -> anyhow::Result<Installation> {
        Ok(connect(
            furnished()?,
            &provider,
            MAIN,
            &[settings, &[INTO_ACME]].concat(),
        ))
    };
    let secret = usher(&[("client_secret", "another")])?;
    broken(&secret, "client", &["invalid_client", "Credentials"])?;
    let algorithm = usher(&[("signing_algorithm", "ES384")])?;
    broken(&algorithm, "algorithm", &["ES384", "signing_algorithm"])?;
    let healthy = usher(&[])?;
    provider.faults().metadata = edit(|metadata| metadata["issuer"] = "http://127.0.0.1:1/".into());
    broken(
        &healthy,
        "discovery",
        &["discovery.issuer", "Set base_url to exactly the issuer"],
    )?;
    provider.faults().metadata = edit(|metadata| {
        metadata["code_challenge_methods_supported"] = serde_json::json!(["plain"]);
    });
    broken(&healthy, "discovery", &["S256"])?;
    provider.faults().metadata = edit(|_| {});
    provider
        .faults()
        .says
        .insert(Endpoint::Discovery, Says::Status(404));
    broken(
        &healthy,
        "discovery",
        &["status 404", "before protocol/openid-connect/"],
    )?;
    drop(provider);
    broken(
        &healthy,
        "discovery",
        &["no connection", "See that the provider runs"],
    )
}

#[tokio::test]
async fn what_is_wrong_on_the_host_is_told_apart() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let provider = Provider::start();
    let mut usher = connect(furnished()?, &provider, MAIN, &[INTO_ACME]);
    let key = usher.path("usher.db.key");

    let (_, findings) = doctor(&usher)?;
    let listener = of_level(&findings, "attention");
    assert!(
        listener.iter().any(|f| f.contains("usher serve")),
        "{listener:?}"
    );

    drop(usher.serve().await?);
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644))?;
    let (code, findings) = doctor(&usher)?;
    let secrets = of_level(&findings, "attention");
    let chmod = format!("chmod 600 '{}'", key.display());
    assert!(secrets.iter().any(|f| f.contains(&chmod)), "{secrets:?}");
    assert_eq!(code, Some(0));

    std::fs::write(&key, "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\n")?;
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600))?;
    broken(&usher, "secret key", &["not the key that sealed"])?;

    let module = usher.path("policy.wasm");
    std::fs::write(&module, "no component")?;
    usher.set(
        variable(MAIN, "policy__module"),
        module.display().to_string(),
    );
    let (_, findings) = doctor(&usher)?;
    let found = of_level(&findings, "broken");
    assert!(found.iter().any(|f| f.starts_with("policy: ")), "{found:?}");

    usher.set(variable(MAIN, "groups__enabledd"), "true");
    let (code, findings) = doctor(&usher)?;
    let found = of_level(&findings, "broken");
    assert_eq!(code, Some(1));
    assert!(
        found.iter().any(|f| f.contains("groups__enabled")),
        "{found:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_policys_own_cases_are_tried() -> anyhow::Result<()> {
    let provider = Provider::start();
    let usher = furnished()?;
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../policy-guest");
    let module = usher.path("mine.wasm");
    std::fs::copy(format!("{policy}/usher-default-policy.wasm"), &module)?;
    let set = module.display().to_string();
    let usher = connect(
        usher,
        &provider,
        MAIN,
        &[INTO_ACME, ("policy__module", &set)],
    );
    let (_, findings) = doctor(&usher)?;
    let no_cases = of_level(&findings, "attention");
    assert!(
        no_cases.iter().any(|f| f.starts_with("policy cases")),
        "{no_cases:?}"
    );

    let cases = usher.path("mine.cases");
    std::fs::create_dir(&cases)?;
    let case = r#"{"claims":{"access_token":{}},"expect":{"refuse":{"code":"group_required"}}}"#;
    std::fs::write(cases.join("wrong.json"), case)?;
    broken(
        &usher,
        "policy cases",
        &["1 of 1 fail", "wrong.json", "usher policy test"],
    )?;
    std::fs::write(cases.join("wrong.json"), r#"{"claim":{}}"#)?;
    broken(&usher, "policy cases", &["wrong.json"])
}

#[tokio::test]
async fn failed_sign_ins_are_broken_until_one_succeeds() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    site.provider.faults().clock_ahead = 300;
    let (_, page) = site.sign_in(Person::new("ann")).await?;
    assert_eq!(page.status, 502, "{page}");
    assert!(page.text().contains("Set both by NTP"), "{page}");
    let (_, findings) = doctor(&site.usher)?;
    let found = of_level(&findings, "broken");
    assert!(
        found
            .iter()
            .any(|f| f.contains("clock_skew") && f.contains("NTP")),
        "{found:?}"
    );

    site.provider.faults().clock_ahead = 0;
    site.admitted(Person::new("ann")).await?;
    let (code, findings) = doctor(&site.usher)?;
    assert_eq!(code, Some(0), "{findings:#?}");
    let found = of_level(&findings, "attention");
    assert!(found.iter().any(|f| f.contains("clock_skew")), "{found:?}");
    Ok(())
}
