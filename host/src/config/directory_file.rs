//! The directory file: companies with their groups, domains and invitations, in TOML.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::line_of;
use super::nearest::nearest;
use super::report::Problem;
use crate::domain::{CompanyId, DirectoryFile, Listed, ListedCompany, Role};

/// Reads a directory file: what could be read of it, and everything that is wrong with it.
pub fn read(path: &Path) -> (DirectoryFile, Vec<Problem>) {
    let shown = path.display();
    let unread = |problem| (DirectoryFile::default(), vec![problem]);
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let what = format!("the directory file cannot be read: {error}");
            let fix = "name a TOML file that this user may read";
            return unread(Problem::new(what, shown, fix));
        }
    };
    let root = match DeTable::parse(&text) {
        Ok(root) => root,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(&text, &span));
            let what = format!("the directory file is not TOML: {}", error.message());
            let fix = "correct that line; texts stand in quotes";
            return unread(Problem::new(what, format!("{shown}:{line}"), fix));
        }
    };
    let mut reader = Reader {
        path,
        text: &text,
        problems: Vec::new(),
    };
    let companies = reader.root(root.get_ref());
    let mut problems = reader.problems;
    problems.sort_by_key(|(at, _)| *at);
    let problems = problems.into_iter().map(|(_, problem)| problem).collect();
    (DirectoryFile { companies }, problems)
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    /// With the offsets where they are.
    problems: Vec<(usize, Problem)>,
}

type Name<'i> = Spanned<Cow<'i, str>>;
type Value<'i> = Spanned<DeValue<'i>>;

/// Items of one table, by name.
type Fields<'t, 'i> = BTreeMap<&'static str, (&'t Name<'i>, &'t Value<'i>)>;

impl Reader<'_> {
    fn root(&mut self, root: &DeTable<'_>) -> Vec<ListedCompany> {
        let fields = self.fields(root, "", &["company"], "the directory file");
        let Some((name, value)) = fields.get("company") else {
            return Vec::new();
        };
        let mut companies: Vec<ListedCompany> = Vec::new();
        let listed = self.array("company", "[[company]]", name, value);
        for (span, value) in listed {
            let DeValue::Table(table) = value.get_ref() else {
                self.wrong(&span, "company", "is no table", "write [[company]]");
                continue;
            };
            let Some(company) = self.company(&span, table) else {
                continue;
            };
            match companies.iter().any(|other| other.id == company.id) {
                true => {
                    let what = format!("company `{}` is listed twice", company.id);
                    let fix = "put everything of a company under one [[company]]";
                    self.problem(&span, "company", what, fix);
                }
                false => companies.push(company),
            }
        }
        companies
    }

    fn company(&mut self, at: &Range<usize>, table: &DeTable<'_>) -> Option<ListedCompany> {
        const KEYS: [&str; 5] = ["id", "name", "groups", "domains", "invitations"];
        let fields = self.fields(table, "company.", &KEYS, "a company");
        let id = self.required(at, &fields, "id", "company.id", "id = \"acme\"");
        let name = self.required(at, &fields, "name", "company.name", "name = \"Acme\"");
        let id = id.and_then(|(span, text)| match text.parse::<CompanyId>() {
            Ok(id) => Some(id),
            Err(error) => {
                let fix = "choose another id, such as acme";
                self.problem(&span, "company.id", error.to_string(), fix);
                None
            }
        });
        let groups = self.texts(&fields, "groups", "company.groups");
        let domains = self.texts(&fields, "domains", "company.domains");
        let invitations = self.invitations(&fields);
        let name = name.map(|(span, value)| Listed {
            value,
            place: self.place(&span, "company.name"),
        });
        Some(ListedCompany {
            id: id?,
            name: name?,
            groups,
            domains,
            invitations,
        })
    }

    fn invitations(&mut self, fields: &Fields<'_, '_>) -> Vec<Listed<(String, Role)>> {
        const KEY: &str = "company.invitations";
        const SHAPE: &str = "[{ email = \"ann@example.com\", role = \"admin\" }]";
        let Some((name, value)) = fields.get("invitations") else {
            return Vec::new();
        };
        let mut invitations = Vec::new();
        for (span, value) in self.array(KEY, SHAPE, name, value) {
            let DeValue::Table(table) = value.get_ref() else {
                self.wrong(
                    &span,
                    KEY,
                    "holds what is no table",
                    &format!("write {SHAPE}"),
                );
                continue;
            };
            let inner = self.fields(
                table,
                "company.invitations.",
                &["email", "role"],
                "an invitation",
            );
            let example = "email = \"ann@example.com\"";
            let email = self.required(&span, &inner, "email", "company.invitations.email", example);
            let role = match inner.get("role") {
                None => Some(Role::User),
                Some((_, value)) => self.role(value),
            };
            if let (Some((span, email)), Some(role)) = (email, role) {
                let place = self.place(&span, KEY);
                let value = (email, role);
                invitations.push(Listed { value, place });
            }
        }
        invitations
    }

    fn role(&mut self, value: &Value<'_>) -> Option<Role> {
        const KEY: &str = "company.invitations.role";
        let text = self.text_of(value, KEY)?;
        let role = Role::parse(&text);
        if role.is_none() {
            let fix = match nearest(&text, ["admin", "user"]) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "write \"admin\" or \"user\"".to_owned(),
            };
            self.problem(&value.span(), KEY, format!("`{text}` is no role"), &fix);
        }
        role
    }

    /// The known keys of a table; those that are not known are reported.
    fn fields<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        prefix: &str,
        known: &[&'static str],
        owner: &str,
    ) -> Fields<'t, 'i> {
        let mut fields = Fields::new();
        for (name, value) in table {
            let given = name.get_ref().as_ref();
            if let Some(known) = known.iter().find(|known| **known == given) {
                fields.insert(known, (name, value));
                continue;
            }
            let fix = match nearest(given, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("remove it; there is {}", known.join(", ")),
            };
            let what = format!("`{given}` is no key of {owner}");
            self.problem(&name.span(), &format!("{prefix}{given}"), what, &fix);
        }
        fields
    }

    fn required(
        &mut self,
        at: &Range<usize>,
        fields: &Fields<'_, '_>,
        name: &str,
        key: &str,
        example: &str,
    ) -> Option<(Range<usize>, String)> {
        let Some((_, value)) = fields.get(name) else {
            let what = format!("`{name}` is missing");
            self.problem(at, key, what, &format!("add {example}"));
            return None;
        };
        let text = self.text_of(value, key)?;
        Some((value.span(), text))
    }

    fn texts(&mut self, fields: &Fields<'_, '_>, name: &str, key: &str) -> Vec<Listed<String>> {
        let Some((name, value)) = fields.get(name) else {
            return Vec::new();
        };
        let items = self.array(key, "[\"one\", \"another\"]", name, value);
        let mut texts = Vec::new();
        for (span, value) in items {
            if let Some(value) = self.text_of(value, key) {
                let place = self.place(&span, key);
                texts.push(Listed { value, place });
            }
        }
        texts
    }

    fn array<'t, 'i>(
        &mut self,
        key: &str,
        shape: &str,
        name: &Name<'i>,
        value: &'t Value<'i>,
    ) -> Vec<(Range<usize>, &'t Value<'i>)> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| (item.span(), item)).collect(),
            _ => {
                self.wrong(&name.span(), key, "is no list", &format!("write {shape}"));
                Vec::new()
            }
        }
    }

    fn text_of(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => {
                self.wrong(&value.span(), key, "is no text", "put it in quotes");
                None
            }
        }
    }

    fn wrong(&mut self, at: &Range<usize>, key: &str, what: &str, fix: &str) {
        self.problem(at, key, format!("{key} {what}"), fix);
    }

    fn problem(&mut self, at: &Range<usize>, key: &str, what: String, fix: &str) {
        let problem = Problem::new(what, self.place(at, key), fix);
        self.problems.push((at.start, problem));
    }

    fn place(&self, at: &Range<usize>, key: &str) -> String {
        let line = line_of(self.text, at);
        format!("{}:{line}: {key}", self.path.display())
    }
}
