//! Guests written by hand in WebAssembly text, so that each does exactly one thing.

use std::fmt::Write;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

pub(crate) const WIT: &str = include_str!("../../../../wit/policy.wit");

/// A component for the world `usher:policy/policy`.
pub(crate) fn policy(module: &str) -> Vec<u8> {
    component(&[WIT], "policy", module)
}

/// A component for a world of the last package.
pub(crate) fn component(packages: &[&str], world: &str, module: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let mut main = None;
    for (number, text) in packages.iter().enumerate() {
        main = Some(resolve.push_str(format!("{number}.wit"), text).unwrap());
    }
    let world = resolve.select_world(&[main.unwrap()], Some(world)).unwrap();
    let mut module = wat::parse_str(module).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).unwrap().encode().unwrap()
}

/// A module that runs `body` and then gives `answer`. `parts` are further items of the module,
/// imports first.
pub(crate) fn module(parts: &str, body: &str, answer: &Answer) -> String {
    module_of(2, parts, body, answer)
}

/// The same with so many pages of memory from the start.
pub(crate) fn module_of(pages: u32, parts: &str, body: &str, answer: &Answer) -> String {
    let mut data = String::new();
    for byte in &answer.bytes {
        write!(data, "\\{byte:02x}").unwrap();
    }
    let result = answer.result;
    format!(
        r#"(module
            {parts}
            (memory (export "memory") {pages})
            (global $top (mut i32) (i32.const 65536))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $at i32)
                (local.set $at (global.get $top))
                (global.set $top (i32.and (i32.const -8)
                    (i32.add (i32.const 7) (i32.add (global.get $top) (local.get 3)))))
                (local.get $at))
            (data (i32.const {BASE}) "{data}")
            (func (export "usher:policy/decide@0.1.0#decide") (result i32)
                {body}
                (i32.const {result})))"#
    )
}

/// Where an answer lies; below are zeros, or what `parts` put there.
const BASE: u32 = 32_768;

/// The memory image of a `result<decision, string>`.
#[derive(Default)]
pub(crate) struct Answer {
    bytes: Vec<u8>,
    result: u32,
}

impl Answer {
    /// Admitted to a company, everything else left alone.
    pub(crate) fn admit(company: &str) -> Self {
        Self::admit_to(&[company])
    }

    /// Admitted to any number of companies.
    pub(crate) fn admit_to(companies: &[&str]) -> Self {
        let mut answer = Self::default();
        let texts = companies.iter().map(|company| answer.text(company));
        let texts: Vec<_> = texts.collect();
        answer.align();
        let placements = answer.here();
        for (at, len) in &texts {
            answer.words(&[*at, *len, 0, 0, 0, 0]);
        }
        answer.raw_admit(placements, u32::try_from(texts.len()).unwrap(), [0, 0, 0])
    }

    /// Admitted with a display name that lies anywhere.
    pub(crate) fn admit_with_name(at: u32, len: u32) -> Self {
        let mut answer = Self::default();
        let (company, size) = answer.text("acme");
        answer.align();
        let placements = answer.here();
        answer.words(&[company, size, 0, 0, 0, 0]);
        answer.raw_admit(placements, 1, [1, at, len])
    }

    /// Admitted with this many groups, which lie at zero.
    pub(crate) fn admit_with_groups(count: u32) -> Self {
        let mut answer = Self::default();
        let (company, size) = answer.text("acme");
        answer.align();
        let placements = answer.here();
        answer.words(&[company, size, 0, 2, 0, count]);
        answer.raw_admit(placements, 1, [0, 0, 0])
    }

    /// Refused.
    pub(crate) fn refuse(code: &str) -> Self {
        let mut answer = Self::default();
        let (at, len) = answer.text(code);
        answer.align();
        answer.result = answer.here();
        answer.words(&[0, 1, at, len, 0, 0, 0, 0, 0, 0, 0]);
        answer
    }

    /// A failed policy.
    pub(crate) fn error(words: &str) -> Self {
        let mut answer = Self::default();
        let (at, len) = answer.text(words);
        answer.align();
        answer.result = answer.here();
        answer.words(&[1, at, len, 0, 0, 0, 0, 0, 0, 0, 0]);
        answer
    }

    fn raw_admit(mut self, placements: u32, count: u32, name: [u32; 3]) -> Self {
        self.result = self.here();
        let [some, at, len] = name;
        self.words(&[0, 0, placements, count, some, at, len, 0, 0, 0, 0]);
        self
    }

    fn text(&mut self, text: &str) -> (u32, u32) {
        let at = self.here();
        self.bytes.extend(text.as_bytes());
        (at, u32::try_from(text.len()).unwrap())
    }

    fn words(&mut self, words: &[u32]) {
        for word in words {
            self.bytes.extend(word.to_le_bytes());
        }
    }

    fn here(&self) -> u32 {
        BASE + u32::try_from(self.bytes.len()).unwrap()
    }

    fn align(&mut self) {
        while !self.bytes.len().is_multiple_of(4) {
            self.bytes.push(0);
        }
    }
}
