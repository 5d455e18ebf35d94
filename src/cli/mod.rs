//! The command line: arguments in, text or JSON out. A file per command; no decisions are made here.
//!
//! What people read goes to standard output, what went wrong to standard error. Tables and progress bars are for terminals;
//! elsewhere lines stay plain, and `NO_COLOR` is honoured. Exit codes: 0 success, 1 something failed for an object or a
//! target, 2 arguments, configuration or directory cannot be used, 3 a job is in quarantine.

/// Writes a line to standard output. A reader who has hung up is no reason to stop what is being done; where a full disk did
/// not take it, the command fails in the end.
macro_rules! say {
    ($($argument:tt)*) => {
        $crate::cli::terminal::say(format_args!($($argument)*))
    };
}

/// Writes a line to standard error.
macro_rules! complain {
    ($($argument:tt)*) => {
        $crate::cli::terminal::complain(format_args!($($argument)*))
    };
}

mod announcement;
mod arguments;
mod check;
mod control_client;
mod demo;
mod directory;
mod discover;
mod eval;
mod exit;
mod explain;
mod init;
mod jobs;
mod levers;
mod link;
mod logs;
mod progress;
mod provision;
mod replay;
mod requests;
mod run;
mod sandbox;
mod schema_discovery;
mod simulate;
mod sync;
mod terminal;
mod test_connection;

pub use exit::Exit;

use crate::config::{self, Settings};
use arguments::{Arguments, Command};
use clap::Parser as _;
use exit::CommandError;
use std::path::Path;
use tracing_subscriber::EnvFilter;

/// Runs the program with the arguments of the process.
pub fn main() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too, and are no failure.
            if error.use_stderr() {
                let _ = error.print();
                return Exit::Usage;
            }
            if let Err(error) = error.print() {
                terminal::note_unwritten(error);
            }
            return if_written(Exit::Success);
        }
    };
    start_logging(usual_logging(&arguments.command));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain!("error: the asynchronous runtime cannot start: {error}");
            return Exit::Failed;
        }
    };
    let exit = runtime.block_on(dispatch(arguments)).unwrap_or_else(|error| {
        complain!("{}", terminal::error_text(&error.message));
        error.exit
    });
    if_written(exit)
}

/// How a command ends that would end so: in failure, if standard output did not take what it had to say.
fn if_written(exit: Exit) -> Exit {
    let Some(error) = terminal::unwritten() else { return exit };
    complain!("{}", terminal::error_text(&format!("standard output cannot be written: {error}")));
    exit.worse(Exit::Failed)
}

async fn dispatch(arguments: Arguments) -> Result<Exit, CommandError> {
    let file = &arguments.config;
    match arguments.command {
        Command::Run(command) => run::run(load(file)?, &command).await,
        Command::Sync { command } => sync::run(load(file)?, &command).await,
        Command::Provision(command) => provision::run(load(file)?, &command).await,
        Command::Explain(command) => explain::run(load(file)?, &command).await,
        Command::Discover(command) => discover::run(load(file)?, &command).await,
        Command::Jobs(command) => jobs::run(load(file)?, &command).await,
        Command::Logs(command) => logs::run(load(file)?, &command).await,
        Command::Init(command) => init::run(file, &command),
        Command::TestConnection(command) => test_connection::run(load(file)?, &command).await,
        Command::Replay(command) => replay::run(&command).await,
        Command::Check(command) => check::run(file, &command).await,
        Command::Directory(command) => directory::run(file, &command).await,
        Command::Eval(command) => eval::run(file, &command).await,
        Command::Simulate(command) => simulate::run(file, command).await,
        Command::Sandbox(command) => sandbox::run(&command).await,
        Command::Demo(command) => demo::run(&command).await,
    }
}

/// Reads the configuration; warnings go to standard error.
fn load(file: &Path) -> Result<Settings, CommandError> {
    let (settings, warnings) = config::load(file).map_err(|error| CommandError::usage(error.to_string()))?;
    for warning in warnings {
        complain!("{warning}");
    }
    Ok(settings)
}

/// What a command logs: a daemon speaks of its cycles and a sandbox of its faults, any other only of trouble and of what makes
/// it wait. Where time is played, nobody waits, and the timeline tells the rest.
fn usual_logging(command: &Command) -> &'static str {
    match command {
        Command::Run(_) | Command::Sandbox(_) => "info",
        Command::Simulate(_) => "error",
        _ => "error,scimulator::scim::pace=warn,scimulator::scim::client_credentials=warn",
    }
}

/// `SCIMULATOR_LOG` sets what is logged (`debug`, `scimulator::engine=trace`) in place of what is `usual`.
fn start_logging(usual: &str) {
    // What the TLS library has against a certificate is told with the request that it failed.
    let usual = format!("{usual},rustls_platform_verifier=off");
    let filter = EnvFilter::try_from_env("SCIMULATOR_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = lines.with_ansi(terminal::colours_on_stderr()).with_target(false).try_init();
}
