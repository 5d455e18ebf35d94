//! The program is killed while it makes its state file and reads the directory for the first time: the next one finds either
//! no state or a whole one.

use super::{
    application::Plan,
    history::History,
    seed::Seed,
    victim::Victim,
    workplace::{Dialect, Workplace},
};
use scimulator::chance::Chance;
use serde_json::json;
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// People who are assigned to nothing, so that reading the directory takes its time.
const BYSTANDERS: usize = 2_000;

fn write_bystanders(folder: &Path) {
    let records = (0..BYSTANDERS).map(|number| {
        let name = format!("bystander{number}@contoso.example");
        format!("{}\n", json!({"userPrincipalName": name, "displayName": format!("Bystander {number}")}))
    });
    std::fs::write(folder.join("users.ndjson"), records.collect::<String>()).unwrap();
}

/// Kills the program so often in each of so many new places.
fn killed_at_first(seed: u64, places: usize, kills: usize) {
    let source = tempfile::tempdir().unwrap();
    let history = History::of(seed, false);
    history.company.write(source.path());
    write_bystanders(source.path());
    let chance = Chance::seeded(seed);
    let whole = Workplace::new(source.path(), Dialect::Legacy, 1);
    let began = Instant::now();
    whole.sync_whole();
    let whole_time = began.elapsed();
    for _ in 0..places {
        let place = Workplace::new(source.path(), Dialect::Legacy, 1);
        for kill in 0..kills {
            // The first moments are those of the state file; they come but once.
            let longest = if kill < kills / 2 { whole_time / 4 } else { whole_time };
            let micros = chance.below(usize::try_from(longest.as_micros()).unwrap());
            let victim = Arc::<Victim>::default();
            victim.kill_after(Duration::from_micros(u64::try_from(micros).unwrap()));
            place.sync(&victim, Plan::Answer);
            looks_whole(&place);
        }
        place.sync_whole();
        let differences = place.content().differences(&whole.content());
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}

/// Expects that whoever looks into the state finds none, or one that can be read.
#[track_caller]
fn looks_whole(place: &Workplace) {
    let looked = Arc::<Victim>::default().run(&mut place.command(&["jobs"]));
    let none_yet = looked.said.starts_with("error: there is no state file `state/scimulator.db` yet; ");
    assert!(looked.status.success() || none_yet, "{}: {}", looked.status, looked.said);
}

#[test]
fn a_program_that_is_killed_at_its_first_start_begins_anew() {
    let seed = Seed::of("a_program_that_is_killed_at_its_first_start");
    killed_at_first(seed.part(0), 1, 4);
}

#[test]
#[ignore = "takes a minute"]
fn a_program_that_is_killed_at_many_first_starts_begins_anew() {
    let seed = Seed::of("a_program_that_is_killed_at_many_first_starts");
    killed_at_first(seed.part(1), 10, 6);
}
