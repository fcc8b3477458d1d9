//! VPC endpoints of every type.

use aws_sdk_ec2::types;

use super::PAGE;
use crate::{
    aws::pace::Api,
    model::{coverage::Failure, inventory::Endpoint, target::Target},
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeVpcEndpoints"];

/// Lists the endpoints.
pub async fn list(session: &Session) -> Result<Vec<Endpoint>, Failure> {
    let pages = session.ec2().describe_vpc_endpoints().max_results(PAGE);
    session
        .pages(
            Api::Ec2("DescribeVpcEndpoints"),
            || pages.clone().into_paginator().send(),
            |page| {
                page.vpc_endpoints()
                    .iter()
                    .map(|it| endpoint(session.target(), it))
                    .collect()
            },
        )
        .await
}

fn endpoint(target: &Target, endpoint: &types::VpcEndpoint) -> Result<Endpoint, MissingField> {
    let state = required(endpoint.state(), "VpcEndpoint.State")?.as_str();
    // Endpoints to resources and service networks have no service name.
    let service_name = endpoint
        .service_name()
        .or(endpoint.resource_configuration_arn())
        .or(endpoint.service_network_arn());
    Ok(Endpoint {
        target: target.clone(),
        vpc_id: required(endpoint.vpc_id(), "VpcEndpoint.VpcId")?.to_owned(),
        endpoint_id: required(endpoint.vpc_endpoint_id(), "VpcEndpoint.VpcEndpointId")?.to_owned(),
        service_name: required(service_name, "VpcEndpoint.ServiceName")?.to_owned(),
        // Gateway endpoints are older than the attribute.
        endpoint_type: endpoint
            .vpc_endpoint_type()
            .map_or("Gateway", types::VpcEndpointType::as_str)
            .to_owned(),
        // EC2 answers `available`, its documentation says `Available`.
        state: state.to_ascii_lowercase(),
        private_dns_enabled: endpoint.private_dns_enabled(),
        subnet_ids: endpoint.subnet_ids().to_vec(),
        route_table_ids: endpoint.route_table_ids().to_vec(),
        security_group_ids: endpoint
            .groups()
            .iter()
            .filter_map(|group| group.group_id().map(str::to_owned))
            .collect(),
        network_interface_ids: endpoint.network_interface_ids().to_vec(),
        private_dns_only_for_inbound: endpoint
            .dns_options()
            .and_then(types::DnsOptions::private_dns_only_for_inbound_resolver_endpoint)
            .unwrap_or(false),
        policy: endpoint.policy_document().map(str::to_owned),
    })
}
