//! What a person sees: tables and colours on a terminal, plain lines elsewhere.

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use std::{
    fmt::Arguments,
    io::{ErrorKind, IsTerminal as _, Write as _},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// Why standard output could not be written the first time that it could not.
static UNWRITTEN: OnceLock<std::io::Error> = OnceLock::new();

/// Whether a reader of standard output has hung up. What could not be written then is not always kept, to be tried again.
static HUNG_UP: AtomicBool = AtomicBool::new(false);

/// Writes a line to standard output, whoever still reads it. What a full disk, say, did not take is told in the end
/// ([`unwritten`]).
pub(super) fn say(line: Arguments<'_>) {
    if let Err(error) = writeln!(std::io::stdout().lock(), "{line}") {
        note_unwritten(error);
    }
}

/// Notes that standard output could not be written. A reader who has hung up wants no more, and is no such reason.
pub(super) fn note_unwritten(error: std::io::Error) {
    if error.kind() == ErrorKind::BrokenPipe {
        HUNG_UP.store(true, Ordering::Relaxed);
    } else {
        let _ = UNWRITTEN.set(error);
    }
}

/// Why something that was to be said on standard output is not there, if that is so.
pub(super) fn unwritten() -> Option<&'static std::io::Error> {
    UNWRITTEN.get()
}

/// Writes a line to standard error, whoever still reads it.
pub(super) fn complain(line: Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Whether anybody still reads standard output.
pub(super) fn is_heard() -> bool {
    !HUNG_UP.load(Ordering::Relaxed) && std::io::stdout().lock().flush().is_ok()
}

/// Whether standard output may be coloured: a terminal, and no `NO_COLOR`.
pub(super) fn colours_on_stdout() -> bool {
    std::io::stdout().is_terminal() && no_color_is_unset()
}

/// Whether standard error may be coloured.
pub(super) fn colours_on_stderr() -> bool {
    std::io::stderr().is_terminal() && no_color_is_unset()
}

fn no_color_is_unset() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// An error message, marked as one unless it marks its lines itself.
pub(super) fn error_text(message: &str) -> String {
    if message.starts_with("error:") || message.starts_with("warning:") {
        return message.to_owned();
    }
    let style = AnsiColor::Red.on_default().bold();
    if colours_on_stderr() { format!("{style}error:{style:#} {message}") } else { format!("error: {message}") }
}

/// A word in the colour that its meaning has; the word itself says the same.
pub(super) fn coloured(word: &str) -> String {
    if !colours_on_stdout() {
        return word.to_owned();
    }
    let style = match word {
        "success" | "Succeeded" | "Active" => AnsiColor::Green.on_default(),
        "failure" | "Failed" | "Quarantine" | "Disabled" => AnsiColor::Red.on_default(),
        "warning" | "EntryLevelErrors" | "Paused" => AnsiColor::Yellow.on_default(),
        _ => Style::new(),
    };
    format!("{style}{word}{style:#}")
}

/// Prints rows under headings: a table on a terminal, else a line a row with tabs between the cells.
pub(super) fn print_table(headings: &[&str], rows: Vec<Vec<String>>) {
    if !std::io::stdout().is_terminal() {
        say!("{}", headings.join("\t"));
        for row in rows {
            say!("{}", row.join("\t"));
        }
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(headings);
    table.add_rows(rows);
    say!("{table}");
}
