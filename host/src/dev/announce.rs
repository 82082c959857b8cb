//! What `usher dev` prints.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};

use super::samples::SAMPLES;
use super::settings::Setup;

/// The URL and the sample users on standard output, the rest on standard error.
pub(super) fn announce(setup: &Setup) {
    // Whoever reads only the first line closes the pipe after it; that is no reason to stop.
    let _ = write_users(&mut io::stdout().lock(), &setup.url());
    let _ = writeln!(
        io::stderr().lock(),
        "The development identity provider is {}\nEverything is in {} until Ctrl-C removes it.",
        setup.issuer(),
        setup.data.display(),
    );
}

fn write_users(out: &mut impl Write, url: &str) -> io::Result<()> {
    writeln!(out, "{url}")?;
    out.flush()?;
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["USER", "IS", "SHOULD SHOW"]);
    for sample in &SAMPLES {
        let (given, family) = sample.name;
        table.add_row([
            format!("{given} {family}"),
            sample.role.to_owned(),
            sample.expected.to_string(),
        ]);
    }
    writeln!(out, "\nSample users; nobody has a password.\n")?;
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_stands_alone_on_the_first_line_and_every_user_below() {
        let mut out = Vec::new();
        write_users(&mut out, "http://127.0.0.1:8080").unwrap();
        let out = String::from_utf8(out).unwrap();
        let mut lines = out.lines();
        assert_eq!(lines.next(), Some("http://127.0.0.1:8080"));
        for sample in &SAMPLES {
            let line = out.lines().find(|line| line.contains(sample.name.1));
            let line = line.unwrap_or_else(|| panic!("{out}"));
            assert!(line.contains(sample.role), "{line}");
            assert!(line.ends_with(&sample.expected.to_string()), "{line}");
        }
    }
}
