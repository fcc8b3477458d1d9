//! The local AWS as the tests see it: what is seeded, made to fail, and written in its journal.
//!
//! Owns the API under `/_local/` (see `tests/aws/local_aws`). Everything here panics: a test that
//! cannot talk to its AWS has failed.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Child,
    sync::OnceLock,
};

use serde_json::{Value, json};

use super::{
    local_aws::LocalAws,
    organization::{Organization, Seeded},
    script::Script,
};

/// A local AWS and its back door.
#[derive(Debug)]
pub(crate) struct Aws {
    server: LocalAws,
}

/// A call in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// For `AssumeRole` the account of the role, else the caller's.
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) operation: String,
}

impl Call {
    /// Whether it may change something.
    pub(crate) fn changes(&self) -> bool {
        const READING: [&str; 8] = [
            "AssumeRole",
            "Describe",
            "Get",
            "Head",
            "List",
            "Search",
            "StartQuery",
            "StopQuery",
        ];
        !READING.iter().any(|it| self.operation.starts_with(it))
    }
}

impl Aws {
    /// The one that all tests of this process share; each seeds organizations of its own.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Aws, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| {
                Ok(Self {
                    server: LocalAws::start(false)?,
                })
            })
            .as_ref()
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// One for a single test, whose settings may differ.
    pub(crate) fn with_settings(settings: &Value) -> Self {
        let server = LocalAws::start(false).unwrap_or_else(|error| panic!("{error}"));
        let aws = Self { server };
        aws.ask("POST", "settings", settings);
        aws
    }

    /// One that holds the demo organization.
    pub(crate) fn with_demo() -> Self {
        Self {
            server: LocalAws::start(true).unwrap_or_else(|error| panic!("{error}")),
        }
    }

    pub(crate) fn endpoint(&self) -> &str {
        self.server.endpoint()
    }

    pub(crate) fn demo_caller(&self) -> &Value {
        self.server
            .demo_caller()
            .expect("started with the demo organization")
    }

    /// Changes settings for the organization of a management account alone.
    pub(crate) fn set(&self, management: &str, settings: &Value) {
        self.ask("POST", &format!("settings?account={management}"), settings);
    }

    /// Puts an organization there.
    pub(crate) fn seed(&self, organization: &Organization) -> Seeded {
        self.seed_document(organization.document())
    }

    /// The changing calls in the accounts of an organization.
    pub(crate) fn changes(&self, organization: &Seeded) -> Vec<Call> {
        let calls = self.journal(&organization.account_ids());
        calls.into_iter().filter(Call::changes).collect()
    }

    /// Puts an organization there that is written out.
    pub(crate) fn seed_document(&self, document: Value) -> Seeded {
        let answer = self.ask("POST", "organization", &document);
        Seeded::new(document, answer)
    }

    /// Something of the local S3; see `tests/support/bucket.rs`.
    pub(crate) fn s3(&self, method: &str, path: &str, body: &Value) -> Value {
        self.ask(method, path, body)
    }

    /// Creates a table of the local Athena by its DDL.
    pub(crate) fn create_athena_table(&self, account: &str, region: &str, ddl: &str) {
        let table = json!({ "account": account, "region": region, "ddl": ddl });
        self.ask("POST", "athena_table", &table);
    }

    /// A bucket of an account, or another policy of one that is there.
    pub(crate) fn bucket(&self, account: &str, region: &str, name: &str, policy: &Value) {
        let bucket =
            json!({ "account": account, "region": region, "name": name, "policy": policy });
        self.ask("POST", "bucket", &bucket);
    }

    /// Writes an object: `{"lines": [..]}`, which are packed, or `{"body": ".."}` in base64; and its `class`.
    pub(crate) fn object(&self, bucket: &str, key: &str, mut object: Value) {
        object["bucket"] = bucket.into();
        object["key"] = key.into();
        self.ask("POST", "object", &object);
    }

    /// How many queries Athena has run.
    pub(crate) fn athena_executions(&self) -> usize {
        let all = self.ask("GET", "athena", &Value::Null);
        all["executions"].as_array().map_or(0, Vec::len)
    }

    /// Waits until the journal has so many calls of accounts; false if the program ended before.
    pub(crate) fn comes_to(&self, accounts: &[&str], calls: usize, program: &mut Child) -> bool {
        let path = format!("reached?account={}&calls={calls}", accounts.join(","));
        loop {
            // It waits for them, though not for long.
            let reached = self.ask("GET", &path, &Value::Null)["reached"] == true;
            if program.try_wait().unwrap().is_some() {
                return false;
            }
            if reached {
                return true;
            }
        }
    }

    /// Makes calls go wrong: `{"account": .., "service": .., "operation": .., "fault": ..}`.
    pub(crate) fn fault(&self, fault: &Value) {
        self.ask("POST", "faults", &json!({ "faults": [fault] }));
    }

    /// Ends the faults of these accounts, and only theirs.
    pub(crate) fn clear_faults(&self, accounts: &[&str]) {
        for account in accounts {
            self.ask("DELETE", &format!("faults?account={account}"), &Value::Null);
        }
    }

    /// Ends all faults.
    pub(crate) fn clear_all_faults(&self) {
        self.ask("DELETE", "faults", &Value::Null);
    }

    /// Whether a call is held that a fault `hold_before` or `hold_after` caught.
    pub(crate) fn holds_a_call(&self) -> bool {
        self.ask("GET", "held", &Value::Null)["held"] == true
    }

    /// All that these accounts have that has to do with logging.
    pub(crate) fn listing(&self, accounts: &[&str]) -> Value {
        let of = |account: &&str| {
            let listing = self.ask("GET", &format!("listing?account={account}"), &Value::Null);
            ((*account).to_owned(), listing)
        };
        accounts.iter().map(of).collect()
    }

    /// Deploys a CloudFormation template.
    pub(crate) fn deploy(&self, stack: &Value) -> Value {
        self.ask("POST", "stack", stack)
    }

    /// The state machines and schedules of an account in a Region.
    pub(crate) fn scheduled(&self, account: &str, region: &str) -> Value {
        let path = format!("scheduled?account={account}&region={region}");
        self.ask("GET", &path, &Value::Null)
    }

    /// Deletes a deployed stack with its resources.
    pub(crate) fn undeploy(&self, stack: &Value) -> Value {
        self.ask("DELETE", "stack", stack)
    }

    /// Gives a role of an account a policy; its sessions may exist already.
    pub(crate) fn role(&self, account: &str, name: &str, policy: &Value) -> Value {
        let role = json!({ "account": account, "name": name, "policy": policy });
        self.ask("POST", "role", &role)
    }

    /// Deletes a role of an account.
    pub(crate) fn forget_role(&self, account: &str, name: &str) {
        let role = json!({ "account": account, "name": name });
        self.ask("DELETE", "role", &role);
    }

    /// The StackSets of all organizations.
    pub(crate) fn stack_sets(&self) -> Value {
        self.ask("GET", "stack_sets", &Value::Null)["stack_sets"].clone()
    }

    /// Gives the StackSets of a name another template and other parameters.
    pub(crate) fn replace_stack_set(&self, name: &str, template: &str, parameters: &Value) {
        let given = json!({ "name": name, "template": template, "parameters": parameters });
        self.ask("POST", "stack_set", &given);
    }

    /// Makes calls with the credentials of a role (`tests/aws/escalations.py`): error codes by name.
    pub(crate) fn try_calls(&self, ask: &Value) -> Value {
        self.script("escalations.py", ask)
    }

    /// Credentials of a role of an account that may do everything.
    pub(crate) fn session(&self, account: &str) -> Value {
        let role = json!({ "account": account, "role": "Administrator" });
        self.ask("POST", "session", &role)
    }

    /// Imports endpoints into a stack, and changes them as its template describes.
    pub(crate) fn import(&self, import: &Value) {
        self.ask("POST", "import", import);
    }

    /// Answers every logged query anew from the private hosted zones of its VPC; how many that changed.
    pub(crate) fn resolve_private_zones(&self) -> u64 {
        let answer = self.ask("POST", "resolve", &Value::Null);
        answer["changed"].as_u64().expect("a number")
    }

    /// Runs a script of `tests/aws` with JSON both ways.
    pub(crate) fn script(&self, name: &str, ask: &Value) -> Value {
        let mut ask = ask.clone();
        ask["endpoint"] = self.endpoint().into();
        let done = Script::file(name)
            .importing("boto3")
            .run_with(&ask.to_string());
        assert!(done.success, "{name} {ask}: {}", done.stderr);
        serde_json::from_str(&done.stdout).expect("the script prints JSON")
    }

    /// A delivery role as versions before the template made it: with the program's tags.
    pub(crate) fn old_delivery_role(&self, account: &str, policy: &Value) {
        let role = json!({
            "account": account, "name": "vpce-scout-flow-logs", "policy": policy,
            "trust": "vpc-flow-logs.amazonaws.com",
            "tags": {
                "vpce-scout:tool": "vpce-scout", "vpce-scout:run": "20260101T000000Z",
                "vpce-scout:expires": "2026-01-15T00:00:00Z",
            },
        });
        self.ask("POST", "role", &role);
    }

    /// Every call about these accounts, in the order of arrival in each.
    pub(crate) fn journal(&self, accounts: &[&str]) -> Vec<Call> {
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let call = |entry: &Value| Call {
            account: text(entry, "account"),
            region: text(entry, "region"),
            service: text(entry, "service"),
            operation: text(entry, "operation"),
        };
        self.entries(accounts).iter().map(call).collect()
    }

    /// The keys of the objects that these accounts have read, in the order of arrival, with their buckets.
    pub(crate) fn objects_read(&self, accounts: &[&str]) -> Vec<String> {
        let path = |call: &Value| call["path"].as_str().unwrap_or_default().to_owned();
        let all = self.entries(accounts);
        let read = all.iter().filter(|call| call["operation"] == "GetObject");
        read.map(path).collect()
    }

    fn entries(&self, accounts: &[&str]) -> Vec<Value> {
        let path = format!("journal?account={}", accounts.join(","));
        match self.ask("GET", &path, &Value::Null) {
            Value::Array(entries) => entries,
            other => panic!("the journal is no list: {other}"),
        }
    }

    /// Empties the journal.
    pub(crate) fn forget_journal(&self) {
        self.ask("DELETE", "journal", &Value::Null);
    }

    /// One request of HTTP/1.1 on a connection of its own; JSON both ways.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.exchange(method, path, body).unwrap_or_else(|error| {
            panic!("{method} /_local/{path}: the local AWS does not answer: {error}")
        });
        assert_eq!(status, "200", "{method} /_local/{path}: {answer}");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> std::io::Result<(String, String)> {
        let host = self.endpoint().trim_start_matches("http://");
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut stream = TcpStream::connect(host)?;
        write!(
            stream,
            "{method} /_local/{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).unwrap_or_default();
        Ok((status.to_owned(), body.to_owned()))
    }
}
