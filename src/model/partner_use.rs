//! What a VPC calls of partners.

use std::net::IpAddr;

use super::{
    classified::Path,
    id::{Region, VpcEndpointId, VpcId},
    partner::{PartnerCaveat, PartnerOffer, PartnerProduct},
};

/// What a VPC calls of a partner's product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerUse {
    /// The VPC.
    pub vpc_id: VpcId,
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
    pub endpoint_ids: Vec<VpcEndpointId>,
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
