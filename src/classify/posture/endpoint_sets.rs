//! Services that work only together.

use super::context::{PostureContext, Subject};
use crate::model::{classified::Path, inventory::Vpc};

/// Image pulls ask `ecr.api` and `ecr.dkr`, and fetch layers from S3
/// (<https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html>).
pub(super) fn ecr_incomplete(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    const SET: [&str; 2] = ["ecr.api", "ecr.dkr"];
    SET.contains(&subject.service)
        && !SET
            .into_iter()
            .chain(["s3"])
            .all(|service| is_private(context, subject.vpc, service))
}

/// The agent needs `ssm` and `ssmmessages`, and, where it is old, `ec2messages`
/// (<https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html>). That it is
/// old shows in its asking for `ec2messages`.
pub(super) fn ssm_incomplete(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    const SET: [&str; 3] = ["ssm", "ssmmessages", "ec2messages"];
    let needs = |service: &&str| {
        let calls = context.services(&subject.vpc.vpc_id);
        *service != "ec2messages" || calls.iter().any(|call| *call.names.service == **service)
    };
    SET.contains(&subject.service)
        && !SET
            .into_iter()
            .filter(needs)
            .all(|service| is_private(context, subject.vpc, service))
}

/// Whether the VPC has an endpoint of the service, or is answered by one elsewhere.
fn is_private(context: &PostureContext<'_>, vpc: &Vpc, service: &str) -> bool {
    let private = [Path::LocalEndpoint, Path::CentralEndpoint];
    let here = vpc.target.region.as_str();
    !context.endpoints(vpc, service).is_empty()
        || context.services(&vpc.vpc_id).iter().any(|call| {
            let same_region = call
                .names
                .service_region
                .as_deref()
                .is_none_or(|it| it == here);
            *call.names.service == *service && same_region && private.contains(&call.path)
        })
}
