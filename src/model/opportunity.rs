//! What to do: an advice with its reason, and the money that it moves.
//!
//! Money stands here only where bytes were measured or a price alone decides; else the most that it
//! could be, and from how many GB it pays. `docs/opportunities.md` has a section for each caveat.

use clap::ValueEnum;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

pub use super::caveat::Caveat;
use super::{
    caveat::CaveatSet,
    classified::Hub,
    id::{AccountId, Region, VpcId},
    kind::EndpointType,
    shared_text::SharedText,
};

/// What to do.
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
    IntoStaticStr,
    ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Action {
    /// Make an endpoint.
    #[value(help = "Create an endpoint")]
    Create,
    /// Put a gateway endpoint on further route tables.
    #[value(help = "Put a gateway endpoint on more route tables")]
    AttachRouteTables,
    /// Let the service's own names lead to an endpoint that is there.
    #[value(help = "Turn private DNS on")]
    EnablePrivateDns,
    /// Give an endpoint interfaces in further zones; without a service, subnets a NAT gateway in their
    /// own zone.
    #[value(help = "Add subnets in further zones")]
    AddAvailabilityZones,
    /// Go by an endpoint in another VPC.
    #[value(help = "Use a central endpoint")]
    UseHub,
    /// Remove an endpoint, or NAT gateways.
    #[value(help = "List removals in the READMEs")]
    Remove,
    /// Nothing; the reason is given.
    #[value(skip)]
    None,
}

/// What the money of an advice rests on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Bytes in flow logs, or CloudWatch's count of those of the endpoint itself.
    Measured,
    /// No bytes of it are known.
    Unknown,
}

/// US dollars and GB a month. `None` is unknown or does not apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// GB through NAT gateways that it is about.
    pub gb_month: Option<Decimal>,
    /// What the endpoint costs.
    pub endpoint: Option<Decimal>,
    /// What the egress of these GB costs today.
    pub nat: Option<Decimal>,
    /// What is saved.
    pub saving: Option<Decimal>,
    /// The most that could be saved, where it is not measured and not in a better row.
    pub ceiling: Option<Decimal>,
    /// GB from which it pays.
    pub break_even: Option<Decimal>,
}

/// An advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opportunity {
    /// The account that has to act: the VPC's owner.
    pub account_id: AccountId,
    /// The region.
    pub region: Region,
    /// The VPC.
    pub vpc_id: VpcId,
    /// The service; none for NAT gateways.
    pub service: Option<String>,
    /// The full name of its endpoint service.
    pub endpoint_service_name: Option<SharedText>,
    /// `Gateway` or `Interface`.
    pub endpoint_type: Option<EndpointType>,
    /// What to do.
    pub action: Action,
    /// Why, in one sentence or two.
    pub reason: String,
    /// What its money rests on.
    pub basis: Basis,
    /// DNS queries to names that the endpoint would serve; none where they are not known.
    pub query_count: Option<u64>,
    /// The money.
    pub money: Money,
    /// The VPC with the central endpoint.
    pub hub: Option<Box<Hub>>,
    /// What to think of first.
    pub caveats: CaveatSet,
    /// The NAT gateways whose data the ceiling is about, joined by `;`; the ceiling stands once for each
    /// of them.
    pub ceiling_group: Option<SharedText>,
}

/// What AWS bills a month for the measured VPCs of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BilledQuantities {
    /// GB through NAT gateways.
    pub nat_gb: Decimal,
    /// GB through transit gateways.
    pub transit_gateway_gb: Decimal,
    /// GB through interface endpoints.
    pub endpoint_gb: Decimal,
    /// Zones of interface endpoints, all endpoints together.
    pub endpoint_zones: usize,
    /// Attachments to transit gateways; of one that other services pay too, a part.
    pub attachments: Decimal,
}

/// Hub or own: the cheapest access of the VPCs of a Region to a service, and from when it pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubOrOwn {
    /// The region.
    pub region: Region,
    /// The service.
    pub service: String,
    /// VPCs that call it publicly or by an interface endpoint of their own.
    pub vpcs: usize,
    /// Of these, with measured bytes.
    pub vpcs_measured: usize,
    /// GB a month of the measured ones, by every route.
    pub gb_month: Option<Decimal>,
    /// What the measured ones cost today.
    pub now: Option<Decimal>,
    /// What they cost by the cheapest plan.
    pub best: Option<Decimal>,
    /// Of the measured ones: by the public path, by their own endpoints, by the hub.
    pub plan: Option<[usize; 3]>,
    /// The hub, or the VPC that would be it.
    pub hub: Option<Hub>,
    /// Whether the hub has an endpoint of the service.
    pub hub_endpoint_exists: Option<bool>,
    /// Zones that the calculation uses.
    pub zones: usize,
    /// GB a month in one VPC from which its own endpoint pays, in 1, 2 and so on zones.
    pub own_pays_from: Vec<Decimal>,
    /// GB a month of all VPCs together from which the hub pays.
    pub hub_pays_from: Option<Decimal>,
    /// GB a month in one VPC from which its own endpoint is cheaper than the hub.
    pub own_beats_hub_from: Option<Decimal>,
    /// What is missing for an answer, or what the answer is.
    pub reason: String,
    /// What AWS bills for the measured ones today, and by the cheapest plan; none if none has a known cost.
    pub billed: Option<[BilledQuantities; 2]>,
}
