//! China and GovCloud: names of services, ARNs and Regions.

use super::*;

/// The facts of a Region, where the names of endpoint services begin with `prefix`.
fn facts_in(region: &str, prefix: &str) -> Facts {
    let mut facts = facts("one");
    for vpc in &mut facts.vpcs {
        vpc.target.region = region.parse().unwrap();
    }
    for subnet in facts.subnets.values_mut() {
        subnet.availability_zone = subnet.availability_zone.replace(REGION, region).into();
    }
    let mut services: Vec<_> = std::mem::take(&mut facts.endpoint_services)
        .into_values()
        .flatten()
        .collect();
    for it in &mut services {
        it.region = region.parse().unwrap();
        it.service_name = it.service_name.replace("com.amazonaws", prefix);
        it.service_name = it.service_name.replace(REGION, region);
    }
    facts
        .endpoint_services
        .insert(region.parse().unwrap(), services);
    facts
}

fn rows_in(region: &str, prefix: &str) -> Vec<OpportunityRow> {
    let mut rows = vec![
        row("s3", "Gateway", "create"),
        row("kms", "Interface", "create"),
    ];
    for row in &mut rows {
        row.region = region.parse().unwrap();
        let name = row.service.as_deref().unwrap();
        row.endpoint_service_name = Some(format!("{prefix}.{region}.{name}"));
    }
    rows
}

#[test]
fn what_is_generated_is_of_the_partition_and_the_region_of_the_vpc() {
    for (region, prefix, partition) in [
        ("us-gov-west-1", "com.amazonaws", "aws-us-gov"),
        ("cn-north-1", "cn.com.amazonaws", "aws-cn"),
        ("cn-northwest-1", "com.amazonaws", "aws-cn"),
    ] {
        let (facts, rows) = (facts_in(region, prefix), rows_in(region, prefix));
        let input = input(&facts, &rows);
        let selection = Selection::default();
        let (stacks, _) = generate(
            &input,
            &selection,
            Language::CloudFormation,
            Layout::Accounts,
        );
        let (root, _) = generate(&input, &selection, Language::Terraform, Layout::Single);
        for generated in [&stacks, &root] {
            assert!(generated.left_out.is_empty(), "{generated:?}");
            for file in &generated.files {
                for other in ["arn:aws:", "eu-west-1"] {
                    assert!(!file.contents.contains(other), "{other}: {file:?}");
                }
            }
        }
        let service = format!("{prefix}.{region}.kms");
        let template = file(&stacks, &format!("{region}/endpoints.yaml"));
        let module = file(&root, &format!("{region}/main.tf"));
        for text in [template, module] {
            assert!(text.contains(&service), "{text}");
            let bucket = format!("arn:{partition}:s3:::prod-{region}-starport-layer-bucket/*");
            assert!(text.contains(&bucket), "{text}");
        }
        let of_stack_set = file(&stacks, "stackset/gateway-endpoints.yaml");
        assert!(of_stack_set.contains("arn:${AWS::Partition}:s3:::"));
        let main = root.files.iter().find(|it| it.path == "main.tf").unwrap();
        let role = format!("arn:{partition}:iam::{ACCOUNT}:role/%s");
        assert!(main.contents.contains(&role), "{main:?}");
        let provider = format!("region = \"{region}\"");
        assert!(main.contents.contains(&provider), "{main:?}");
        let readme = file(&stacks, &format!("{region}/README.md"));
        assert!(readme.contains(&format!("--region {region} ")), "{readme}");
    }
}
