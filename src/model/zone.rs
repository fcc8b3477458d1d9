//! Zones: what is an Availability Zone, and what is a Local or a Wavelength Zone of a Region
//! (<https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html>).

use super::{
    facts::Facts,
    inventory::{NatGateway, Subnet},
};

/// Whether an id (`use1-az1`) or a name (`us-east-1a`) is that of an Availability Zone, not of a Local Zone
/// (`usw2-lax1-az1`, `us-west-2-lax-1a`) or a Wavelength Zone (`use1-wl1-bos-wlz1`, `us-east-1-wl1-bos-wlz-1`).
pub fn is_availability_zone(zone: &str) -> bool {
    let mut parts = zone.split('-').rev();
    let last = parts.next().unwrap_or_default();
    if last.starts_with("az") || last.starts_with("wlz") {
        return last.starts_with("az") && parts.count() <= 1;
    }
    !parts.any(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Subnet {
    /// Whether it is in an Availability Zone, as its zone's id shows, or else the name.
    pub fn is_in_availability_zone(&self) -> bool {
        let id = self.availability_zone_id.as_deref();
        is_availability_zone(id.unwrap_or(&self.availability_zone))
    }
}

impl Facts {
    /// Whether a NAT gateway is in no Local and no Wavelength Zone, as far as its subnet is known.
    pub fn is_in_availability_zone(&self, gateway: &NatGateway) -> bool {
        let subnet_id = gateway.subnet_id.as_ref();
        let subnet = subnet_id.and_then(|id| self.subnets.get(id.as_str()));
        subnet.is_none_or(Subnet::is_in_availability_zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_and_wavelength_zones_are_no_availability_zones() {
        for (zone, expected) in [
            ("use1-az1", true),
            ("usgw1-az3", true),
            ("us-east-1a", true),
            ("us-gov-west-1b", true),
            ("cn-north-1a", true),
            ("usw2-lax1-az1", false),
            ("us-west-2-lax-1a", false),
            ("use1-wl1-bos-wlz1", false),
            ("us-east-1-wl1-bos-wlz-1", false),
        ] {
            assert_eq!(is_availability_zone(zone), expected, "{zone}");
        }
    }
}
