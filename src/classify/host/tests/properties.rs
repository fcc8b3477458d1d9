//! What holds for every text.

use super::*;

/// Names made of the pieces that the rules look for.
fn names() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z0-9_-]{1,12}",
        prop::sample::select(vec![
            "s3",
            "kms",
            "sts",
            "rds",
            "elb",
            "vpce",
            "dkr",
            "ecr",
            "iot",
            "fips",
            "eu-west-1",
            "us-gov-west-1",
            "cn-north-1",
            "eu-east-9",
            "s3-eu-west-1",
            "dualstack",
            "amazonaws",
            "com",
            "cn",
            "api",
            "aws",
            "on",
            "sagemaker",
            "ic",
            "c2s",
            "gov",
            "*",
            "?",
            "{region}",
            "",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.join("."))
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        RULES.classify(&text);
        RULES.split_endpoint_service_name(&text);
        RULES.partition_of_region(&text);
    }

    #[test]
    fn any_class_but_none_ends_in_a_zone(name in names(), zone in prop::sample::select(vec!["", ".amazonaws.com", ".api.aws", "amazonaws.com", ".amazonaws.com.evil.com"])) {
        let name = format!("{name}{zone}");
        let lower = name.to_ascii_lowercase();
        let in_zone = RULES.partitions.iter().flat_map(|partition| &partition.zones).any(|zone| {
            lower.strip_suffix(zone.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        prop_assert!(in_zone || RULES.classify(&name).kind == HostKind::None, "{name}");
    }

    #[test]
    fn case_and_trailing_dot_change_nothing(row in 0_usize..10_000, name in names()) {
        let host = BOTOCORE.lines().nth(row + 1).unwrap().split(',').next().unwrap().to_owned();
        for host in [host, name + ".amazonaws.com"] {
            let class = RULES.classify(&host);
            prop_assert_eq!(&class, &RULES.classify(&host.to_ascii_uppercase()));
            prop_assert_eq!(&class, &RULES.classify(&format!("{host}.")));
        }
    }

    #[test]
    fn live_names_never_panic(names in prop::collection::vec((names(), names()), 0..6)) {
        let pairs = names.iter().map(|(service, name)| (service.as_str(), name.as_str()));
        let _rules = RULES.clone().with_private_dns_names(pairs);
    }
}
