//! A mail server for the program to send to: it notes what it is given, and can refuse, fall silent, hang up, or kill
//! whoever sends, at the moment between taking a mail and saying so.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
};

/// What the server does with a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It takes it.
    Takes,
    /// It answers a command that begins like this, in capital letters, with a line of its own; without a command, whoever
    /// comes. After a 421 it closes the connection.
    Answers(&'static str, &'static str),
    /// It does not know the recipient.
    RefusesTheRecipient,
    /// It does not know the recipient of this address, in capital letters, and takes the mail for the others.
    RefusesOneOf(&'static str),
    /// It refuses whoever is called `gone` for good and whoever is called `full` for now, and takes the mail for the others.
    MindsGoneAndFull,
    /// It says nothing after the mail, which it has.
    FallsSilent,
    /// It says nothing any more once the recipient of this address, in capital letters, is named.
    FallsSilentAt(&'static str),
    /// It refuses whoever signs in, and says what it was told: as it was written, and as it was meant.
    RefusesTheUser,
    /// It closes the connection after the mail, which it has.
    HangsUp,
    /// It closes the connection once the recipient of this address, in capital letters, is named.
    HangsUpAt(&'static str),
    /// It kills the sender after the mail, which it has.
    Kills,
    /// It kills the sender once the recipient of this address, in capital letters, is named.
    KillsAt(&'static str),
}

/// A mail server on a port of its own.
pub(crate) struct MailServer {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    victim_named: Condvar,
}

struct State {
    manner: Manner,
    /// The process to kill.
    victim: Option<u32>,
    /// Each with its recipient, as it was named, in capital letters.
    mails: Vec<(String, String)>,
    connections: usize,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl MailServer {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().unwrap().port();
        let state = State { manner: Manner::Takes, victim: None, mails: Vec::new(), connections: 0 };
        let shared = Arc::new(Shared { state: Mutex::new(state), victim_named: Condvar::new() });
        let for_threads = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = for_threads.clone();
                shared.state().connections += 1;
                // A sender that is killed breaks the connection; that is what is wanted.
                thread::spawn(move || converse(&shared, &stream).is_ok());
            }
        });
        Self { port, shared }
    }

    /// The `transport` that leads here.
    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// What it does from now on.
    pub(crate) fn behaves(&self, manner: Manner) {
        self.shared.state().manner = manner;
    }

    /// Names the process to kill, for which the server waits where it wants to.
    pub(crate) fn victim(&self, process: u32) {
        self.shared.state().victim = Some(process);
        self.shared.victim_named.notify_all();
    }

    /// The mails it was given since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        self.take_addressed().into_iter().map(|(_, mail)| mail).collect()
    }

    /// The mails it was given since the last call, each with its recipient in capital letters.
    pub(crate) fn take_addressed(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.shared.state().mails)
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.shared.state().connections
    }
}

fn converse(shared: &Shared, stream: &TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let say = |text: &str| write!(&mut &*stream, "{text}\r\n");
    match shared.state().manner {
        Manner::Answers("", answer) => say(answer)?,
        _ => say("220 mail.example at your service")?,
    }
    let mut line = String::new();
    let mut recipient = String::new();
    while lines.read_line(&mut line)? > 0 {
        let command = line.trim_end().to_ascii_uppercase();
        let manner = shared.state().manner;
        if let Manner::Answers(begin, answer) = manner
            && command != "QUIT"
            && command.starts_with(begin)
        {
            say(answer)?;
            if answer.starts_with("421") {
                return Ok(());
            }
            line.clear();
            continue;
        }
        match command.split(' ').next().unwrap_or_default() {
            "EHLO" if manner == Manner::RefusesTheUser => say("250-mail.example\r\n250 AUTH PLAIN")?,
            "EHLO" | "HELO" => say("250 mail.example")?,
            "AUTH" => {
                let written = line.trim_end().rsplit(' ').next().unwrap_or_default();
                let meant = BASE64_STANDARD.decode(written).expect("credentials are in base 64");
                let meant = String::from_utf8(meant).expect("these credentials are a text").replace('\0', "/");
                say(&format!("535 5.7.8 {written} ({meant}) is nobody here"))?;
            }
            "RCPT" => {
                command.trim_start_matches("RCPT TO:").trim_matches(['<', '>']).clone_into(&mut recipient);
                match manner {
                    Manner::RefusesTheRecipient => say("550 5.1.1 nobody of that name")?,
                    Manner::RefusesOneOf(address) if recipient == address => say("550 5.1.1 nobody of that name")?,
                    Manner::MindsGoneAndFull if recipient.starts_with("GONE@") => say("550 5.1.1 nobody of that name")?,
                    Manner::MindsGoneAndFull if recipient.starts_with("FULL@") => say("452 4.2.2 mailbox full")?,
                    Manner::FallsSilentAt(address) if recipient == address => {
                        lines.read_line(&mut line)?;
                        return Ok(());
                    }
                    Manner::HangsUpAt(address) if recipient == address => return Ok(()),
                    Manner::KillsAt(address) if recipient == address => {
                        kill(shared);
                        return Ok(());
                    }
                    _ => say("250 fine")?,
                }
            }
            "DATA" => {
                say("354 go on")?;
                let mail = read_mail(&mut lines)?;
                shared.state().mails.push((recipient.clone(), mail));
                match manner {
                    Manner::HangsUp => return Ok(()),
                    Manner::FallsSilent => {
                        // The sender gives up and closes; there is nothing more to read then.
                        lines.read_line(&mut line)?;
                        return Ok(());
                    }
                    Manner::Kills => {
                        kill(shared);
                        return Ok(());
                    }
                    _ => say("250 taken")?,
                }
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 fine")?,
        }
        line.clear();
    }
    Ok(())
}

fn read_mail(lines: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        if line == ".\r\n" {
            return Ok(mail);
        }
        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn kill(shared: &Shared) {
    let mut state = shared.state();
    while state.victim.is_none() {
        state = shared.victim_named.wait(state).unwrap();
    }
    let victim = state.victim.take().expect("it was waited for");
    let killed = Command::new("kill").args(["-KILL", &victim.to_string()]).status();
    assert!(killed.expect("`kill` is there").success());
}
