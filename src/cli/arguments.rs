//! The arguments. Their doc comments are the help.

use super::directory::arguments::DirectoryCommand;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use std::{net::SocketAddr, path::PathBuf};

/// A provisioning engine that behaves, request by request, like Microsoft Entra ID's automatic provisioning service.
#[derive(Debug, Parser)]
#[command(name = "scimulator", version, about, max_term_width = 100)]
pub(super) struct Arguments {
    /// The configuration file
    #[arg(long, global = true, env = "SCIMULATOR_CONFIG", default_value = crate::config::DEFAULT_FILE, value_name = "FILE")]
    pub(super) config: PathBuf,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run every enabled job on its schedule, until told to stop
    Run(RunCommand),
    /// Run cycles now
    Sync {
        #[command(subcommand)]
        command: SyncCommand,
    },
    /// Provision one user or group on demand, and see each step
    Provision(ProvisionCommand),
    /// Say what every job makes of one user or group, and why
    Explain(ExplainCommand),
    /// List the accounts that a target has already, and whom they belong to
    Discover(DiscoverCommand),
    /// Show the jobs; start, pause or restart one, allow what its deletion guard holds back, look at a link
    Jobs(JobsCommand),
    /// Show the provisioning log
    Logs(LogsCommand),
    /// Write a commented configuration to start from
    Init(InitCommand),
    /// Ask a target whether it answers as SCIM demands
    TestConnection(TestConnectionCommand),
    /// Send the requests of a trace once more, and see which answers differ
    Replay(ReplayCommand),
    /// Check configuration, mappings and directory: every problem at once
    Check(CheckCommand),
    /// Show what was read and what would change; empty the recycle bin; make a directory up
    Directory(DirectoryCommand),
    /// Evaluate an expression, or a file of test cases
    Eval(EvalCommand),
    /// Play weeks of provisioning in seconds: virtual time, scenarios, a timeline
    Simulate(SimulateCommand),
    /// Run a small SCIM application to provision into
    Sandbox(SandboxCommand),
    /// See everything at once: sandbox applications, a sample company, two cycles
    Demo(DemoCommand),
}

/// The scenarios that `simulate` has, for its help.
const SCENARIOS_HELP: &str = "\
Scenarios that ship, to be named with --scenario: expired-credentials, failing-weekend, leaver, \
mass-unassignment-allowed, mass-unassignment-rejected, onboarding-day, rate-limiting.

Nothing that is configured is touched: a simulation works on a copy of the directory and with a state of its own, \
sends its requests to sandboxes in its own process, and mails to the timeline. Without a configuration it plays with \
the sample company. Its exit code is that of the worst cycle: 3 where a job went into quarantine, 1 where something \
failed for an object or the target.";

#[derive(Debug, Args)]
#[command(after_help = SCENARIOS_HELP)]
pub(super) struct SimulateCommand {
    /// The jobs; all enabled ones if none is named
    #[arg(value_name = "JOB")]
    pub(super) jobs: Vec<String>,
    /// How many days; those of the scenario if left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(crate::simulate::MOST_DAYS)))]
    pub(super) days: Option<u32>,
    /// When it begins: a date, UTC; that of the scenario if left out, or else today
    #[arg(long, value_name = "DATE")]
    pub(super) start: Option<String>,
    /// Chooses who is meant by a share or a count, and which requests fail; the same seed plays the same
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(super) seed: u64,
    /// What happens when: a file, or the name of a scenario that ships
    #[arg(long, value_name = "FILE")]
    pub(super) scenario: Option<String>,
    /// Print an object a line, one an event
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RunCommand {
    /// Write every request and answer to this file (.har or .ndjson)
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum SyncCommand {
    /// One cycle of each job, through the daemon if one runs
    Now(SyncNow),
}

#[derive(Debug, Args)]
pub(super) struct SyncNow {
    /// The jobs; all enabled ones if none is named
    #[arg(value_name = "JOB")]
    pub(super) jobs: Vec<String>,
    /// Look at everybody, not only at what changed
    #[arg(long)]
    pub(super) initial: bool,
    /// Accept that most of the directory has vanished
    #[arg(long)]
    pub(super) accept_shrink: bool,
    /// Read, but write nothing: show the requests that would be sent
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Write every request and answer to this file (.har or .ndjson)
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    /// Print an object a line, one a job
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("object").required(true).args(["user", "group"]))]
pub(super) struct ProvisionCommand {
    /// The job
    pub(super) job: String,
    /// The user: id or user principal name
    #[arg(long, value_name = "USER")]
    pub(super) user: Option<String>,
    /// The group: id or display name
    #[arg(long, value_name = "GROUP")]
    pub(super) group: Option<String>,
    /// A member of the group that is brought into step with it, five at most (may be repeated)
    #[arg(long = "member", value_name = "USER", conflicts_with = "user")]
    pub(super) members: Vec<String>,
    /// Read, but write nothing: show the requests that would be sent
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Write every request and answer to this file (.har or .ndjson)
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    /// Print JSON, as Graph answers
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExplainCommand {
    /// The user or group: id, user principal name, or a group's display name
    pub(super) name: String,
    /// Print an object a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DiscoverCommand {
    /// The job
    pub(super) job: String,
    /// Write every request and answer to this file (.har or .ndjson)
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    /// Print an object a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct LinkCommand {
    /// The job
    pub(super) job: String,
    /// The user or group: id, name, or the id at the target
    pub(super) id: String,
    /// Part the two: the next cycle matches the object anew (the job must be paused or disabled)
    #[arg(long)]
    pub(super) remove: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct JobsCommand {
    #[command(subcommand)]
    pub(super) lever: Option<LeverCommand>,
    /// The job; all if none is named
    #[arg(value_name = "JOB")]
    pub(super) job: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum LeverCommand {
    /// Show what one object is connected to, or remove the link
    Link(LinkCommand),
    /// Let a paused or disabled job run again, and lift its quarantine
    Start {
        /// The job
        job: String,
    },
    /// Keep a job from running on its schedule
    Pause {
        /// The job
        job: String,
    },
    /// Let go the disables and deletes that the deletion guard holds back, with the next cycle
    AllowDeletes {
        /// The job
        job: String,
    },
    /// Begin anew; without --reset: escrows, quarantine and watermark are forgotten, connections kept
    Restart {
        /// The job
        job: String,
        /// Escrows, QuarantineState, Watermark, ConnectorDataStore, Full (several with commas); or ForceDeletes
        #[arg(long, value_delimiter = ',', value_name = "SCOPE")]
        reset: Vec<String>,
        /// The stored connections belong to the target that the tenant URL now leads to
        #[arg(long)]
        keep_links: bool,
    },
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct LogsCommand {
    #[command(subcommand)]
    pub(super) show: Option<LogsSubcommand>,
    /// Of this job
    #[arg(long)]
    pub(super) job: Option<String>,
    /// success, failure, skipped or warning
    #[arg(long)]
    pub(super) status: Option<String>,
    /// create, update, disable, delete, stagedDelete or other
    #[arg(long)]
    pub(super) action: Option<String>,
    /// About this user or group: id or name
    #[arg(long)]
    pub(super) user: Option<String>,
    /// Not older than this: a time (2026-01-31T08:00:00Z) or an age (2h)
    #[arg(long)]
    pub(super) since: Option<String>,
    /// Of this cycle
    #[arg(long)]
    pub(super) cycle: Option<String>,
    /// At most so many, the newest
    #[arg(long, default_value_t = 100)]
    pub(super) limit: usize,
    /// Go on showing new records
    #[arg(long)]
    pub(super) follow: bool,
    /// Print an object a line, in Graph's shape
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum LogsSubcommand {
    /// One record, step by step
    Show {
        /// The record's id, or its beginning
        id: String,
        /// Print it in Graph's shape
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct InitCommand {
    /// The embedded mapping to begin with
    #[arg(long, default_value = "scim", value_name = "NAME")]
    pub(super) app: String,
    /// The SCIM base address of the application
    #[arg(long, default_value = "http://127.0.0.1:9001/scim", value_name = "URL")]
    pub(super) tenant_url: String,
}

#[derive(Debug, Args)]
pub(super) struct TestConnectionCommand {
    /// The job
    pub(super) job: String,
    /// Write every request and answer to this file (.har or .ndjson)
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReplayCommand {
    /// What `--trace` wrote (.har or .ndjson); several are replayed one after another
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// The SCIM base address of the application to send to
    #[arg(long, value_name = "URL")]
    pub(super) tenant_url: String,
    /// The environment variable that holds the application's secret token
    #[arg(long, default_value = "SCIM_TOKEN", value_name = "NAME")]
    pub(super) secret_token_env: String,
    /// Send no token
    #[arg(long, conflicts_with = "secret_token_env")]
    pub(super) anonymous: bool,
    /// Of a trace of several jobs, replay what this one sent
    #[arg(long)]
    pub(super) job: Option<String>,
    /// PEM certificates to trust besides the system's
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// Let the token go over plain http to another machine
    #[arg(long)]
    pub(super) allow_insecure_http: bool,
    /// Write every request and answer to this file (.har or .ndjson)
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    /// Print an object a line, one a request
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct CheckCommand {
    /// Print an object a line, one a problem
    #[arg(long)]
    pub(super) json: bool,
    /// Ask each application for its /Schemas, and hold the mapping against it
    #[arg(long)]
    pub(super) discover: bool,
    /// Write every request and answer to this file (.har or .ndjson)
    #[arg(long, value_name = "FILE", requires = "discover")]
    pub(super) trace: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct EvalCommand {
    /// The expression
    #[arg(required_unless_present_any = ["cases", "functions"])]
    pub(super) expression: Option<String>,
    /// A file of expression or scoping cases with expected values
    #[arg(long, conflicts_with = "expression", value_name = "FILE")]
    pub(super) cases: Option<PathBuf>,
    /// Show the functions of the language, or how this one is used
    #[arg(long, num_args = 0..=1, conflicts_with_all = ["expression", "cases"], value_name = "NAME")]
    #[expect(clippy::option_option, reason = "the option may be missing, stand alone, or have a value")]
    pub(super) functions: Option<Option<String>>,
    /// Evaluate for this user of the directory: id or user principal name
    #[arg(long, value_name = "USER")]
    pub(super) user: Option<String>,
    /// Evaluate for the object in this JSON file (`-` reads standard input)
    #[arg(long, conflicts_with = "user", value_name = "FILE")]
    pub(super) object: Option<PathBuf>,
    /// Show what every part of the expression gives
    #[arg(long, requires = "expression")]
    pub(super) explain: bool,
    /// Refuse null and empty attributes in conditions of IIF, as Entra's reference says
    #[arg(long, requires = "expression")]
    pub(super) strict: bool,
    /// Let Guid and RandomString give the same on every run
    #[arg(long, value_name = "NUMBER")]
    pub(super) seed: Option<u64>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PatchAnswerArgument {
    /// 200 with the resource
    Resource,
    /// 204 without a body
    NoContent,
}

#[derive(Debug, Args)]
pub(super) struct SandboxCommand {
    /// Take attributes, required and filterable ones, from this mapping (an embedded name or a file)
    #[arg(long, value_name = "NAME")]
    pub(super) app: Option<String>,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:9001", value_name = "ADDR")]
    pub(super) listen: SocketAddr,
    /// The secret token that requests must bring; without one everybody is let in
    #[arg(long, env = "SCIMULATOR_SANDBOX_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(super) token: Option<String>,
    /// Keep the resources in this file
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,
    /// What a PATCH of a user is answered with
    #[arg(long, value_enum, default_value = "resource")]
    pub(super) patch_answer: PatchAnswerArgument,
    /// Fail: "status=503,share=0.5,route=PATCH /Users,after=1h,for=2h"; may be repeated, the first that fits decides
    #[arg(
        long = "fault",
        value_name = "FAULT",
        long_help = "Fail as this says; may be repeated, and the first fault that fits a request decides about it. One of\n  \
            status=503           an error in place of the answer\n                       \
            (retry_after=30, or retry_after_date=30s for a date)\n  \
            timeout              no answer, until the caller gives up\n  \
            reset                the connection breaks\n  \
            truncate             it breaks in the middle of the answer\n  \
            garbage              a body that is nothing\n  \
            content_type=T       the answer is called T\n  \
            latency=2s           the answer is late; also with the others\n\
            and of\n  \
            carried_out          what was asked for is done all the same\n  \
            route=PATCH /Users   only this method, this path and below, or both\n  \
            share=0.5            half of the requests, by chance\n  \
            objects=0.5          half of the users and groups, always the same ones; no queries\n  \
            after=1h, for=2h     from then, for so long\n\
            with commas between them: --fault \"status=503,share=0.5,route=PATCH /Users\""
    )]
    pub(super) faults: Vec<String>,
    /// Let the same requests and objects fail on every run, where a fault takes a share of them
    #[arg(long, value_name = "NUMBER")]
    pub(super) seed: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct DemoCommand {
    /// Keep everything (configuration, directory, state) in this folder, to go on with
    #[arg(long, value_name = "FOLDER")]
    pub(super) keep: Option<PathBuf>,
}
