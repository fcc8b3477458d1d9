//! Rows of `partner_services.csv`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Row;
use crate::model::{
    classified::Path,
    id::{AccountId, Region, VpcEndpointId, VpcId},
    money::Amount,
    partner::{PartnerCaveat, PartnerOffer},
};

/// A row of `partner_services.csv`: a VPC and a partner's product that it calls and that an AWS
/// PrivateLink endpoint serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartnerServiceRow {
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
    /// The partner.
    pub provider: String,
    /// The product; several, joined by ` or `, where names alone do not distinguish them.
    pub product: String,
    /// List: its names that the VPC asked for, the 20 most queried of them.
    pub hosts: Vec<String>,
    /// Queries of all its names that were answered.
    pub query_count: u64,
    /// As in `vpc_services.csv`.
    pub path: Path,
    /// Bytes through NAT gateways in the window, both directions.
    ///
    /// Empty when: no flow log measures them, or not all of them.
    pub nat_bytes: Option<u64>,
    /// The published name of the endpoint service; `per account` if the partner makes one for each
    /// account or resource.
    ///
    /// Empty when: the partner publishes no name, or several fit.
    pub endpoint_service_name: Option<String>,
    /// Whether clients keep calling the same names with an endpoint: `yes`, `no` or `unknown`.
    pub hosts_stay: String,
    /// GB a month through NAT gateways from which an endpoint in every zone of the VPC pays.
    ///
    /// Empty when: it never does, a price is not known, or the endpoint service is in another Region.
    pub break_even_gb_month: Option<Amount>,
    /// USD/month that the endpoint saves: NAT gateway data less the endpoint's hours and data,
    /// negative if it costs more than it saves. Charges for data transfer to the partner are not
    /// counted as saved.
    ///
    /// Empty when: the bytes are not measured, an endpoint is there, or as for `break_even_gb_month`.
    pub monthly_saving_usd: Option<Amount>,
    /// List: `other_region`, `several_products`, `hosts_change`, `hosts_may_change`, `not_offered`,
    /// `not_checked`, `part_of_window`; see [partners.md](partners.md#caveats).
    pub caveats: Vec<PartnerCaveat>,
    /// The partner's documentation.
    pub doc: String,
    /// How the endpoint service is found: `published`, `published_name_unknown`, `per_account`,
    /// `after_approval`, `resource_endpoint` or `unknown`.
    ///
    /// Empty when: the products differ in it.
    pub offer: Option<PartnerOffer>,
    /// Whether the owner of the VPC can see the published endpoint service
    /// (`DescribeVpcEndpointServices`).
    ///
    /// Empty when: none is published in the VPC's Region, or it was not asked.
    pub endpoint_service_offered: Option<bool>,
    /// Whether the VPC has an available endpoint of a published endpoint service of the product.
    ///
    /// Empty when: its endpoints could not be listed, or the product has no published name.
    pub endpoint_exists: Option<bool>,
    /// List: its endpoints of the product, whatever their state.
    ///
    /// Empty when: there is none.
    pub endpoint_ids: Vec<VpcEndpointId>,
    /// GB a month through NAT gateways.
    ///
    /// Empty when: not measured over the whole window.
    pub gb_month: Option<Amount>,
    /// USD/month that NAT gateways, and a transit gateway before them, charge for these GB.
    ///
    /// Empty when: not measured, or a price is not known.
    pub monthly_nat_usd: Option<Amount>,
    /// USD/month for an endpoint in every zone of the VPC, hours and these GB.
    ///
    /// Empty when: not measured, a price is not known, or the endpoint service is in another Region.
    pub monthly_endpoint_usd: Option<Amount>,
    /// List: addresses in answers.
    ///
    /// Empty when: none were, or answers are not known.
    pub answers: Vec<String>,
    /// What to know before an endpoint is created.
    ///
    /// Empty when: there is nothing to remark.
    pub remark: Option<String>,
}

impl Row for PartnerServiceRow {
    const TABLE: &'static str = "partner_services";
}
