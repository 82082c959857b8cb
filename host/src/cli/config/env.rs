use clap::Args;
use serde_json::{Value, json};

use super::super::console::{Console, Format, Listed, table};
use super::super::failure::Failure;
use super::page;
use crate::config::{self, Fallback, Secrecy, Variable};
use crate::domain::ProviderName;

/// List every variable with its type, default and meaning.
#[derive(Debug, Args)]
pub(in crate::cli) struct Env {
    /// Write this provider's name instead of P.
    #[arg(long, value_name = "NAME")]
    provider: Option<ProviderName>,
    /// Print the reference page.
    #[arg(long, conflicts_with_all = ["json", "format", "provider"])]
    markdown: bool,
    #[command(flatten)]
    listed: Listed,
}

impl Env {
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        if self.markdown {
            return Ok(console.raw(page::render().as_bytes())?);
        }
        let provider = self.provider.as_ref();
        if self.listed.format() == Format::Json {
            let all = config::variables().map(|variable| entry(variable, provider));
            return console.json(&all.collect::<Value>());
        }
        let rows = config::variables().map(|variable| {
            let (name, kind) = (variable.name(provider), variable.kind());
            [name, kind, variable.default(), variable.meaning()]
        });
        Ok(console.data(table(&["variable", "type", "default", "meaning"], rows))?)
    }
}

fn entry(variable: Variable, provider: Option<&ProviderName>) -> Value {
    let (table, line) = variable.toml(provider);
    let default = match variable.key.default {
        Fallback::Is(value) if !variable.is_twin => Some(value),
        _ => None,
    };
    json!({
        "variable": variable.name(provider),
        "also": variable.other_name(provider),
        "setting": variable.path(),
        "type": variable.kind(),
        "default": default,
        "required": variable.key.default == Fallback::Required && !variable.is_twin,
        "secret": variable.key.secrecy == Secrecy::Secret && !variable.is_twin,
        "meaning": variable.meaning(),
        "example": variable.example(),
        "toml": format!("{table}\n{line}"),
    })
}
