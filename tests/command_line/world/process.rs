//! The program while it goes on running: a daemon whose log is watched, a cycle that is interrupted, a sandbox. Each
//! is ended at the latest when the test ends.

use super::{NormalForm, Outcome};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

/// The longest that anything is waited for. Nothing takes this long unless it never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program while it runs; it is killed if the test ends before it does.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
    form: NormalForm,
}

impl Process {
    /// Starts it.
    pub(crate) fn start(mut command: Command, form: NormalForm) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program was built");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, lines, said: Vec::new(), form }
    }

    /// Waits for a line of its log that has `text` in it.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let found = line.contains(text);
                    self.said.push(line);
                    if found {
                        return;
                    }
                }
                Err(error) => panic!("`{text}` was never logged ({error}), only\n{}", self.said.join("\n")),
            }
        }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.expect("`kill` is there").success());
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Outcome {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; it said\n{}", self.said.join("\n")),
            }
        }
        let mut stdout = Vec::new();
        if let Some(mut pipe) = self.child.stdout.take() {
            pipe.read_to_end(&mut stdout).expect("the pipe can be read");
        }
        let status = self.child.wait().expect("it is our child");
        let stderr: String = self.said.iter().flat_map(|line| [line, "\n"]).collect();
        let output = Output { status, stdout, stderr: stderr.into_bytes() };
        Outcome::of(&output, &self.form)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running `scimulator sandbox`.
pub(crate) struct SandboxProcess {
    process: Process,
    url: String,
}

impl SandboxProcess {
    /// Starts it, and waits until it says where it listens.
    pub(crate) fn start(command: Command, form: NormalForm) -> Self {
        let mut process = Process::start(command, form);
        let mut line = String::new();
        let stdout = process.child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the pipe can be read");
        let url = line.trim_end().strip_prefix("listening on ").map(str::to_owned);
        Self { process, url: url.unwrap_or_else(|| panic!("it said `{line}`")) }
    }

    /// The SCIM base address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Expects that its log has these lines next, in normal form and without their beginnings.
    #[track_caller]
    pub(crate) fn logs<const N: usize>(&mut self, lines: [&str; N]) {
        let logged = lines.map(|_| match self.process.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                let text = line.split_once("INFO ").map_or(line.as_str(), |(_, text)| text);
                self.process.form.of(text)
            }
            Err(error) => panic!("there is no more ({error}), only\n{}", self.process.said.join("\n")),
        });
        assert_eq!(logged, lines);
    }

    /// Tells it to stop, and expects that it does so and that its log has no more lines.
    #[track_caller]
    pub(crate) fn ends(self) {
        self.process.signal("TERM");
        self.process.end().exits_with(0).complains([]);
    }
}
