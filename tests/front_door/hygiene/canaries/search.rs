//! What must not be found, what it is looked for in, and the search.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use usher_tests::visitor::Page;

/// Secrets by what they are.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeMap<String, BTreeSet<String>>);

impl Secrets {
    pub(super) fn add(&mut self, what: &str, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(
            secret.len() >= 16,
            "{what} could be found by chance: {secret:?}"
        );
        self.0.entry(what.to_owned()).or_default().insert(secret);
    }

    /// A token, and its signature and claims alone: the header is every token's.
    pub(super) fn add_token(&mut self, what: &str, token: &str) {
        self.add(what, token);
        for part in token.split('.').skip(1) {
            self.add(what, part);
        }
    }

    pub(super) fn kinds(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Every spelling of those that are not in `belonging`, ready to be looked for at once.
    fn needles(&self, belonging: &[&str]) -> Needles {
        let mut needles = Needles {
            starts: vec![false; 1 << 24],
            by_start: HashMap::new(),
        };
        let kinds = self.0.iter();
        for (what, secrets) in kinds.filter(|(what, _)| !belonging.contains(&what.as_str())) {
            for needle in secrets.iter().flat_map(|secret| spellings(secret)) {
                let start = needle.as_bytes().first_chunk().expect("eight bytes");
                needles.starts[first_three(start)] = true;
                let known = needles.by_start.entry(*start).or_default();
                known.push((what.clone(), needle));
            }
        }
        needles
    }
}

/// What is looked for, by how it begins: there are thousands, and the text is long.
struct Needles {
    starts: Vec<bool>,
    by_start: HashMap<[u8; 8], Vec<(String, String)>>,
}

fn first_three(start: &[u8; 8]) -> usize {
    usize::from(start[0]) << 16 | usize::from(start[1]) << 8 | usize::from(start[2])
}

impl Needles {
    /// Each that is there, with what stands in front of it.
    fn found_in(&self, text: &[u8]) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut rest = text;
        while let Some(start) = rest.first_chunk() {
            if self.starts[first_three(start)] {
                let known = self.by_start.get(start).into_iter().flatten();
                for (what, needle) in known {
                    if rest.starts_with(needle.as_bytes()) {
                        let at = text.len() - rest.len();
                        let before = &text[at.saturating_sub(120)..at];
                        let before = String::from_utf8_lossy(before).into_owned();
                        found.insert(format!("{what}, as {needle}"), before);
                    }
                }
            }
            rest = &rest[1..];
        }
        found
    }
}

/// As it is, as it stands in forms, URLs, JSON and Basic credentials, and in `Debug` output.
fn spellings(secret: &str) -> BTreeSet<String> {
    let bytes = secret.as_bytes();
    let list: Vec<String> = bytes.iter().map(ToString::to_string).collect();
    let debug = format!("{secret:?}");
    let json = serde_json::Value::from(secret).to_string();
    // In the middle of a longer text, Base64 depends on what stands in front.
    let shifted = (0..3).map(|by| {
        let encoded = STANDARD_NO_PAD.encode([&vec![b'x'; by], bytes].concat());
        let whole = encoded.len() - 4;
        encoded[4..whole].to_owned()
    });
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [
        secret.to_owned(),
        url::form_urlencoded::byte_serialize(bytes).collect(),
        bytes.iter().map(|byte| format!("%{byte:02X}")).collect(),
        debug[1..debug.len() - 1].to_owned(),
        json[1..json.len() - 1].to_owned(),
        STANDARD.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
        hex,
        list.join(", "),
    ]
    .into_iter()
    .chain(shifted)
    .collect()
}

/// Everything that the service wrote, by where.
#[derive(Debug, Default)]
pub(super) struct Written(BTreeMap<&'static str, Vec<u8>>);

impl Written {
    pub(super) fn add(&mut self, place: &'static str, text: impl AsRef<[u8]>) {
        let all = self.0.entry(place).or_default();
        all.extend_from_slice(text.as_ref());
        all.push(b'\n');
    }

    /// A page of the service, and of its headers those that give nothing to the browser to
    /// keep or to take somewhere.
    pub(super) fn add_page(&mut self, page: &Page) {
        self.add("pages", &page.body);
        for (name, value) in &page.headers {
            let place = match name.as_str() {
                "set-cookie" => "cookies",
                "location" => "redirects",
                _ => "headers",
            };
            self.add(place, value.as_bytes());
        }
    }

    /// All files of a folder, except those that hold secrets because somebody put them there.
    pub(super) fn add_files(&mut self, folder: &Path, given: &[&str]) -> anyhow::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                self.add_files(&path, given)?;
            } else if !given.contains(&&*name) {
                self.add("files", std::fs::read(&path)?);
            }
        }
        Ok(())
    }

    /// Where something is found that is no secret.
    pub(super) fn places_of(&self, text: &str) -> Vec<&'static str> {
        let is_there = |all: &[u8]| String::from_utf8_lossy(all).contains(text);
        let places = self.0.iter().filter(|(_, all)| is_there(all));
        places.map(|(place, _)| *place).collect()
    }

    pub(super) fn places(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }

    /// Every secret in a place where it does not belong.
    pub(super) fn leaks(&self, secrets: &Secrets, belongs: &[(&str, &[&str])]) -> Vec<String> {
        let mut leaks = Vec::new();
        for (place, text) in &self.0 {
            let belonging = belongs.iter().find(|(known, _)| known == place);
            let belonging = belonging.map_or(&[][..], |(_, kinds)| kinds);
            let found = secrets.needles(belonging).found_in(text);
            let found = found.iter();
            leaks.extend(found.map(|(what, before)| format!("{place}: {what}, after {before:?}")));
        }
        leaks
    }
}

#[test]
fn a_secret_is_found_however_it_is_spelt() {
    let secret = "s3cret: of 32 bytes/or+more=%20&";
    let mut secrets = Secrets::default();
    secrets.add("one", secret);
    let basic = STANDARD.encode(format!("client:{secret}"));
    for written in [
        format!("… {secret} …"),
        "x=s3cret%3A+of+32+bytes%2For%2Bmore%3D%2520%26&y".to_owned(),
        format!("{:?}", secret.as_bytes()),
        STANDARD.encode(secret),
        format!("authorization: Basic {basic}"),
    ] {
        let mut all = Written::default();
        all.add("log", &written);
        assert!(!all.leaks(&secrets, &[]).is_empty(), "{written}");
        assert_eq!(all.leaks(&secrets, &[("log", &["one"])]), [""; 0]);
    }
    let mut all = Written::default();
    all.add("log", "s3cret: of 32 bytes, but another");
    assert_eq!(all.leaks(&secrets, &[]), [""; 0]);
}
