//! Rust source as tokens: comments, strings and inline tests left out.

use std::path::{Path, PathBuf};

/// A source file of the host.
pub(super) struct Source {
    /// Path below `host/src`.
    pub(super) path: String,
    /// The module at the top that it belongs to.
    pub(super) module: String,
    /// How many `super` lead from the file's own items to the crate.
    depth: usize,
    tokens: Vec<(usize, String)>,
}

impl Source {
    pub(super) fn parse(path: &str, text: &str) -> Self {
        let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
        Self {
            path: path.to_owned(),
            module: parts[0].to_owned(),
            depth: parts.len(),
            tokens: without_tests(tokens(text)),
        }
    }

    /// Whether the whole file is tests.
    pub(super) fn is_test(&self) -> bool {
        self.path
            .split('/')
            .any(|part| part == "tests" || part == "tests.rs")
    }

    /// The modules that it declares for tests only: `#[cfg(test)] mod name;`.
    pub(super) fn test_modules(&self) -> Vec<String> {
        let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
        let visible = ["pub", "(", "crate", ")"];
        let parent = self.path.trim_end_matches(".rs");
        let named = |start: usize| {
            let after = start + attribute.len();
            let word = if self.at(after, &visible) {
                after + visible.len()
            } else {
                after
            };
            let (_, name) = self
                .tokens
                .get(word + 1)
                .filter(|_| self.at(word, &["mod"]))?;
            Some(format!("{parent}/{name}"))
        };
        (0..self.tokens.len())
            .filter(|start| self.at(*start, &attribute))
            .filter_map(named)
            .collect()
    }

    /// Whether this is the file of a module, or of one below it.
    pub(super) fn is_in(&self, module: &str) -> bool {
        let rest = self.path.strip_prefix(module);
        rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }

    /// What the file names at the top of the crate, with the line.
    pub(super) fn names(&self) -> Vec<(usize, String)> {
        let climb = [
            &["super"; 1][..],
            &[":", ":", "super"].repeat(self.depth - 1),
        ]
        .concat();
        let mut names = Vec::new();
        for start in 0..self.tokens.len() {
            if self.at(start, &["crate"]) {
                names.extend(self.first_segments(start + 1));
            }
            let own_module = start > 0 && self.at(start - 1, &[":"]);
            if self.at(start, &climb) && !own_module {
                let modules = super::EVERY_MODULE;
                let found = self.first_segments(start + climb.len());
                names.extend(
                    found
                        .into_iter()
                        .filter(|(_, name)| modules.contains(&name.as_str())),
                );
            }
            if ["main", "examples"].contains(&self.module.as_str()) && self.at(start, &["usher"]) {
                let found = self.first_segments(start + 1).into_iter();
                names
                    .extend(found.filter(|(_, name)| super::EVERY_MODULE.contains(&name.as_str())));
            }
        }
        names
    }

    /// The lines where a sequence of tokens stands.
    pub(super) fn uses(&self, sequence: &[&str]) -> Vec<usize> {
        let starts = (0..self.tokens.len()).filter(|start| self.at(*start, sequence));
        starts.map(|start| self.tokens[start].0).collect()
    }

    /// After `crate`: `::name`, or the names of `::{name::…, name}`.
    fn first_segments(&self, start: usize) -> Vec<(usize, String)> {
        if !self.at(start, &[":", ":"]) {
            return Vec::new();
        }
        if !self.at(start + 2, &["{"]) {
            return self.tokens.get(start + 2).cloned().into_iter().collect();
        }
        let (mut depth, mut first, mut found) = (1_usize, true, Vec::new());
        for (line, token) in &self.tokens[start + 3..] {
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                "," if depth == 1 => first = true,
                name if first => {
                    found.push((*line, name.to_owned()));
                    first = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        found
    }

    fn at(&self, start: usize, sequence: &[&str]) -> bool {
        let Some(tokens) = self.tokens.get(start..start.saturating_add(sequence.len())) else {
            return false;
        };
        tokens
            .iter()
            .map(|(_, token)| token.as_str())
            .eq(sequence.iter().copied())
    }
}

/// All Rust files below a folder, in order.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let built = |path: &PathBuf| path.file_name().is_some_and(|name| name == "target");
    paths
        .into_iter()
        .filter(|path| !built(path))
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// Identifiers and single signs, each with its line.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let pattern = r##"(?xs)
        //[^\n]*
        | (?P<block> /\*)
        | b?r (?P<hashes> \#*) "
        | b?c?"(?:[^"\\]|\\.)*"
        | b?'(?:[^'\\\n]|\\[^\n]{1,10}?)'
        | '[A-Za-z_]\w*
        | (?P<token> [A-Za-z_]\w* | [^\s\w])
        | \w+
    "##;
    let pattern = regex::Regex::new(pattern).expect("a pattern");
    let (mut found, mut at, mut line, mut counted) = (Vec::new(), 0, 1, 0);
    while let Some(part) = pattern.captures_at(text, at) {
        let whole = part.get(0).expect("a match has a whole");
        at = whole.end();
        if part.name("block").is_some() {
            at = end_of_comment(text, at);
        } else if let Some(hashes) = part.name("hashes") {
            let end = format!("\"{}", hashes.as_str());
            at = text[at..]
                .find(&end)
                .map_or(text.len(), |length| at + length + end.len());
        } else if let Some(token) = part.name("token") {
            line += text[counted..token.start()].matches('\n').count();
            counted = token.start();
            found.push((line, token.as_str().to_owned()));
        }
    }
    found
}

fn end_of_comment(text: &str, mut at: usize) -> usize {
    let mut depth = 1;
    while depth > 0 {
        let rest = &text[at..];
        let (open, close) = (rest.find("/*"), rest.find("*/"));
        let Some(close) = close else {
            return text.len();
        };
        let opens = open.filter(|open| *open < close);
        depth = if opens.is_some() {
            depth + 1
        } else {
            depth - 1
        };
        at += opens.unwrap_or(close) + 2;
    }
    at
}

/// Cuts out `#[cfg(test)] mod … { … }`: tests may build what they need from anywhere.
fn without_tests(tokens: Vec<(usize, String)>) -> Vec<(usize, String)> {
    let (mut kept, mut depth, mut cutting) = (Vec::new(), 0_usize, false);
    for (line, token) in tokens {
        kept.push((line, token));
        let (_, token) = kept.last().expect("just pushed");
        if cutting {
            depth = match token.as_str() {
                "{" => depth + 1,
                "}" => depth - 1,
                _ => depth,
            };
            cutting = depth > 0;
            kept.pop();
        } else if token == "{" && opens_tests(&kept) {
            (depth, cutting) = (1, true);
        }
    }
    kept
}

fn opens_tests(tokens: &[(usize, String)]) -> bool {
    let last: Vec<&str> = tokens
        .iter()
        .rev()
        .take(10)
        .rev()
        .map(|(_, token)| token.as_str())
        .collect();
    matches!(
        last[..],
        ["#", "[", "cfg", "(", "test", ")", "]", "mod", _, "{"]
    )
}
