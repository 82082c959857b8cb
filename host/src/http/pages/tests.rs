use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;

use super::samples::{self, pages, problems, refused};
use super::words::ENGLISH;
use super::{Problem, SignIn, Stopped};
use crate::domain::Code;

const HOSTILE: &str = r#"<script>alert(1)</script>"' onload=x style="color:red" &{{7*7}}"#;

/// What must never be shown of a refusal, in whatever words.
const SECRETS: [&str; 6] = [
    "another user",
    "another account",
    "invit",
    "exists",
    "group name",
    "trap",
];

async fn body(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn every_page_has_its_landmarks_one_heading_a_title_and_a_language() {
    let (_, site) = samples::site("Usher", true);
    for (name, page) in pages(&site, "Acme") {
        let html = body(page).await;
        for (needle, times) in [
            ("<!doctype html>", 1),
            (r#"<html lang="en">"#, 1),
            ("<main id=\"content\"", 1),
            ("<h1>", 1),
            ("<h1", 1),
            (" · Usher</title>", 1),
            (r##"href="#content""##, 1),
            (r#"<aside class="development""#, 1),
        ] {
            assert_eq!(html.matches(needle).count(), times, "{name}: {needle}");
        }
        assert!(!html.contains("<title> "), "{name} has no title of its own");
    }
}

#[tokio::test]
async fn no_page_needs_what_the_content_policy_forbids() {
    let (_, site) = samples::site("Usher", true);
    for (name, page) in pages(&site, "Acme") {
        let html = body(page).await;
        for forbidden in [
            "style=",
            "<style",
            "javascript:",
            " onclick",
            " onload",
            "http://",
            "https://",
            "data:",
        ] {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
        for script in html.split("<script").skip(1) {
            assert!(script.starts_with(r#" src="/assets/copy-"#), "{name}");
            assert!(script.contains("defer></script>"), "{name}");
        }
    }
}

#[tokio::test]
async fn text_of_others_never_becomes_markup() {
    let (_, site) = samples::site(HOSTILE, false);
    for (name, page) in pages(&site, HOSTILE) {
        let html = body(page).await;
        assert!(!html.contains("<script>"), "{name}");
        assert!(!html.contains(r#"" onload"#), "{name}");
        assert!(!html.contains("' onload"), "{name}");
        assert!(html.contains("&#60;script&#62;"), "{name}");
    }
}

#[tokio::test]
async fn every_asset_that_a_page_names_is_served() {
    let (assets, site) = samples::site("Usher", false);
    for (name, page) in pages(&site, "Acme") {
        let html = body(page).await;
        for rest in html.split("\"/assets/").skip(1) {
            let file = rest.split('"').next().unwrap();
            assert!(assets.serve(file).is_some(), "{name}: {file}");
        }
    }
}

#[tokio::test]
async fn a_refusal_shows_why_who_when_and_the_ways_on() {
    let (_, site) = samples::site("Usher", false);
    let response = refused(&site, "Ask Kim in room 4.").into_response();
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["retry-after"], "30");
    let html = body(response).await;
    for shown in [
        "Your account is in no group that may use this service",
        "a•••@acme.com",
        "7KQ2-M4XD-0ZPA",
        "UTC+00:00",
        "mailto:it-help@acme.com",
        "Ask Kim in room 4.",
        "Try again",
        "Sign in as someone else",
    ] {
        assert!(html.contains(shown), "{shown}");
    }
    assert!(!html.contains("ann.lee"), "the address is masked");
}

#[tokio::test]
async fn a_policys_message_is_cut_at_300_characters() {
    let (_, site) = samples::site("Usher", false);
    let html = body(refused(&site, &"é".repeat(400)).into_response()).await;
    // The sample also carries the text in places that are not cut.
    let message = html.split("<figcaption>").nth(1).unwrap();
    let message = message.split("</figure>").next().unwrap();
    assert_eq!(message.matches('é').count(), 300);
}

#[tokio::test]
async fn every_problem_has_its_status_and_words_that_give_nothing_away() {
    let (_, site) = samples::site("Usher", false);
    let mut headings = std::collections::BTreeSet::new();
    for problem in problems() {
        let reason = (ENGLISH.reason)(problem);
        assert!(
            headings.insert(reason.heading),
            "{problem:?} has words of its own"
        );
        let said = format!("{} {} {}", reason.heading, reason.meaning, reason.advice);
        for secret in SECRETS {
            assert!(!said.to_lowercase().contains(secret), "{problem:?}: {said}");
        }
        let response = Stopped::new(&site, problem, samples::time(0)).into_response();
        assert_eq!(response.status().as_u16(), problem.status());
    }
    assert_eq!(Problem::Denied.status(), 400);
    assert_eq!(Problem::Code(Code::AccountExists).status(), 403);
}

#[tokio::test]
async fn the_first_provider_that_answers_stands_out_and_one_that_is_down_says_since_when() {
    let (_, site) = samples::site("Usher", false);
    let mut page = samples::sign_in(&site, "Acme SSO", 3);
    page.providers.rotate_right(1);
    let html = body(
        SignIn {
            company: None,
            ..page
        }
        .into_response(),
    )
    .await;
    assert_eq!(html.matches("button first").count(), 1);
    let links: Vec<&str> = html.split("class=\"button ").skip(1).collect();
    assert!(
        links[1].starts_with("first"),
        "the first is down, the second is not"
    );
    assert_eq!(html.matches("Last tried <time").count(), 2);
    assert!(!html.contains("class=\"landing\""));
}

/// All words are in `words`, so that a translation is complete.
#[test]
fn templates_hold_no_words() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
    let parts = std::fs::read_dir(format!("{folder}/parts")).unwrap();
    let files = std::fs::read_dir(folder).unwrap().chain(parts);
    let mut read = 0;
    for path in files
        .map(|file| file.unwrap().path())
        .filter(|p| p.is_file())
    {
        let text = std::fs::read_to_string(&path).unwrap();
        let bare = without(&without(&without(&text, "{%", "%}"), "{{", "}}"), "<", ">");
        let words: String = bare.chars().filter(|c| c.is_alphabetic()).collect();
        assert_eq!(words, "", "{}", path.display());
        read += 1;
    }
    assert!(read >= 10);
}

fn without(text: &str, open: &str, close: &str) -> String {
    let mut parts = text.split(open);
    let mut kept = parts.next().unwrap_or("").to_owned();
    for part in parts {
        kept.push_str(part.split_once(close).map_or("", |(_, after)| after));
    }
    kept
}
