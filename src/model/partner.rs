//! Partners: companies that offer their service by AWS PrivateLink.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A product of a partner; several, joined by ` or `, where host names alone do not distinguish them.
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
