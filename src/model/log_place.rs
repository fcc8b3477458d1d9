//! Places that logs are delivered to and read from: a log group, or objects in a bucket.

use std::fmt;

use super::{
    coverage::Failure,
    id::{Arn, FlowLogId, VpcId},
    kind::LogDestinationType,
    log_source::{FlowLayout, FlowLog},
    target::Target,
    usage::LogGroup,
};

/// A place that logs are read from, as one unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogPlace {
    /// A log group of CloudWatch Logs.
    LogGroup(LogGroup),
    /// Objects in S3.
    Objects(ObjectPlace),
}

/// Objects of one VPC (query logs) or of one flow log in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectPlace {
    /// The account and Region of the configuration or flow log that delivers. The bucket may be
    /// owned by another account.
    pub target: Target,
    /// The bucket.
    pub bucket: String,
    /// What stands before `AWSLogs/` in the keys; empty, or with a slash at its end.
    pub prefix: String,
    /// The records that the objects hold, and how they are laid out.
    pub records: ObjectRecords,
}

/// The records that objects hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectRecords {
    /// The query log records of a VPC.
    Queries {
        /// The VPC.
        vpc_id: VpcId,
    },
    /// The records of a flow log.
    Flows {
        /// The flow log: its id is in the name of each object.
        flow_log_id: FlowLogId,
        /// Its format and folders.
        layout: FlowLayout,
        /// Seconds that the flow log aggregates before it delivers.
        aggregation_seconds: u32,
    },
}

impl LogPlace {
    /// The place of a query logging configuration's destination for a VPC; none if it is not read.
    pub fn of_query_log(destination: &Arn, vpc_id: &str, target: &Target) -> Option<Self> {
        if let Some(group) = LogGroup::of_arn(destination) {
            return Some(Self::LogGroup(group));
        }
        let (bucket, prefix) = bucket_and_prefix(destination)?;
        let vpc_id = vpc_id.into();
        Some(Self::Objects(ObjectPlace {
            target: target.clone(),
            bucket,
            prefix,
            records: ObjectRecords::Queries { vpc_id },
        }))
    }

    /// The place that a flow log delivers to; none if it is not read.
    pub fn of_flow_log(log: &FlowLog) -> Option<Self> {
        let destination = log.destination.as_deref().unwrap_or_default();
        match log.destination_type {
            LogDestinationType::CloudWatchLogs => {
                LogGroup::of_destination(destination, &log.target).map(Self::LogGroup)
            }
            LogDestinationType::S3 => {
                let (bucket, prefix) = bucket_and_prefix(&destination.parse().ok()?)?;
                Some(Self::Objects(ObjectPlace {
                    target: log.target.clone(),
                    bucket,
                    prefix,
                    records: ObjectRecords::Flows {
                        flow_log_id: log.flow_log_id.clone(),
                        layout: log.layout.unwrap_or_default(),
                        aggregation_seconds: log.aggregation_seconds.unwrap_or(600),
                    },
                }))
            }
            _ => None,
        }
    }

    /// The place of a part of the step `dns_usage` that a run kept.
    pub fn of_dns_part(target: Target, name: String) -> Self {
        let objects = name.strip_prefix("s3://").and_then(|rest| {
            let (bucket, rest) = rest.split_once('/')?;
            let (prefix, vpc_id) = rest.rsplit_once('/').unwrap_or(("", rest));
            let prefix = if prefix.is_empty() {
                String::new()
            } else {
                format!("{prefix}/")
            };
            Some((bucket.to_owned(), prefix, VpcId::from(vpc_id)))
        });
        match objects {
            Some((bucket, prefix, vpc_id)) => Self::Objects(ObjectPlace {
                target,
                bucket,
                prefix,
                records: ObjectRecords::Queries { vpc_id },
            }),
            None => Self::LogGroup(LogGroup { target, name }),
        }
    }

    /// The account and Region under which its parts are kept: those of the log group, or of what
    /// delivers the objects.
    pub fn target(&self) -> &Target {
        match self {
            Self::LogGroup(group) => &group.target,
            Self::Objects(objects) => &objects.target,
        }
    }

    /// The name of its parts; no log group's name has a colon.
    pub fn name(&self) -> String {
        match self {
            Self::LogGroup(group) => group.name.clone(),
            Self::Objects(objects) => objects.name(),
        }
    }

    /// The same failure with the place in its message.
    pub fn failed(&self, failure: Failure) -> Failure {
        let message = format!("{self} of {}: {}", self.target(), failure.message);
        Failure { message, ..failure }
    }
}

impl ObjectPlace {
    /// The unit as its parts are named: bucket, prefix, and the VPC or the flow log.
    pub fn name(&self) -> String {
        let of = match &self.records {
            ObjectRecords::Queries { vpc_id } => vpc_id.as_str(),
            ObjectRecords::Flows { flow_log_id, .. } => flow_log_id,
        };
        format!("s3://{}/{}{of}", self.bucket, self.prefix)
    }
}

impl fmt::Display for LogPlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LogGroup(group) => write!(out, "log group `{}`", group.name),
            Self::Objects(objects) => {
                let of = match &objects.records {
                    ObjectRecords::Queries { vpc_id } => vpc_id.as_str(),
                    ObjectRecords::Flows { flow_log_id, .. } => flow_log_id,
                };
                write!(out, "`s3://{}/{}` ({of})", objects.bucket, objects.prefix)
            }
        }
    }
}

/// Bucket and prefix of `arn:aws:s3:::bucket/folder/`.
fn bucket_and_prefix(arn: &Arn) -> Option<(String, String)> {
    if arn.service() != "s3" {
        return None;
    }
    let (bucket, prefix) = arn
        .resource()
        .split_once('/')
        .unwrap_or((arn.resource(), ""));
    let prefix = prefix.trim_matches('/');
    let prefix = if prefix.is_empty() {
        String::new()
    } else {
        format!("{prefix}/")
    };
    (!bucket.is_empty()).then(|| (bucket.to_owned(), prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target {
            account_id: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    #[test]
    fn a_bucket_with_or_without_a_folder_is_a_place_and_is_found_again_by_the_name_of_its_part() {
        for (arn, name) in [
            ("arn:aws:s3:::logs", "s3://logs/vpc-1"),
            ("arn:aws:s3:::logs/a/b/", "s3://logs/a/b/vpc-1"),
            ("arn:aws:s3:::logs/a", "s3://logs/a/vpc-1"),
            (
                "arn:aws:s3:::logs/a b/ü+%20:x/",
                "s3://logs/a b/ü+%20:x/vpc-1",
            ),
            ("arn:aws-cn:s3:::logs/a", "s3://logs/a/vpc-1"),
            ("arn:aws-us-gov:s3:::logs", "s3://logs/vpc-1"),
        ] {
            let place = LogPlace::of_query_log(&arn.parse().unwrap(), "vpc-1", &target()).unwrap();
            assert_eq!(place.name(), name);
            assert_eq!(LogPlace::of_dns_part(target(), place.name()), place);
        }
        let stream = "arn:aws:firehose:eu-west-1:111111111111:deliverystream/x";
        let place = LogPlace::of_query_log(&stream.parse().unwrap(), "vpc-1", &target());
        assert_eq!(place, None);
    }
}
