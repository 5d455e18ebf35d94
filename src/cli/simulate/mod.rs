//! `simulate`: weeks in seconds, as a timeline.

mod data;
mod story;

use super::{
    arguments::SimulateCommand,
    exit::{CommandError, Exit},
    sync::signalled,
    terminal::is_heard,
};
use crate::{
    clock::{Clock as _, SystemClock},
    config::{self, Settings},
    counted::counted,
    simulate::{self, Entry, Happening, Scenario, Simulation, SimulationError, embedded, read},
    store::Scratch,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::{
    fmt::Write as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// How a day is written.
const DAY: &str = "2026-03-02";

pub(super) async fn run(file: &Path, command: SimulateCommand) -> Result<Exit, CommandError> {
    let scenario = scenario(command.scenario.as_deref())?;
    let (settings, sample_folder) = settings(file)?;
    let Some(days) = command.days.or(scenario.days) else {
        return Err(CommandError::usage("how long? say it with `--days`, or name a scenario that has days of its own"));
    };
    let start = start(command.start.as_deref(), &scenario)?;
    let json = command.json;
    let order = Simulation { settings, jobs: command.jobs, start, days, seed: command.seed, scenario };
    if !json {
        say!("{}", heading(&order, sample_folder.is_some()));
    }
    let exit = Arc::new(Mutex::new(Exit::Success));
    let worst = exit.clone();
    let stop = CancellationToken::new();
    let unheard = stop.clone();
    let tell = move |entry: &Entry| {
        let mut worst = worst.lock().unwrap_or_else(PoisonError::into_inner);
        *worst = worst.worse(exit_of(entry));
        if json {
            say!("{}", data::of(entry));
        } else {
            say!("{}", story::line(entry));
        }
        if !is_heard() {
            unheard.cancel();
        }
    };
    tokio::spawn(stop_on_signal(stop.clone()));
    let played = tokio::task::spawn_blocking(move || simulate::simulate(&order, Box::new(tell), &stop)).await;
    let played = played.map_err(|error| CommandError::failed(format!("the simulation ended: {error}")))?;
    match played {
        // Whoever has hung up has read what they wanted.
        Err(SimulationError::Stopped) if !is_heard() => {}
        played => played.map_err(|error| refused(&error))?,
    }
    Ok(*exit.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The exit code that an entry calls for: that of the command which would have run the cycle.
fn exit_of(entry: &Entry) -> Exit {
    match &entry.happening {
        Happening::Cycle { result, .. } => Exit::of(result),
        Happening::Refused { refusal: true, .. } => Exit::Usage,
        Happening::Refused { refusal: false, .. } => Exit::Failed,
        _ => Exit::Success,
    }
}

/// The first Ctrl-C or SIGTERM ends the simulation and takes its folder away; a second one does not wait for that.
async fn stop_on_signal(stop: CancellationToken) {
    signalled().await;
    stop.cancel();
    signalled().await;
    std::process::exit(i32::from(Exit::Failed.code()));
}

fn refused(error: &SimulationError) -> CommandError {
    let refusal = error.is_refusal();
    let message = error.to_string();
    if refusal { CommandError::usage(message) } else { CommandError::failed(message) }
}

/// The scenario of that name, or in that file; without one nothing happens but what is scheduled.
fn scenario(name: Option<&str>) -> Result<Scenario, CommandError> {
    let Some(name) = name else { return Ok(Scenario::default()) };
    let (origin, text) = match embedded::find(name) {
        Some((name, text)) => (format!("embedded scenario {name}"), text.to_owned()),
        None => match std::fs::read_to_string(name) {
            Ok(text) => (name.to_owned(), text),
            Err(error) => {
                let message = format!(
                    "the scenario `{name}` cannot be read: {error}; name a file, or one of the embedded scenarios: {}",
                    embedded::names()
                );
                return Err(CommandError::usage(message));
            }
        },
    };
    read::parse(&origin, &text).map_err(|problems| {
        CommandError::usage(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// The configuration; where there is none, that of the sample company, and the folder that it is in.
fn settings(file: &Path) -> Result<(Settings, Option<Scratch>), CommandError> {
    if file != Path::new(config::DEFAULT_FILE) || file.exists() {
        return Ok((super::load(file)?, None));
    }
    let failed = |error: std::io::Error| CommandError::failed(format!("the sample company has no folder: {error}"));
    let folder = Scratch::new().map_err(failed)?;
    let settings = simulate::sample(folder.path()).map_err(failed)?;
    Ok((settings, Some(folder)))
}

/// When it begins: as it is said, or as the scenario has it, or this midnight.
fn start(said: Option<&str>, scenario: &Scenario) -> Result<Timestamp, CommandError> {
    if let Some(text) = said {
        return read::moment(text).ok_or_else(|| {
            let what = if text.get(..DAY.len()).is_some_and(|day| day.parse::<Date>().is_ok()) {
                format!("lies not in the years {} to {}", simulate::YEARS.0, simulate::YEARS.1)
            } else {
                "is no date".to_owned()
            };
            let message = format!("`{text}` {what}; write one like `--start {DAY}`, or `2026-03-02T09:00`");
            CommandError::usage(message)
        });
    }
    let midnight = || SystemClock.now().to_zoned(TimeZone::UTC).start_of_day().map(|day| day.timestamp());
    match scenario.start {
        Some(start) => Ok(start),
        None => midnight().map_err(|error| CommandError::failed(format!("today has no beginning: {error}"))),
    }
}

fn heading(order: &Simulation, is_sample: bool) -> String {
    let mut text = order.scenario.title.clone().map(|title| title + "\n").unwrap_or_default();
    let days = counted(order.days, "day");
    let _ = write!(text, "{days} from {} UTC, seed {}", story::moment(order.start), order.seed);
    text.push_str(if is_sample { "; nothing is configured here: this is the sample company Contoso\n" } else { "\n" });
    text
}
