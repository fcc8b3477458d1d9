//! A bucket that takes logs.

use serde::{Deserialize, Serialize};

/// A bucket that takes logs, and the prefix of their keys. Both belong to the user, the bucket's policy
/// too: they are read and never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogBucket {
    /// Its name.
    pub name: String,
    /// What stands before `AWSLogs/`, without slashes at its ends; empty for none.
    pub prefix: String,
}

impl LogBucket {
    /// The ARN of the bucket.
    pub fn arn(&self, partition: &str) -> String {
        format!("arn:{partition}:s3:::{}", self.name)
    }

    /// The destination as configurations and flow logs name it: bucket and folder.
    pub fn destination(&self, partition: &str) -> String {
        match self.prefix.as_str() {
            "" => self.arn(partition),
            prefix => format!("{}/{prefix}/", self.arn(partition)),
        }
    }

    /// Whether a destination is this bucket with this prefix, however its slashes are written.
    pub fn is_destination(&self, arn: &str) -> bool {
        let Some((start, path)) = arn.split_once(":::") else {
            return false;
        };
        let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
        start.ends_with(":s3") && name == self.name && prefix.trim_matches('/') == self.prefix
    }

    /// What keys begin with, `AWSLogs/` included.
    pub fn folder(&self) -> String {
        match self.prefix.as_str() {
            "" => "AWSLogs/".to_owned(),
            prefix => format!("{prefix}/AWSLogs/"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_found_again_however_its_slashes_are_written() {
        let bucket = |prefix: &str| LogBucket {
            name: "logs".to_owned(),
            prefix: prefix.to_owned(),
        };
        let plain = bucket("");
        assert_eq!(plain.destination("aws"), "arn:aws:s3:::logs");
        let folder = bucket("network/dns");
        let destination = folder.destination("aws-cn");
        assert_eq!(destination, "arn:aws-cn:s3:::logs/network/dns/");
        assert_eq!(folder.folder(), "network/dns/AWSLogs/");
        for arn in [destination.as_str(), "arn:aws:s3:::logs/network/dns"] {
            assert!(folder.is_destination(arn) && !plain.is_destination(arn));
        }
        assert!(plain.is_destination("arn:aws:s3:::logs/"));
        assert!(!plain.is_destination("arn:aws:logs:eu-west-1:1:log-group:logs"));
    }
}
