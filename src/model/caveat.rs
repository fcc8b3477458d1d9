//! What to think of before following an advice. Some of them together take a bit each, since a Region
//! may have tens of thousands of advices.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

// The variants stand in the order of reports.
/// What to think of before acting.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
pub enum Caveat {
    /// Names of other regions are called too.
    CrossRegionNames,
    /// Names without a region are called too.
    GlobalNames,
    /// FIPS names are called that private DNS does not answer.
    FipsNames,
    /// Other names are called that private DNS does not answer.
    OtherNames,
    /// Policies that name source addresses stop matching.
    SourceIpPolicies,
    /// Connections that are open break for a moment.
    OpenConnections,
    /// A gateway endpoint serves its VPC alone.
    WithinVpcOnly,
    /// Private DNS answers for every API in the region.
    ExecuteApiPublicApis,
    /// The service is not offered in some zones of the VPC.
    ZonesNotOffered,
    /// An endpoint made without a policy lets everything through.
    DefaultPolicy,
    /// Endpoints of the service take no policy.
    NoEndpointPolicy,
    /// The VPC lacks an attribute that private DNS needs.
    VpcDnsAttributes,
    /// The security groups of the endpoint keep the VPC out.
    SecurityGroupBlocks,
    /// A private hosted zone of the same name is in the way.
    PrivateHostedZone,
    /// ECR needs three endpoints.
    EcrSet,
    /// Systems Manager needs several endpoints.
    SsmSet,
    /// The VPC belongs to an account that was not scanned.
    SharedVpc,
    /// Other VPCs go out by the same NAT gateways.
    CeilingShared,
    /// The hub needs a private hosted zone or a Route 53 Profile.
    HubNames,
    /// All VPCs share the policy and the bandwidth of the hub's endpoint.
    HubShared,
    /// The VPC is not attached to the hub's transit gateway.
    NewAttachment,
    /// The price of a GB through the transit gateway is not known.
    TransitGatewayPriceUnknown,
    /// Something that was not called in the window may need another egress.
    OtherDestinations,
    /// A price is not known.
    PriceUnknown,
    /// No answers were seen that show the path.
    #[serde(rename = "way_unknown")]
    PathUnknown,
    /// What the VPC calls is not known.
    UsageUnknown,
    /// The region could not be asked what it offers.
    OfferUnknown,
    /// Flow logs show the bytes of a part of the window alone.
    PartOfWindow,
    /// The window is shorter than a day: it makes no figure of a month.
    WindowTooShort,
}

/// Some caveats, in the order of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaveatSet(u32);

/// Every caveat has a bit.
const _: () = assert!(Caveat::VARIANTS.len() <= u32::BITS as usize);

impl CaveatSet {
    /// Adds a caveat.
    pub fn insert(&mut self, caveat: Caveat) {
        self.0 |= Self::bit(caveat);
    }

    /// Adds all of another set.
    pub fn add(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// Whether a caveat is among them.
    pub fn contains(self, caveat: Caveat) -> bool {
        self.0 & Self::bit(caveat) != 0
    }

    /// The caveats, in the order of reports.
    pub fn iter(self) -> impl Iterator<Item = Caveat> {
        Caveat::VARIANTS
            .iter()
            .copied()
            .filter(move |it| self.contains(*it))
    }

    fn bit(caveat: Caveat) -> u32 {
        1 << (caveat as u32)
    }
}

impl Extend<Caveat> for CaveatSet {
    fn extend<T: IntoIterator<Item = Caveat>>(&mut self, caveats: T) {
        caveats.into_iter().for_each(|it| self.insert(it));
    }
}

impl FromIterator<Caveat> for CaveatSet {
    fn from_iter<T: IntoIterator<Item = Caveat>>(caveats: T) -> Self {
        let mut all = Self::default();
        all.extend(caveats);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caveats_are_each_there_once_and_in_the_order_of_reports() {
        let mut some: CaveatSet = [Caveat::WindowTooShort, Caveat::FipsNames]
            .into_iter()
            .collect();
        some.insert(Caveat::FipsNames);
        some.extend([Caveat::GlobalNames]);
        some.add(CaveatSet::default());
        some.add(some);
        let found: Vec<_> = some.iter().collect();
        let expected = [
            Caveat::GlobalNames,
            Caveat::FipsNames,
            Caveat::WindowTooShort,
        ];
        assert_eq!(found, expected);
        assert!(!some.contains(Caveat::CrossRegionNames));
        let all: CaveatSet = Caveat::VARIANTS.iter().copied().collect();
        assert!(all.iter().eq(Caveat::VARIANTS.iter().copied()));
        assert_eq!(CaveatSet::default().iter().count(), 0);
    }

    #[test]
    fn every_caveat_has_a_section_in_the_documentation_and_none_is_left_over() {
        let page = include_str!("../../docs/opportunities.md");
        let sections: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
            .collect();
        let ids: Vec<String> = Caveat::VARIANTS
            .iter()
            .map(|caveat| serde_json::from_value(serde_json::to_value(caveat).unwrap()).unwrap())
            .collect();
        assert_eq!(sections, ids);
    }

    #[test]
    fn every_caveat_has_the_bit_of_its_place() {
        for (at, caveat) in Caveat::VARIANTS.iter().enumerate() {
            assert_eq!(*caveat as usize, at);
        }
    }
}
