//! Partners: companies that offer their service by AWS PrivateLink, and what a VPC calls of them.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{classified::Path, id::Region};

/// A product of a partner; several, joined by ` or `, where host names alone do not tell them apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartnerProduct {
    /// The partner.
    pub provider: String,
    /// The product; none for a name of the partner's that no endpoint serves.
    pub product: Option<String>,
}

/// Whether a published endpoint service of a partner can be seen by an account, as
/// `DescribeVpcEndpointServices` answers for its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerServiceCheck {
    /// The name that was asked for.
    pub service_name: String,
    /// Whether AWS describes it; an account that is not allowed to use a service is answered as if it
    /// did not exist.
    pub offered: bool,
}

/// What a VPC calls of a partner's product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerUse {
    /// The VPC.
    pub vpc_id: String,
    /// The VPC's Region.
    pub region: Region,
    /// The product.
    pub product: PartnerProduct,
    /// Its names that were asked for, the most queried first.
    pub hosts: Vec<String>,
    /// Queries of all of them that were answered.
    pub queries: u64,
    /// Addresses in the answers, sorted.
    pub answers: Vec<IpAddr>,
    /// The path that the answers show.
    pub path: Path,
    /// How an endpoint service is found.
    pub offer: Option<PartnerOffer>,
    /// The published name of the endpoint service, if there is exactly one in the VPC's Region, else
    /// exactly one at all.
    pub endpoint_service_name: Option<String>,
    /// Whether that endpoint service is in the VPC's Region.
    pub in_region: bool,
    /// Whether the owner of the VPC can see that endpoint service; none if it was not asked.
    pub offered: Option<bool>,
    /// Endpoints in the VPC of the product, whatever their state.
    pub endpoint_ids: Vec<String>,
    /// Whether one of them is available.
    pub endpoint_exists: Option<bool>,
    /// What to know before an endpoint is created, from the partner's documentation.
    pub remark: Option<String>,
    /// What speaks against taking the figures as they are.
    pub caveats: Vec<PartnerCaveat>,
    /// Whether clients keep calling the same names with an endpoint: `yes`, `no` or `unknown`.
    pub hosts_stay: String,
    /// The partner's documentation.
    pub doc: String,
    /// Bytes through NAT gateways in the window, both directions; none where no flow log shows them.
    pub nat_bytes: Option<u64>,
    /// Whether bytes through NAT gateways are known to be missing.
    pub part: bool,
}

/// What an endpoint for a product costs and saves. Nothing is claimed without measured bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartnerMoney {
    /// GB a month through NAT gateways.
    pub gb_month: Option<rust_decimal::Decimal>,
    /// US dollars a month that NAT gateways (and a transit gateway before them) charge for these.
    pub nat: Option<rust_decimal::Decimal>,
    /// US dollars a month for an endpoint in every zone of the VPC, with these GB.
    pub endpoint: Option<rust_decimal::Decimal>,
    /// US dollars a month that the endpoint saves; negative if it costs more than it saves.
    pub saving: Option<rust_decimal::Decimal>,
    /// GB a month from which the endpoint pays.
    pub break_even: Option<rust_decimal::Decimal>,
}

/// How the endpoint service of a partner's product is found.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PartnerOffer {
    /// The partner publishes the names of its endpoint services.
    Published,
    /// The partner publishes endpoint services, whose names are not in the table.
    PublishedNameUnknown,
    /// The partner makes an endpoint service for each account or resource.
    PerAccount,
    /// The partner gives the name after it approved the account.
    AfterApproval,
    /// A resource endpoint to a resource that the partner shares (AWS RAM).
    ResourceEndpoint,
    /// An endpoint is offered; how to get one is not known.
    Unknown,
}

/// What speaks against taking the figures of a partner's product as they are.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PartnerCaveat {
    /// The endpoint service is in another Region than the VPC: nothing is priced.
    OtherRegion,
    /// Several products fit the names: each has an endpoint service of its own.
    SeveralProducts,
    /// Clients must be configured with other names.
    HostsChange,
    /// Whether the names stay is not documented.
    HostsMayChange,
    /// The owner of the VPC cannot see the published endpoint service: the partner has to allow the
    /// account, or the service is gone.
    NotOffered,
    /// Whether the owner of the VPC can see the published endpoint service was not asked.
    NotChecked,
    /// Bytes through NAT gateways are known to be missing.
    PartOfWindow,
}
