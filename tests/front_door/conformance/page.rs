//! `docs/reference/conformance.md`: made of `rows.txt` and of the tests that say which rows they
//! are about, so that a row cannot claim a test that is not there.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, ensure};
use usher_tests::parts;

use super::sources::{Row, Test, root, tests};

const PAGE: &str = "docs/reference/conformance.md";

/// How many rows of each kind `protocol.md` has.
const ALL: [(&str, u32); 6] = [
    ("C", 50),
    ("L", 14),
    ("F", 32),
    ("K", 51),
    ("S", 14),
    ("hole", 50),
];

/// How a row that is out of scope says so.
const NOT_DONE: &str = "not done: ";

struct Line {
    row: Row,
    /// The official name of a module.
    module: Option<&'static str>,
    about: &'static str,
    outcome: &'static str,
    proofs: Vec<Test>,
}

struct Section {
    title: &'static str,
    lines: Vec<Line>,
}

fn sections() -> anyhow::Result<Vec<Section>> {
    let tests = tests()?;
    let mut sections: Vec<Section> = Vec::new();
    for text in include_str!("rows.txt")
        .lines()
        .filter(|line| !line.is_empty())
    {
        if let Some(title) = text.strip_prefix("# ") {
            let lines = Vec::new();
            sections.push(Section { title, lines });
            continue;
        }
        let parts: Vec<&'static str> = text.split(" | ").collect();
        let [row, module, about, outcome] = parts[..] else {
            anyhow::bail!("not four parts: {text}");
        };
        let row = Row::parse(row).with_context(|| format!("no row: {text}"))?;
        let module = Some(module).filter(|module| *module != "-");
        let proves = |test: &&Test| {
            test.rows.contains(&row) || module.is_some_and(|name| test.name() == function(name))
        };
        let section = sections.last_mut().context("a title first")?;
        section.lines.push(Line {
            row,
            module,
            about,
            outcome,
            proofs: tests.iter().filter(proves).cloned().collect(),
        });
    }
    Ok(sections)
}

/// What a test of a module is called.
fn function(module: &str) -> String {
    module.replace('-', "_")
}

fn lines() -> anyhow::Result<Vec<Line>> {
    Ok(sections()?.into_iter().flat_map(|s| s.lines).collect())
}

impl Line {
    fn in_scope(&self) -> bool {
        !self.outcome.starts_with(NOT_DONE)
    }
}

#[test]
fn no_row_of_the_protocol_is_left_out_or_there_twice() -> anyhow::Result<()> {
    let rows: Vec<Row> = lines()?.into_iter().map(|line| line.row).collect();
    let expected = ALL.iter().flat_map(|(kind, count)| {
        let row = |number| Row { kind, number };
        (1..=*count).map(row)
    });
    assert_eq!(rows, expected.collect::<Vec<Row>>());
    let known: BTreeSet<Row> = rows.into_iter().collect();
    for test in tests()? {
        let unknown = test.rows.difference(&known).next();
        ensure!(unknown.is_none(), "{}: no such row {unknown:?}", test.path);
    }
    Ok(())
}

#[test]
fn every_row_in_scope_has_a_test_and_no_other_has() -> anyhow::Result<()> {
    let mut wrong = String::new();
    for line in lines()? {
        let (row, tests) = (line.row, line.proofs.len());
        match (line.in_scope(), tests) {
            (true, 0) => writeln!(wrong, "{row} has no test: {}", line.about)?,
            (false, 1..) => writeln!(wrong, "{row} has a test and is said to be out of scope")?,
            _ => {}
        }
        let Some(module) = line.module.filter(|_| line.in_scope()) else {
            continue;
        };
        let name = function(module);
        if !line.proofs.iter().any(|test| test.name() == name) {
            writeln!(wrong, "{row} has no test called {name}")?;
        }
    }
    ensure!(wrong.is_empty(), "{wrong}");
    Ok(())
}

#[test]
fn the_harness_knows_every_test_that_is_named() -> anyhow::Result<()> {
    let listed = Command::new(std::env::current_exe()?)
        .args(["--list", "--format", "terse"])
        .output()?;
    let listed = String::from_utf8(listed.stdout)?;
    let listed: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .collect();
    let mut named = 0;
    for test in lines()?.into_iter().flat_map(|line| line.proofs) {
        if test.file.starts_with("tests/") {
            ensure!(listed.contains(&*test.path), "{} is never run", test.path);
            named += 1;
        }
    }
    ensure!(named > 100, "only {named} tests are named");
    Ok(())
}

#[test]
fn the_page_is_what_the_tests_say() -> anyhow::Result<()> {
    let (fresh, path) = (page()?, root().join(PAGE));
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if committed != fresh {
        let made = parts::output().join("conformance.md");
        std::fs::write(&made, fresh)?;
        anyhow::bail!("{PAGE} is stale; renew it: cp {} {PAGE}", made.display());
    }
    Ok(())
}

fn page() -> anyhow::Result<String> {
    let sections = sections()?;
    let all = || sections.iter().flat_map(|section| &section.lines);
    let in_scope = all().filter(|line| line.in_scope()).count();
    let mut page = format!(
        "# Conformance

What Usher does as a relying party of OpenID Connect, row by row, and the tests that show it. A module of the OpenID Foundation's suite has a test of the module's own name, against a programmable provider on loopback. This page is generated from the tests; a test fails when it is stale.

{in_scope} rows of {} are in scope, and each has a test. The others say why not. A name before `::` is a file of tests; `cargo test --workspace NAME` runs one.
",
        all().count()
    );
    for section in &sections {
        write!(page, "\n## {}\n\n", section.title)?;
        let modules = section.lines.iter().any(|line| line.module.is_some());
        page.push_str(if modules {
            "| row | module | the provider | Usher | tests |\n| --- | --- | --- | --- | --- |\n"
        } else {
            "| row | about | Usher | tests |\n| --- | --- | --- | --- |\n"
        });
        for line in &section.lines {
            write!(page, "| {} |", line.row)?;
            if modules {
                let module = line
                    .module
                    .map(|name| format!(" `{name}` "))
                    .unwrap_or_default();
                write!(page, "{module}|")?;
            }
            let links: Vec<String> = line.proofs.iter().map(link).collect();
            let links = links.join("<br>");
            writeln!(page, " {} | {} | {links} |", line.about, line.outcome)?;
        }
    }
    Ok(page)
}

/// A link to the file of a test, from where the page is.
fn link(test: &Test) -> String {
    format!("[`{}`](../../{})", test.path, test.file)
}
