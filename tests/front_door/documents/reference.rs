//! The pages that the binary makes are the ones that it makes now.

use anyhow::ensure;
use usher_tests::server::Installation;

use super::Document;
use crate::USHER;

#[test]
fn the_page_of_the_settings_is_what_the_binary_prints() -> anyhow::Result<()> {
    must_be_fresh("docs/reference/configuration.md", "config env --markdown")
}

#[test]
fn the_page_of_the_command_line_is_what_the_binary_prints() -> anyhow::Result<()> {
    must_be_fresh("docs/reference/command-line.md", "reference")
}

fn must_be_fresh(path: &str, command: &str) -> anyhow::Result<()> {
    let page = Document::open(path.to_owned())?;
    let words: Vec<&str> = command.split(' ').collect();
    let printed = Installation::new(USHER).must(&words)?;
    ensure!(
        page.text == printed,
        "{path} is stale; renew it: cargo run -- {command} > {path}"
    );
    Ok(())
}
