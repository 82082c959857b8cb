//! The tests as their sources have them: only what the compiler is told of by `mod`, and only
//! what the harness runs.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::Context;
use regex::Regex;

/// A row of `protocol.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    /// `C`, `F`, `K`, `L`, `S`, or `hole`.
    pub(super) kind: &'static str,
    pub(super) number: u32,
}

/// A test, and the rows that it says it is about.
#[derive(Debug, Clone)]
pub(super) struct Test {
    /// As the harness lists it.
    pub(super) path: String,
    /// From the root of the repository.
    pub(super) file: String,
    pub(super) rows: BTreeSet<Row>,
}

/// `mod name;`, and where its file is if that is elsewhere.
static MODULE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?m)(?:^#\[path = "(.*)"\]\n)?^(?:pub(?:\(.*\))? )?mod (\w+);"#));

/// A function with attributes.
static FUNCTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)(?<docs>(?:^ *///.*\n)*)(?<attributes>(?:^ *#\[[^\]]*\]\n)+)^(?<indent> *)(?:pub(?:\(\w+\))? )?(?:async )?fn (?<name>\w+)",
    )
});

/// A module in the file.
static INNER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^mod (\w+) \{"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that is written here")
}

const KINDS: [&str; 6] = ["hole", "C", "F", "K", "L", "S"];

impl Row {
    /// `C02`, `k9`, `hole44`, `hole 44`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        KINDS.iter().find_map(|kind| {
            let begins = text.get(..kind.len())?.eq_ignore_ascii_case(kind);
            let number = text.get(kind.len()..)?.trim_start_matches(' ');
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            (begins && is_number).then_some(Self {
                kind,
                number: number.parse().ok()?,
            })
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            "hole" => write!(f, "hole {}", self.number),
            "K" | "S" => write!(f, "{}{}", self.kind, self.number),
            kind => write!(f, "{kind}{:02}", self.number),
        }
    }
}

impl Test {
    /// The function alone.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or_default()
    }
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All tests of the service and of the front door, by path.
pub(super) fn tests() -> anyhow::Result<Vec<Test>> {
    let mut found = Vec::new();
    for start in ["host/src/lib.rs", "tests/front_door/main.rs"] {
        let folder = Path::new(start).parent().context("a folder")?;
        walk(Path::new(start), folder, "", &mut found)?;
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// The file, and the files that it names by `mod name;`, which are in `folder`.
fn walk(file: &Path, folder: &Path, module: &str, found: &mut Vec<Test>) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(root().join(file))
        .with_context(|| format!("{}", file.display()))?;
    read(&text, file, module, found)?;
    for captures in MODULE.captures_iter(&text) {
        let name = &captures[2];
        let (file, below) = match captures.get(1) {
            None => (folder.join(format!("{name}.rs")), folder.join(name)),
            Some(path) => {
                let beside = file.with_file_name(path.as_str());
                let folder = beside.parent().context("a folder")?.to_owned();
                (beside, folder)
            }
        };
        walk(&file, &below, &joined(module, name), found)?;
    }
    Ok(())
}

fn read(text: &str, file: &Path, module: &str, found: &mut Vec<Test>) -> anyhow::Result<()> {
    if !text.contains("test]") && !text.contains("test(") {
        return Ok(());
    }
    for captures in FUNCTION.captures_iter(text) {
        let attributes = &captures["attributes"];
        let is_test = attributes.contains("#[test]") || attributes.contains("#[tokio::test");
        // One that only another test starts, or nobody, proves nothing by itself.
        if !is_test || attributes.contains("#[ignore") {
            continue;
        }
        let (name, begin) = (&captures["name"], captures.get(0).context("all")?.start());
        // A test may also stand in a macro, and is then one of the file's.
        let inner = INNER.captures_iter(&text[..begin]).last();
        let within = match inner.filter(|_| !captures["indent"].is_empty()) {
            None => module.to_owned(),
            Some(inner) => joined(module, &inner[1]),
        };
        found.push(Test {
            path: joined(&within, name),
            file: file.to_string_lossy().into_owned(),
            rows: rows(name, &captures["docs"])?,
        });
    }
    Ok(())
}

/// The rows at the beginning of a name, `k4_hole30_…`, and those of a line `/// Rows: K4, C02`.
fn rows(name: &str, docs: &str) -> anyhow::Result<BTreeSet<Row>> {
    let mut rows: BTreeSet<Row> = name.split('_').map_while(Row::parse).collect();
    let lines = docs
        .lines()
        .filter_map(|line| line.trim().strip_prefix("/// Rows: "));
    for row in lines.flat_map(|line| line.split(", ")) {
        let row = row.trim_end_matches(['.', ',']);
        rows.insert(Row::parse(row).with_context(|| format!("{name}: {row} is no row"))?);
    }
    Ok(rows)
}

fn joined(module: &str, name: &str) -> String {
    match module {
        "" => name.to_owned(),
        _ => format!("{module}::{name}"),
    }
}
