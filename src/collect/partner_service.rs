//! Whether an account can see endpoint services of partners, asked name by name.
//!
//! An endpoint service that is open to everyone is in no list: it is described only to who gives its
//! name. An unknown name, and one that the account may not use, are both answered with
//! `InvalidServiceName`, for the whole call: so each name has a call of its own
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html>).

use std::collections::BTreeSet;

use crate::{
    aws::pace::Api,
    model::{coverage::Failure, partner::PartnerServiceCheck},
    org::session::Session,
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeVpcEndpointServices"];

/// The code for a name that there is not, or not for the caller.
const ABSENT: &str = "InvalidServiceName";

/// Asks for each name. That a service is absent is an answer.
pub async fn list(
    session: &Session,
    names: &BTreeSet<String>,
) -> Result<Vec<PartnerServiceCheck>, Failure> {
    let mut found = Vec::new();
    for name in names {
        let call = session
            .ec2()
            .describe_vpc_endpoint_services()
            .service_names(name);
        let answer = session
            .call(Api::Ec2("DescribeVpcEndpointServices"), || {
                call.clone().send()
            })
            .await;
        let offered = match answer {
            Ok(page) => page
                .service_details()
                .iter()
                .any(|it| it.service_name() == Some(name)),
            Err(failure) if failure.code.as_deref() == Some(ABSENT) => false,
            Err(failure) => return Err(failure),
        };
        found.push(PartnerServiceCheck {
            service_name: name.clone(),
            offered,
        });
    }
    Ok(found)
}
