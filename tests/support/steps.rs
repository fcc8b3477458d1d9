//! What is known of the steps of a scan from outside.

/// The steps of an account that cannot be done without its role.
pub(crate) const NEED_THE_ROLE: &[&str] = &[
    "regions",
    "vpcs",
    "subnets",
    "route_tables",
    "nat_gateways",
    "endpoints",
    "network_interfaces",
    "security_groups",
    "transit_gateways",
    "endpoint_services",
    "query_logging",
    "flow_logs",
    "dns_usage",
    "flow_usage",
    "nat_metrics",
    "endpoint_metrics",
    "internet_gateways",
    "vpc_block_public_access",
    "vpc_dns_attributes",
    "route53_profiles",
];
