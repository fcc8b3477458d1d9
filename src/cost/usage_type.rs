//! Usage types of the bill: what is billed, and in which Region. `EU-NatGateway-Bytes` is the price
//! item `nat_gateway_gb` in `eu-west-1`; `config/usage_types.toml` has the prefixes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    price_book::PriceError,
    price_list::{EC2, SERVICES, VPC},
};
use crate::model::{id::Region, money::PriceItem};

/// The billing prefixes.
const PREFIXES: &str = include_str!("../../config/usage_types.toml");

/// Data between zones. The price list has it under the service `AWSDataTransfer`
/// (<https://docs.aws.amazon.com/cur/latest/userguide/cur-data-transfers-charges.html>).
const INTER_AZ: (&str, PriceItem) = ("DataTransfer-Regional-Bytes", PriceItem::InterAzGb);

/// The usage types that are read, by Region.
#[derive(Clone, Debug)]
pub struct UsageTypes {
    prefixes: BTreeMap<Region, Vec<String>>,
}

#[derive(Deserialize)]
struct Table {
    prefixes: BTreeMap<Region, Vec<String>>,
}

impl UsageTypes {
    /// The built-in table.
    ///
    /// # Errors
    ///
    /// If the embedded file is wrong.
    pub fn built_in() -> Result<Self, PriceError> {
        let table: Table = toml::from_str(PREFIXES).map_err(|it| PriceError::of(&it))?;
        Ok(Self {
            prefixes: table.prefixes,
        })
    }

    /// The item and the Region of a usage type; none if it is of something else.
    pub fn read(&self, usage_type: &str) -> Option<(PriceItem, Region)> {
        items().find_map(|(name, item)| {
            let prefix = usage_type.strip_suffix(name)?;
            let prefix = match prefix {
                "" => "",
                prefix => prefix.strip_suffix('-')?,
            };
            let region = self.region(prefix)?;
            Some((item, region.clone()))
        })
    }

    /// The item of a usage type behind any prefix, for a Region of which the prefix is not known.
    pub fn item(usage_type: &str) -> Option<PriceItem> {
        items().find_map(|(name, item)| {
            let prefix = usage_type.strip_suffix(name)?;
            (prefix.is_empty() || prefix.ends_with('-')).then_some(item)
        })
    }

    /// The usage types without their prefixes.
    pub fn suffixes() -> Vec<&'static str> {
        items().map(|(name, _)| name).collect()
    }

    fn region(&self, prefix: &str) -> Option<&Region> {
        let mut all = self.prefixes.iter();
        all.find(|(_, known)| known.iter().any(|it| it == prefix))
            .map(|(region, _)| region)
    }

    /// The Regions of which the prefix is known.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.prefixes.keys()
    }

    /// Whether the prefix of a Region is known.
    pub fn knows(&self, region: &Region) -> bool {
        self.prefixes.contains_key(region)
    }

    /// Every usage type that may be billed in these Regions, in order.
    pub fn names<'r>(&self, regions: impl IntoIterator<Item = &'r Region>) -> Vec<String> {
        let prefixes = regions.into_iter().filter_map(|it| self.prefixes.get(it));
        let mut names: Vec<String> = prefixes
            .flatten()
            .flat_map(|prefix| {
                items().map(move |(name, _)| match prefix.as_str() {
                    "" => name.to_owned(),
                    prefix => format!("{prefix}-{name}"),
                })
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The usage types without their prefixes.
fn items() -> impl Iterator<Item = (&'static str, PriceItem)> {
    let listed = SERVICES
        .iter()
        .filter(|(name, _)| [EC2, VPC].contains(name));
    let listed = listed.flat_map(|(_, items)| items.iter().copied());
    listed.chain([INTER_AZ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_type_is_an_item_of_a_region_behind_its_prefix_and_as_a_whole() {
        let types = UsageTypes::built_in().unwrap();
        let read = |name: &str| {
            let found = types.read(name);
            found.map(|(item, region)| format!("{} {region}", item.name()))
        };
        for (name, expected) in [
            ("NatGateway-Hours", Some("nat_gateway_hour us-east-1")),
            (
                "USE1-RegionalNatGateway-Bytes",
                Some("regional_nat_gateway_gb us-east-1"),
            ),
            (
                "EU-RegionalNatGateway-Hours",
                Some("regional_nat_gateway_hour eu-west-1"),
            ),
            (
                "APS3-VpcEndpoint-Bytes",
                Some("interface_endpoint_gb ap-south-1"),
            ),
            (
                "EUC1-VpcEndpoint-GWLBE-Hours",
                Some("gwlb_endpoint_hour eu-central-1"),
            ),
            (
                "USW2-PublicIPv4:InUseAddress",
                Some("public_ipv4_hour us-west-2"),
            ),
            ("UGW1-TransitGateway-Bytes", Some("tgw_gb us-gov-west-1")),
            (
                "EU-DataTransfer-Regional-Bytes",
                Some("inter_az_gb eu-west-1"),
            ),
            ("EU-PublicIPv4:ContiguousBlock", None),
            ("EU-DataTransfer-Out-Bytes", None),
            ("XXX1-NatGateway-Hours", None),
            ("EUNatGateway-Hours", None),
        ] {
            assert_eq!(read(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn every_usage_type_that_is_asked_for_is_read_again() {
        let types = UsageTypes::built_in().unwrap();
        let regions: Vec<Region> = types.prefixes.keys().cloned().collect();
        assert_eq!(regions.len(), 36);
        for region in &regions {
            let names = types.names([region]);
            let count = if region.as_str() == "us-east-1" {
                34
            } else {
                17
            };
            assert_eq!(names.len(), count, "{region}");
            for name in names {
                assert_eq!(types.read(&name).unwrap().1, *region, "{name}");
            }
        }
    }
}
