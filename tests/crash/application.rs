//! The target: a sandbox application behind a small HTTP server of this process, which can kill its caller or keep an
//! answer to itself.
//!
//! The server closes a connection wherever the plan of the run says so, as no ordinary server would. After a run
//! [`Application::settle`] waits until whatever the dead caller had sent is dealt with, so that nothing of one run is
//! carried out in the next.

use super::victim::Victim;
use scimulator::{
    chance::Chance,
    clock::SystemClock,
    sandbox::{Application as Sandbox, BASE_PATH, RecordedRequest, Request, Response, Settings},
};
use serde_json::Value;
use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
};

/// The secret token that lets callers in.
pub(crate) const TOKEN: &str = "sesame";

/// When a killing request is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It never is: the caller dies before it.
    Before,
    /// The caller dies before it has the answer.
    After,
}

/// Which answers may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Losing {
    /// Those to any request.
    Any,
    /// Those to requests that change something.
    Writes,
}

/// What the application does to its caller in one run.
pub(crate) enum Plan {
    /// Nothing but answering.
    Answer,
    /// Kills the caller at the request of this number, counted from 1.
    Kill {
        /// The request's number.
        request: usize,
        /// Before or after it is carried out.
        moment: Moment,
        /// Whom to kill.
        victim: Arc<Victim>,
    },
    /// Carries every request out and loses one answer in ten.
    Lose {
        /// Which answers.
        which: Losing,
        /// Which of them.
        chance: Box<Chance>,
    },
}

/// One answer of this many is lost.
const LOST_ONE_IN: usize = 10;

/// A listening application.
pub(crate) struct Application {
    door: Arc<Door>,
    address: SocketAddr,
    accepted: Mutex<Receiver<(SocketAddr, JoinHandle<()>)>>,
}

/// What stands between connections and the sandbox.
struct Door {
    sandbox: Sandbox,
    run: Mutex<Run>,
}

struct Run {
    plan: Plan,
    requests: usize,
}

impl Application {
    /// Starts an application on a port that the system chooses.
    pub(crate) fn start() -> Self {
        let settings = Settings { token: Some(TOKEN.into()), record_requests: true, ..Settings::default() };
        let sandbox = Sandbox::open(settings, Arc::new(SystemClock), Arc::new(Chance::from_system())).unwrap();
        let door = Arc::new(Door { sandbox, run: Mutex::new(Run { plan: Plan::Answer, requests: 0 }) });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, accepted) = channel();
        let served = door.clone();
        // Ends with the process: nobody is left to connect then.
        std::thread::spawn(move || accept(&listener, &served, &tell));
        Self { door, address, accepted: Mutex::new(accepted) }
    }

    /// The SCIM base address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{BASE_PATH}", self.address)
    }

    /// Sets what happens in the run to come.
    pub(crate) fn plan(&self, plan: Plan) {
        *self.door.run.lock().unwrap() = Run { plan, requests: 0 };
    }

    /// Waits until every connection of a caller that has ended is dealt with. Returns how many requests the run had.
    pub(crate) fn settle(&self) -> usize {
        // Connections are accepted in their order: once this one is, so are all before it.
        let last = TcpStream::connect(self.address).unwrap();
        let marker = last.local_addr().unwrap();
        drop(last);
        let accepted = self.accepted.lock().unwrap();
        loop {
            let (peer, connection) = accepted.recv().unwrap();
            connection.join().expect("the application does not panic");
            if peer == marker {
                return self.door.run.lock().unwrap().requests;
            }
        }
    }

    /// The users it holds.
    pub(crate) fn users(&self) -> Vec<Value> {
        self.door.sandbox.users()
    }

    /// The groups it holds.
    pub(crate) fn groups(&self) -> Vec<Value> {
        self.door.sandbox.groups()
    }

    /// The requests that it dealt with since the last call.
    pub(crate) fn take_requests(&self) -> Vec<RecordedRequest> {
        self.door.sandbox.take_requests()
    }
}

fn accept(listener: &TcpListener, door: &Arc<Door>, tell: &Sender<(SocketAddr, JoinHandle<()>)>) {
    for connection in listener.incoming().map_while(Result::ok) {
        // A caller that was killed may have reset its connection already; then there is nothing to deal with.
        let Ok(peer) = connection.peer_addr() else { continue };
        let door = door.clone();
        let thread = std::thread::spawn(move || {
            // A connection that breaks is no fault of the application: its caller was killed.
            let _ = serve(&door, connection);
        });
        if tell.send((peer, thread)).is_err() {
            return;
        }
    }
}

/// Answers the requests of one connection, until its caller closes it or the plan does.
fn serve(door: &Door, connection: TcpStream) -> io::Result<()> {
    let mut writer = connection.try_clone()?;
    let mut reader = BufReader::new(connection);
    while let Some(request) = read_request(&mut reader)? {
        match door.answer(&request) {
            Some(response) => write_response(&mut writer, &response)?,
            None => return Ok(()),
        }
    }
    Ok(())
}

impl Door {
    /// The answer that the caller gets; none: the connection is closed.
    fn answer(&self, request: &Request) -> Option<Response> {
        let doom = {
            let mut run = self.run.lock().unwrap();
            run.requests += 1;
            match &run.plan {
                Plan::Kill { request, moment, victim } if *request == run.requests => Some((*moment, victim.clone())),
                _ => None,
            }
        };
        if let Some((moment, victim)) = doom {
            if moment == Moment::After {
                self.sandbox.handle(request);
            }
            victim.kill();
            return None;
        }
        let response = self.sandbox.handle(request);
        (!self.loses(request)).then_some(response)
    }

    fn loses(&self, request: &Request) -> bool {
        match &self.run.lock().unwrap().plan {
            Plan::Lose { which, chance } => {
                (*which == Losing::Any || request.method != "GET") && chance.below(LOST_ONE_IN) == 0
            }
            Plan::Answer | Plan::Kill { .. } => false,
        }
    }
}

/// Reads one request; none at the end of the connection, or where it breaks off.
fn read_request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path_and_query)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut request = Request { method, path_and_query, headers, body: Vec::new() };
    let length = request.header("Content-Length").map_or(0, |length| length.parse().expect("a number of bytes"));
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}

fn write_response(writer: &mut TcpStream, response: &Response) -> io::Result<()> {
    let mut bytes = format!("HTTP/1.1 {} \r\n", response.status).into_bytes();
    for (name, value) in &response.headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    if response.status != 204 {
        bytes.extend(format!("Content-Length: {}\r\n", response.body.len()).bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(&response.body);
    writer.write_all(&bytes)
}
