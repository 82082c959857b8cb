//! `client_auth=private_key_jwt`: our keys, as a provider fetches them (K32, C50).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use usher_tests::provider::Provider;
use usher_tests::visitor::Visitor;

use crate::acme::{Acme, MAIN, connect, furnished, variable};

/// A new private key as `openssl genpkey` writes it.
pub(crate) fn new_key() -> String {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
    let key = STANDARD.encode(key.expect("keys can be made"));
    format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n")
}

/// Rows: K32
#[tokio::test]
async fn c50_our_public_keys_are_shown_where_they_are_used_and_nowhere_else() -> anyhow::Result<()>
{
    let provider = Provider::start();
    let mut usher = furnished()?;
    let key = |usher: &usher_tests::server::Installation, name: &str| {
        let file = usher.path(&format!("{name}.pem"));
        std::fs::write(&file, new_key())?;
        anyhow::Ok(file.display().to_string())
    };
    let (one, two) = (key(&usher, "one")?, key(&usher, "two")?);
    for (name, file) in [("with_key", &one), ("another", &two)] {
        let settings = [("client_auth", "private_key_jwt")];
        usher = connect(usher, &provider, name, &settings);
        usher.unset(&variable(name, "client_secret"));
        let place = format!("CLEARML__secure__login__sso__oauth_client__{name}__client_key_file");
        usher.set(place, file);
    }
    let usher = connect(usher, &provider, MAIN, &[]);
    let site = Acme::open(provider, usher).await?;
    let mut kids = Vec::new();
    for name in ["with_key", "another"] {
        let page = Visitor::new()
            .get(site.url(&format!("/client_jwks_{name}")))
            .await?;
        assert_eq!(page.status, 200, "{page}");
        assert_eq!(page.header("content-type"), Some("application/json"));
        assert_eq!(page.header("cache-control"), Some("public, max-age=300"));
        let document: Value = page.json()?;
        let keys = document["keys"].as_array().expect("a list");
        assert_eq!(keys.len(), 1);
        let members: Vec<&String> = keys[0].as_object().expect("a key").keys().collect();
        assert!(
            members.iter().all(|m| *m != "d" && *m != "k"),
            "{members:?}"
        );
        let expected = json!(["EC", "P-256", "ES256", "sig"]);
        let found = ["kty", "crv", "alg", "use"].map(|m| keys[0][m].clone());
        assert_eq!(json!(found), expected);
        kids.push(keys[0]["kid"].as_str().expect("a kid").to_owned());
    }
    assert_ne!(kids[0], kids[1], "keys differ per connection");
    assert_eq!(kids[0].len(), 43, "a thumbprint of RFC 7638");
    for path in ["/client_jwks_main", "/client_jwks_other", "/client_jwks_"] {
        let page = Visitor::new().get(site.url(path)).await?;
        assert_eq!(page.status, 404, "{path}: {page}");
    }
    Ok(())
}

#[test]
fn k32_two_connections_with_one_key_are_an_error_that_names_both() -> anyhow::Result<()> {
    let provider = Provider::start();
    let mut usher = furnished()?;
    let (file, copy) = (usher.path("one.pem"), usher.path("copy.pem"));
    let key = new_key();
    std::fs::write(&file, &key)?;
    std::fs::write(&copy, format!("\n{}\n", key.replace('\n', "\r\n")))?;
    for (name, file) in [("one", &file), ("two", &copy)] {
        usher = connect(
            usher,
            &provider,
            name,
            &[("client_auth", "private_key_jwt")],
        );
        usher.unset(&variable(name, "client_secret"));
        let place = format!("CLEARML__secure__login__sso__oauth_client__{name}__client_key_file");
        usher.set(place, file.display().to_string());
    }
    let answer = usher.run(&["serve"])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    let said = answer.stderr;
    assert!(said.contains("have the same private key"), "{said}");
    assert!(said.contains("`two` and `one`"), "{said}");
    assert!(
        said.contains("oauth_client__two__client_key_file"),
        "{said}"
    );
    assert!(!said.contains("BEGIN"), "{said}");

    std::fs::write(&copy, new_key())?;
    let answer = usher.run(&["config", "check"])?;
    assert_eq!(answer.code, Some(0), "{answer:#?}");
    Ok(())
}
