//! Measuring and printing, a line each.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

/// How much longer the longer text is.
pub(crate) const GROWTH: usize = 4;

/// The ratio of times that is printed as worse than linear: what a machine under load adds by itself stays below.
#[expect(clippy::cast_precision_loss, reason = "it is 4")]
const SUSPICIOUS: f64 = 1.5 * GROWTH as f64;

/// The ratio of times that is a failure.
#[expect(clippy::cast_precision_loss, reason = "it is 4")]
const QUADRATIC: f64 = 3.0 * GROWTH as f64;

/// Times below this are too short for their ratio to say something: copying a megabyte that no longer fits into the cache, or
/// asking the system for the memory, is seen in them. What takes the square of 10,000 characters takes longer.
const MEANINGFUL: Duration = Duration::from_millis(1);

/// What nothing may take.
const LONGEST: Duration = Duration::from_secs(1);

/// How often everything is measured, unless it takes long.
const SAMPLES: usize = 9;

/// What was measured so far.
pub(crate) struct Report {
    words: Vec<String>,
    measured: usize,
    suspicious: Vec<String>,
    failed: Vec<String>,
}

impl Report {
    /// A report of the lines that have one of these words; of all lines, without words.
    pub(crate) fn of(words: Vec<String>) -> Self {
        Self { words, measured: 0, suspicious: Vec::new(), failed: Vec::new() }
    }

    /// The heading of the lines that follow.
    pub(crate) fn heading(text: &str) {
        println!("\n{text}\n");
    }

    /// Whether a line of this name is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str()))
    }

    /// Notes the medians of a line, and prints it.
    pub(crate) fn line(&mut self, name: &str, few: Duration, many: Duration) {
        let ratio = many.as_secs_f64() / few.as_secs_f64().max(1e-9);
        let verdict = if many >= MEANINGFUL && ratio > SUSPICIOUS { "  worse than linear" } else { "" };
        let shown = format!("{name:<58} {:>9} {:>9} {ratio:>6.2}{verdict}", shown(few), shown(many));
        println!("{shown}");
        self.measured += 1;
        if !verdict.is_empty() {
            self.suspicious.push(shown.clone());
        }
        if many > LONGEST || (many >= MEANINGFUL && ratio > QUADRATIC) {
            self.failed.push(shown);
        }
    }

    /// Measures something that has no length to grow with, and prints it.
    pub(crate) fn alone(&mut self, name: &str, mut work: impl FnMut() -> String) {
        if !self.wants(name) {
            return;
        }
        let result = work();
        let time = median(|| drop(work()));
        let shown = format!("{name:<58} {:>9}  {result}", shown(time));
        println!("{shown}");
        self.measured += 1;
        if time > LONGEST {
            self.failed.push(shown);
        }
    }

    /// Prints what stands out.
    pub(crate) fn conclude(self) -> ExitCode {
        println!("\n{} lines, {} worse than linear:", self.measured, self.suspicious.len());
        self.suspicious.iter().for_each(|line| println!("  {line}"));
        println!("{} above a ratio of {QUADRATIC} or a second:", self.failed.len());
        self.failed.iter().for_each(|line| println!("  {line}"));
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// The median of how long `work` takes. What takes little is done several times for each sample.
pub(crate) fn median(mut work: impl FnMut()) -> Duration {
    let mut sample = |repeats: u32| {
        let start = Instant::now();
        (0..repeats).for_each(|_| work());
        start.elapsed() / repeats
    };
    let first = sample(1);
    let repeats = (Duration::from_millis(1).as_nanos() / first.as_nanos().max(1)).clamp(1, 1000);
    let repeats = u32::try_from(repeats).unwrap_or(1);
    let samples = if first > Duration::from_millis(200) { 3 } else { SAMPLES };
    let mut samples: Vec<Duration> = (0..samples).map(|_| sample(repeats)).collect();
    samples.sort_unstable();
    samples[samples.len() / 2]
}

fn shown(time: Duration) -> String {
    let nanoseconds = time.as_secs_f64() * 1e9;
    match nanoseconds {
        ..1e3 => format!("{nanoseconds:.0} ns"),
        ..1e6 => format!("{:.1} µs", nanoseconds / 1e3),
        ..1e9 => format!("{:.2} ms", nanoseconds / 1e6),
        _ => format!("{:.2} s", nanoseconds / 1e9),
    }
}
