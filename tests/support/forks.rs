//! A Python process that imports everything once and forks a server or a script for each request
//! (`tests/aws/local_aws/forks.py`).
//!
//! Owns starting it, on first use, and the connections to it. It ends when this process does. The demo
//! includes this file too, so it returns errors instead of panicking.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Stdio},
    sync::{OnceLock, mpsc},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::python::Python;

/// A slow machine that compiles other things meanwhile may take long to import moto, and to run a script.
const PATIENCE: Duration = Duration::from_mins(10);
const GREETING: &str = "forking on ";

#[derive(Debug)]
struct Parent {
    address: String,
    /// Holds the pipe to its stdin open: the process ends when that closes, however we end.
    _process: Child,
}

/// Sends a request; the answer comes on the connection. What is forked may end when that closes.
///
/// # Errors
///
/// If the process does not start, with what it printed and the remedy, or cannot be reached.
pub(crate) fn request(request: &Value) -> Result<TcpStream, String> {
    static PARENT: OnceLock<Result<Parent, String>> = OnceLock::new();
    let parent = PARENT.get_or_init(start).as_ref().map_err(Clone::clone)?;
    let connect = || -> io::Result<TcpStream> {
        let mut connection = TcpStream::connect(&parent.address)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.write_all(format!("{request}\n").as_bytes())?;
        Ok(connection)
    };
    connect().map_err(|error| format!("the local AWS cannot be reached: {error}"))
}

fn start() -> Result<Parent, String> {
    let mut process = Python::ready()?
        .command()
        .args(["server.py", "--forks"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start the local AWS: {error}"))?;
    let greeting = process.stdout.take().map(first_line);
    let complaints = process.stderr.take().map(relay);
    let line = greeting
        .and_then(|line| line.recv_timeout(PATIENCE).ok())
        .unwrap_or_default();
    if let Some(address) = line.strip_prefix(GREETING) {
        return Ok(Parent {
            address: address.to_owned(),
            _process: process,
        });
    }
    process.kill().ok();
    process.wait().ok();
    let printed = complaints
        .and_then(|thread| thread.join().ok())
        .unwrap_or_default();
    Err(format!(
        "the local AWS did not start within {PATIENCE:?}; it printed:\n{printed}"
    ))
}

/// The first line of the output, when it is there; the rest is read and dropped.
fn first_line(out: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        sender.send(lines.next().unwrap_or_default()).ok();
        lines.for_each(drop);
    });
    receiver
}

/// Passes on what the servers complain about, as it comes, and keeps it. Past the test harness, which would
/// give it to the test that happened to start the process.
fn relay(complaints: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut printed = String::new();
        for line in BufReader::new(complaints).lines().map_while(Result::ok) {
            writeln!(io::stderr(), "local aws: {line}").ok();
            printed.push_str(&line);
            printed.push('\n');
        }
        printed
    })
}
