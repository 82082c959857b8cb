//! `usher openapi`, `usher man`: what is said about the interfaces is true.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;
use usher_tests::provider::Person;
use usher_tests::server::Installation;
use usher_tests::visitor::{Page, Visitor};

use super::misused;
use crate::USHER;
use crate::acme::Acme;

/// Whether a value is as its schema says: the parts of JSON Schema that the document uses.
fn fits(api: &Value, schema: &Value, value: &Value) -> anyhow::Result<()> {
    if let Some(name) = schema["$ref"].as_str() {
        let pointer = name.strip_prefix('#').context("a local reference")?;
        let schema = api.pointer(pointer).with_context(|| name.to_owned())?;
        return fits(api, schema, value);
    }
    if let Some(constant) = schema.get("const") {
        ensure!(constant == value, "{value} is not {constant}");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        Value::Null => vec![kind.into()],
        one => vec![one.clone()],
    };
    ensure!(kinds.iter().any(|k| k == kind), "{value} is no {kinds:?}");
    for item in value.as_array().into_iter().flatten() {
        fits(api, &schema["items"], item)?;
    }
    let Some(members) = value.as_object() else {
        return Ok(());
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().context("a name")?;
        ensure!(members.contains_key(name), "{name} is missing: {value}");
    }
    for (name, member) in members {
        match (
            schema["properties"].get(name),
            &schema["additionalProperties"],
        ) {
            (Some(schema), _) => fits(api, schema, member)?,
            (None, Value::Bool(false)) => anyhow::bail!("{name} is not in the document"),
            (None, schema) => fits(api, schema, member)?,
        }
    }
    Ok(())
}

/// Whether an answer is one that the document has for its path.
fn is_described(api: &Value, path: &str, page: &Page) -> anyhow::Result<()> {
    let answers = &api["paths"][path]["get"]["responses"];
    let mut answer = &answers[page.status.as_str()];
    if let Some(name) = answer["$ref"].as_str() {
        answer = api.pointer(&name[1..]).context("a local reference")?;
    }
    let kind = page.header("content-type").context("a type")?;
    let kind = kind.split(';').next().unwrap_or_default();
    let schema = answer["content"].get(kind);
    let schema = schema.with_context(|| format!("{path}: {} {kind}", page.status))?;
    let value = match kind {
        "text/plain" => Value::from(page.body.as_str()),
        _ => page.json()?,
    };
    fits(api, &schema["schema"], &value).with_context(|| path.to_owned())
}

#[tokio::test]
async fn every_path_answers_as_the_document_says() -> anyhow::Result<()> {
    let site = Acme::start(&[("default_company", "acme"), ("groups__enabled", "true")]).await?;
    let printed = site.usher.must(&["openapi"])?;
    let api: Value = serde_json::from_str(&printed)?;
    assert_eq!(api["openapi"], "3.1.0");
    assert_eq!(api["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut nobody = Visitor::new();
    let served = nobody.get(site.url("/openapi.json")).await?;
    assert_eq!(served.body, printed);
    let mut ann = site
        .admitted(Person::new("ann").groups(["research"]))
        .await?;
    let paths = api["paths"].as_object().context("paths")?;
    for path in paths.keys() {
        let page = ann.get(site.url(path)).await?;
        assert_eq!(page.status, 200, "{path}");
        is_described(&api, path, &page)?;
        let page = nobody.get(site.url(path)).await?;
        let open = paths[path]["get"].get("security").is_none();
        assert_eq!(page.status == 200, open, "{path}: {page}");
        is_described(&api, path, &page)?;
    }
    let page = nobody.get(site.url("/readyz?verbose")).await?;
    is_described(&api, "/readyz", &page)?;
    site.execute("ALTER TABLE sessions RENAME TO gone").await?;
    let page = ann.get(site.url("/api/v1/session")).await?;
    assert_eq!(page.status, 503);
    is_described(&api, "/api/v1/session", &page)?;
    Ok(())
}

#[test]
fn manual_pages_show_examples_and_are_taken_by_man() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let page = usher.must(&["man"])?;
    for words in [
        ".TH usher 1",
        ".SH EXAMPLES",
        "usher dev",
        ".SH SUBCOMMANDS",
        "usher\\-user",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let page = usher.must(&["man", "user", "disable"])?;
    assert!(
        page.contains("usher user disable ann@example.com"),
        "{page}"
    );
    misused(&usher, &["man", "usr"], &["did you mean `user`?"])?;
    misused(
        &usher,
        &["man", "user", "disble"],
        &["did you mean `disable`?"],
    )?;

    let folder = usher.path("man1");
    std::fs::create_dir(&folder)?;
    usher.must(&["man", "--folder", &folder.display().to_string()])?;
    for name in [
        "usher.1",
        "usher-user-disable.1",
        "usher-group-member-add.1",
    ] {
        let page = std::fs::read_to_string(folder.join(name)).context(name)?;
        assert!(page.contains(".SH EXAMPLES"), "{name}: {page}");
    }
    let file = folder.join("usher-user.1");
    let shown = Command::new("man")
        .arg("-l")
        .arg(&file)
        .env("MANPAGER", "cat")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output();
    // Where there is a `man`.
    if let Ok(shown) = shown
        && shown.status.success()
    {
        assert!(shown.stderr.is_empty(), "{shown:?}");
    }
    let answer = usher.run(&["man", "--folder", "/nowhere"])?;
    assert_eq!(answer.code, Some(1), "{answer:#?}");
    assert!(answer.stderr.contains("fix:"), "{answer:#?}");
    Ok(())
}
