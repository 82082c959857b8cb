//! Secrets that cannot be used, and secrets that are near something wrong.

use super::{CANARY, SECURE, SERVICES, complete, errors, only, refused};

#[test]
fn a_secret_file_that_cannot_be_read_is_named() -> anyhow::Result<()> {
    let mut installation = complete();
    installation.unset(&format!("{SECURE}client_secret"));
    let folder = installation.path("folder");
    std::fs::create_dir(&folder)?;
    let binary = installation.path("binary");
    std::fs::write(&binary, b"canary \xff\xfe\0")?;
    let name = format!("{SECURE}client_secret_file");
    for path in [installation.path("missing"), folder, binary] {
        let path = path.display().to_string();
        installation.set(name.clone(), path.clone());
        let error = refused(&installation)?.remove(0);
        assert_eq!(error.place, name);
        assert!(error.what.contains(&path), "{error:#?}");
    }
    Ok(())
}

#[test]
fn a_secret_and_a_file_of_it_are_one_too_many() -> anyhow::Result<()> {
    let installation = complete();
    let file = installation.path("secret");
    std::fs::write(&file, "canary of the file\n")?;
    let file = file.display().to_string();
    let installation = installation.with(format!("{SECURE}client_secret_file"), file);
    let error = only(refused(&installation)?);
    for name in ["client_secret and ", "client_secret_file"] {
        assert!(error.place.contains(name), "{name}: {error:#?}");
    }
    assert!(error.fix.contains("remove one"), "{error:#?}");
    Ok(())
}

#[test]
fn no_secret_is_printed_whatever_is_wrong_with_it() -> anyhow::Result<()> {
    let cases: &[(String, &str)] = &[
        // Too short, misspelt, in the wrong place, of the wrong kind.
        ("USHER__SECRET_KEY".into(), "canary"),
        (
            "USHER__SECRET_KEI".into(),
            "canary-of-the-key-0123456789abcdef",
        ),
        (format!("{SECURE}client_secrt"), "canary"),
        (
            format!("{SERVICES}client_secret"),
            "canary-of-another-place",
        ),
        (format!("{SECURE}client_secret__x"), "canary"),
        (
            "USHER__DATABASE_URL".into(),
            "postgres://usher:canary@db.example:port/usher",
        ),
        (
            "USHER__DATABASE_URL".into(),
            "mysql://usher:canary@db.example/usher",
        ),
        (
            "USHER__DATABASE_URL".into(),
            "postgres://usher:canary@db.example/usher",
        ),
        (
            format!("{SERVICES}base_url"),
            "https://usher:canary@kc.example/realms/r",
        ),
        (
            "USHER__PUBLIC_URL".into(),
            "https://usher:canary@login.example.com/path",
        ),
    ];
    for (name, value) in cases {
        // `refused` looks for every canary.
        refused(&complete().with(name.clone(), *value))?;
    }
    Ok(())
}

#[tokio::test]
async fn a_service_that_runs_prints_no_secret_either() -> anyhow::Result<()> {
    let installation = complete()
        .with("USHER__SECRET_KEY", "canary-of-the-key-0123456789abcdef")
        .with("USHER__LOG", "trace");
    let server = installation.serve().await?;
    let mut visitor = usher_tests::visitor::Visitor::new();
    let page = visitor
        .get(server.url("/login/start?provider=keycloak"))
        .await?;
    assert_eq!(page.status, 502, "nobody is at kc.example: {page}");
    assert!(!page.body.contains("canary"), "{page}");
    let log = server.stderr();
    assert!(log.len() > 1_000, "it logs: {log}");
    assert!(!log.contains("canary"), "{log}");
    for command in [["company", "list"], ["audit", "list"]] {
        let answer = installation.run(&command)?;
        let said = format!("{}{}", answer.stdout, answer.stderr);
        assert!(!said.contains("canary"), "{said}");
    }
    assert!(CANARY.contains("canary"));
    Ok(())
}

#[test]
fn a_database_in_an_unknown_place_is_refused_by_commands_too() -> anyhow::Result<()> {
    let installation = complete().with("USHER__DATABASE_URL", "mysql://u:canary@db/usher");
    let answer = installation.run(&["company", "list"])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    assert_eq!(only(errors(&answer)).place, "USHER__DATABASE_URL");
    Ok(())
}

#[tokio::test]
async fn another_key_than_the_one_that_sealed_the_database_is_refused() -> anyhow::Result<()> {
    let installation = complete();
    assert_eq!(installation.serve().await?.stop()?, Some(0));
    let key = installation.path("usher.db.key");
    let kept = std::fs::read(&key)?;
    std::fs::remove_file(&key)?;
    let error = only(refused(&installation)?);
    assert!(error.what.contains("not the key"), "{error:?}");
    assert!(error.fix.contains("restore"), "{error:?}");

    std::fs::write(&key, kept)?;
    assert_eq!(installation.serve().await?.stop()?, Some(0));
    Ok(())
}
