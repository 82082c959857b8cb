//! The reference page of the settings, in Markdown.

use std::fmt::Write;

use crate::config::{self, Variable};
use crate::domain::ProviderName;

const BEGIN: &str = "\
<!-- Made by `usher config env --markdown`; change the table of settings, not this page. -->

# Settings

Every setting of Usher. A setting is a variable, or a key of the file that `--config` names; the environment wins over the file. `usher config show` prints what holds and where it comes from, `usher config check` everything that is wrong, `usher config explain KEY` one of the settings below.

## How they are written

- A variable begins with `USHER__` or `CLEARML__`, in upper case; behind that, letter case does not matter, and `__` separates the parts of a name.
- Settings of a provider stand below `CLEARML__services__login__sso__oauth_client__P__` or `CLEARML__secure__login__sso__oauth_client__P__`, where `P` is the name of the provider, such as `keycloak`. Both places are taken for every setting; the documented one is given here. Two different values for one setting are an error.
- In the file, settings of the host stand below `[usher]`, those of a provider below `[provider.P]`.
- An unknown name is an error that names the nearest known one. Names that ClearML knows and Usher does not serve are a warning; other `CLEARML__` variables belong to the API server.
- One pair of quotes around the value of a variable is taken away. Nothing else is special in a text: not `?`, `=`, `#` or `$`. An id is never read as a number.
- A flag is `true`, `false`, `yes`, `no`, `on`, `off`, `1` or `0`. A list is `[\"a\",\"b\"]`, `[a, b]` or `a,b`. A duration is `30m`, `8h`, `1h 30m` or `2d`.
- Every secret has a twin that ends in `_file` and names a file with the value; setting both is an error.
";

/// The whole page.
pub(super) fn render() -> String {
    let mut page = BEGIN.to_owned();
    let (host, provider): (Vec<_>, Vec<_>) =
        config::variables().partition(|variable| !variable.is_of_a_provider());
    section(&mut page, "The host", &host);
    section(&mut page, "A provider", &provider);
    page
}

fn section(page: &mut String, title: &str, variables: &[Variable]) {
    // Writing to a text cannot fail.
    let _ = write!(
        page,
        "\n## {title}\n\n| setting | type | default | meaning |\n| --- | --- | --- | --- |\n"
    );
    for variable in variables {
        let path = variable.path();
        let _ = writeln!(
            page,
            "| [`{path}`](#{}) | {} | {} | {} |",
            anchor(&path),
            cell(&variable.kind()),
            default(*variable),
            cell(&variable.meaning()),
        );
    }
    for variable in variables {
        entry(page, *variable);
    }
}

fn entry(page: &mut String, variable: Variable) {
    let keycloak: Option<ProviderName> = "keycloak".parse().ok();
    let provider = keycloak.as_ref();
    let (table, line) = variable.toml(provider);
    let _ = write!(
        page,
        "\n### `{}`\n\n{}. Type: {}. Default: {}.\n\n`{}`",
        variable.path(),
        variable.meaning(),
        variable.kind(),
        default(variable),
        variable.name(None),
    );
    if let Some(other) = variable.other_name(None) {
        let _ = write!(page, ", also `{other}`");
    }
    let assignment = variable.assignment(provider);
    let _ = write!(
        page,
        "\n\n```text\n{assignment}\n```\n\n```toml\n{table}\n{line}\n```\n"
    );
}

fn default(variable: Variable) -> String {
    match variable.default() {
        words if words.starts_with('(') || words == "-" || words == "required" => words,
        value => format!("`{value}`"),
    }
}

/// A `|` would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Where a heading can be linked to: letters, digits and underscores stay.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || *c == '_');
    kept.collect::<String>().to_lowercase()
}
