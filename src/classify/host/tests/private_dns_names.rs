//! Names that a region lists.

use super::*;

/// Answers of `DescribeVpcEndpointServices`, some of them nonsense.
const LIVE: &str = "\
com.amazonaws.eu-west-1.newservice newservice.eu-west-1.amazonaws.com
com.amazonaws.eu-west-1.newservice *.data.newservice.eu-west-1.amazonaws.com
aws.api.eu-west-1.strange strange.eu-west-1.api.aws
com.amazonaws.eu-west-1.kms kms.eu-west-1.amazonaws.com
com.amazonaws.eu-west-1.execute-api *.execute-api.eu-west-1.amazonaws.com
com.amazonaws.eu-west-1.iot iot.eu-west-1.amazonaws.com
com.amazonaws.eu-west-1.iot.api iot.eu-west-1.amazonaws.com
com.amazonaws.eu-west-1.timestream.ingest-cell2 ingest-cell2.timestream.eu-west-1.amazonaws.com
com.amazonaws.vpce.eu-west-1.vpce-svc-0123 api.evil.eu-west-1.amazonaws.com
com.amazonaws.eu-west-1.odd api.example.com
com.amazonaws.eu-west-1.bad a..amazonaws.com
cn.com.amazonaws.cn-north-1.s3
com.amazonaws.cn-north-1.s3
cn.com.amazonaws.cn-north-1.nameless";

fn live() -> impl DoubleEndedIterator<Item = (&'static str, &'static str)> {
    LIVE.lines()
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
}

#[test]
fn live_private_dns_names_make_new_services_known() {
    let table = [
        ("newservice.eu-west-1.amazonaws.com", "newservice"),
        ("x.data.newservice.eu-west-1.amazonaws.com", "newservice"),
        ("x.y.data.newservice.eu-west-1.amazonaws.com", "newservice"),
        ("strange.eu-west-1.api.aws", "strange"),
        ("kms.eu-west-1.amazonaws.com", "kms"),
        ("iot.eu-west-1.amazonaws.com", "iot.api"),
        (
            "ingest-cell2.timestream.eu-west-1.amazonaws.com",
            "timestream.ingest-cell2",
        ),
    ];
    let rules = RULES.clone().with_private_dns_names(live());
    let reversed = RULES.clone().with_private_dns_names(live().rev());
    for rules in [&rules, &reversed] {
        for (host, service) in table {
            let class = rules.classify(host);
            assert_eq!(class.service.as_deref(), Some(service), "{host}");
            assert_eq!(class.service_region.as_deref(), Some("eu-west-1"), "{host}");
            assert_eq!(class.private_dns_covers, Some(true), "{host}");
        }
    }
}

#[test]
fn live_names_leave_the_rest_as_it_was() {
    let rules = RULES.clone().with_private_dns_names(live());
    let table = [
        (
            "data.newservice.eu-west-1.amazonaws.com",
            HostKind::OtherAws,
        ),
        ("newservice.eu-west-2.amazonaws.com", HostKind::Service),
        ("api.evil.eu-west-1.amazonaws.com", HostKind::OtherAws),
        ("api.example.com", HostKind::None),
    ];
    for (host, kind) in table {
        let class = rules.classify(host);
        assert_eq!(class.kind, kind, "{host}");
        assert_ne!(class.private_dns_covers, Some(true), "{host}");
    }
}

#[test]
fn live_endpoint_service_names_are_remembered() {
    let rules = RULES.clone().with_private_dns_names(live());
    let reversed = RULES.clone().with_private_dns_names(live().rev());
    let table = [
        (
            "newservice",
            "eu-west-1",
            "com.amazonaws.eu-west-1.newservice",
        ),
        ("strange", "eu-west-1", "aws.api.eu-west-1.strange"),
        ("kms", "eu-west-1", "com.amazonaws.eu-west-1.kms"),
        ("iot.api", "eu-west-1", "com.amazonaws.eu-west-1.iot.api"),
        (
            "timestream.ingest-cell2",
            "eu-west-1",
            "com.amazonaws.eu-west-1.timestream.ingest-cell2",
        ),
        ("s3", "cn-north-1", "com.amazonaws.cn-north-1.s3"),
        (
            "nameless",
            "cn-north-1",
            "cn.com.amazonaws.cn-north-1.nameless",
        ),
    ];
    for rules in [&rules, &reversed] {
        for (service, region, name) in table {
            let found = rules.endpoint_service_name(service, Some(region));
            assert_eq!(found.as_deref(), Some(name));
        }
    }
}
