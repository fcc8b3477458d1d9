//! VPC endpoints of every type.

use aws_sdk_ec2::types;

use super::{PAGE, name_tag, timestamp};
use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure,
        inventory::{Endpoint, EndpointDnsOptions},
        target::Target,
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeVpcEndpoints"];

/// Lists the endpoints.
pub async fn list(session: &Session) -> Result<Vec<Endpoint>, Failure> {
    let pages = session.ec2().describe_vpc_endpoints().max_results(PAGE);
    session
        .items(
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
        vpc_id: required(endpoint.vpc_id(), "VpcEndpoint.VpcId")?.into(),
        endpoint_id: required(endpoint.vpc_endpoint_id(), "VpcEndpoint.VpcEndpointId")?.into(),
        service_name: required(service_name, "VpcEndpoint.ServiceName")?.to_owned(),
        // Gateway endpoints are older than the attribute.
        endpoint_type: endpoint
            .vpc_endpoint_type()
            .map_or("Gateway", types::VpcEndpointType::as_str)
            .into(),
        // EC2 answers `available`, its documentation has `Available`.
        state: state.to_ascii_lowercase().into(),
        private_dns_enabled: endpoint.private_dns_enabled(),
        subnet_ids: ids(endpoint.subnet_ids()),
        route_table_ids: ids(endpoint.route_table_ids()),
        security_group_ids: endpoint
            .groups()
            .iter()
            .filter_map(|group| group.group_id().map(Into::into))
            .collect(),
        network_interface_ids: ids(endpoint.network_interface_ids()),
        private_dns_only_for_inbound: endpoint
            .dns_options()
            .and_then(types::DnsOptions::private_dns_only_for_inbound_resolver_endpoint)
            .unwrap_or(false),
        policy: endpoint.policy_document().map(str::to_owned),
        name: name_tag(endpoint.tags()),
        created_at: timestamp(endpoint.creation_timestamp()),
        requester_managed: endpoint.requester_managed(),
        service_region: endpoint.service_region().and_then(|name| name.parse().ok()),
        ip_address_type: endpoint.ip_address_type().map(|it| it.as_str().to_owned()),
        dns_options: endpoint.dns_options().map(|it| Box::new(dns_options(it))),
        last_error: endpoint.last_error().and_then(last_error),
        failure_reason: text(endpoint.failure_reason()),
    })
}

fn dns_options(options: &types::DnsOptions) -> EndpointDnsOptions {
    EndpointDnsOptions {
        record_ip_type: options
            .dns_record_ip_type()
            .map(|it| it.as_str().to_owned()),
        private_dns_preference: text(options.private_dns_preference()),
        private_dns_specified_domains: options.private_dns_specified_domains().to_vec(),
    }
}

fn last_error(error: &types::LastError) -> Option<String> {
    match (text(error.code()), text(error.message())) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => code.or(message),
    }
}

/// Text that is not empty.
fn text(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn ids<T: for<'i> From<&'i str>>(texts: &[String]) -> Vec<T> {
    texts.iter().map(|id| id.as_str().into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target {
            account_id: "123456789012".parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
        }
    }

    fn answer() -> types::builders::VpcEndpointBuilder {
        types::VpcEndpoint::builder()
            .vpc_endpoint_id("vpce-1")
            .vpc_id("vpc-1")
            .state(types::State::Available)
            .service_name("com.amazonaws.us-west-2.ssm")
            .vpc_endpoint_type(types::VpcEndpointType::Interface)
    }

    #[test]
    fn a_cross_region_endpoint_of_a_service_that_manages_it_is_read_with_all_it_shows() {
        let options = types::DnsOptions::builder()
            .dns_record_ip_type(types::DnsRecordIpType::Dualstack)
            .private_dns_preference("VERIFIED_DOMAINS_ONLY")
            .build();
        let error = types::LastError::builder()
            .code("Denied")
            .message("no")
            .build();
        let tag = types::Tag::builder().key("Name").value("ssm").build();
        let answer = answer()
            .service_region("us-west-2")
            .requester_managed(true)
            .creation_timestamp(aws_smithy_types::DateTime::from_secs(1_700_000_000))
            .ip_address_type(types::IpAddressType::Dualstack)
            .dns_options(options)
            .last_error(error)
            .failure_reason("")
            .tags(tag)
            .build();
        let read = endpoint(&target(), &answer).unwrap();
        assert!(read.is_cross_region());
        assert_eq!(read.region_of_service().as_str(), "us-west-2");
        assert_eq!(read.requester_managed, Some(true));
        assert_eq!(read.created_at.unwrap().as_second(), 1_700_000_000);
        assert_eq!(read.ip_address_type.as_deref(), Some("dualstack"));
        let options = read.dns_options.unwrap();
        assert_eq!(options.record_ip_type.as_deref(), Some("dualstack"));
        assert_eq!(read.last_error.as_deref(), Some("Denied: no"));
        assert_eq!(read.failure_reason, None);
        assert_eq!(read.name.as_deref(), Some("ssm"));
    }

    #[test]
    fn an_endpoint_of_which_aws_shows_little_is_of_its_own_region() {
        let read = endpoint(&target(), &answer().build()).unwrap();
        assert!(!read.is_cross_region());
        assert_eq!(
            (read.created_at, read.requester_managed, read.dns_options),
            (None, None, None)
        );
    }

    #[test]
    fn endpoints_of_types_that_are_not_known_yet_keep_their_row() {
        for kind in ["Tunnel", "ServiceNetwork", "SomethingNew"] {
            let answer = answer().vpc_endpoint_type(kind.into()).build();
            let read = endpoint(&target(), &answer).unwrap();
            assert_eq!(read.endpoint_type.as_str(), kind);
        }
        let without_id = types::VpcEndpoint::builder().vpc_id("vpc-1").build();
        assert!(endpoint(&target(), &without_id).is_err());
    }
}
