//! DNS attributes of VPCs. Each attribute of each VPC is a call of its own, which only the owner of the
//! VPC may make.

use aws_sdk_ec2::{
    operation::describe_vpc_attribute::DescribeVpcAttributeOutput,
    types::{AttributeBooleanValue, VpcAttributeName},
};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    aws::pace::Api,
    model::{coverage::Failure, id::VpcId, inventory::VpcDnsAttributes},
    org::session::Session,
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeVpcAttribute"];

/// VPCs at once in one target; EC2's rate limit does the rest.
const AT_ONCE: usize = 8;

/// Reads the DNS attributes of these VPCs of the account.
///
/// A VPC that was deleted after it was listed has none: that is no reason to lose the others.
///
/// # Errors
///
/// The first call that fails otherwise.
pub async fn list(
    session: &Session,
    vpc_ids: impl IntoIterator<Item = VpcId>,
) -> Result<Vec<VpcDnsAttributes>, Failure> {
    stream::iter(vpc_ids)
        .map(|vpc_id| of_vpc(session, vpc_id))
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

async fn of_vpc(session: &Session, vpc_id: VpcId) -> Result<VpcDnsAttributes, Failure> {
    match attributes(session, vpc_id.clone()).await {
        Err(failure) if failure.code.as_deref() == Some("InvalidVpcID.NotFound") => {
            Ok(VpcDnsAttributes {
                vpc_id,
                dns_support: None,
                dns_hostnames: None,
            })
        }
        read => read,
    }
}

async fn attributes(session: &Session, vpc_id: VpcId) -> Result<VpcDnsAttributes, Failure> {
    let support = attribute(session, &vpc_id, VpcAttributeName::EnableDnsSupport).await?;
    let hostnames = attribute(session, &vpc_id, VpcAttributeName::EnableDnsHostnames).await?;
    let value = |it: Option<&AttributeBooleanValue>| it.and_then(AttributeBooleanValue::value);
    Ok(VpcDnsAttributes {
        vpc_id,
        dns_support: value(support.enable_dns_support()),
        dns_hostnames: value(hostnames.enable_dns_hostnames()),
    })
}

async fn attribute(
    session: &Session,
    vpc_id: &str,
    name: VpcAttributeName,
) -> Result<DescribeVpcAttributeOutput, Failure> {
    let call = session.ec2().describe_vpc_attribute();
    let call = call.vpc_id(vpc_id).attribute(name);
    let api = Api::Ec2("DescribeVpcAttribute");
    session.call(api, move || call.clone().send()).await
}
