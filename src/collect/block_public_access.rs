//! VPC Block Public Access: whether the VPCs of an account reach the internet in a Region, and which
//! are excluded from that.
//!
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>)

use aws_sdk_ec2::types::{self, VpcBlockPublicAccessExclusionState as State};

use super::PAGE;
use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure,
        internet::{BlockPublicAccessExclusion, VpcBlockPublicAccess},
        inventory::Vpc,
        kind::BlockMode,
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &[
    "ec2:DescribeVpcBlockPublicAccessExclusions",
    "ec2:DescribeVpcBlockPublicAccessOptions",
];

/// The mode of a Region without VPC Block Public Access.
const OFF: &str = "off";

/// Whether it may close a VPC: EC2 lists its mode with each VPC, where `off` means that it is not
/// enabled in the Region (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_BlockPublicAccessStates.html>).
/// A VPC of another account is the business of that account.
pub fn may_apply(vpc: &Vpc) -> bool {
    vpc.is_seen_by_owner() && vpc.block_public_access != Some(BlockMode::Off)
}

/// Reads the mode and, unless it is off, the exclusions.
pub async fn list(session: &Session) -> Result<VpcBlockPublicAccess, Failure> {
    let call = session.ec2().describe_vpc_block_public_access_options();
    let answer = session
        .call(Api::Ec2("DescribeVpcBlockPublicAccessOptions"), || {
            call.clone().send()
        })
        .await?;
    let mode = mode(answer.vpc_block_public_access_options())?;
    let exclusions = if mode == OFF {
        Vec::new()
    } else {
        exclusions(session).await?
    };
    Ok(VpcBlockPublicAccess {
        target: session.target().clone(),
        mode: mode.into(),
        exclusions,
    })
}

/// The mode of a Region. An answer without one is no answer: nothing shows that it is off.
fn mode(options: Option<&types::VpcBlockPublicAccessOptions>) -> Result<&str, MissingField> {
    let mode = options.and_then(types::VpcBlockPublicAccessOptions::internet_gateway_block_mode);
    let mode = required(mode, "VpcBlockPublicAccessOptions.InternetGatewayBlockMode")?;
    Ok(mode.as_str())
}

async fn exclusions(session: &Session) -> Result<Vec<BlockPublicAccessExclusion>, Failure> {
    let mut exclusions = Vec::new();
    let mut token = None;
    loop {
        let call = session
            .ec2()
            .describe_vpc_block_public_access_exclusions()
            .max_results(PAGE)
            .set_next_token(token);
        let page = session
            .call(Api::Ec2("DescribeVpcBlockPublicAccessExclusions"), || {
                call.clone().send()
            })
            .await?;
        for found in page.vpc_block_public_access_exclusions() {
            exclusions.extend(exclusion(found)?);
        }
        token = page
            .next_token()
            .filter(|it| !it.is_empty())
            .map(str::to_owned);
        if token.is_none() {
            return Ok(exclusions);
        }
    }
}

/// An exclusion that is in force.
fn exclusion(
    found: &types::VpcBlockPublicAccessExclusion,
) -> Result<Option<BlockPublicAccessExclusion>, MissingField> {
    let gone = [
        State::CreateFailed,
        State::CreateInProgress,
        State::DeleteComplete,
        State::DeleteInProgress,
        State::DisableComplete,
        State::DisableInProgress,
    ];
    if found.state().is_some_and(|state| gone.contains(state)) {
        return Ok(None);
    }
    let arn = required(
        found.resource_arn(),
        "VpcBlockPublicAccessExclusion.ResourceArn",
    )?;
    let mode = required(
        found.internet_gateway_exclusion_mode(),
        "VpcBlockPublicAccessExclusion.InternetGatewayExclusionMode",
    )?;
    Ok(Some(BlockPublicAccessExclusion {
        resource_id: arn.rsplit('/').next().unwrap_or(arn).to_owned(),
        mode: mode.as_str().to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::sample;

    #[test]
    fn an_answer_without_a_mode_does_not_show_that_it_is_off() {
        let options = types::VpcBlockPublicAccessOptions::builder();
        let without = options.clone().build();
        assert!(mode(None).is_err() && mode(Some(&without)).is_err());
        let off = options.internet_gateway_block_mode(types::InternetGatewayBlockMode::Off);
        assert_eq!(mode(Some(&off.build())).unwrap(), OFF);
    }

    #[test]
    fn the_options_are_read_unless_every_own_vpc_shows_that_it_is_off() {
        let target = sample::target();
        let vpc = |mode: Option<&str>| Vpc {
            block_public_access: mode.map(Into::into),
            ..sample::vpc(&target, "vpc-1")
        };
        assert!(!may_apply(&vpc(Some("off"))));
        for mode in [None, Some("block-ingress"), Some("block-bidirectional")] {
            assert!(may_apply(&vpc(mode)), "{mode:?}");
        }
        let shared = Vpc {
            owner_account_id: "444455556666".parse().unwrap(),
            ..vpc(None)
        };
        assert!(!may_apply(&shared));
    }

    #[test]
    fn an_exclusion_names_its_vpc_while_it_is_in_force() {
        let answer = |state: State| {
            types::VpcBlockPublicAccessExclusion::builder()
                .resource_arn("arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1")
                .internet_gateway_exclusion_mode(types::InternetGatewayExclusionMode::AllowEgress)
                .state(state)
                .build()
        };
        let read = exclusion(&answer(State::CreateComplete)).unwrap().unwrap();
        assert_eq!((&*read.resource_id, &*read.mode), ("vpc-1", "allow-egress"));
        assert_eq!(exclusion(&answer(State::DeleteComplete)), Ok(None));
    }
}
