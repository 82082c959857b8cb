//! Builds policies to components and runs all tests.

#[expect(unreachable_pub, reason = "public in the host, which owns it")]
#[path = "../../host/src/policy/componentize.rs"]
mod componentize;
mod policy;
mod test;

use clap::{Parser, Subcommand};

/// Examples:
///   cargo xtask test                     all checks and tests
///   cargo xtask policy build             the default policy, from source
///   cargo xtask policy build my-policy   a policy of your own, from its folder
#[derive(Parser)]
#[command(name = "cargo xtask", verbatim_doc_comment)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build policies to components
    #[command(subcommand)]
    Policy(policy::Task),
    /// Run all checks and tests, with a real Keycloak and a real browser
    Test(test::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Policy(task) => policy::run(task),
        Task::Test(arguments) => test::run(&arguments),
    }
}
