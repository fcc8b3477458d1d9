//! Rows of `vpc_services.csv`, `services.csv` and `hosts.csv`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Row;
use crate::model::{
    classified::{HostKind, Path},
    id::{AccountId, Region, VpcEndpointId, VpcId},
    money::Amount,
};

/// A row of `vpc_services.csv`: a VPC and a service that it calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VpcServiceRow {
    /// As in `vpcs.csv`.
    pub account_id: AccountId,
    /// Its name.
    ///
    /// Empty when: not known.
    pub account_name: Option<String>,
    /// The VPC's Region.
    pub region: Region,
    /// The VPC.
    pub vpc_id: VpcId,
    /// Its tag `Name`.
    ///
    /// Empty when: it has none.
    pub vpc_name: Option<String>,
    /// The endpoint service's name after `com.amazonaws.<region>.` (`s3`, `ecr.dkr`,
    /// `kinesis-streams`); where none is known, the labels of the host (`chime`).
    pub service: String,
    /// The Region in the names; `other` for bytes of S3 or DynamoDB in a Region that no name shows.
    ///
    /// Empty when: the names carry none (`sts.amazonaws.com`).
    pub service_region: Option<String>,
    /// Queries to all names of the service, NXDOMAIN left out.
    pub query_count: u64,
    /// This count as a part of the VPC's `aws_queries`, 0 to 1, six places.
    pub query_share: Option<f64>,
    /// Number of names.
    pub hosts: u64,
    /// The most queried of them.
    pub top_host: String,
    /// At least so many distinct addresses asked for one of the names.
    ///
    /// Empty when: not known.
    pub sources: Option<u64>,
    /// The full name of the endpoint service, as the Region lists it, else as the built-in table
    /// has it.
    ///
    /// Empty when: none is known.
    pub endpoint_service_name: Option<String>,
    /// List: `Gateway`, `Interface` and the like, as the Region lists them.
    ///
    /// Empty when: the Region offers none, or was not asked.
    pub endpoint_types: Vec<String>,
    /// Whether `service_region` (if empty, the VPC's Region) offers an endpoint service of AWS's
    /// for it.
    ///
    /// Empty when: that Region was not asked.
    pub endpoint_supported: Option<bool>,
    /// Whether the VPC has an available endpoint of that service. The Region in the names is not
    /// looked at: an endpoint serves its own Region alone.
    ///
    /// Empty when: the step `endpoints` is not complete, or the owner was not scanned.
    pub endpoint_exists: Option<bool>,
    /// List: those endpoints.
    ///
    /// Empty when: there are none, or it is not known.
    pub endpoint_ids: Vec<VpcEndpointId>,
    /// How the VPC reaches the service, see below.
    pub path: Path,
    /// Queries whose first address is private or within the VPC.
    pub private_queries: u64,
    /// Queries whose first address is any other. Queries without an address in the answer (AAAA of
    /// an IPv4 name, TXT) are in neither.
    pub public_queries: u64,
    /// List: addresses seen in answers.
    ///
    /// Empty when: none were, or answers are not known.
    pub answers: Vec<String>,
    /// Bytes from the VPC to the service by its flow logs, by every route, see [the cost
    /// model](cost-model.md#bytes-by-service).
    ///
    /// Empty when: no flow log measures them. 0 only if every route of the VPC is logged, and the
    /// logs hold records of it.
    pub bytes_to_service: Option<u64>,
    /// Bytes from the service to the VPC, likewise.
    ///
    /// Empty when: likewise.
    pub bytes_from_service: Option<u64>,
    /// Of both, bytes through NAT gateways, also those of another VPC behind a transit gateway.
    ///
    /// Empty when: no flow log measures them, or some may be among ambiguous bytes. 0 only if all
    /// NAT gateways on the way are logged.
    pub nat_bytes: Option<u64>,
    /// The account of the VPC whose endpoint gave the private answers from elsewhere.
    ///
    /// Empty when: there are none, or more than one VPC can have given them.
    pub hub_account_id: Option<AccountId>,
    /// That VPC.
    ///
    /// Empty when: as above.
    pub hub_vpc_id: Option<VpcId>,
}

impl Row for VpcServiceRow {
    const TABLE: &'static str = "vpc_services";
}

/// A row of `services.csv`: a service over the whole organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceRow {
    /// As in `vpc_services.csv`.
    pub service: String,
    /// Number of accounts that call it.
    pub accounts: u64,
    /// Number of Regions of the VPCs that call it.
    pub regions: u64,
    /// Number of VPCs that call it.
    pub vpcs: u64,
    /// Queries.
    pub query_count: u64,
    /// As a part of all queries to AWS services, 0 to 1.
    pub query_share: Option<f64>,
    /// Of the VPCs, those that have an available endpoint of it.
    pub vpcs_with_endpoint: u64,
    /// Those that have none; VPCs of which it is unknown are in neither.
    pub vpcs_without_endpoint: u64,
    /// As in `vpc_services.csv`.
    pub public_queries: u64,
    /// As in `vpc_services.csv`.
    pub private_queries: u64,
    /// Bytes in both directions by flow logs, of the VPCs where they are known.
    ///
    /// Empty when: of none they are.
    pub bytes: Option<u64>,
    /// USD/month, the sum of the service's rows in `opportunities.csv`.
    ///
    /// Empty when: none of them has a measured saving.
    pub monthly_saving_usd: Option<Amount>,
}

impl Row for ServiceRow {
    const TABLE: &'static str = "services";
}

/// A row of `hosts.csv`: a VPC and a name in a zone of AWS or of a partner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostRow {
    /// As in `vpcs.csv`.
    pub account_id: AccountId,
    /// The VPC's Region.
    pub region: Region,
    /// The VPC.
    pub vpc_id: VpcId,
    /// The name, in lower case, without trailing dot.
    pub host: String,
    /// `service`: an AWS service's API; `customer_resource`: a load balancer, a database, an
    /// endpoint's own name; `other_aws`: another name in a zone of AWS's, also one that can be no
    /// host's (`a b.amazonaws.com`); `partner`: a name of a partner's that an AWS PrivateLink endpoint
    /// serves; `partner_other`: another name in a zone of a partner's. `none`, no name of AWS's, appears only if `usage.zones` was
    /// changed.
    pub kind: HostKind,
    /// As in `vpc_services.csv`.
    ///
    /// Empty when: `kind` is not `service`.
    pub service: Option<String>,
    /// The Region in the name.
    ///
    /// Empty when: it carries none, or `kind` is not `service`.
    pub service_region: Option<String>,
    /// Queries that were answered (`NOERROR`), those of `alias_queries` left out. A name that another
    /// name leads to by CNAME is logged beside it, so that counts can hold names that were followed.
    pub query_count: u64,
    /// Queries answered with NXDOMAIN.
    pub nxdomain_queries: u64,
    /// List: addresses seen. Of each name, all of the first and the last answer of each sort, not
    /// every one ever given.
    ///
    /// Empty when: none were, or answers are not known.
    pub answers: Vec<String>,
    /// Queries answered with an error other than NXDOMAIN, such as SERVFAIL: somebody tried.
    pub failed_queries: u64,
    /// Answered queries of a name that is only the target of other names of AWS
    /// (`s3-r-w.eu-west-1.amazonaws.com`): Resolver followed it, nobody called it.
    pub alias_queries: u64,
    /// The partner, of a name in one of its zones.
    ///
    /// Empty when: `kind` is neither `partner` nor `partner_other`.
    pub provider: Option<String>,
    /// The partner's product, as in `partner_services.csv`.
    ///
    /// Empty when: `kind` is not `partner`.
    pub product: Option<String>,
}

impl Row for HostRow {
    const TABLE: &'static str = "hosts";
}
