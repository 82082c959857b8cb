//! From the bytes of a component to a policy that can decide, and every reason why not.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use wasmtime::component::Component;

use super::bindings::{Policy as Contract, PolicyPre};
use super::case::Case;
use super::compile::Compiler;
use super::engine::Sandbox;
use super::evidence::plain;
use super::failure::{Failure, FailureKind};
use super::inspect::{Inspection, inspect, version};
use super::limits::Limits;
use super::optional::Optional;
use super::session::Session;
use crate::domain::{PolicyId, PolicyLimits, hex};

/// The contract that this host speaks; others of the same minor version are compatible while
/// the major one is 0.
const CONTRACT: &str = "0.1";

/// Characters of what is said to be wrong with a component.
const MESSAGE_CHARS: usize = 600;

/// Why a component is not loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the policy was not loaded ({step}): {message}; {fix}")]
pub struct LoadError {
    /// The step that failed.
    pub step: LoadStep,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// The steps of loading, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadStep {
    /// There is a file that can be read.
    Read,
    /// The file is not too big.
    Size,
    /// It is a well-formed component.
    Parse,
    /// It imports nothing but the contract.
    Imports,
    /// It was built for a contract that this host speaks.
    Contract,
    /// It can be compiled.
    Compile,
    /// Its functions are those of the contract.
    Link,
    /// An instance can be made within the limits; where a policy takes another one's place, it
    /// also decides about nobody without failing.
    Trial,
    /// The policy's own check finds nothing wrong with the provider's settings.
    Settings,
    /// It decides the site's cases as they expect.
    Cases,
}

impl fmt::Display for LoadStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Size => "size",
            Self::Parse => "parse",
            Self::Imports => "imports",
            Self::Contract => "contract",
            Self::Compile => "compile",
            Self::Link => "link",
            Self::Trial => "trial",
            Self::Settings => "settings",
            Self::Cases => "cases",
        })
    }
}

impl LoadError {
    /// A step, what is wrong, and what to do about it. A message may quote the component: it is
    /// cut, and kept on one line of plain text.
    pub fn new(step: LoadStep, message: impl Into<String>, fix: impl Into<String>) -> Self {
        let message = plain(message.into(), MESSAGE_CHARS).replace(['\n', '\t'], " ");
        let fix = fix.into();
        Self { step, message, fix }
    }
}

/// A component that is compiled, linked and tried out.
pub(super) struct Revision {
    pub(super) id: PolicyId,
    pub(super) limits: &'static Limits,
    pub(super) pre: PolicyPre<Session>,
    pub(super) optional: Optional,
}

impl Revision {
    /// Takes a component through every step of `policy.md` §6 up to the trial instance.
    ///
    /// # Errors
    /// The first step that fails.
    pub(super) fn load(
        sandbox: &Sandbox,
        compiler: &Compiler,
        bytes: &[u8],
        profile: PolicyLimits,
    ) -> Result<Self, LoadError> {
        let (inspection, contract) = examine(bytes, profile)?;
        let component = compiler.component(sandbox.engine(), &inspection.sha256, bytes)?;
        let pre = link(sandbox, &component)?;
        let optional =
            Optional::of(&component, &inspection).map_err(|what| not_the_contract(&what))?;
        let revision = Self {
            id: PolicyId {
                sha256: inspection.sha256,
                contract,
            },
            limits: Limits::of(profile),
            pre,
            optional,
        };
        revision.try_out(sandbox)?;
        Ok(revision)
    }

    /// Makes one instance, so that what cannot start is refused here and not at a sign-in.
    fn try_out(&self, sandbox: &Sandbox) -> Result<(), LoadError> {
        let (nobody, nothing) = Case::default().question_and_directory();
        let session = Session::new(Box::new(nobody), Arc::new(nothing), None, self.limits);
        let mut store = sandbox.store(session);
        let instance = self.pre.instance_pre().instantiate(&mut store);
        let tried = instance.and_then(|instance| {
            Contract::new(&mut store, &instance)?;
            self.optional.have_their_types(&instance, &mut store)
        });
        match tried {
            Ok(()) => Ok(()),
            Err(error) => {
                let failure = Failure::of_call(&error, &store.data().recorder.logs);
                if failure.kind == FailureKind::Invalid {
                    // The types of what it exports are compared only now.
                    return Err(not_the_contract(&failure.message));
                }
                Err(LoadError::new(
                    LoadStep::Trial,
                    format!("no instance could be made of it: {failure}"),
                    "build it to start within the limits of its profile; policies in JavaScript \
                     or Python need `policy__limits=interpreter`",
                ))
            }
        }
    }
}

/// The steps that need no compiler; what comes of them is the contract's version, too.
pub(super) fn examine(
    bytes: &[u8],
    profile: PolicyLimits,
) -> Result<(Inspection, String), LoadError> {
    fits(bytes.len() as u64, profile, Limits::of(profile))?;
    let inspection = inspect(bytes)?;
    imports_only_the_contract(&inspection)?;
    let contract = speaks_our_contract(&inspection)?;
    Ok((inspection, contract))
}

pub(super) fn fits(bytes: u64, profile: PolicyLimits, limits: &Limits) -> Result<(), LoadError> {
    let most = limits.component_bytes as u64;
    if bytes <= most {
        return Ok(());
    }
    let fix = match profile {
        PolicyLimits::Standard => {
            "policies in JavaScript or Python need `policy__limits=interpreter`; \
             others are built with optimisation and without debug information"
        }
        PolicyLimits::Interpreter => "leave out what the policy does not use",
    };
    let mib = most >> 20;
    let message = format!("it has {bytes} bytes, at most {mib} MiB are loaded");
    Err(LoadError::new(LoadStep::Size, message, fix))
}

fn imports_only_the_contract(inspection: &Inspection) -> Result<(), LoadError> {
    let foreign = &inspection.foreign;
    if foreign.is_empty() {
        return Ok(());
    }
    let message = format!("it imports {}, which no policy may", some_of(foreign));
    let fix = if foreign.iter().all(|name| name.starts_with("wasi:")) {
        without_wasi(&inspection.producers)
    } else {
        "a policy may import the interfaces of usher:policy and nothing else: take the rest out \
         of its world"
            .to_owned()
    };
    Err(LoadError::new(LoadStep::Imports, message, fix))
}

/// As many names as somebody reads.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>();
    if names.len() > SHOWN {
        shown.push(format!("and {} more", names.len() - SHOWN));
    }
    shown.join(", ")
}

/// How each toolchain leaves WASI out (`policy.md` §8): for the one that signed the
/// component, or for all.
pub(super) fn without_wasi(producers: &[String]) -> String {
    let fixes = [
        (
            "Rust",
            "Rust: build for the target wasm32-unknown-unknown (`usher policy build`), not \
             wasm32-wasip2",
        ),
        (
            "clang",
            "C: link with -mexec-model=reactor -nostartfiles and call nothing of libc that \
             needs a system",
        ),
        (
            "ComponentizeJS",
            "JavaScript: `jco componentize --backend quickjs --backend-qjs-stub-wasi \
             --backend-qjs-disable-async`, or with componentize-js disableFeatures \
             stdio, random, clocks, http, fetch-event",
        ),
        (
            "componentize-py",
            "Python: `componentize-py componentize --stub-wasi`",
        ),
    ];
    let signed = |tool: &str| {
        let tool = tool.to_lowercase();
        let by = |producer: &String| producer.to_lowercase().starts_with(&tool);
        producers.iter().any(by)
    };
    // Interpreters are themselves built by clang or rustc, and the last one is the author's.
    let made_by = fixes.iter().rfind(|(tool, _)| signed(tool));
    match made_by {
        Some((_, fix)) => (*fix).to_owned(),
        None => fixes.map(|(_, fix)| fix).join(" · "),
    }
}

fn speaks_our_contract(inspection: &Inspection) -> Result<String, LoadError> {
    let Some(contract) = &inspection.contract else {
        return Err(LoadError::new(
            LoadStep::Contract,
            "it does not export usher:policy/decide with a version",
            "implement the world `policy` of wit/policy.wit",
        ));
    };
    let imported = inspection.imports.iter().filter_map(|name| version(name));
    let other = imported
        .chain([contract.as_str()])
        .find(|version| !is_ours(version));
    match other {
        None => Ok(contract.clone()),
        Some(other) => Err(LoadError::new(
            LoadStep::Contract,
            format!("it was built for usher:policy@{other}, this host speaks {CONTRACT}"),
            format!("build it with the wit/ folder of usher:policy@{CONTRACT}"),
        )),
    }
}

fn is_ours(version: &str) -> bool {
    let patch = version
        .strip_prefix(CONTRACT)
        .and_then(|rest| rest.strip_prefix('.'));
    patch.is_some_and(|patch| patch.parse::<u32>().is_ok())
}

fn link(sandbox: &Sandbox, component: &Component) -> Result<PolicyPre<Session>, LoadError> {
    let linked = sandbox.linker().instantiate_pre(component);
    linked
        .and_then(PolicyPre::new)
        .map_err(|error| not_the_contract(&format!("{error:#}")))
}

fn not_the_contract(difference: &str) -> LoadError {
    LoadError::new(
        LoadStep::Link,
        format!("its functions are not those of the contract: {difference}"),
        format!("build it with the wit/ folder of usher:policy@{CONTRACT}"),
    )
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(sha256(bytes).as_ref())
}

pub(super) fn sha256(bytes: &[u8]) -> aws_lc_rs::digest::Digest {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes)
}
