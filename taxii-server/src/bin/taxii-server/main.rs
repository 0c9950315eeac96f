//! The reference server: `taxii-server`.

mod admin;
mod cli;
mod cli_audit;
mod cli_sharing;
mod config;
mod config_audit;
mod config_check;
mod config_issuers;
mod config_misp;
mod config_sharing;
mod connections;
mod csv;
mod database;
mod db;
mod db_import;
mod demo;
mod ends;
mod ends_misp;
mod health;
mod listen;
mod manage;
mod output;
mod probe;
mod progress;
mod recipes;
mod serve;
mod stop;
mod systemd;
mod tls;
mod when;

use std::process::ExitCode;

use clap::Parser;

/// Pages are made on one thread and freed on another, which glibc's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What every command returns; the error is shown to the person at the terminal.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("taxii-server: {}", output::chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: cli::Cli) -> Outcome {
    use cli::Command;

    let mut config = config::load(&cli)?;
    let out = output::Output::new(cli.output);
    match cli.command {
        Command::Serve(serve) => serve::run(&mut config, &serve, &out),
        Command::Manage(command) => manage::run(&command),
        Command::Config(cli::Config::Check) => config_check::check(&config, &out),
        Command::Config(cli::Config::Print) => config::print(&config, &out),
        Command::Init => admin::run(&config, async |desk| desk.init(&config, cli.config.as_deref(), &out).await),
        Command::Root(command) => admin::run(&config, async |desk| desk.root(command, &out).await),
        Command::Collection(command) => admin::run(&config, async |desk| desk.collection(command, &out).await),
        Command::Account(command) => admin::run(&config, async |desk| desk.account(command, &config, &out).await),
        Command::Organisation(command) => admin::run(&config, async |desk| desk.organisation(command, &out).await),
        Command::Group(command) => admin::run(&config, async |desk| desk.group(command, &out).await),
        Command::Credential(command) => admin::run(&config, async |desk| desk.credential(command, &out).await),
        Command::Key(command) => admin::run(&config, async |desk| desk.key(command, &out).await),
        Command::Grant(command) => admin::run(&config, async |desk| desk.grant(command, &out).await),
        Command::Apply(apply) => admin::run(&config, async |desk| desk.apply_state(&apply, &out).await),
        Command::Export => admin::run(&config, async |desk| desk.export_state(&out).await),
        Command::Explain { account, collection, object: None } => {
            admin::run(&config, async |desk| desk.explain(&account, &collection, &config, &out).await)
        }
        Command::Explain { account, collection, object: Some(object) } => {
            admin::run(&config, async |desk| desk.explain_object((&account, &collection, &object), &config, &out).await)
        }
        Command::Statistics { collection } => {
            admin::run(&config, async |desk| desk.statistics(collection.as_deref(), &out).await)
        }
        Command::Health { url } => probe::run(&config, url.as_deref(), &out),
        Command::Tls(command) => tls::run(&config, command, &out),
        Command::Audit(command) => admin::run(&config, async |desk| desk.audit(command, &config, &out).await),
        Command::Agreement(command) => admin::run(&config, async |desk| desk.agreement(command, &config, &out).await),
        Command::Partner(command) => admin::run(&config, async |desk| desk.partner(command, &out).await),
        Command::Conflict(command) => admin::run(&config, async |desk| desk.conflict(command, &out).await),
        Command::Flow(command) => admin::run(&config, async |desk| desk.flow(command, &config, &out).await),
        Command::Db(command) => db::run(&config, command, &out),
        Command::Status => admin::run(&config, async |desk| desk.status(&config, &out).await),
    }
}
