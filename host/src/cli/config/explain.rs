use clap::Args;
use serde_json::{Value, json};

use super::super::console::{Console, Format, Listed, table};
use super::super::failure::Failure;
use crate::config::{self, Asked, Inspected, Setting, Variable};
use crate::domain::ProviderName;

/// Explain one setting: meaning, names, example, and what holds now.
#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// Any of its names: `groups.claim`, `groups__claim`, `usher.session.idle`,
    /// `provider.keycloak.groups.claim`, or the whole variable.
    key: String,
    #[command(flatten)]
    listed: Listed,
}

impl Explain {
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let asked = config::look_up(&self.key).map_err(Failure::usage)?;
        let inspected = config::inspect(console.environment, console.config.as_deref());
        let provider = provider(&asked, &inspected);
        let now: Vec<&Setting> = inspected
            .settings
            .iter()
            .filter(|setting| is_asked(&asked, setting))
            .collect();
        let names = Names::of(&asked, provider.as_ref());
        if self.listed.format() == Format::Json {
            return console.json(&names.json(asked.variable, &now));
        }
        let rows = names.rows(asked.variable, &now);
        console.data(table(&[], rows))?;
        // A value that is wrong does not hold, and should not be missed either.
        let about = format!("{} ", asked.variable.key.path);
        for problem in inspected.problems {
            if problem.what.starts_with(&about) {
                console.say(format_args!("error: {problem}"));
            }
        }
        Ok(())
    }
}

/// Whose names are written: the provider that was asked about, or the first one there is.
fn provider(asked: &Asked, inspected: &Inspected) -> Option<ProviderName> {
    let mut configured = inspected.settings.iter();
    let first = || configured.find_map(|setting| setting.provider.clone());
    asked.provider.clone().or_else(first)
}

fn is_asked(asked: &Asked, setting: &Setting) -> bool {
    setting.key == asked.variable.key
        && (asked.provider.is_none() || setting.provider == asked.provider)
        && (asked.name.is_none() || setting.name == asked.name)
}

/// Every way to write a setting.
struct Names {
    variable: String,
    other: Option<String>,
    file_twin: Option<String>,
    toml: (String, String),
    example: String,
}

impl Names {
    fn of(asked: &Asked, provider: Option<&ProviderName>) -> Self {
        let variable = asked.variable;
        let called = |text: String| match &asked.name {
            Some(name) => text.replace("NAME", name).replace("prompt", name),
            None => text,
        };
        let twin = Variable {
            is_twin: true,
            ..variable
        };
        let has_twin = variable.key.has_file_twin() && !variable.is_twin;
        let (table, line) = variable.toml(provider);
        Self {
            variable: called(variable.name(provider)),
            other: variable.other_name(provider).map(called),
            file_twin: has_twin.then(|| twin.name(provider)),
            toml: (table, called(line)),
            example: called(variable.assignment(provider)),
        }
    }

    fn rows(self, variable: Variable, now: &[&Setting]) -> Vec<[String; 2]> {
        let mut rows = vec![
            ["setting".to_owned(), variable.path()],
            ["meaning".to_owned(), variable.meaning()],
            ["type".to_owned(), variable.kind()],
            ["default".to_owned(), variable.default()],
            ["variable".to_owned(), self.variable],
        ];
        let mut row = |name: &str, text: String| rows.push([name.to_owned(), text]);
        if let Some(other) = self.other {
            row("  or", other);
        }
        if let Some(twin) = self.file_twin {
            row("  or its file", twin);
        }
        row("example", self.example);
        row("in the file", self.toml.0);
        row("", self.toml.1);
        if now.is_empty() {
            row("now", "not set".into());
        }
        for setting in now {
            row("now", format!("{}: {}", setting.name(), setting.words()));
            row("  from", setting.origin.to_string());
        }
        rows
    }

    fn json(self, variable: Variable, now: &[&Setting]) -> Value {
        json!({
            "setting": variable.path(),
            "meaning": variable.meaning(),
            "type": variable.kind(),
            "default": variable.default(),
            "variable": self.variable,
            "also": self.other,
            "file_variable": self.file_twin,
            "example": self.example,
            "toml": format!("{}\n{}", self.toml.0, self.toml.1),
            "now": now.iter().map(|setting| setting.json()).collect::<Value>(),
        })
    }
}
