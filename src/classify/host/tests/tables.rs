//! Names that are known beforehand.

use super::*;
use crate::model::kind::EndpointType;

#[test]
fn hosts_of_botocore_are_services_of_their_region() {
    let (mut all, mut misses) = (0_u32, Vec::new());
    for [host, region, services] in rows(BOTOCORE) {
        all += 1;
        let class = RULES.classify(host);
        if class.kind != HostKind::Service
            || class.service_region.as_deref().unwrap_or_default() != region
        {
            misses.push(format!("{host} ({services}): {}", summary(host)));
        }
    }
    let share = 100.0 * (1.0 - f64::from(u32::try_from(misses.len()).unwrap()) / f64::from(all));
    println!(
        "{share:.2} % of {all} hosts; missed:\n{}",
        misses.join("\n")
    );
    assert!(all > 10_000);
    assert!(share >= 99.5, "{share:.2} %");
}

#[test]
fn services_are_named_with_region_endpoint_service_and_form() {
    for [host, service, region, endpoint_service, form, private_dns] in rows(SERVICES) {
        let class = RULES.classify(host);
        assert_eq!(
            summary(host),
            format!("service {service} {region}"),
            "{host}"
        );
        let name = RULES.endpoint_service_name(service, class.service_region.as_deref());
        assert_eq!(
            name.as_deref().unwrap_or_default(),
            endpoint_service,
            "{host}"
        );
        assert_eq!(
            format!("{:?}", class.form.unwrap()).to_lowercase(),
            form.replace('_', ""),
            "{host}"
        );
        let covers = match class.private_dns_covers {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        };
        assert_eq!(covers, private_dns, "{host}");
    }
}

#[test]
fn other_names_are_never_services() {
    for [host, kind] in rows(NOT_SERVICES) {
        assert_eq!(RULES.classify(host).kind.name(), kind, "{host}");
    }
    assert_eq!(RULES.classify("").kind, HostKind::None);
}

#[test]
fn names_from_documentation_and_public_lists_are_classified_as_their_source_has_them() {
    let mut names = 0;
    for [host, kind, service, region, source] in rows(DOCUMENTED) {
        assert_eq!(
            summary(host),
            format!("{kind} {service} {region}"),
            "{host} ({source})"
        );
        names += 1;
    }
    assert!(names >= 650, "{names}");
}

/// One rule, whichever partition: nothing but the suffix and the region differ.
#[test]
fn the_same_labels_are_the_same_in_every_partition() {
    let partitions = [
        ("eu-west-1", "amazonaws.com", "api.aws", "on.aws"),
        ("us-gov-west-1", "amazonaws.com", "api.aws", "on.aws"),
        (
            "cn-north-1",
            "amazonaws.com.cn",
            "api.amazonwebservices.com.cn",
            "on.amazonwebservices.com.cn",
        ),
        (
            "eusc-de-east-1",
            "amazonaws.eu",
            "api.amazonwebservices.eu",
            "on.amazonwebservices.eu",
        ),
        (
            "us-iso-east-1",
            "c2s.ic.gov",
            "api.aws.ic.gov",
            "on.aws.ic.gov",
        ),
        (
            "us-isob-east-1",
            "sc2s.sgov.gov",
            "api.aws.scloud",
            "on.aws.scloud",
        ),
    ];
    let names = [
        ("kms.{region}.{dns}", "service kms"),
        ("kms.dualstack.{region}.{dns}", "service kms"),
        ("kms.{region}.{dual}", "service kms"),
        ("newservice.{region}.{dns}", "service newservice"),
        ("newservice-fips.{region}.{dual}", "service newservice"),
        ("b.s3.dualstack.{region}.{dns}", "service s3"),
        ("1.dkr-ecr.{region}.{on}", "service ecr.dkr"),
        ("x.lambda-url.{region}.{on}", "customer_resource "),
        ("lb-1.{region}.elb.{dns}", "customer_resource "),
        ("x.newservice.{region}.{dns}", "other_aws "),
    ];
    for (region, dns, dual, on) in partitions {
        for (name, expected) in names {
            let host = name
                .replace("{region}", region)
                .replace("{dns}", dns)
                .replace("{dual}", dual)
                .replace("{on}", on);
            let region = if expected.starts_with("service") {
                region
            } else {
                ""
            };
            assert_eq!(summary(&host), format!("{expected} {region}"), "{host}");
        }
    }
}

#[test]
fn too_long_names_are_none() {
    let bucket = "a.".repeat(120);
    let longest = |extra: &str| format!("{bucket}{extra}.s3.amazonaws.com");
    assert_eq!(longest("").replace("..", ".").len(), 256);
    assert_eq!(
        RULES.classify(&longest("").replace("..", ".")).kind,
        HostKind::None
    );
    assert_eq!(
        RULES
            .classify(longest("").replace("..", ".").trim_start_matches("a.a."))
            .kind,
        HostKind::Service
    );
}

#[test]
fn endpoint_service_names_are_split_into_service_and_region() {
    let table = [
        (
            "com.amazonaws.eu-west-1.ecr.dkr",
            Some(("ecr.dkr", Some("eu-west-1"))),
        ),
        ("com.amazonaws.iam", Some(("iam", None))),
        (
            "com.amazonaws.s3-global.accesspoint",
            Some(("s3-global.accesspoint", None)),
        ),
        (
            "cn.com.amazonaws.cn-north-1.ec2",
            Some(("ec2", Some("cn-north-1"))),
        ),
        (
            "cn.com.amazonaws.cn-north-1.transcribe.cn",
            Some(("transcribe", Some("cn-north-1"))),
        ),
        (
            "aws.sagemaker.eu-west-1.studio",
            Some(("studio", Some("eu-west-1"))),
        ),
        ("aws.api.global.codecatalyst", Some(("codecatalyst", None))),
        (
            "api.aws.us-east-1.cassandra-streams",
            Some(("cassandra-streams", Some("us-east-1"))),
        ),
        (
            "gov.ic.c2s.us-iso-east-1.ec2",
            Some(("ec2", Some("us-iso-east-1"))),
        ),
        (
            "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0",
            None,
        ),
        (
            "cn.com.amazonaws.vpce.cn-north-1.vpce-svc-0123456789abcdef0",
            None,
        ),
        ("com.amazonaws.eu-west-1", None),
        ("com.example", None),
        ("", None),
    ];
    for (name, expected) in table {
        assert_eq!(RULES.split_endpoint_service_name(name), expected, "{name}");
    }
}

#[test]
fn partitions_have_zones_and_regions() {
    assert!(
        RULES
            .zones("aws")
            .iter()
            .any(|zone| zone == "amazonaws.com")
    );
    assert!(
        RULES
            .zones("aws-us-gov")
            .iter()
            .any(|zone| zone == "api.aws")
    );
    assert!(
        RULES
            .zones("aws-cn")
            .iter()
            .any(|zone| zone == "amazonaws.com.cn")
    );
    assert!(RULES.zones("nowhere").is_empty());
    let table = [
        ("eu-west-1", Some("aws")),
        ("us-gov-1", Some("aws")),
        ("us-gov-east-1", Some("aws-us-gov")),
        ("us-isob-east-1", Some("aws-iso-b")),
        ("eusc-de-east-1", Some("aws-eusc")),
        ("ap-northwest-12", Some("aws")),
        ("eu-west", None),
        ("eu-west-1a", None),
        ("", None),
    ];
    for (region, partition) in table {
        assert_eq!(RULES.partition_of_region(region), partition, "{region}");
    }
}

#[test]
fn endpoint_types_are_known() {
    for service in ["s3", "dynamodb"] {
        assert_eq!(
            RULES.endpoint_types(service),
            [EndpointType::Gateway, EndpointType::Interface]
        );
    }
    assert_eq!(RULES.endpoint_types("kms"), [EndpointType::Interface]);
    assert!(RULES.endpoint_types("chime").is_empty());
}

/// Each endpoint service's private DNS names lead back to that endpoint service.
#[test]
fn private_dns_names_of_the_tables_belong_to_their_endpoint_service() {
    // These names are claimed by a second endpoint service, which the rules prefer.
    const SHARED: [&str; 4] = [
        "com.amazonaws.eu-west-1.iot",
        "com.amazonaws.eu-west-1.freetier",
        "aws.api.eu-west-1.resource-explorer-2",
        "aws.api.eu-west-1.resource-explorer-2-fips",
    ];
    let table: toml::Table = include_str!("../../../../config/services_by_hand.toml")
        .parse()
        .unwrap();
    let mut names = 0;
    for row in table["endpoint_service"].as_array().unwrap() {
        let name = row["name"]
            .as_str()
            .unwrap()
            .replace("{region}", "eu-west-1");
        for pattern in row
            .get("dns")
            .and_then(|dns| dns.as_array())
            .into_iter()
            .flatten()
        {
            let host = pattern.as_str().unwrap().replace("{region}", "eu-west-1");
            let host = host
                .replace("{dns}", "amazonaws.com")
                .replace("{dual}", "api.aws")
                .replace('*', "x");
            let class = RULES.classify(&host);
            let region = class.service_region.as_deref();
            let found = class
                .service
                .as_deref()
                .and_then(|service| RULES.endpoint_service_name(service, region));
            assert_eq!(class.private_dns_covers, Some(true), "{host}");
            assert!(
                found.as_deref() == Some(&*name) || SHARED.contains(&&*name),
                "{host}: {found:?}, not {name}"
            );
            names += 1;
        }
    }
    assert!(names > 700, "{names}");
}

#[test]
fn alias_targets_are_not_names_that_clients_ask_for() {
    let targets = [
        "s3-w.us-east-1.amazonaws.com",
        "s3-r-w.eu-west-1.amazonaws.com",
        "S3-R-W.eu-west-1.amazonaws.com.",
        "s3-r-w.dualstack.eu-west-1.amazonaws.com",
        "s3-w.dualstack.us-east-1.amazonaws.com",
        "s3-fips-r-w.us-east-1.amazonaws.com",
        "s3-1-w.amazonaws.com",
        "s3-3-w.amazonaws.com",
        "s3-us-west-2-w.amazonaws.com",
        "s3-us-west-2-r-w.amazonaws.com",
        "s3-r-w.cn-north-1.amazonaws.com.cn",
        "s3-r-w.us-gov-west-1.amazonaws.com",
        "s3-r-w.eusc-de-east-1.amazonaws.eu",
    ];
    for host in targets {
        assert!(RULES.is_alias_target(host), "{host}");
        assert_eq!(
            RULES.classify(host).service.as_deref(),
            Some("s3"),
            "{host}"
        );
    }
    let asked = [
        "s3.eu-west-1.amazonaws.com",
        "s3-us-west-2.amazonaws.com",
        "s3-external-1.amazonaws.com",
        "bucket.s3-r-w.eu-west-1.amazonaws.com",
        "s3-r-w.eu-west-1.s3.amazonaws.com",
        "s3-r-w.s3.eu-west-1.amazonaws.com",
        "s3-r-w.cn-north-1.amazonaws.com",
        "s3-r-w.eu-west-1.api.aws",
        "s3-r-w.eu-west-1.amazonaws.com.example.com",
        "my-lb-1234567890.eu-west-1.elb.amazonaws.com",
        "amazonaws.com",
        "",
    ];
    for host in asked {
        assert!(!RULES.is_alias_target(host), "{host}");
    }
}

/// What no document, list or code confirms is in none of the tables: an answer from it would be a guess.
#[test]
fn every_row_of_the_tables_names_what_confirms_it() {
    const TABLES: [(&str, &str, &[&str]); 3] = [
        (
            "services_by_hand.toml",
            include_str!("../../../../config/services_by_hand.toml"),
            &[
                "host", "guide", "cdk", "moto", "dump", "emulator", "psl", "aws", "code", "v2fly",
            ],
        ),
        (
            "alias_names.toml",
            include_str!("../../../../config/alias_names.toml"),
            &["capture", "code"],
        ),
        (
            "partners.toml",
            include_str!("../../../../config/partners.toml"),
            &["A", "B", "public code"],
        ),
    ];
    for (name, text, known) in TABLES {
        let rows = text.lines().filter(|line| !line.starts_with('#'));
        let values = rows.flat_map(|row| row.split("evidence = \"").skip(1));
        let values: Vec<&str> = values.filter_map(|it| it.split('"').next()).collect();
        assert!(values.len() > 5, "{name}");
        for value in values {
            let words: Vec<&str> = if known.contains(&value) {
                vec![value]
            } else {
                value.split(' ').collect()
            };
            let unknown: Vec<_> = words.iter().filter(|it| !known.contains(it)).collect();
            assert!(unknown.is_empty(), "{name}: {value}");
        }
    }
}
