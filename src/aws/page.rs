//! Whether a page of a list is its last, so that a list of some pages waits for as many calls, not for one more.

/// A page of a list of the SDK.
pub trait Page {
    /// Whether it names another page: the paginators of the SDK take an empty token for none, too.
    fn names_another(&self) -> bool;
}

macro_rules! pages {
    ($($service:ident: $($operation:ident::$output:ident),+;)+) => {
        $($(
            impl Page for $service::operation::$operation::$output {
                fn names_another(&self) -> bool {
                    self.next_token().is_some_and(|token| !token.is_empty())
                }
            }
        )+)+
    };
}

pages! {
    aws_sdk_account: list_regions::ListRegionsOutput;
    aws_sdk_cloudwatch:
        get_metric_data::GetMetricDataOutput,
        list_metrics::ListMetricsOutput;
    aws_sdk_cloudwatchlogs: describe_log_groups::DescribeLogGroupsOutput;
    aws_sdk_ec2:
        describe_egress_only_internet_gateways::DescribeEgressOnlyInternetGatewaysOutput,
        describe_flow_logs::DescribeFlowLogsOutput,
        describe_internet_gateways::DescribeInternetGatewaysOutput,
        describe_nat_gateways::DescribeNatGatewaysOutput,
        describe_network_interfaces::DescribeNetworkInterfacesOutput,
        describe_prefix_lists::DescribePrefixListsOutput,
        describe_route_tables::DescribeRouteTablesOutput,
        describe_security_groups::DescribeSecurityGroupsOutput,
        describe_subnets::DescribeSubnetsOutput,
        describe_transit_gateway_attachments::DescribeTransitGatewayAttachmentsOutput,
        describe_vpc_endpoints::DescribeVpcEndpointsOutput,
        describe_vpcs::DescribeVpcsOutput,
        search_transit_gateway_routes::SearchTransitGatewayRoutesOutput;
    aws_sdk_organizations:
        list_accounts::ListAccountsOutput,
        list_accounts_for_parent::ListAccountsForParentOutput,
        list_aws_service_access_for_organization::ListAwsServiceAccessForOrganizationOutput,
        list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput,
        list_roots::ListRootsOutput;
    aws_sdk_pricing: get_products::GetProductsOutput;
    aws_sdk_ram:
        get_resource_share_associations::GetResourceShareAssociationsOutput,
        get_resource_shares::GetResourceSharesOutput;
    aws_sdk_route53profiles:
        list_profile_associations::ListProfileAssociationsOutput,
        list_profile_resource_associations::ListProfileResourceAssociationsOutput;
    aws_sdk_route53resolver:
        list_resolver_query_log_config_associations::ListResolverQueryLogConfigAssociationsOutput,
        list_resolver_query_log_configs::ListResolverQueryLogConfigsOutput,
        list_tags_for_resource::ListTagsForResourceOutput;
}
