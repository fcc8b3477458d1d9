//! The local AWS: a process with a server on a free loopback port, gone when its owner is.
//!
//! Owns starting and ending it. What is in it: `tests/aws/server.py`. The demo includes this file
//! too, so it returns errors instead of panicking.

use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
};

use serde_json::{Value, json};

use super::forks;

/// A running local AWS.
#[derive(Debug)]
pub(crate) struct LocalAws {
    endpoint: String,
    demo_caller: Option<Value>,
    /// The server ends when this closes, however we end.
    _connection: TcpStream,
}

impl LocalAws {
    /// A server of its own; with the demo organization in it, if asked.
    ///
    /// # Errors
    ///
    /// If it does not start, with the remedy.
    pub(crate) fn start(demo: bool) -> Result<Self, String> {
        let connection = forks::request(&json!({ "server": { "demo": demo } }))?;
        let mut line = String::new();
        let read = BufReader::new(&connection).read_line(&mut line);
        let answer: Option<Value> = read.ok().and_then(|_| serde_json::from_str(&line).ok());
        let answer = answer.ok_or("the local AWS did not start: see its stderr")?;
        let endpoint = answer["endpoint"].as_str().unwrap_or_default().to_owned();
        let caller = &answer["demo"]["caller"];
        Ok(Self {
            endpoint,
            demo_caller: caller.is_object().then(|| caller.clone()),
            _connection: connection,
        })
    }

    /// The URL that takes the place of AWS's endpoints.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The credentials of the demo organization's caller, as [`environment`] reads them.
    pub(crate) fn demo_caller(&self) -> Option<&Value> {
        self.demo_caller.as_ref()
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
