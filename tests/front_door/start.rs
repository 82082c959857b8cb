//! What the service says when it cannot start: what, where, and what to do; with exit code 2.

use std::path::Path;

use usher_tests::server::{Answer, Installation};

use crate::USHER;

const SERVICES: &str = "CLEARML__services__login__sso__oauth_client__keycloak__";
const SECURE: &str = "CLEARML__secure__login__sso__oauth_client__keycloak__";
const CANARY: &str = "canary-of-the-client-secret";

/// Everything that `serve` needs, with a provider that is never reached.
fn complete() -> Installation {
    Installation::new(USHER)
        .with(format!("{SERVICES}base_url"), "https://kc.example/realms/r")
        .with(format!("{SECURE}client_id"), "clearml")
        .with(format!("{SECURE}client_secret"), CANARY)
}

fn refused(installation: &Installation) -> anyhow::Result<Answer> {
    let answer = installation.run(&["serve"])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(!said.contains(CANARY), "a secret was printed: {said}");
    Ok(answer)
}

#[test]
fn a_setting_that_is_wrong_is_named_with_its_fix() -> anyhow::Result<()> {
    let folder = complete().path("no-such-secret").display().to_string();
    let cases: &[(&str, &str, &[&str])] = &[
        ("USHER__LISTEM", "x", &["USHER__LISTEM", "listen"]),
        (
            "USHER__PUBLIC_URL",
            "http://login.example.com",
            &["USHER__PUBLIC_URL", "https"],
        ),
        (
            "services groups__enbled",
            "true",
            &["groups__enbled", "groups__enabled"],
        ),
        (
            "services groups__enabled",
            "perhaps",
            &["groups__enabled", "perhaps", "true"],
        ),
        (
            "services groups__prohibit_user_signup_if_not_in_group",
            "true",
            &[
                "groups__prohibit_user_signup_if_not_in_group",
                "groups__enabled",
            ],
        ),
        (
            "services client_id",
            "another",
            &["client_id", "services", "secure"],
        ),
        ("services code_challenge", "false", &["code_challenge"]),
        (
            "services signing_algorithm",
            "HS256",
            &["signing_algorithm", "RS256"],
        ),
        (
            "services base_url",
            "http://kc.example/realms/r",
            &["base_url", "https"],
        ),
        ("secure client_secret_file", &folder, &["client_secret"]),
        (
            "services policy__module",
            "/nowhere/policy.wasm",
            &["policy__module", "/nowhere/policy.wasm"],
        ),
    ];
    for (name, value, words) in cases {
        let name = name
            .replace("services ", SERVICES)
            .replace("secure ", SECURE);
        let answer = refused(&complete().with(name.clone(), *value))?;
        for word in *words {
            let said = answer.stderr.to_lowercase();
            assert!(
                said.contains(&word.to_lowercase()),
                "{name}: {word}: {}",
                answer.stderr
            );
        }
    }
    Ok(())
}

#[test]
fn what_is_missing_is_said_all_at_once() -> anyhow::Result<()> {
    let mut installation = Installation::new(USHER)
        .with(format!("{SERVICES}base_url"), "https://kc.example/realms/r")
        .with("USHER__SESSION__IDLE", "soon");
    installation.unset("USHER__PUBLIC_URL");
    let answer = refused(&installation)?;
    for word in [
        "client_id",
        "client_secret",
        "USHER__PUBLIC_URL",
        "USHER__SESSION__IDLE",
    ] {
        assert!(answer.stderr.contains(word), "{word}: {}", answer.stderr);
    }
    Ok(())
}

#[tokio::test]
async fn a_default_company_that_is_missing_names_the_command_that_makes_it() -> anyhow::Result<()> {
    let installation = complete().with(format!("{SECURE}default_company"), "acme");
    let answer = refused(&installation)?;
    assert!(
        answer.stderr.contains("usher company create --id acme"),
        "{}",
        answer.stderr
    );
    installation.must(&["company", "create", "--id", "acme", "--name", "Acme"])?;
    let server = installation.serve().await?;
    assert_eq!(server.stop()?, Some(0));
    Ok(())
}

#[test]
fn a_policy_that_cannot_be_loaded_says_which_step_refused_it() -> anyhow::Result<()> {
    let good =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-guest/usher-default-policy.wasm");
    let good = std::fs::read(good)?;
    let mut flipped = good.clone();
    flipped[4] ^= 0xff;
    for (name, bytes) in [
        ("text", b"this is no policy".to_vec()),
        ("empty", Vec::new()),
        ("truncated", good[..good.len() / 2].to_vec()),
        ("flipped", flipped),
        ("core-module", b"\0asm\x01\0\0\0".to_vec()),
        ("nothing-exported", b"\0asm\x0d\0\x01\0".to_vec()),
    ] {
        let installation = complete();
        let path = installation.path("policy.wasm");
        std::fs::write(&path, bytes)?;
        let module = path.display().to_string();
        let answer = refused(&installation.with(format!("{SERVICES}policy__module"), module))?;
        assert!(
            answer.stderr.contains("policy.wasm"),
            "{name}: {}",
            answer.stderr
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_database_or_address_that_cannot_be_used_is_named() -> anyhow::Result<()> {
    let installation = complete();
    let garbage = installation.path("garbage.db");
    std::fs::write(
        &garbage,
        "this is no database, and long enough to be looked at ".repeat(40),
    )?;
    let folder = installation.path("folder.db");
    std::fs::create_dir(&folder)?;
    for path in [
        garbage,
        folder,
        installation.path("no/such/folder/usher.db"),
    ] {
        let url = format!("sqlite://{}", path.display());
        let answer = refused(&complete().with("USHER__DATABASE_URL", url))?;
        let said = path.display().to_string();
        assert!(answer.stderr.contains(&said), "{said}: {}", answer.stderr);
    }

    let _server = installation.serve().await?;
    let answer = refused(&installation)?;
    assert!(answer.stderr.contains("USHER__LISTEN"), "{}", answer.stderr);
    Ok(())
}
