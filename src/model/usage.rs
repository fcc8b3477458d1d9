//! DNS usage as the query logs tell it. Counts are of *uncached* lookups: Resolver logs only
//! queries that it does not answer from its cache, so they are neither calls nor bytes.

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{coverage::Failure, id::Arn, target::Target};

/// What one VPC asked of its resolver in the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcDns {
    /// The VPC.
    pub vpc_id: String,
    /// All queries, whatever the name and the answer.
    pub queries: Option<u64>,
    /// The names in AWS zones, by name.
    pub hosts: BTreeMap<String, HostQueries>,
}

impl VpcDns {
    /// Adds what another log group holds of the same VPC.
    pub fn absorb(&mut self, other: Self) {
        self.queries = match (self.queries, other.queries) {
            (Some(here), Some(there)) => Some(here + there),
            (known, other) => known.or(other),
        };
        for (name, host) in other.hosts {
            self.hosts.entry(name).or_default().absorb(host);
        }
    }
}

/// What was asked of one host name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostQueries {
    /// Queries, those answered with NXDOMAIN left out.
    pub queries: u64,
    /// Queries answered with NXDOMAIN.
    pub nxdomain_queries: u64,
    /// Queries by the first address of their answer. An address that was only seen behind another
    /// has the count 0. Queries without an address (AAAA of an IPv4 name, TXT) are in none.
    pub answers: Answers,
    /// At least so many distinct source addresses asked.
    pub sources: u64,
}

impl HostQueries {
    /// Adds what another part of the window, or another spelling of the name, saw.
    pub fn absorb(&mut self, other: Self) {
        self.queries += other.queries;
        self.nxdomain_queries += other.nxdomain_queries;
        self.sources = self.sources.max(other.sources);
        self.answers.absorb(other.answers);
    }
}

/// Queries by address. Most names have one or two addresses, for which a map takes ten times the
/// memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers(Vec<(IpAddr, u64)>);

impl Answers {
    /// Adds queries of an address.
    pub fn add(&mut self, address: IpAddr, queries: u64) {
        match self.0.binary_search_by_key(&address, |(it, _)| *it) {
            Ok(at) => {
                if let Some((_, counted)) = self.0.get_mut(at) {
                    *counted += queries;
                }
            }
            Err(at) => self.0.insert(at, (address, queries)),
        }
    }

    /// Adds all of `other`.
    pub fn absorb(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
            self.0.shrink_to_fit();
            return;
        }
        for (address, queries) in other.0 {
            self.add(address, queries);
        }
    }

    /// Addresses with their queries, by address.
    pub fn iter(&self) -> impl Iterator<Item = (IpAddr, u64)> {
        self.0.iter().copied()
    }
}

impl Serialize for Answers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Answers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let answers = BTreeMap::deserialize(deserializer)?;
        Ok(Self(answers.into_iter().collect()))
    }
}

/// A log group in the account and region that own it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogGroup {
    /// The owning account and the region.
    pub target: Target,
    /// Its name.
    pub name: String,
}

impl LogGroup {
    /// The log group of an ARN; none if it is something else.
    pub fn of_arn(arn: &Arn) -> Option<Self> {
        let name = arn.resource().strip_prefix("log-group:")?;
        let name = name.strip_suffix(":*").unwrap_or(name);
        if arn.service() != "logs" || name.is_empty() {
            return None;
        }
        let target = Target {
            account_id: arn.account().parse().ok()?,
            region: arn.region().parse().ok()?,
        };
        Some(Self {
            target,
            name: name.to_owned(),
        })
    }

    /// The log group that a flow log of a target names: by ARN, or by name alone in that target.
    pub fn of_destination(destination: &str, target: &Target) -> Option<Self> {
        match destination.parse() {
            Ok(arn) => Self::of_arn(&arn),
            Err(_) if destination.is_empty() || destination.starts_with("arn:") => None,
            Err(_) => Some(Self {
                target: target.clone(),
                name: destination.to_owned(),
            }),
        }
    }
}

/// What a log group holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupUsage {
    /// By VPC; also VPCs that nobody asked for.
    pub vpcs: BTreeMap<String, VpcDns>,
    /// Bytes scanned by all queries.
    pub bytes_scanned: u64,
    /// Bytes that the group took in over the window; none if no single query read them all.
    #[serde(default)]
    pub window_bytes: Option<u64>,
    /// Why it is not all.
    pub failure: Option<Failure>,
    /// What is worth telling although nothing failed.
    pub remark: Option<String>,
}

impl GroupUsage {
    /// The usage of a group that cannot be read at all.
    pub fn failed(group: &LogGroup, failure: Failure) -> Self {
        let message = format!(
            "log group `{}` of {}: {}",
            group.name, group.target, failure.message
        );
        Self {
            failure: Some(Failure { message, ..failure }),
            ..Self::default()
        }
    }

    /// Adds to what is worth telling.
    pub fn tell(&mut self, what: &str) {
        match &mut self.remark {
            Some(told) => *told = format!("{told}; {what}"),
            none => *none = Some(what.to_owned()),
        }
    }
}

/// A log group that was read, as it is kept: reading it again would cost again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRead {
    /// What it holds.
    pub usage: GroupUsage,
    /// HTTP attempts made, the credentials' included.
    pub attempts: u32,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_kept_and_counted_as_a_map_of_them_would_be() {
        let mut map = BTreeMap::new();
        let mut answers = Answers::default();
        for (address, queries) in [
            ("10.0.0.9", 2),
            ("10.0.0.1", 5),
            ("::1", 0),
            ("10.0.0.9", 3),
        ] {
            let address: IpAddr = address.parse().unwrap();
            *map.entry(address).or_default() += queries;
            let mut one = Answers::default();
            one.add(address, queries);
            answers.absorb(one);
        }
        assert_eq!(answers.iter().collect::<BTreeMap<_, u64>>(), map);
        let json = serde_json::to_string(&answers).unwrap();
        assert_eq!(json, serde_json::to_string(&map).unwrap());
        assert_eq!(serde_json::from_str::<Answers>(&json).unwrap(), answers);
    }
}
