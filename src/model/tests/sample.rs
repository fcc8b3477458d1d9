//! Resources as tests begin with them: what a test is about, it sets itself.

use crate::model::{
    inventory::{Endpoint, NatGateway, Vpc},
    target::Target,
};

/// An account and Region.
pub(crate) fn target() -> Target {
    Target {
        account_id: "123456789012".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    }
}

/// A VPC of the account, of which nothing else is known.
pub(crate) fn vpc(target: &Target, id: &str) -> Vpc {
    Vpc {
        target: target.clone(),
        vpc_id: id.into(),
        name: None,
        owner_account_id: target.account_id.clone(),
        is_default: false,
        cidrs: Vec::new(),
        dns_support: None,
        dns_hostnames: None,
        block_public_access: None,
    }
}

/// An available interface endpoint, of which nothing else is known.
pub(crate) fn endpoint(target: &Target, vpc_id: &str, id: &str, service_name: &str) -> Endpoint {
    Endpoint {
        target: target.clone(),
        vpc_id: vpc_id.into(),
        endpoint_id: id.into(),
        service_name: service_name.to_owned(),
        endpoint_type: "Interface".into(),
        state: "available".into(),
        private_dns_enabled: None,
        subnet_ids: Vec::new(),
        route_table_ids: Vec::new(),
        security_group_ids: Vec::new(),
        network_interface_ids: Vec::new(),
        private_dns_only_for_inbound: false,
        policy: None,
        name: None,
        created_at: None,
        requester_managed: None,
        service_region: None,
        ip_address_type: None,
        dns_options: None,
        last_error: None,
        failure_reason: None,
    }
}

/// An available public zonal NAT gateway, of which nothing else is known.
pub(crate) fn nat_gateway(target: &Target, vpc_id: &str, id: &str) -> NatGateway {
    NatGateway {
        target: target.clone(),
        vpc_id: vpc_id.into(),
        nat_gateway_id: id.into(),
        name: None,
        state: "available".into(),
        connectivity_type: "public".into(),
        availability_mode: "zonal".into(),
        subnet_id: None,
        availability_zones: Vec::new(),
        created_at: None,
        deleted_at: None,
        public_ipv4_addresses: None,
        addresses: None,
    }
}
