//! What `estimate` is asked to price, and what it answers: a set of endpoints that somebody names,
//! against the bytes that were measured.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    id::{AccountId, Region, VpcId},
    inventory::Vpc,
    money::Amount,
};

/// The set of endpoints to price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EstimateRequest {
    /// The services; none = those that each VPC calls.
    pub services: Option<BTreeSet<String>>,
    /// Only these VPCs; empty = all.
    pub vpcs: BTreeSet<VpcId>,
    /// Only VPCs of these accounts; empty = all.
    pub accounts: BTreeSet<AccountId>,
    /// Only VPCs of these Regions; empty = all.
    pub regions: BTreeSet<Region>,
    /// Zones of each interface endpoint; none = all with subnets of the VPC that offer the service.
    pub zones: Option<usize>,
    /// The VPC with the one set of endpoints that all others use through a transit gateway; none =
    /// each VPC has endpoints of its own.
    pub hub: Option<String>,
    /// The type to price; none = gateway endpoints in a VPC of its own where there are some.
    pub endpoint_type: Option<EstimateType>,
}

impl EstimateRequest {
    /// Whether a VPC is among those that are asked for.
    pub fn wants(&self, vpc: &Vpc) -> bool {
        (self.vpcs.is_empty() || self.vpcs.contains(&vpc.vpc_id))
            && (self.accounts.is_empty() || self.accounts.contains(&vpc.owner_account_id))
            && (self.regions.is_empty() || self.regions.contains(&vpc.target.region))
    }
}

/// A type of endpoint that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
pub enum EstimateType {
    /// Interface endpoints.
    Interface,
    /// Gateway endpoints.
    Gateway,
}

impl EstimateType {
    /// As AWS writes it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What the money of a row rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EstimateBasis {
    /// Bytes in flow logs over the whole window.
    Measured,
    /// Hours alone: of endpoints in a hub, or of a transit gateway attachment.
    Hours,
    /// The bytes are not known, or those of a part of the window alone.
    NotMeasured,
    /// The VPC does not call the service by names that the endpoint would answer, as far as its
    /// queries are known.
    NotCalled,
    /// The Region offers no such endpoint.
    NotOffered,
}

impl EstimateBasis {
    /// As in the column `basis`.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A VPC and a service, priced; US dollars a month to the cent, none where it is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimateRow {
    /// The owner of the VPC; `total` in the last row.
    pub account_id: String,
    /// Its name.
    pub account_name: Option<String>,
    /// The Region.
    pub region: Option<Region>,
    /// The VPC.
    pub vpc_id: Option<VpcId>,
    /// Its tag `Name`.
    pub vpc_name: Option<String>,
    /// The service; none in the row of a transit gateway attachment.
    pub service: Option<String>,
    /// `Interface` or `Gateway`; none where a hub's endpoint serves the VPC.
    pub endpoint_type: Option<&'static str>,
    /// Zones that are priced.
    pub availability_zones: Option<u64>,
    /// GB a month between the VPC and the service, by every route.
    pub gb_month: Option<Amount>,
    /// Hours of the endpoint.
    pub monthly_endpoint_hours_usd: Option<Amount>,
    /// Data through it, its share of what all of the Region come to in their tiers.
    pub monthly_endpoint_data_usd: Option<Amount>,
    /// Transit gateway: data to the hub, or the hours of a new attachment.
    pub monthly_transit_gateway_usd: Option<Amount>,
    /// What NAT gateways charge for the data today.
    pub monthly_nat_usd: Option<Amount>,
    /// What the transit gateway before these NAT gateways charges for it today.
    pub monthly_transit_gateway_today_usd: Option<Amount>,
    /// What an endpoint of the service costs the VPC today.
    pub monthly_endpoint_today_usd: Option<Amount>,
    /// The three of today less the three before.
    pub monthly_saving_usd: Option<Amount>,
    /// GB a month from which the endpoint pays.
    pub break_even_gb_month: Option<Amount>,
    /// What the money rests on; none in the total.
    pub basis: Option<EstimateBasis>,
    /// What is to be known of the row.
    pub remark: String,
}

/// Everything that was priced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// A row a VPC and service.
    pub rows: Vec<EstimateRow>,
    /// The sums, and what they leave out.
    pub total: EstimateRow,
    /// What is left out, a sentence each.
    pub notes: Vec<String>,
}

/// What a Region adds to the notes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EstimateGaps {
    /// VPCs that were asked for in other Regions than the hub's.
    pub vpcs_out_of_reach: usize,
    /// VPCs that were asked for of which the calls are not known.
    pub vpcs_without_calls: usize,
    /// Calls of services for which no endpoint is offered.
    pub calls_not_offered: usize,
    /// Calls by names that no endpoint of the VPC's Region answers for.
    pub calls_out_of_reach: usize,
    /// Calls of services with a free gateway endpoint, which a hub does not take over unasked.
    pub calls_with_gateway: usize,
}

impl EstimateGaps {
    /// Adds those of another Region.
    pub fn add(&mut self, other: Self) {
        self.vpcs_out_of_reach += other.vpcs_out_of_reach;
        self.vpcs_without_calls += other.vpcs_without_calls;
        self.calls_not_offered += other.calls_not_offered;
        self.calls_out_of_reach += other.calls_out_of_reach;
        self.calls_with_gateway += other.calls_with_gateway;
    }
}

/// The names that a run knows, for those who mistyped one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EstimateNames {
    /// Services that are called, or that endpoints are offered for.
    pub services: BTreeSet<String>,
    /// VPCs with their Regions.
    pub vpcs: BTreeSet<(VpcId, Region)>,
    /// Owners of VPCs.
    pub accounts: BTreeSet<AccountId>,
    /// Regions with VPCs.
    pub regions: BTreeSet<Region>,
}
