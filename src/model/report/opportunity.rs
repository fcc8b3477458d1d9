//! Rows of `opportunities.csv` and `hub_or_own.csv`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Row;
use crate::model::{
    id::{AccountId, Region, VpcId},
    kind::EndpointType,
    money::Amount,
    opportunity::{Action, Basis, Caveat},
};

/// A row of `opportunities.csv`: what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpportunityRow {
    /// The account that has to act: the VPC's owner.
    pub account_id: AccountId,
    /// Its name.
    ///
    /// Empty when: not known.
    pub account_name: Option<String>,
    /// The Region.
    pub region: Region,
    /// The VPC.
    pub vpc_id: VpcId,
    /// Its tag `Name`.
    ///
    /// Empty when: it has none.
    pub vpc_name: Option<String>,
    /// As in `vpc_services.csv`.
    ///
    /// Empty when: it is about NAT gateways.
    pub service: Option<String>,
    /// The full name of the endpoint service.
    ///
    /// Empty when: it is about NAT gateways, or not known.
    pub endpoint_service_name: Option<String>,
    /// `Gateway` or `Interface`.
    ///
    /// Empty when: it is about NAT gateways.
    pub endpoint_type: Option<EndpointType>,
    /// `create`, `attach_route_tables`, `enable_private_dns`, `add_availability_zones`, `use_hub`,
    /// `remove`, or `none`.
    pub action: Action,
    /// Why, with the ids that it is about.
    pub reason: String,
    /// `measured`: flow logs, or CloudWatch for the endpoint itself, measured the bytes; `unknown`.
    pub basis: Basis,
    /// DNS queries to the names that the endpoint serves.
    ///
    /// Empty when: not known, or it is about NAT gateways.
    pub query_count: Option<u64>,
    /// GB a month through NAT gateways that it is about.
    ///
    /// Empty when: not measured.
    pub gb_month: Option<Amount>,
    /// USD/month that the endpoint costs: hours and GB of one that is proposed; GB alone of one
    /// that is there; hours alone of one to remove and of zones to add.
    ///
    /// Empty when: not known.
    pub monthly_endpoint_usd: Option<Amount>,
    /// USD/month that these GB cost on their way out today: at the NAT gateway, and at the
    /// transit gateway before it.
    ///
    /// Empty when: not measured, or a price is not known.
    pub monthly_nat_usd: Option<Amount>,
    /// USD/month saved.
    ///
    /// Empty when: not measured, or nothing is saved.
    pub monthly_saving_usd: Option<Amount>,
    /// USD/month that could be saved at the most: what the VPC's NAT gateways cost for data; of
    /// something to remove, its hours.
    ///
    /// Empty when: measured, not known, or in an earlier row with gateways of the same
    /// `ceiling_group`.
    pub saving_ceiling_usd: Option<Amount>,
    /// GB a month from which it pays, in all zones of the VPC that offer the service; `0`: from the
    /// first.
    ///
    /// Empty when: it never pays, a price is not known, or a hub is to be shared: see
    /// `hub_or_own.csv`.
    pub break_even_gb_month: Option<Amount>,
    /// The account of the VPC with the central endpoint.
    ///
    /// Empty when: there is none.
    pub hub_account_id: Option<AccountId>,
    /// That VPC.
    ///
    /// Empty when: there is none.
    pub hub_vpc_id: Option<VpcId>,
    /// List: ids of [opportunities.md](opportunities.md#caveats).
    ///
    /// Empty when: there are none.
    pub caveats: Vec<Caveat>,
    /// List: the NAT gateways that `saving_ceiling_usd` is about. The ceiling stands in the first row
    /// of each gateway alone, so that ceilings add up to no more than what the gateways cost.
    ///
    /// Empty when: no NAT gateway's data is the ceiling.
    pub ceiling_group: Option<String>,
}

impl Row for OpportunityRow {
    const TABLE: &'static str = "opportunities";
}

/// A row of `hub_or_own.csv`: a Region, a service, and the cheapest access for the VPCs that call it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HubOrOwnRow {
    /// The Region.
    pub region: Region,
    /// The service.
    pub service: String,
    /// Number of these VPCs.
    pub vpcs: u64,
    /// Of these, VPCs with measured bytes.
    pub vpcs_measured: u64,
    /// GB a month of the measured ones, by every route.
    ///
    /// Empty when: none is measured.
    pub gb_month: Option<Amount>,
    /// USD/month that they cost today.
    ///
    /// Empty when: none is measured, or a price is not known.
    pub monthly_now_usd: Option<Amount>,
    /// USD/month by the cheapest plan.
    ///
    /// Empty when: as above.
    pub monthly_best_usd: Option<Amount>,
    /// Of the measured VPCs, those that the plan leaves on the public path.
    ///
    /// Empty when: as above.
    pub public_vpcs: Option<u64>,
    /// Those for which it has an endpoint of their own.
    ///
    /// Empty when: as above.
    pub own_endpoint_vpcs: Option<u64>,
    /// Those that it serves by the hub.
    ///
    /// Empty when: as above.
    pub hub_vpcs: Option<u64>,
    /// The account of the hub: of the plan, else of the first VPC that could be one.
    ///
    /// Empty when: none could.
    pub hub_account_id: Option<AccountId>,
    /// That VPC.
    ///
    /// Empty when: none could.
    pub hub_vpc_id: Option<VpcId>,
    /// Whether it has an endpoint of the service.
    ///
    /// Empty when: none could.
    pub hub_endpoint_exists: Option<bool>,
    /// Zones in the calculation: those of the VPC with the most.
    pub availability_zones: u64,
    /// List: GB a month in one VPC from which an endpoint of its own pays, in 1, 2 and so on zones,
    /// against a zonal NAT gateway.
    ///
    /// Empty when: never, or a price is not known.
    pub own_break_even_gb_month: Vec<Amount>,
    /// GB a month of all VPCs together from which the hub pays against NAT gateways of their own;
    /// `0`: from the first.
    ///
    /// Empty when: as above, or there is no hub.
    pub hub_break_even_gb_month: Option<Amount>,
    /// GB a month in one VPC from which an endpoint of its own is cheaper than the hub's.
    ///
    /// Empty when: as above.
    pub own_instead_of_hub_gb_month: Option<Amount>,
    /// The answer, and what is missing for one.
    pub reason: String,
    /// GB a month through NAT gateways today, of the measured VPCs.
    ///
    /// Empty when: `monthly_now_usd` is.
    pub now_nat_gb_month: Option<Amount>,
    /// GB a month through transit gateways today, likewise.
    ///
    /// Empty when: as above.
    pub now_transit_gateway_gb_month: Option<Amount>,
    /// GB a month through interface endpoints today, likewise.
    ///
    /// Empty when: as above.
    pub now_endpoint_gb_month: Option<Amount>,
    /// Zones of interface endpoints today, all endpoints together.
    ///
    /// Empty when: as above.
    pub now_endpoint_zones: Option<u64>,
    /// GB a month through NAT gateways by the cheapest plan, of the measured VPCs.
    ///
    /// Empty when: as above.
    pub best_nat_gb_month: Option<Amount>,
    /// GB a month through transit gateways by the cheapest plan, likewise.
    ///
    /// Empty when: as above.
    pub best_transit_gateway_gb_month: Option<Amount>,
    /// GB a month through interface endpoints by the cheapest plan, likewise.
    ///
    /// Empty when: as above.
    pub best_endpoint_gb_month: Option<Amount>,
    /// Zones of interface endpoints by the cheapest plan, all endpoints together.
    ///
    /// Empty when: as above.
    pub best_endpoint_zones: Option<u64>,
    /// New attachments to transit gateways; of one that other services pay too, a part.
    ///
    /// Empty when: as above.
    pub best_attachments: Option<Amount>,
}

impl Row for HubOrOwnRow {
    const TABLE: &'static str = "hub_or_own";
}
