//! How long the writes of other jobs wait while a directory is imported.
//!
//! `cargo bench --bench import [-- USERS]`, 100,000 users unless told otherwise. A made-up company is imported; then 10,000
//! users have new titles, 10,000 have left, 100,000 memberships go and 100,000 assignments come (fewer where there are fewer),
//! and it is imported again. All the while a small write follows the other, and each is timed from its asking to its answer.

use scimulator::{
    clock::SystemClock,
    config::{self, Settings},
    directory::{
        generate::{CompanyFormat, CompanyOrder, generate},
        import,
    },
    store::{Phase, Store, WorkRow},
};
use serde_json::{Value, json};
use std::{
    error::Error,
    fs::{self, File},
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

const USERS: u32 = 100_000;
const TITLES: usize = 10_000;
const LEAVERS: usize = 10_000;
const MEMBERSHIPS: usize = 100_000;
const ASSIGNMENTS: usize = 100_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let users = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(USERS);
    let folder = tempfile::tempdir()?;
    let directory = folder.path().join("directory");
    let order =
        CompanyOrder { users, seed: 1, format: CompanyFormat::Ndjson, apps: vec!["app".to_owned()], first_day: None };
    let made = generate(&directory, order)?;
    println!("{} users, {} groups, {} memberships", made.users, made.groups, made.memberships);
    let (settings, _) = config::parse("scimulator.toml", "[directory]\npath = \"directory\"\n", folder.path())?;
    let store = Store::open(&folder.path().join("state.db"), "bench")?;
    timed("the first import", &store, &settings).await?;
    alter(&directory)?;
    timed("the second import", &store, &settings).await?;
    timed("an import without a change", &store, &settings).await?;
    Ok(())
}

/// Imports, and tells how long small writes took meanwhile.
async fn timed(what: &str, store: &Store, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let over = Arc::new(AtomicBool::new(false));
    let writes = {
        let (store, over) = (store.clone(), over.clone());
        tokio::spawn(async move {
            let mut times = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let asked = Instant::now();
                let row = WorkRow { object: 1, known: None };
                store.write(move |tables| tables.put_work("other", Phase::References, &row)).await?;
                times.push(asked.elapsed());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Ok::<_, scimulator::store::StoreError>(times)
        })
    };
    let began = Instant::now();
    let imported = import(store, &settings.directory, true, &SystemClock).await?;
    let took = began.elapsed();
    over.store(true, Ordering::Relaxed);
    let mut times = writes.await??;
    times.sort_unstable();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
    let shown = |time: Option<&Duration>| format!("{:.1} ms", time.copied().unwrap_or_default().as_secs_f64() * 1e3);
    let counts = &imported.counts;
    println!(
        "{what}: {} objects, {} memberships, {} assignments in {:.1} s; {} writes beside it: median {}, p99 {}, longest {}",
        counts.objects,
        counts.memberships,
        counts.assignments,
        took.as_secs_f64(),
        times.len(),
        shown(at(50)),
        shown(at(99)),
        shown(times.last()),
    );
    Ok(())
}

/// The next day: new titles, leavers, fewer members, more assignments.
fn alter(directory: &Path) -> Result<(), Box<dyn Error>> {
    let mut principals = Vec::new();
    rewrite(&directory.join("users.ndjson"), |number, user| {
        if principals.len() < ASSIGNMENTS {
            principals.push(user["userPrincipalName"].clone());
        }
        match number % 10 {
            3 if number / 10 < TITLES => user["jobTitle"] = "Head of Scale".into(),
            7 if number / 10 < LEAVERS => return false,
            _ => {}
        }
        true
    })?;
    let mut removed = 0;
    rewrite(&directory.join("groups.ndjson"), |_, group| {
        let mut place = 0;
        if let Some(members) = group["members"].as_array_mut() {
            members.retain(|_| {
                place += 1;
                let stays = place % 3 != 0 || removed >= MEMBERSHIPS;
                removed += usize::from(!stays);
                stays
            });
        }
        true
    })?;
    let mut assignments = BufWriter::new(File::options().append(true).open(directory.join("assignments.ndjson"))?);
    for principal in principals {
        writeln!(assignments, "{}", json!({"app": "other", "principal": principal}))?;
    }
    Ok(())
}

/// Rewrites a file, record by record; a record that `alter` refuses is left out.
fn rewrite(file: &Path, mut alter: impl FnMut(usize, &mut Value) -> bool) -> Result<(), Box<dyn Error>> {
    let new = file.with_extension("new");
    let mut out = BufWriter::new(File::create(&new)?);
    for (number, line) in BufReader::new(File::open(file)?).lines().enumerate() {
        let mut record: Value = serde_json::from_str(&line?)?;
        if alter(number, &mut record) {
            writeln!(out, "{record}")?;
        }
    }
    out.flush()?;
    Ok(fs::rename(new, file)?)
}
