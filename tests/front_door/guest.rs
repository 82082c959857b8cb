//! Policies written by hand in WebAssembly text, so that each does exactly one thing.

use std::fmt::Write;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const WIT: &str = include_str!("../../wit/policy.wit");
/// Where an answer lies.
const BASE: u32 = 32_768;

/// What a policy does with everybody.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Guest<'a> {
    /// Lets them into a company and leaves everything else alone.
    Admit(&'a str),
    /// Refuses with a code and a message.
    Refuse(&'a str, &'a str),
    /// Says itself that it failed.
    Fail(&'a str),
    /// Places nobody anywhere, which is no valid answer.
    Invalid,
    /// Traps.
    Trap,
    /// Never ends.
    Loop,
}

impl Guest<'_> {
    /// The component.
    pub(crate) fn component(self) -> anyhow::Result<Vec<u8>> {
        component(&[WIT], "policy", &self.module("")?)
    }

    /// A component that also asks for what no policy may have.
    pub(crate) fn with_a_foreign_import(self) -> anyhow::Result<Vec<u8>> {
        let wasi = "package wasi:cli@0.2.6; interface environment { initial-cwd: func(); }";
        let world = "world greedy { include policy; import wasi:cli/environment@0.2.6; }";
        let import = r#"(import "wasi:cli/environment@0.2.6" "initial-cwd" (func))"#;
        let wit = format!("{WIT}\n{world}");
        component(&[wasi, &wit], "greedy", &self.module(import)?)
    }

    /// A component that was built for another version of the contract.
    pub(crate) fn of_contract(self, version: &str) -> anyhow::Result<Vec<u8>> {
        let other = |text: &str| text.replace("@0.1.0", &format!("@{version}"));
        component(&[&other(WIT)], "policy", &other(&self.module("")?))
    }

    /// A component with one more function, which nobody calls.
    pub(crate) fn with_a_function(self, function: &str) -> anyhow::Result<Vec<u8>> {
        component(&[WIT], "policy", &self.module(function)?)
    }

    /// A component with a check of settings that always finds the same: a problem, pointer and
    /// message, or nothing.
    pub(crate) fn with_a_check(self, found: Option<[&str; 2]>) -> anyhow::Result<Vec<u8>> {
        let mut image = self.image();
        let problem = found.map(|[pointer, message]| {
            let ([pointer, size], [message, length]) = (image.text(pointer), image.text(message));
            image.words(&[pointer, size, message, length])
        });
        let list = image.words(&[problem.unwrap_or_default(), problem.is_some().into()]);
        self.checking(&image, &format!("(i32.const {list})"))
    }

    /// A component whose check of settings does something else than answer.
    pub(crate) fn with_a_check_that(self, body: &str) -> anyhow::Result<Vec<u8>> {
        self.checking(&self.image(), body)
    }

    fn checking(self, image: &Image, body: &str) -> anyhow::Result<Vec<u8>> {
        let mut image = image.clone();
        let text = image.text("{}");
        let schema = image.words(&text);
        let functions = format!(
            r#"(func (export "usher:policy/check@0.1.0#schema") (result i32) (i32.const {schema}))
               (func (export "usher:policy/check@0.1.0#check") (result i32) {body})"#
        );
        let wit = format!("{WIT}\nworld checking {{ include policy; export check; }}");
        component(&[&wit], "checking", &self.module_of(&image, &functions)?)
    }

    fn module(self, imports: &str) -> anyhow::Result<String> {
        self.module_of(&self.image(), imports)
    }

    fn module_of(self, image: &Image, imports: &str) -> anyhow::Result<String> {
        let body = match self {
            Self::Trap => "unreachable",
            Self::Loop => "(loop $again (br $again))",
            _ => "",
        };
        let mut data = String::new();
        for byte in &image.bytes {
            write!(data, "\\{byte:02x}")?;
        }
        let result = image.result;
        Ok(format!(
            r#"(module
                {imports}
                (memory (export "memory") 2)
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
        ))
    }

    /// A `result<decision, string>` as it lies in memory.
    fn image(self) -> Image {
        let mut image = Image::default();
        match self {
            Self::Refuse(code, message) => {
                let [code, size] = image.text(code);
                let [message, length] = image.text(message);
                image.result([0, 1, code, size, 1, message, length, 0, 0, 0, 0]);
            }
            Self::Fail(words) => {
                let [at, size] = image.text(words);
                image.result([1, at, size, 0, 0, 0, 0, 0, 0, 0, 0]);
            }
            Self::Admit(company) => {
                let [company, size] = image.text(company);
                let placements = image.words(&[company, size, 0, 0, 0, 0]);
                image.result([0, 0, placements, 1, 0, 0, 0, 0, 0, 0, 0]);
            }
            Self::Invalid | Self::Trap | Self::Loop => image.result([0; 11]),
        }
        image
    }
}

/// A component for a world of the last package.
fn component(packages: &[&str], world: &str, module: &str) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let mut last = None;
    for (number, text) in packages.iter().enumerate() {
        last = Some(resolve.push_str(format!("{number}.wit"), text)?);
    }
    let world = resolve.select_world(last.as_slice(), Some(world))?;
    let mut module = wat::parse_str(module)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    ComponentEncoder::default().module(&module)?.encode()
}

#[derive(Clone, Default)]
struct Image {
    bytes: Vec<u8>,
    result: u32,
}

impl Image {
    fn here(&self) -> u32 {
        BASE + u32::try_from(self.bytes.len()).expect("images are small")
    }

    fn text(&mut self, text: &str) -> [u32; 2] {
        let at = self.here();
        self.bytes.extend(text.as_bytes());
        [at, self.here() - at]
    }

    fn words(&mut self, words: &[u32]) -> u32 {
        while !self.bytes.len().is_multiple_of(4) {
            self.bytes.push(0);
        }
        let at = self.here();
        self.bytes
            .extend(words.iter().flat_map(|word| word.to_le_bytes()));
        at
    }

    fn result(&mut self, words: [u32; 11]) {
        self.result = self.words(&words);
    }
}
