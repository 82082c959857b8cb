//! The pages that the binary makes are the ones that it makes now.

use anyhow::ensure;
use usher_tests::server::Installation;

use super::Document;
use crate::USHER;

#[test]
fn the_page_of_the_settings_is_what_the_binary_prints() -> anyhow::Result<()> {
    let page = Document::open("docs/reference/configuration.md".to_owned())?;
    let printed = Installation::new(USHER).must(&["config", "env", "--markdown"])?;
    ensure!(
        page.text == printed,
        "{} is stale; renew it: cargo run -- config env --markdown > {}",
        page.path,
        page.path
    );
    Ok(())
}
