//! Algorithm, key, header and signature of the ID token.

use Code::TokenInvalid;
use serde_json::json;

use super::forge::{self, With, keys, rsa_jwk};
use super::*;

#[test]
fn c09_f07_hole18_a_token_without_a_signature_is_refused_in_every_spelling() {
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        refused("alg", TokenInvalid, |case| {
            case.header["alg"] = alg.into();
            case.with = With::Nothing;
        });
    }
    refused("signature", TokenInvalid, |case| case.with = With::Nothing);
}

#[test]
fn c10_c33_hole17_a_wrong_signature_is_refused() {
    for with in [With::Rubbish, With::Foreign, With::Ps256, With::Es256] {
        refused("signature", TokenInvalid, |case| case.with = with);
    }
    refused("signature", TokenInvalid, |case| {
        case.expected.algorithm = Algorithm::ES256;
        case.header = json!({"alg": "ES256", "kid": "p256"});
        case.with = With::Rubbish;
    });
}

#[test]
fn c32_k15_hole19_a_shared_secret_never_signs() {
    for alg in ["HS256", "HS384", "HS512"] {
        refused("alg", TokenInvalid, |case| {
            case.header["alg"] = alg.into();
            case.with = With::Hmac;
        });
    }
}

#[test]
fn k15_f08_one_algorithm_is_pinned_and_a_published_key_of_another_does_not_help() {
    for (alg, kid, with) in [
        ("PS256", "ps", With::Ps256),
        ("ES256", "p256", With::Es256),
        ("ES384", "p384", With::Es384),
        ("EdDSA", "ed", With::Ed25519),
        ("rs256", "rsa", With::Rs256),
    ] {
        refused("alg", TokenInvalid, |case| {
            case.header = json!({"alg": alg, "kid": kid});
            case.with = with;
        });
    }
}

#[test]
fn every_algorithm_verifies_where_it_is_the_pinned_one() {
    for (alg, kid, with, algorithm) in [
        ("PS256", "ps", With::Ps256, Algorithm::PS256),
        ("ES256", "p256", With::Es256, Algorithm::ES256),
        ("ES384", "p384", With::Es384, Algorithm::ES384),
        ("EdDSA", "ed", With::Ed25519, Algorithm::EdDSA),
        ("Ed25519", "ed", With::Ed25519, Algorithm::EdDSA),
    ] {
        let change = |case: &mut Case| {
            case.header = json!({"alg": alg, "kid": kid});
            (case.access_header, case.access_with) = (case.header.clone(), with);
            (case.with, case.expected.algorithm) = (with, algorithm);
        };
        assert!(changed(change).is_ok(), "{alg}");
    }
    let ed = |case: &mut Case| {
        case.header = json!({"alg": "EdDSA", "kid": "ed"});
        (case.access_header, case.access_with) = (case.header.clone(), With::Ed25519);
        (case.with, case.expected.algorithm) = (With::Ed25519, Algorithm::EdDSA);
        case.claims["at_hash"] = "$long".into();
    };
    changed(ed).unwrap();
}

#[test]
fn c06_c07_a_missing_key_id_needs_a_single_fitting_key() {
    let no_kid = |case: &mut Case| {
        set(&mut case.header, "kid", &Value::Null);
        set(&mut case.access_header, "kid", &Value::Null);
    };
    changed(no_kid).unwrap();
    refused("key", TokenInvalid, |case| {
        no_kid(case);
        case.keys = keys(&[rsa_jwk(&forge::RSA, "a"), rsa_jwk(&forge::FOREIGN, "b")]);
    });
    refused("key", TokenInvalid, |case| {
        case.header["kid"] = "gone".into()
    });
}

#[test]
fn k16_a_key_in_the_header_is_not_looked_at() {
    refused("signature", TokenInvalid, |case| {
        case.header["jwk"] = rsa_jwk(&forge::FOREIGN, "rsa");
        case.header["jku"] = "http://169.254.169.254/".into();
        case.with = With::Foreign;
    });
    refused("key", TokenInvalid, |case| {
        case.header =
            json!({"alg": "RS256", "kid": "mine", "jwk": rsa_jwk(&forge::FOREIGN, "mine")});
        case.with = With::Foreign;
    });
}

#[test]
fn k17_hole20_hole46_a_header_with_unknown_demands_is_refused() {
    for (name, value) in [
        ("crit", json!(["x"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
    ] {
        refused("id_token.header", TokenInvalid, |case| {
            case.header[name] = value
        });
    }
}

#[test]
fn k26_another_kind_of_token_is_no_id_token() {
    for typ in [
        "at+jwt",
        "logout+jwt",
        "dpop+jwt",
        "application/at+jwt",
        "secevent+jwt",
        "",
    ] {
        refused("typ", TokenInvalid, |case| case.header["typ"] = typ.into());
    }
    for typ in ["JWT", "jwt", "application/jwt"] {
        changed(|case| case.header["typ"] = typ.into()).unwrap();
    }
}
