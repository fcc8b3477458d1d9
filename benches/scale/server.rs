//! A server that speaks enough HTTP/1.1 for the SDK, with latency and token buckets.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::answers;

/// The size of an organization.
#[derive(Clone, Copy)]
pub(crate) struct Organization {
    pub(crate) accounts: usize,
    pub(crate) regions: usize,
    /// VPCs of each account in each Region.
    pub(crate) vpcs: usize,
    /// Regions with activity.
    pub(crate) busy_regions: usize,
}

/// A call, taken apart.
pub(crate) struct Call<'c> {
    pub(crate) operation: &'c str,
    pub(crate) account: &'c str,
    pub(crate) region: &'c str,
    pub(crate) service: &'c str,
    pub(crate) body: &'c str,
    /// The same, as it came.
    pub(crate) raw: &'c [u8],
}

/// A running server.
pub(crate) struct Server {
    endpoint: String,
    state: Arc<State>,
}

struct State {
    organization: Organization,
    latency: Duration,
    calls: AtomicU64,
    open_calls: AtomicU64,
    throttled: AtomicU64,
    by_operation: Mutex<HashMap<String, u64>>,
    buckets: Mutex<HashMap<String, (f64, Instant)>>,
}

impl Server {
    pub(crate) fn start(organization: Organization, latency: Duration) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            organization,
            latency,
            calls: AtomicU64::new(0),
            open_calls: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            by_operation: Mutex::default(),
            buckets: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    stream.set_nodelay(true).unwrap();
                    tokio::spawn(serve(stream, Arc::clone(&shared)));
                }
            });
        });
        Self { endpoint, state }
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn calls(&self) -> u64 {
        self.state.calls.load(Ordering::Relaxed)
    }

    /// Calls that are being answered.
    pub(crate) fn open_calls(&self) -> u64 {
        self.state.open_calls.load(Ordering::Relaxed)
    }

    pub(crate) fn throttled(&self) -> u64 {
        self.state.throttled.load(Ordering::Relaxed)
    }

    /// The calls of each operation, most calls first.
    pub(crate) fn by_operation(&self) -> Vec<(String, u64)> {
        let calls = self.state.by_operation.lock().unwrap();
        let mut calls: Vec<_> = calls.clone().into_iter().collect();
        calls.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        calls
    }

    pub(crate) fn calls_of(&self, operation: &str) -> u64 {
        let calls = self.state.by_operation.lock().unwrap();
        calls.get(operation).copied().unwrap_or(0)
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut buffer = Vec::new();
    loop {
        let Some((head, body)) = request(&mut stream, &mut buffer).await else {
            return;
        };
        state.open_calls.fetch_add(1, Ordering::Relaxed);
        let answer = answer(&head, &body, &state);
        tokio::time::sleep(state.latency).await;
        state.open_calls.fetch_sub(1, Ordering::Relaxed);
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// One request; what comes after it stays in the buffer.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = header(&head, "content-length").map_or(0, |it| it.parse().unwrap());
            let whole = end + 4 + length;
            if buffer.len() >= whole {
                let body = buffer[end + 4..whole].to_vec();
                buffer.drain(..whole);
                return Some((head, body));
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

fn answer(head: &str, body: &[u8], state: &State) -> Vec<u8> {
    let scope = header(head, "authorization")
        .and_then(|it| it.split_once("Credential="))
        .expect("every call is signed")
        .1;
    let mut scope = scope.split('/');
    let key = scope.next().unwrap();
    let (region, service) = (scope.nth(1).unwrap(), scope.next().unwrap());
    let raw = body;
    let body = String::from_utf8_lossy(raw);
    let path = head.split(' ').nth(1).unwrap();
    let operation = match header(head, "x-amz-target") {
        Some(target) => target.rsplit('.').next().unwrap(),
        None if path.contains("/operation/") => path.rsplit('/').next().unwrap(),
        None if path.starts_with("/profileassociations") => "ListProfileAssociations",
        None => answers::parameter(&body, "Action").expect("a query has an action"),
    };
    state.calls.fetch_add(1, Ordering::Relaxed);
    let mut counts = state.by_operation.lock().unwrap();
    *counts.entry(operation.to_owned()).or_default() += 1;
    drop(counts);
    let call = Call {
        operation,
        // Keys of the server end in the id of their account.
        account: &key[4..],
        region,
        service,
        body: &body,
        raw,
    };
    if !state.admits(&call) {
        state.throttled.fetch_add(1, Ordering::Relaxed);
        return answers::throttled(&call);
    }
    answers::answer(&call, state.organization)
}

impl State {
    /// Takes a token out of the call's bucket, if there is one.
    fn admits(&self, call: &Call<'_>) -> bool {
        let Call {
            operation,
            account,
            region,
            service,
            ..
        } = call;
        let (most, per_second, api) = match *service {
            "ec2" => (100.0, 20.0, *operation),
            "route53resolver" | "route53profiles" => (5.0, 5.0, ""),
            "logs" => (10.0, 10.0, *operation),
            "monitoring" => (50.0, 50.0, ""),
            "sts" => (600.0, 600.0, ""),
            // No rates are published.
            _ => return true,
        };
        let mut buckets = self.buckets.lock().unwrap();
        let now = Instant::now();
        let bucket = buckets
            .entry(format!("{account}/{region}/{service}/{api}"))
            .or_insert((most, now));
        let refilled: f64 = bucket.0 + (now - bucket.1).as_secs_f64() * per_second;
        *bucket = (refilled.min(most), now);
        if bucket.0 < 1.0 {
            return false;
        }
        bucket.0 -= 1.0;
        true
    }
}
