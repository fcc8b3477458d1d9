//! Tries the IAM actions of a scan, as cheaply as each allows: EC2 as a dry run, lists of one item, and
//! ids that do not exist. IAM decides before a service looks for what was named, so every answer but a
//! denial means that the action is allowed
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>, `DryRun`).

use std::time::SystemTime;

use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Metric, MetricDataQuery, MetricStat},
};
use aws_sdk_ec2::types::{Filter, VpcAttributeName};

use crate::{
    aws::pace::Api,
    model::coverage::{Failure, Reason},
    org::session::Session,
};

/// An action that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbedAction {
    /// The IAM action.
    pub action: &'static str,
    /// Why it cannot be used; none if it is allowed.
    pub refused: Option<Failure>,
}

/// The id of a Logs Insights query that does not exist.
const NO_QUERY: &str = "00000000-0000-0000-0000-000000000000";

/// Tries every action in the session's account and Region. `log_group` is one that a scan would query;
/// the query itself is malformed, so that nothing is scanned.
pub async fn probe(session: &Session, log_group: &str) -> Vec<ProbedAction> {
    let mut tried = network(session).await;
    tried.extend(gateways(session).await);
    tried.extend(logs(session, log_group).await);
    tried.extend(resolver(session).await);
    tried.extend(metrics(session).await);
    tried
}

/// What the answer to a tried action means.
fn verdict<T>(action: &'static str, answer: Result<T, Failure>) -> ProbedAction {
    let refuses = |failure: &Failure| {
        matches!(
            failure.reason,
            Reason::AccessDenied
                | Reason::ScpDenied
                | Reason::Expired
                | Reason::Unreachable
                | Reason::Throttled
                | Reason::RegionDisabled
        )
    };
    ProbedAction {
        action,
        refused: answer.err().filter(refuses),
    }
}

/// Makes each call, and keeps what its answer means. Boxed: the futures of the SDK are large.
macro_rules! try_each {
    ($session:ident, $api:expr; $($action:literal => $call:expr,)*) => {
        vec![$({
            let call = $call;
            let api = $api($action);
            verdict($action, Box::pin($session.call(api, || call.clone().send())).await)
        },)*]
    };
}

async fn network(session: &Session) -> Vec<ProbedAction> {
    let ec2 = session.ec2();
    let attribute = VpcAttributeName::EnableDnsSupport;
    try_each!(session, Api::Ec2;
        "ec2:DescribeFlowLogs" => ec2.describe_flow_logs().dry_run(true),
        "ec2:DescribePrefixLists" => ec2.describe_prefix_lists().dry_run(true),
        "ec2:DescribeRegions" => ec2.describe_regions().dry_run(true),
        "ec2:DescribeRouteTables" => ec2.describe_route_tables().dry_run(true),
        "ec2:DescribeSecurityGroups" => ec2.describe_security_groups().dry_run(true),
        "ec2:DescribeSubnets" => ec2.describe_subnets().dry_run(true),
        "ec2:DescribeVpcAttribute" => ec2.describe_vpc_attribute().dry_run(true)
            .vpc_id("vpc-00000000000000000").attribute(attribute.clone()),
        "ec2:DescribeVpcEndpointServices" => ec2.describe_vpc_endpoint_services().dry_run(true),
        "ec2:DescribeVpcEndpoints" => ec2.describe_vpc_endpoints().dry_run(true),
        "ec2:DescribeVpcs" => ec2.describe_vpcs().dry_run(true),
    )
}

async fn gateways(session: &Session) -> Vec<ProbedAction> {
    let ec2 = session.ec2();
    let active = Filter::builder().name("state").values("active").build();
    try_each!(session, Api::Ec2;
        "ec2:DescribeEgressOnlyInternetGateways" =>
            ec2.describe_egress_only_internet_gateways().dry_run(true),
        "ec2:DescribeInternetGateways" => ec2.describe_internet_gateways().dry_run(true),
        "ec2:DescribeNatGateways" => ec2.describe_nat_gateways().dry_run(true),
        "ec2:DescribeNetworkInterfaces" => ec2.describe_network_interfaces().dry_run(true),
        "ec2:DescribeTransitGatewayAttachments" =>
            ec2.describe_transit_gateway_attachments().dry_run(true),
        "ec2:DescribeVpcBlockPublicAccessExclusions" =>
            ec2.describe_vpc_block_public_access_exclusions().dry_run(true),
        "ec2:DescribeVpcBlockPublicAccessOptions" =>
            ec2.describe_vpc_block_public_access_options().dry_run(true),
        "ec2:SearchTransitGatewayRoutes" => ec2.search_transit_gateway_routes().dry_run(true)
            .transit_gateway_route_table_id("tgw-rtb-00000000000000000").filters(active.clone()),
    )
}

async fn logs(session: &Session, log_group: &str) -> Vec<ProbedAction> {
    let logs = session.logs();
    try_each!(session, Api::Logs;
        "logs:DescribeLogGroups" => logs.describe_log_groups().limit(1),
        "logs:DescribeLogStreams" =>
            logs.describe_log_streams().log_group_name(log_group).limit(1),
        "logs:GetQueryResults" => logs.get_query_results().query_id(NO_QUERY),
        "logs:StartQuery" => logs.start_query().log_group_name(log_group).start_time(0).end_time(1)
            .query_string("| | not a query"),
        "logs:StopQuery" => logs.stop_query().query_id(NO_QUERY),
    )
}

async fn resolver(session: &Session) -> Vec<ProbedAction> {
    let (resolver, target) = (session.resolver(), session.target());
    let id = "rqlc-00000000000000000";
    let (region, account) = (&target.region, &target.account_id);
    let arn = format!("arn:aws:route53resolver:{region}:{account}:resolver-query-log-config/{id}");
    let profiles = session.profiles();
    let mut tried = try_each!(session, |_| Api::Profiles;
        "route53profiles:ListProfileAssociations" =>
            profiles.list_profile_associations().max_results(1),
        "route53profiles:ListProfileResourceAssociations" =>
            profiles.list_profile_resource_associations().profile_id("rp-00000000000000000"),
    );
    tried.extend(try_each!(session, |_| Api::Resolver;
        "route53resolver:GetResolverQueryLogConfig" =>
            resolver.get_resolver_query_log_config().resolver_query_log_config_id(id),
        "route53resolver:ListResolverQueryLogConfigAssociations" =>
            resolver.list_resolver_query_log_config_associations().max_results(1),
        "route53resolver:ListResolverQueryLogConfigs" =>
            resolver.list_resolver_query_log_configs().max_results(1),
        "route53resolver:ListTagsForResource" =>
            resolver.list_tags_for_resource().resource_arn(arn.as_str()).max_results(1),
    ));
    tried
}

async fn metrics(session: &Session) -> Vec<ProbedAction> {
    let cloudwatch = session.cloudwatch();
    let now = DateTime::from(SystemTime::now());
    let metric = Metric::builder()
        .namespace("AWS/NATGateway")
        .metric_name("BytesOutToDestination")
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(3600)
        .stat("Sum")
        .build();
    let query = MetricDataQuery::builder()
        .id("probe")
        .metric_stat(stat)
        .build();
    let mut tried = try_each!(session, |_| Api::CloudWatch;
        "cloudwatch:GetMetricData" => cloudwatch.get_metric_data().start_time(now).end_time(now)
            .metric_data_queries(query.clone()),
        "cloudwatch:ListMetrics" => cloudwatch.list_metrics().namespace("AWS/NATGateway"),
    );
    let api = session.account_api();
    tried.extend(try_each!(session, |_| Api::Account;
        "account:ListRegions" => api.list_regions().max_results(1),
    ));
    tried
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_denial_or_no_answer_means_that_an_action_cannot_be_used() {
        let answered = |reason| verdict::<()>("a:B", Err(Failure::new(reason, "m"))).refused;
        for reason in [Reason::AccessDenied, Reason::ScpDenied, Reason::Unreachable] {
            assert_eq!(answered(reason).unwrap().reason, reason);
        }
        assert_eq!(
            answered(Reason::Other),
            None,
            "DryRunOperation, or not found"
        );
        assert_eq!(verdict("a:B", Ok(())).refused, None);
    }
}
