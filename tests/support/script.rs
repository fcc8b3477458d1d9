//! Python scripts, in a process that has imported their packages already.

use std::{io::Read, path::Path};

use serde_json::{Value, json};

use super::forks;

/// A script that is going to be run.
#[derive(Debug)]
pub(crate) struct Script {
    request: Value,
}

/// What a script left.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Script {
    /// Python source, run as `python -c` would.
    pub(crate) fn new(source: &str) -> Self {
        Self {
            request: json!({ "script": source, "arguments": [] }),
        }
    }

    /// A file of the folder of the local AWS.
    pub(crate) fn file(name: &str) -> Self {
        let file = Path::new(super::python::SOURCES).join(name);
        Self::new(&std::fs::read_to_string(file).expect(name))
    }

    /// cfn-lint's command line.
    pub(crate) fn cfn_lint() -> Self {
        Self::new("from cfnlint.runner import main; main()").importing("cfnlint.runner")
    }

    /// A module that is slow to import, kept for the next script.
    pub(crate) fn importing(mut self, module: &str) -> Self {
        self.request["imports"] = json!([module]);
        self
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<Path>) -> Self {
        let text = argument.as_ref().to_str().expect("UTF-8");
        let arguments = self.request["arguments"].as_array_mut();
        arguments.expect("a list").push(text.into());
        self
    }

    pub(crate) fn args(self, arguments: impl IntoIterator<Item = impl AsRef<Path>>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// Runs it to its end with this on its stdin.
    pub(crate) fn run_with(mut self, stdin: &str) -> Finished {
        self.request["stdin"] = stdin.into();
        let mut answer = String::new();
        forks::request(&self.request)
            .and_then(|mut it| {
                it.read_to_string(&mut answer)
                    .map_err(|error| error.to_string())
            })
            .unwrap_or_else(|error| panic!("{error}"));
        let answer: Value = serde_json::from_str(&answer).expect("Python answers");
        let text = |key: &str| answer[key].as_str().expect(key).to_owned();
        Finished {
            success: answer["status"] == 0,
            stdout: text("stdout"),
            stderr: text("stderr"),
        }
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Finished {
        self.run_with("")
    }
}
