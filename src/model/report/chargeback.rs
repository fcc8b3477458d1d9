//! Rows of `egress_chargeback.csv`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Row;
use crate::model::{
    chargeback::ChargebackBasis,
    id::{AccountId, Region, VpcId},
    money::Amount,
};

/// A row of `egress_chargeback.csv`: a NAT gateway of a VPC that others go out by, and the part of one VPC
/// in its bytes and its cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EgressChargebackRow {
    /// The account that has the NAT gateway.
    pub hub_account_id: AccountId,
    /// Its name.
    ///
    /// Empty when: not known.
    pub hub_account_name: Option<String>,
    /// The Region.
    pub region: Region,
    /// The VPC of the NAT gateway.
    pub hub_vpc_id: VpcId,
    /// Its tag `Name`.
    ///
    /// Empty when: it has none.
    pub hub_vpc_name: Option<String>,
    /// The NAT gateway; several of the VPC, joined by `;`, where no record shows which of them took the
    /// bytes. Such a group is charged as one gateway.
    pub nat_gateway_id: String,
    /// The account that owns the VPC which goes out.
    ///
    /// Empty when: `basis` is `unassigned`, or the VPC is in no account of the scan.
    pub spoke_account_id: Option<AccountId>,
    /// Its name.
    ///
    /// Empty when: not known.
    pub spoke_account_name: Option<String>,
    /// The VPC which goes out; the hub's own VPC too.
    ///
    /// Empty when: `basis` is `unassigned`.
    pub spoke_vpc_id: Option<VpcId>,
    /// Its tag `Name`.
    ///
    /// Empty when: it has none.
    pub spoke_vpc_name: Option<String>,
    /// Bytes through the NAT gateway in the window, both directions, each once.
    ///
    /// Empty when: `unassigned`, and it is not known how many bytes passed.
    pub bytes: Option<u64>,
    /// These bytes as a part of all that passed.
    ///
    /// Empty when: it is not known how many bytes passed, or none did.
    pub share: Option<f64>,
    /// USD/month: the part in `monthly_data_usd` of `nat_gateways.csv`. The rows of a gateway add up to
    /// it to the cent.
    ///
    /// Empty when: that is empty, or it is not known how many bytes passed.
    pub data_usd: Option<Amount>,
    /// USD/month: the same part in `monthly_hours_usd`, to which the rows of a gateway add up. Where
    /// no share is known, the hours stand in the row `unassigned`.
    ///
    /// Empty when: that is empty, or no share is known.
    pub hours_usd_share: Option<Amount>,
    /// What the bytes rest on: `nat_gateway_flow_log`, `transit_gateway_flow_log` or `vpc_flow_log` (of
    /// the VPC which goes out); `unassigned`: what no record assigns to a VPC.
    pub basis: ChargebackBasis,
}

impl Row for EgressChargebackRow {
    const TABLE: &'static str = "egress_chargeback";
}
