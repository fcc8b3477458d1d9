//! DNS usage as the facts of a Region hold it. The names that VPCs ask for are the most numerous things
//! there are: each is some fifty bytes, one behind the other.

use std::net::IpAddr;

use super::{
    id::VpcId,
    run::Window,
    usage::{HostQueries, LogCoverage, VpcDns},
};

/// What one VPC asked of its resolver in the window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldDns {
    /// All queries, whatever the name and the answer.
    pub queries: Option<u64>,
    /// How much of the window the logs of the VPC cover.
    pub coverage: Option<LogCoverage>,
    hosts: Box<[u8]>,
}

impl From<VpcDns> for HeldDns {
    fn from(dns: VpcDns) -> Self {
        let mut hosts = Vec::new();
        for (name, host) in &dns.hosts {
            write_host(&mut hosts, name, host);
        }
        Self {
            queries: dns.queries,
            coverage: dns.coverage,
            hosts: hosts.into(),
        }
    }
}

impl HeldDns {
    /// The names in AWS zones, by name.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, HostQueries)> {
        let mut rest = Bytes(&self.hosts);
        std::iter::from_fn(move || rest.host())
    }

    /// Whether its queries are known over the whole window.
    pub fn is_whole(&self, window: Window) -> bool {
        let coverage = self.coverage.as_ref();
        self.queries.is_some() && coverage.is_some_and(|it| it.is_whole(window))
    }

    /// Adds what another log group holds of the same VPC.
    pub fn absorb(&mut self, other: VpcDns) {
        let mut all = self.clone().into_usage(other.vpc_id.clone());
        all.absorb(other);
        *self = all.into();
    }

    fn into_usage(self, vpc_id: VpcId) -> VpcDns {
        let hosts = self.hosts().map(|(name, host)| (name.to_owned(), host));
        VpcDns {
            vpc_id,
            queries: self.queries,
            hosts: hosts.collect(),
            coverage: self.coverage,
        }
    }
}

fn write_host(out: &mut Vec<u8>, name: &str, host: &HostQueries) {
    write_number(out, name.len() as u64);
    out.extend_from_slice(name.as_bytes());
    let counts = [
        host.queries,
        host.nxdomain_queries,
        host.failed_queries,
        host.alias_queries,
        host.sources,
        host.answers.iter().count() as u64,
    ];
    for count in counts {
        write_number(out, count);
    }
    for (address, queries) in host.answers.iter() {
        match address {
            IpAddr::V4(address) => {
                out.push(4);
                out.extend(address.octets());
            }
            IpAddr::V6(address) => {
                out.push(6);
                out.extend(address.octets());
            }
        }
        write_number(out, queries);
    }
}

/// Seven bits a byte, the least first; the highest bit states that more follow.
fn write_number(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

/// What is left to be read.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn host(&mut self) -> Option<(&'b str, HostQueries)> {
        let length = usize::try_from(self.number()?).ok()?;
        let name = std::str::from_utf8(self.take(length)?).ok()?;
        let mut host = HostQueries {
            queries: self.number()?,
            nxdomain_queries: self.number()?,
            failed_queries: self.number()?,
            alias_queries: self.number()?,
            sources: self.number()?,
            ..HostQueries::default()
        };
        for _ in 0..self.number()? {
            let address = match self.take(1)? {
                [4] => IpAddr::from(*self.take(4)?.as_array::<4>()?),
                _ => IpAddr::from(*self.take(16)?.as_array::<16>()?),
            };
            host.answers.add(address, self.number()?);
        }
        Some((name, host))
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in (0..u64::BITS).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << place;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host() -> impl Strategy<Value = HostQueries> {
        let counts = prop::array::uniform5(prop_oneof![0..200_u64, any::<u64>()]);
        let answers = prop::collection::vec((any::<IpAddr>(), 0..1_000_u64), 0..4);
        (counts, answers).prop_map(|(counts, answers)| {
            let [queries, nxdomain, failed, alias, sources] = counts;
            let mut host = HostQueries {
                queries,
                nxdomain_queries: nxdomain,
                failed_queries: failed,
                alias_queries: alias,
                sources,
                ..HostQueries::default()
            };
            for (address, queries) in answers {
                host.answers.add(address, queries);
            }
            host
        })
    }

    proptest! {
        #[test]
        fn usage_is_held_as_it_was(
            hosts in prop::collection::btree_map(".{0,9}", host(), 0..5),
            queries: Option<u64>,
        ) {
            let dns = VpcDns {
                vpc_id: "vpc-1".into(),
                queries,
                hosts,
                coverage: None,
            };
            let held = HeldDns::from(dns.clone());
            prop_assert_eq!(held.hosts().count(), dns.hosts.len());
            prop_assert_eq!(held.into_usage("vpc-1".into()), dns);
        }
    }

    #[test]
    fn what_two_log_groups_hold_is_added() {
        let of = |queries: u64, name: &str| VpcDns {
            vpc_id: "vpc-1".into(),
            queries: Some(queries),
            hosts: [(
                name.to_owned(),
                HostQueries {
                    queries,
                    ..HostQueries::default()
                },
            )]
            .into(),
            coverage: None,
        };
        let mut held = HeldDns::from(of(300, "sts"));
        held.absorb(of(5, "sts"));
        held.absorb(of(1, "ec2"));
        let hosts: Vec<_> = held.hosts().map(|(name, it)| (name, it.queries)).collect();
        assert_eq!(
            (held.queries, hosts),
            (Some(306), vec![("ec2", 1), ("sts", 305)])
        );
    }
}
