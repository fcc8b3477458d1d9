//! What of other Regions bears on the judgement of one. Names are answered, and peered networks
//! reached, across Regions: an endpoint may serve VPCs of other Regions, and is not idle then.

use std::{collections::BTreeSet, net::IpAddr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::id::{AccountId, VpcEndpointId, VpcId};

/// An endpoint with an interface at an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CrossRegionEndpoint {
    /// `vpce-…`.
    pub endpoint_id: VpcEndpointId,
    /// Its VPC.
    pub vpc_id: VpcId,
    /// The account that owns the VPC, where known.
    pub owner_account_id: Option<AccountId>,
    /// The service, as in the endpoint service's name.
    pub service: String,
    /// The Region in that name; none for a global one.
    pub region: Option<String>,
}

/// What is known of the other Regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrossRegionFacts {
    /// Endpoints at addresses that VPCs of this Region were answered with.
    pub endpoints: Vec<(IpAddr, CrossRegionEndpoint)>,
    /// Services and the blocks of VPCs with an interface endpoint of them, outside of the private ranges.
    pub blocks: Vec<(String, IpNet)>,
    /// Endpoints of this Region that queries from other Regions led to.
    pub answered: BTreeSet<VpcEndpointId>,
    /// VPCs whose endpoints answered VPCs of other Regions.
    pub hubs: BTreeSet<VpcId>,
    /// Whether these are facts of one shard, so that VPCs which are not among them may use what is.
    pub other_shards: bool,
}
