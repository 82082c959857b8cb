use std::fmt;

use anyhow::Context;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use scraper::{ElementRef, Html, Selector};
use url::Url;

/// What came back: one answer, nothing followed.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it came from.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its text.
    pub body: String,
}

/// A form, filled in as the page had it.
#[derive(Debug, Clone)]
pub struct Form {
    /// Where it goes.
    pub action: Url,
    /// POST, otherwise GET.
    pub post: bool,
    /// What it sends.
    pub fields: Vec<(String, String)>,
    /// The `Origin` header that a browser would send with it.
    pub origin: String,
}

impl Page {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON.
    pub fn json(&self) -> anyhow::Result<serde_json::Value> {
        serde_json::from_str(&self.body).with_context(|| format!("not JSON: {self}"))
    }

    /// The texts of all elements that a CSS selector finds, white space folded.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&css(selector))
            .map(|element| folded(&element))
            .collect()
    }

    /// All that a reader sees: the text of the page without scripts and styles.
    pub fn text(&self) -> String {
        let html = Html::parse_document(&self.body);
        let quiet = css("script, style, template");
        let mut text = String::new();
        for node in html.tree.root().descendants() {
            let hidden = node
                .ancestors()
                .filter_map(ElementRef::wrap)
                .any(|element| quiet.matches(&element));
            if let (Some(words), false) = (node.value().as_text(), hidden) {
                text.push_str(words);
                text.push(' ');
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// An attribute of all elements that a CSS selector finds and that have it.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&css(selector))
            .filter_map(|element| element.attr(name).map(str::to_owned))
            .collect()
    }

    /// The form that a CSS selector finds: the form itself, or anything inside it. A
    /// button that is found is the one that is pressed, otherwise the first.
    pub fn form(&self, selector: &str) -> anyhow::Result<Form> {
        let html = Html::parse_document(&self.body);
        html.select(&css(selector))
            .find_map(|element| self.form_around(element))
            .with_context(|| format!("no form at {selector:?}: {self}"))
    }

    /// The form of a page that submits itself as soon as it is loaded, such as the one
    /// that a provider answers with for `response_mode=form_post`.
    pub fn submits_itself(&self) -> Option<Form> {
        let html = Html::parse_document(&self.body);
        let loads = html.select(&css("body[onload]")).any(|body| {
            body.attr("onload")
                .is_some_and(|code| code.contains("submit()"))
        });
        let scripted = html
            .select(&css("script"))
            .any(|script| script.inner_html().contains("forms[0].submit()"));
        let form = html.select(&css("form")).next()?;
        (loads || scripted)
            .then(|| self.form_around(form))
            .flatten()
    }

    fn form_around(&self, element: ElementRef<'_>) -> Option<Form> {
        let form = std::iter::once(element)
            .chain(element.ancestors().filter_map(ElementRef::wrap))
            .find(|element| element.value().name() == "form")?;
        let mut action = self
            .url
            .join(form.attr("action").unwrap_or_default())
            .ok()?;
        action.set_fragment(None);
        let buttons = css("button:not([type]), [type=submit], [type=image]");
        let pressed = if buttons.matches(&element) {
            Some(element)
        } else {
            form.select(&buttons).next()
        };
        let fields = form
            .select(&css(
                "input[name], button[name], select[name], textarea[name]",
            ))
            .filter(|element| {
                element.value().name() != "button" && !buttons.matches(element)
                    || Some(*element) == pressed
            })
            .filter_map(field)
            .collect();
        let hides = self
            .header("referrer-policy")
            .is_some_and(|policy| policy == "no-referrer");
        let own = self.url.origin().ascii_serialization();
        Some(Form {
            action,
            post: form
                .attr("method")
                .is_some_and(|method| method.eq_ignore_ascii_case("post")),
            fields,
            origin: if hides { "null".to_owned() } else { own },
        })
    }
}

impl Form {
    /// The form with one field filled in; added if the page did not have it.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(field, _)| field == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// What a field would send.
    pub fn value(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = self.header("location").unwrap_or_default();
        let text: String = self.text().chars().take(600).collect();
        write!(f, "{} {} {location}\n{text}", self.status, self.url)
    }
}

/// What an element of a form sends if nobody touches it.
fn field(element: ElementRef<'_>) -> Option<(String, String)> {
    let kind = element.attr("type").unwrap_or_default().to_lowercase();
    let ticked =
        !["checkbox", "radio"].contains(&kind.as_str()) || element.attr("checked").is_some();
    let value = match element.value().name() {
        "textarea" => element.text().collect(),
        "select" => element
            .select(&css("option"))
            .max_by_key(|option| option.attr("selected").is_some())
            .and_then(|option| option.attr("value"))
            .unwrap_or_default()
            .to_owned(),
        _ => element.attr("value").unwrap_or_default().to_owned(),
    };
    ticked.then(|| (element.attr("name").unwrap_or_default().to_owned(), value))
}

fn folded(element: &ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn css(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|problem| panic!("{selector}: {problem}"))
}
