//! Checks of this machine: directories, proxy, credentials, clock.

use std::path::Path;

use jiff::SignedDuration;

use super::{Check, Status};
use crate::{config::Config, org::connect::ConnectError, store::Store};

/// AWS refuses signatures of five minutes ago, and of fifteen in a few services
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>).
const LARGEST_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// What is worth knowing.
const LARGE_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// What to do about a clock that is off.
const SET_THE_CLOCK: &str = "set the clock, for instance with chrony: AWS refuses signatures that are more than \
                             five minutes off";

/// Whether a directory, or the nearest one above it that exists, can be written to.
pub(super) fn writable(name: &'static str, directory: Option<&Path>) -> Check {
    let flag = if name == "state" {
        "--state-dir"
    } else {
        "--out"
    };
    let Some(directory) = directory else {
        return Check::new(
            name,
            Status::Failed,
            "the platform has no directory for state",
        )
        .remedy(format!("name one: {flag} DIR"));
    };
    let shown = directory.display();
    // A link that leads nowhere is there, and is no directory.
    let existing = directory
        .ancestors()
        .find(|it| it.symlink_metadata().is_ok());
    let existing = existing.unwrap_or(Path::new("."));
    match tempfile::tempfile_in(existing) {
        Ok(_) => Check::ok(name, format!("`{shown}` can be written")),
        Err(error) => {
            let message = format!("cannot write to `{shown}`: {error}");
            Check::new(name, Status::Failed, message).remedy(format!(
                "make it writable for this user, or name another: {flag} DIR"
            ))
        }
    }
}

/// Whether the run store can be used: its directory, and the file in it if there is one.
pub(super) fn state(directory: Option<&Path>) -> Check {
    let check = writable("state", directory);
    let (Status::Ok, Some(directory)) = (check.status, directory) else {
        return check;
    };
    match Store::inspect(directory) {
        Ok(()) => check,
        Err(error) => {
            let check = Check::failed("state", &error.into());
            if check.remedy.is_some() {
                return check;
            }
            check.remedy("move the file away, or name another directory: --state-dir DIR")
        }
    }
}

/// The proxy and the certificates that are used, without passwords.
pub(super) fn proxy(variable: impl Fn(&str) -> Option<String>) -> Check {
    let set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    let proxies = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let proxy = proxies.iter().find(|name| set(name));
    let proxy = proxy.map_or("no proxy".to_owned(), |name| {
        format!(
            "the proxy `{}` of {name}",
            host(&variable(name).unwrap_or_default())
        )
    });
    let bundle = variable("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
    let certificates = bundle.map_or("the certificates of the system".to_owned(), |path| {
        format!("the certificates of `{path}` (AWS_CA_BUNDLE)")
    });
    Check::ok("network", format!("{proxy}, {certificates}"))
}

/// A URL without scheme, user and password.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    rest.trim_end_matches('/')
}

/// Where the credentials come from, by the order of the SDK's default chain.
pub(super) fn credential_source(
    config: &Config,
    variable: impl Fn(&str) -> Option<String>,
) -> String {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    if let Some(profile) = &config.profile {
        return format!("the profile `{profile}`");
    }
    if set("AWS_ACCESS_KEY_ID") {
        return "the environment (AWS_ACCESS_KEY_ID)".to_owned();
    }
    if let Some(profile) = variable("AWS_PROFILE").filter(|name| !name.is_empty()) {
        return format!("the profile `{profile}` (AWS_PROFILE)");
    }
    let sources = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "a web identity"),
        (
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "the role of the container",
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "the role of the container",
        ),
    ];
    let found = sources.iter().find(|(name, _)| set(name));
    found.map_or_else(
        || "the default profile or the role of the instance".to_owned(),
        |(name, source)| format!("{source} ({name})"),
    )
}

/// Credentials or settings that cannot be used, with the remedy that the error names.
pub(super) fn credentials_failed(error: ConnectError) -> Check {
    match error {
        ConnectError::Settings(error) => Check::failed("settings", &error.into()).remedy(
            "correct it where it is set, or leave it out; `vpce-scout scan --print-config` prints the settings \
             in force",
        ),
        error => Check::failed("credentials", &error.into()),
    }
}

/// Regions that do not exist.
pub(super) fn regions_failed(error: &anyhow::Error) -> Check {
    Check::failed("regions", error).remedy(
        "correct --regions, `scope.regions` or AWS_REGION to Regions that exist, as in eu-west-1",
    )
}

/// The clock of this machine against that of AWS.
pub(super) fn clock(ahead: Option<SignedDuration>) -> Check {
    let Some(ahead) = ahead else {
        return Check::new("clock", Status::Skipped, "AWS did not answer");
    };
    let seconds = ahead.as_secs().unsigned_abs();
    let side = if ahead.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    let message = format!("{seconds} s {side} that of AWS");
    let remedy = SET_THE_CLOCK;
    match ahead.abs() {
        skew if skew >= LARGEST_SKEW => Check::new("clock", Status::Failed, message).remedy(remedy),
        skew if skew >= LARGE_SKEW => Check::new("clock", Status::Warning, message).remedy(remedy),
        _ => Check::ok("clock", message),
    }
}
