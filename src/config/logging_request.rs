//! What `logging enable` was asked for: flags and settings as one checked request.

use super::Logging;
use crate::{
    cli::logging::{EnableArgs, LogDestination, LogKind, ShareWith},
    config::ConfigError,
    model::{
        id::VpcId,
        logging::{Destination, LogBucket, Request, RequestedLogs},
    },
};

/// Days that CloudWatch Logs can keep events
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>).
const RETENTION_DAYS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// Checks the flags and fills in the settings.
///
/// # Errors
///
/// If a flag has an invalid value, or does not fit the kind of logs.
pub fn request(settings: &Logging, args: &EnableArgs) -> Result<Request, ConfigError> {
    check_kind(args)?;
    check_bucket(args)?;
    let (wanted, default_group) = match args.what {
        LogKind::Dns => (
            RequestedLogs::Dns {
                destination: destination(args)?,
            },
            &settings.dns_log_group,
        ),
        LogKind::Flow => (flow(settings, args)?, &settings.flow_log_group),
    };
    let log_group = args.log_group.as_ref().unwrap_or(default_group).clone();
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "._-/#".contains(letter);
    if !(1..=512).contains(&log_group.len()) || !log_group.chars().all(letter) {
        return Err(ConfigError::value(
            "--log-group",
            log_group,
            "expected 1 to 512 letters, digits and . _ - / #",
        ));
    }
    let retention_days = args.retention_days.unwrap_or(settings.retention_days);
    if !RETENTION_DAYS.contains(&retention_days) {
        return Err(ConfigError::value(
            "--retention-days",
            retention_days.to_string(),
            format!(
                "expected one of {}",
                RETENTION_DAYS.map(|days| days.to_string()).join(", ")
            ),
        ));
    }
    Ok(Request {
        wanted,
        log_group,
        retention_days,
        vpc_ids: vpc_ids(&args.vpcs)?,
    })
}

/// A flag of the other sort of logs would be without effect, and was not meant to be.
fn check_kind(args: &EnableArgs) -> Result<(), ConfigError> {
    let of_flow = [
        ("--nat-only", args.nat_only, "query logs are of whole VPCs"),
        (
            "--aggregation",
            args.aggregation.is_some(),
            "query logs are written at once",
        ),
        (
            "--delivery-role",
            args.delivery_role.is_some(),
            "query logs need no role",
        ),
    ];
    let own = "flow logs go to log groups of their own account, or to a bucket";
    let central = args.destination == LogDestination::Central || args.central_account.is_some();
    let of_dns = [("--destination, --central-account", central, own)];
    let of_flow = of_flow.into_iter().chain([(
        "--parquet",
        args.parquet,
        "query logs are delivered as text only",
    )]);
    let of_flow: Vec<_> = of_flow.collect();
    let (typed, odd) = match args.what {
        LogKind::Dns => ("dns", of_flow.iter().find(|(_, given, _)| *given)),
        LogKind::Flow => ("flow", of_dns.iter().find(|(_, given, _)| *given)),
    };
    match odd {
        Some((flag, _, why)) => Err(ConfigError::value(flag, typed, *why)),
        None => Ok(()),
    }
}

/// A flag of log groups would be without effect on a bucket, and the reverse.
fn check_bucket(args: &EnableArgs) -> Result<(), ConfigError> {
    let to_bucket = args.destination == LogDestination::S3;
    let why = "it is of log groups, and the logs go to a bucket";
    let of_groups = [
        ("--log-group", args.log_group.is_some()),
        ("--retention-days", args.retention_days.is_some()),
        ("--delivery-role", args.delivery_role.is_some()),
        ("--central-account", args.central_account.is_some()),
    ];
    if let Some((flag, _)) = of_groups.iter().find(|(_, given)| to_bucket && *given) {
        return Err(ConfigError::value(*flag, "--destination s3", why));
    }
    match &args.bucket {
        Some(name) if !to_bucket => Err(ConfigError::value(
            "--bucket",
            name,
            "give --destination s3 too",
        )),
        _ => Ok(()),
    }
}

/// The bucket; none if log groups take the logs.
fn bucket(args: &EnableArgs) -> Result<Option<LogBucket>, ConfigError> {
    let Some(name) = &args.bucket else {
        return Ok(None);
    };
    let letter = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || ".-".contains(it);
    if !(3..=63).contains(&name.len()) || !name.chars().all(letter) {
        return Err(ConfigError::value(
            "--bucket",
            name,
            "expected the name of a bucket: 3 to 63 small letters, digits and . -",
        ));
    }
    let typed = args.prefix.as_deref().unwrap_or_default();
    let prefix = typed.trim_matches('/');
    let letter = |it: char| it.is_ascii_alphanumeric() || "/!-_.*'()=".contains(it);
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
    let reserved = prefix.split('/').any(|it| it == "AWSLogs" || it.is_empty());
    if !prefix.is_empty() && (reserved || prefix.len() > 256 || !prefix.chars().all(letter)) {
        return Err(ConfigError::value(
            "--prefix",
            typed,
            "expected folders without `AWSLogs`, which AWS adds",
        ));
    }
    Ok(Some(LogBucket {
        name: name.clone(),
        prefix: prefix.to_owned(),
    }))
}

fn destination(args: &EnableArgs) -> Result<Destination, ConfigError> {
    if let Some(bucket) = bucket(args)? {
        return Ok(Destination::S3 { bucket });
    }
    match (&args.central_account, args.destination) {
        (Some(id), LogDestination::Central) => Ok(Destination::Central {
            account_id: id
                .parse()
                .map_err(|_| ConfigError::value("--central-account", id, "expected 12 digits"))?,
            with_organization: args.share_with == ShareWith::Organization,
        }),
        (Some(id), LogDestination::Own | LogDestination::S3) => Err(ConfigError::value(
            "--central-account",
            id,
            "give --destination central too",
        )),
        (None, _) => Ok(Destination::Own {}),
    }
}

fn flow(settings: &Logging, args: &EnableArgs) -> Result<RequestedLogs, ConfigError> {
    let aggregation_seconds = args.aggregation.unwrap_or(settings.aggregation_seconds);
    if ![60, 600].contains(&aggregation_seconds) {
        return Err(ConfigError::value(
            "--aggregation",
            aggregation_seconds.to_string(),
            "expected 60 or 600 seconds",
        ));
    }
    let role = args.delivery_role.as_ref();
    let delivery_role = role.unwrap_or(&settings.delivery_role).clone();
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-".contains(letter);
    if !(1..=64).contains(&delivery_role.len()) || !delivery_role.chars().all(letter) {
        return Err(ConfigError::value(
            "--delivery-role",
            delivery_role,
            "expected the name of an IAM role: 1 to 64 letters, digits and + = , . @ _ -",
        ));
    }
    Ok(RequestedLogs::Flow {
        nat_only: args.nat_only,
        aggregation_seconds,
        delivery_role,
        bucket: bucket(args)?,
        parquet: args.parquet,
    })
}

/// VPC ids as typed, each once.
///
/// # Errors
///
/// If a word cannot be a VPC id.
pub fn vpc_ids(typed: &[String]) -> Result<Vec<VpcId>, ConfigError> {
    let rest = |id: &str| id.strip_prefix("vpc-").map(str::to_owned);
    let is_id = |id: &&String| {
        rest(id).is_some_and(|rest| {
            !rest.is_empty() && rest.chars().all(|letter| letter.is_ascii_alphanumeric())
        })
    };
    if let Some(odd) = typed.iter().find(|id| !is_id(id)) {
        return Err(ConfigError::value(
            "--vpcs",
            odd,
            "expected ids of VPCs, as in vpc-0123456789abcdef0",
        ));
    }
    let mut ids: Vec<VpcId> = typed.iter().map(|id| id.as_str().into()).collect();
    ids.sort();
    ids.dedup();
    Ok(ids)
}
