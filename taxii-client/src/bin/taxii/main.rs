//! `taxii`: a TAXII 2.1 client for the command line.

mod args;
mod collections;
mod connection;
mod console;
mod delete;
mod discover;
mod failure;
mod get;
mod graph;
mod input;
mod manifest;
mod mirror;
mod new;
mod output;
mod package;
mod pattern;
mod profile;
mod push;
mod settings;
mod state;
mod status;
mod upgrade;
mod validate;

use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use crate::args::{Args, Command, Format};
use crate::connection::Connection;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::settings::Settings;

fn main() -> ExitCode {
    let args = arguments(Args::command().get_matches());
    let console = Console::new(args.global.quiet, args.global.verbose);
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(error.to_string()))
        .and_then(|runtime| runtime.block_on(run(args, &console)));
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            console.error(&failure.text);
            failure.exit.into()
        }
    }
}

fn arguments(mut matches: ArgMatches) -> Args {
    let named = matches.subcommand().and_then(|(_, matches)| matches.value_source("profile"));
    let mut args = Args::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.exit());
    if let Command::Validate(validate) = &mut args.command
        && named != Some(ValueSource::CommandLine)
    {
        // The environment names a profile of settings, which is another thing.
        validate.profile = None;
    }
    args
}

async fn run(args: Args, console: &Console) -> Result<Exit, Failure> {
    match args.command {
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "taxii", &mut std::io::stdout());
            Ok(Exit::Fine)
        }
        Command::Validate(validate) => validate::run(&validate, &args.global, console),
        _ if args.global.output == Some(Format::Sarif) => {
            Err(Failure::usage("--output sarif: only `taxii validate` has findings to show"))
        }
        Command::New(new) => new::run(&new, args.global.output, console),
        Command::Upgrade(upgrade) => upgrade::run(&upgrade, &args.global, console),
        Command::Graph(graph) => graph::run(&graph, console),
        Command::Pattern(pattern) => pattern::run(&pattern, args.global.output, console),
        Command::Mirror(mirror) => mirror::run(&mirror, &args.global, console).await,
        Command::Package(package) => package::run(&package, &args.global, console),
        Command::Profile(command) => profile::run(command, &args.global, console),
        command => {
            let address = command.address().map(ToOwned::to_owned);
            let settings = Settings::resolve(&args.global, address.as_deref(), console)?;
            let connection = Connection::open(settings, console)?;
            match command {
                Command::Discover { .. } => discover::run(&connection).await,
                Command::Collections => collections::run(&connection).await,
                Command::Get(get) => get::run(&connection, get).await,
                Command::Manifest(list) => manifest::run(&connection, list).await,
                Command::Versions(one) => manifest::versions(&connection, one).await,
                Command::Push(push) => push::run(&connection, push).await,
                Command::Status { id } => status::run(&connection, &id).await,
                Command::Delete(delete) => delete::run(&connection, delete).await,
                Command::Validate(_)
                | Command::New(_)
                | Command::Upgrade(_)
                | Command::Graph(_)
                | Command::Pattern(_)
                | Command::Mirror(_)
                | Command::Package(_)
                | Command::Profile(_)
                | Command::Completions { .. } => Ok(Exit::Fine),
            }
        }
    }
}
