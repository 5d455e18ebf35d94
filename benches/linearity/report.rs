//! Measuring, judging and printing, a line each.
//!
//! A line is measured at two sizes, one four times the other. Where the ratio of the times is at most [`STEEPEST`], that is
//! linear. Where it is more, it need not be worse than linear: the longer value may be the first that does not fit into a
//! cache, or for which the system has to give fresh memory page by page, and then a plain copy of it takes more than four
//! times as long, too. So such a line is measured again, and at the sizes that follow, and passes only if
//!
//! * the last two sizes are linear: a step happens once, a square goes on growing, or
//! * at the last size it takes no longer than a few plain copies of the value ([`COPIES`]), which are linear by nature. What
//!   takes the square of the length, and a tenth of a millisecond at the second size, takes far longer than that at the last.

use std::{
    collections::HashMap,
    fmt::Write as _,
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

/// How much longer each text is than the one before.
pub(crate) const GROWTH: usize = 4;

/// The ratio of times that still is linear: what a machine adds by itself stays below.
#[expect(clippy::cast_precision_loss, reason = "it is 4")]
const STEEPEST: f64 = 1.5 * GROWTH as f64;

/// How many plain copies of the value a function may take that only moves it. `Append` of two such values reads and writes both,
/// and the texts that `ConvertToBase64` makes are nearly three times as long.
const COPIES: u32 = 5;

/// Times below this are too short for their ratio to say something.
const MEANINGFUL: Duration = Duration::from_micros(10);

/// What nothing may take at the second size.
const LONGEST: Duration = Duration::from_secs(1);

/// How often everything is measured, unless it takes long.
const SAMPLES: usize = 9;

/// The sizes that something is measured at, each [`GROWTH`] times the one before. Those after the second are for lines that
/// look worse than linear.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    /// What they count, as it is printed.
    pub(crate) unit: &'static str,
    pub(crate) all: &'static [usize],
    /// Whether they are the bytes of a value that is moved, so that plain copies of it can be compared with.
    pub(crate) are_moved: bool,
}

/// What was measured so far.
pub(crate) struct Report {
    words: Vec<String>,
    copies: HashMap<usize, Duration>,
    measured: usize,
    further: usize,
    looked_at: Vec<String>,
    failed: Vec<String>,
}

impl Report {
    /// A report of the lines that have one of these words; of all lines, without words.
    pub(crate) fn of(words: Vec<String>) -> Self {
        Self { words, copies: HashMap::new(), measured: 0, further: 0, looked_at: Vec::new(), failed: Vec::new() }
    }

    /// The heading of the lines that follow.
    pub(crate) fn heading(text: &str) {
        println!("\n{text}\n");
    }

    /// Whether a line of this name is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str()))
    }

    /// Prints what plain copies of these sizes take: what no function that moves a value can be quicker than.
    pub(crate) fn copies(&mut self, sizes: Sizes) {
        for &bytes in sizes.all {
            let (time, text) = (self.copy(bytes), "a".repeat(bytes));
            let before = fresh_pages();
            (0..SAMPLES).for_each(|_| drop(black_box(black_box(&text).clone())));
            let pages = (fresh_pages() - before) / SAMPLES as u64;
            println!("{:<58} {:>9}  {pages} fresh pages", format!("a plain copy of {bytes} bytes"), shown(time));
        }
        println!();
    }

    fn copy(&mut self, bytes: usize) -> Duration {
        *self.copies.entry(bytes).or_insert_with(|| {
            let text = "a".repeat(bytes);
            median(|| drop(black_box(black_box(&text).clone())))
        })
    }

    /// Whether times at the first two sizes look worse than linear.
    pub(crate) fn is_steep([few, many]: [Duration; 2]) -> bool {
        many >= MEANINGFUL && ratio(few, many) > STEEPEST
    }

    /// Measures something at the first two sizes, judges and prints it. `time` gives none for a size that it does not work at.
    pub(crate) fn line(&mut self, name: &str, sizes: Sizes, mut time: impl FnMut(usize) -> Option<Duration>) {
        let [few, many] = [sizes.all[0], sizes.all[1]].map(|size| time(size).unwrap_or_default());
        self.judge(name, sizes, [few, many], time);
    }

    /// Judges what was measured at the first two sizes, and prints it. What looks worse than linear is measured again.
    pub(crate) fn judge(
        &mut self,
        name: &str,
        sizes: Sizes,
        [few, many]: [Duration; 2],
        time: impl FnMut(usize) -> Option<Duration>,
    ) {
        let mut shown = format!("{name:<58} {:>9} {:>9} {:>6.2}", shown(few), shown(many), ratio(few, many));
        self.measured += 1;
        if many > LONGEST {
            shown.push_str("  TAKES TOO LONG");
            self.failed.push(shown.clone());
        } else if Self::is_steep([few, many]) {
            let verdict = self.look_closer(sizes, time);
            let (Ok(reason) | Err(reason)) = &verdict;
            let _ = write!(shown, "\n    {reason}");
            self.looked_at.push(shown.clone());
            if verdict.is_err() {
                self.failed.push(shown.clone());
            }
        } else if ratio(few, many) > STEEPEST {
            shown.push_str("  too short to say");
        }
        println!("{shown}");
    }

    /// Judges a further combination of something that has its line already; one that is worse than linear gets a line, too.
    pub(crate) fn also(&mut self, name: &str, sizes: Sizes, time: impl FnMut(usize) -> Option<Duration>) {
        self.further += 1;
        if let Err(reason) = self.look_closer(sizes, time) {
            let shown = format!("{name}\n    {reason}");
            println!("{shown}");
            self.failed.push(shown);
        }
    }

    /// Measures at all sizes; why that is linear, or that it is not.
    fn look_closer(&mut self, sizes: Sizes, time: impl FnMut(usize) -> Option<Duration>) -> Result<String, String> {
        let times: Vec<Duration> = sizes.all.iter().copied().map_while(time).collect();
        let mut measured = format!("at {} {}", sizes.all[0], sizes.unit);
        for (size, pair) in sizes.all[1..].iter().zip(times.windows(2)) {
            let _ = write!(measured, ", {size}: {} ({:.2})", shown(pair[1]), ratio(pair[0], pair[1]));
        }
        let [.., before, last] = times[..] else { return Err(format!("{measured}: CANNOT BE MEASURED AGAIN")) };
        if ratio(before, last) <= STEEPEST {
            return Ok(format!("{measured}: linear in the end"));
        }
        if sizes.are_moved {
            let copy = self.copy(sizes.all[times.len() - 1]);
            let copies = last.as_secs_f64() / copy.as_secs_f64();
            if copies <= f64::from(COPIES) {
                return Ok(format!("{measured}: {copies:.1} plain copies of {}", shown(copy)));
            }
            return Err(format!("{measured}: WORSE THAN LINEAR, and {copies:.1} plain copies of {}", shown(copy)));
        }
        Err(format!("{measured}: WORSE THAN LINEAR"))
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
        println!(
            "\n{} lines; {} of {} or more with a ratio above {STEEPEST}, which were measured again:",
            self.measured,
            self.looked_at.len(),
            shown(MEANINGFUL)
        );
        self.looked_at.iter().for_each(|line| println!("  {line}"));
        println!(
            "{} further combinations were measured again, and are told of if they are not linear either",
            self.further
        );
        println!("{} worse than linear, or above a second:", self.failed.len());
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

fn ratio(few: Duration, many: Duration) -> f64 {
    many.as_secs_f64() / few.as_secs_f64().max(1e-9)
}

/// How many pages of memory the system has given to this process so far; none where it does not tell.
fn fresh_pages() -> u64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = status.rsplit(')').next().unwrap_or_default();
    after_name.split_ascii_whitespace().nth(7).and_then(|pages| pages.parse().ok()).unwrap_or_default()
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
