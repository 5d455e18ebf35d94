//! The program while it runs, within reach of whoever is to kill it.

use std::{
    io::Read as _,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

/// A process that may be killed from any thread.
#[derive(Default)]
pub(crate) struct Victim(Mutex<Option<Child>>);

/// How a run of the program ended.
pub(crate) struct Ended {
    /// How the process ended.
    pub(crate) status: ExitStatus,
    /// What it said, on standard output and standard error.
    pub(crate) said: String,
}

impl Victim {
    /// Kills the process with SIGKILL, and returns when it is dead.
    pub(crate) fn kill(&self) {
        if let Some(child) = self.0.lock().unwrap().as_mut() {
            child.kill().expect("a child can be killed as long as nobody has waited for it");
            child.wait().expect("it is our child");
        }
    }

    /// Kills the process so long after now, if it runs that long.
    pub(crate) fn kill_after(self: &Arc<Self>, time: Duration) {
        let victim = self.clone();
        std::thread::spawn(move || {
            std::thread::sleep(time);
            victim.kill();
        });
    }

    /// Runs a command to its end, or to its being killed.
    pub(crate) fn run(&self, command: &mut Command) -> Ended {
        let (mut stdout, mut stderr) = {
            // Whoever wants to kill it waits for this lock, and finds it started.
            let mut place = self.0.lock().unwrap();
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().expect("the program was built");
            let pipes = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
            *place = Some(child);
            pipes
        };
        let complaints = std::thread::spawn(move || {
            let mut said = Vec::new();
            stderr.read_to_end(&mut said).expect("the pipe can be read");
            said
        });
        let mut said = Vec::new();
        stdout.read_to_end(&mut said).expect("the pipe can be read");
        said.extend(complaints.join().unwrap());
        let mut child = self.0.lock().unwrap().take().expect("it was put there");
        let status = child.wait().expect("it is our child");
        Ended { status, said: String::from_utf8_lossy(&said).into_owned() }
    }
}
