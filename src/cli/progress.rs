//! Progress on a terminal: a bar a job; elsewhere a line a phase.

use crate::{
    engine::{Observer, Progress},
    store::Phase,
};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    collections::HashMap,
    io::IsTerminal as _,
    sync::{Mutex, PoisonError},
};

/// Shows how cycles come along, on standard error.
#[derive(Debug)]
pub(super) struct Shown {
    bars: Option<MultiProgress>,
    lines: bool,
    jobs: Mutex<HashMap<String, (String, Option<ProgressBar>)>>,
}

impl Shown {
    /// Bars on a terminal, lines elsewhere; nothing if `silent`.
    pub(super) fn new(silent: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bars = (terminal && !silent).then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { bars, lines: !terminal && !silent, jobs: Mutex::default() }
    }

    /// Shows how far a job has come.
    pub(super) fn show(&self, job: &str, phase: &str, done: u64, total: u64) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let (shown, bar) = jobs.entry(job.to_owned()).or_insert_with(|| (String::new(), self.bar(job)));
        if let Some(bar) = bar {
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(phase.to_owned());
        } else if self.lines && shown != phase && total > 0 && phase != Phase::Candidates.name() {
            complain!("{job}: {phase}: {total}");
        }
        phase.clone_into(shown);
    }

    /// Takes the bars away.
    pub(super) fn end(&self) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        for bar in jobs.values().filter_map(|(_, bar)| bar.as_ref()) {
            bar.finish_and_clear();
        }
    }

    fn bar(&self, job: &str) -> Option<ProgressBar> {
        let bar = self.bars.as_ref()?.add(ProgressBar::new(0));
        let template = "{prefix:>14} {msg:<12} {bar:32} {pos}/{len} {per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(job.to_owned());
        Some(bar)
    }
}

impl Observer for Shown {
    fn progress(&self, progress: &Progress) {
        self.show(&progress.job, progress.phase.name(), progress.done, progress.total);
    }
}
