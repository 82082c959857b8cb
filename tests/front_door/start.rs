//! What the service says when it cannot start: what, where, and what to do; with exit code 2.

mod database;
mod policy;
mod secrets;

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

/// One error, in its three parts.
#[derive(Debug)]
struct Error {
    what: String,
    place: String,
    fix: String,
}

/// `serve` does not start: all that it says why.
fn refused(installation: &Installation) -> anyhow::Result<Vec<Error>> {
    let answer = installation.run(&["serve"])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    assert_eq!(answer.stdout, "", "talk goes to stderr");
    Ok(errors(&answer))
}

/// What a command complains about: every error has its three parts, and nothing is printed
/// that a log should not hold.
fn errors(answer: &Answer) -> Vec<Error> {
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(!said.contains("canary"), "a secret was printed: {said}");
    assert!(!said.contains('\u{1b}'), "escape codes: {said:?}");
    assert!(!said.contains("panicked"), "{said}");
    let mut errors: Vec<Error> = Vec::new();
    for line in answer.stderr.lines() {
        if let Some(what) = line.strip_prefix("error: ") {
            let what = what.to_owned();
            let (place, fix) = (String::new(), String::new());
            errors.push(Error { what, place, fix });
        } else if let Some(error) = errors.last_mut() {
            if let Some(place) = line.strip_prefix("  where: ") {
                place.clone_into(&mut error.place);
            } else if let Some(fix) = line.strip_prefix("  fix:   ") {
                fix.clone_into(&mut error.fix);
            }
        }
    }
    assert!(!errors.is_empty(), "no error: {said}");
    for Error { what, place, fix } in &errors {
        assert!(!what.is_empty() && !place.is_empty(), "{said}");
        assert!(!fix.is_empty(), "nothing to do about it: {said}");
    }
    errors
}

/// The only error.
fn only(errors: Vec<Error>) -> Error {
    let count = errors.len();
    let mut errors = errors.into_iter();
    match (errors.next(), count) {
        (Some(error), 1) => error,
        (first, _) => panic!("{count} errors: {first:#?} {errors:#?}"),
    }
}

/// Rows: hole 10
#[test]
fn a_setting_that_is_wrong_is_named_with_its_fix() -> anyhow::Result<()> {
    let prohibit = "groups__prohibit_user_signup_if_not_in_group";
    // What is set, and a word each of what is wrong and of what to do.
    let cases: &[(&str, &str, &str, &str)] = &[
        ("USHER__LISTEM", "x", "listem", "USHER__LISTEN"),
        ("USHER__LISTEN", "nowhere", "listen", "127.0.0.1:8080"),
        (
            "USHER__PUBLIC_URL",
            "http://login.example.com",
            "https",
            "https://login.example.com",
        ),
        (
            "services groups__enbled",
            "true",
            "groups.enbled",
            "groups__enabled",
        ),
        ("services groups__enabled", "perhaps", "perhaps", "true"),
        (
            &format!("services {prohibit}"),
            "true",
            "groups.enabled",
            "groups__enabled",
        ),
        ("services client_id", "another", "two different", "remove"),
        ("services code_challenge", "false", "code_challenge", ""),
        ("services signing_algorithm", "HS256", "HS256", "RS256"),
        (
            "services base_url",
            "http://kc.example/realms/r",
            "base_url",
            "https",
        ),
    ];
    for (name, value, what, fix) in cases {
        let name = name
            .replace("services ", SERVICES)
            .replace("secure ", SECURE);
        let error = only(refused(&complete().with(name.clone(), *value))?);
        assert!(error.place.contains(&name), "{name}: {error:#?}");
        for (word, text) in [(what, &error.what), (fix, &error.fix)] {
            assert!(text.contains(word), "{name}: {word}: {error:#?}");
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
    let errors = refused(&installation)?;
    let said = format!("{errors:#?}");
    for word in [
        "USHER__PUBLIC_URL",
        "USHER__SESSION__IDLE",
        &format!("{SECURE}client_id"),
        &format!("{SECURE}client_secret"),
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert_eq!(errors.len(), 3, "the two of one provider are one: {said}");

    let mut nothing = Installation::new(USHER);
    nothing.unset("USHER__PUBLIC_URL");
    let said = format!("{:#?}", refused(&nothing)?);
    for word in ["public_url is not set", "no provider is configured"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    Ok(())
}

#[test]
fn what_only_shows_when_all_is_put_together_is_said_all_at_once() -> anyhow::Result<()> {
    let other = SERVICES.replace("keycloak", "other");
    let mut installation = complete();
    let policy = installation.path("policy.wasm");
    std::fs::write(&policy, "no policy")?;
    let policy = policy.display().to_string();
    for (services, secure) in [
        (SERVICES, SECURE.to_owned()),
        (&other, SECURE.replace("keycloak", "other")),
    ] {
        installation.set(format!("{services}base_url"), "https://kc.example/realms/r");
        installation.set(format!("{secure}client_id"), "clearml");
        installation.set(format!("{secure}client_secret"), CANARY);
        installation.set(format!("{secure}default_company"), "acme");
        installation.set(format!("{services}policy__module"), policy.clone());
    }
    let errors = refused(&installation)?;
    let places: Vec<&str> = errors.iter().map(|error| error.place.as_str()).collect();
    let expected = [
        format!("{SECURE}default_company"),
        format!("{SERVICES}policy__module"),
        format!("{}default_company", SECURE.replace("keycloak", "other")),
        format!("{other}policy__module"),
    ];
    assert_eq!(places, expected);
    Ok(())
}

#[tokio::test]
async fn a_default_company_that_is_missing_names_the_command_that_makes_it() -> anyhow::Result<()> {
    let installation = complete().with(format!("{SECURE}default_company"), "acme");
    let error = only(refused(&installation)?);
    assert!(error.what.contains("no company `acme`"), "{error:#?}");
    assert_eq!(error.place, format!("{SECURE}default_company"));
    let (_, command) = error
        .fix
        .split_once("usher ")
        .expect("the command is there");
    let arguments: Vec<&str> = command.split(' ').collect();
    installation.must(&arguments)?;
    let server = installation.serve().await?;
    assert_eq!(server.stop()?, Some(0));
    Ok(())
}

#[test]
fn a_file_says_its_line() -> anyhow::Result<()> {
    let installation = complete();
    let file = installation.path("usher.toml");
    std::fs::write(
        &file,
        "[usher]\nbrand.name = \"Acme\"\n\n[provider.keycloak]\ngroups.enbled = true\n",
    )?;
    let file = file.display().to_string();
    let answer = installation.run(&["serve", "--config", &file])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    let error = only(errors(&answer));
    assert_eq!(
        error.place,
        format!("{file}:5: provider.keycloak.groups.enbled")
    );
    assert!(error.fix.contains("groups.enabled"), "{error:#?}");

    std::fs::write(
        &file,
        "[provider.keycloak]\nclient_secret = \"canary\" \"canary\"\n",
    )?;
    let answer = installation.run(&["serve", "--config", &file])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    let error = only(errors(&answer));
    assert!(error.place.contains(&format!("{file}:2")), "{error:#?}");
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() -> anyhow::Result<()> {
    let installation = complete();
    let server = installation.serve().await?;
    let error = only(refused(&installation)?);
    let address = installation
        .origin()
        .strip_prefix("http://")
        .expect("an origin");
    assert!(error.what.contains(address), "{error:#?}");
    assert_eq!(error.place, "USHER__LISTEN");
    assert_eq!(server.stop()?, Some(0), "the first one went on");
    Ok(())
}
