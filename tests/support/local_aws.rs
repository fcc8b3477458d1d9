//! The local AWS as a child process: on a free loopback port, gone when this process is.
//!
//! Owns starting and ending it. What is in it: `tests/aws/server.py`. The demo includes this file
//! too, so it tells what went wrong instead of panicking.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::Value;

use super::python::Python;

/// A slow machine that compiles other things meanwhile may take long to import moto.
const PATIENCE: Duration = Duration::from_mins(2);
/// The option that puts the demo organization in.
pub(crate) const DEMO: &str = "--demo";
const GREETING: &str = "local aws listening on ";

/// A running local AWS.
#[derive(Debug)]
pub(crate) struct LocalAws {
    endpoint: String,
    demo_caller: Option<Value>,
    /// Holds the pipe to its stdin open: the server ends when that closes, however we end.
    process: Child,
}

impl LocalAws {
    /// One started with these options of `server.py`: none, or [`DEMO`].
    ///
    /// # Errors
    ///
    /// If it does not start, with what it said and the remedy.
    pub(crate) fn start(options: &[&str]) -> Result<Self, String> {
        let greeting_lines = if options.contains(&DEMO) { 2 } else { 1 };
        let mut process = Python::ready()?
            .command()
            .args(["server.py", "--until-stdin-closes"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start the local AWS: {error}"))?;
        let greeting = process
            .stdout
            .take()
            .map(|out| first_lines(out, greeting_lines));
        let complaints = process.stderr.take().map(relay);
        let mut starting = Self {
            endpoint: String::new(),
            demo_caller: None,
            process,
        };
        let lines = greeting
            .map(|lines| lines.recv_timeout(PATIENCE))
            .and_then(Result::ok);
        if starting
            .understand(&lines.unwrap_or_default(), greeting_lines)
            .is_some()
        {
            return Ok(starting);
        }
        drop(starting);
        let said = complaints
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default();
        Err(format!(
            "the local AWS did not start within {PATIENCE:?}; it said:\n{said}"
        ))
    }

    /// The URL that takes the place of AWS's endpoints.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The credentials of the demo organization's caller, as [`environment`] reads them.
    pub(crate) fn demo_caller(&self) -> Option<&Value> {
        self.demo_caller.as_ref()
    }

    fn understand(&mut self, lines: &[String], expected: usize) -> Option<()> {
        lines
            .first()?
            .strip_prefix(GREETING)?
            .clone_into(&mut self.endpoint);
        if expected > 1 {
            self.demo_caller = Some(serde_json::from_str(lines.get(1)?).ok()?);
        }
        Some(())
    }
}

impl Drop for LocalAws {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The environment variables that make the program the caller with these credentials.
pub(crate) fn environment(endpoint: &str, caller: &Value) -> Vec<(&'static str, String)> {
    let text = |key: &str| caller[key].as_str().unwrap_or_default().to_owned();
    vec![
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", text("access_key_id")),
        ("AWS_SECRET_ACCESS_KEY", text("secret_access_key")),
        ("AWS_SESSION_TOKEN", text("session_token")),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

/// The first lines of the output, when they are there; the rest is read and dropped.
fn first_lines(out: ChildStdout, count: usize) -> mpsc::Receiver<Vec<String>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        sender.send(lines.by_ref().take(count).collect()).ok();
        lines.for_each(drop);
    });
    receiver
}

/// Passes on what the server complains about, as it comes, and keeps it.
#[expect(
    clippy::print_stderr,
    reason = "a traceback of the server explains a failing test"
)]
fn relay(complaints: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut said = String::new();
        for line in BufReader::new(complaints).lines().map_while(Result::ok) {
            eprintln!("local aws: {line}");
            said.push_str(&line);
            said.push('\n');
        }
        said
    })
}
