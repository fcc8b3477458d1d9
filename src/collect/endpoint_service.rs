//! The endpoint services of AWS that a region offers.
//!
//! Asked once a region, not once an account: with the filter `owner = amazon` the answer holds
//! AWS's own services alone, whose names, types, private DNS names and zone *ids* belong to the
//! region. Zone *names* are mapped differently in every account, so they are not kept; services of
//! third parties, which do depend on the account's permissions, are filtered out.

use aws_sdk_ec2::types;

use super::PAGE;
use crate::{
    aws::pace::Api,
    model::{
        coverage::{Failure, Reason},
        id::Region,
        inventory::EndpointService,
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeVpcEndpointServices"];

/// Lists the services. The SDK has no paginator for this call.
pub async fn list(session: &Session) -> Result<Vec<EndpointService>, Failure> {
    let owner = types::Filter::builder()
        .name("owner")
        .values("amazon")
        .build();
    let mut services = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let call = session
            .ec2()
            .describe_vpc_endpoint_services()
            .filters(owner.clone())
            .max_results(PAGE)
            .set_next_token(token.clone());
        let page = session
            .call(Api::Ec2("DescribeVpcEndpointServices"), || {
                call.clone().send()
            })
            .await?;
        for detail in page.service_details() {
            services.extend(read(&session.target().region, detail)?);
        }
        match page.next_token.filter(|next| !next.is_empty()) {
            None => return Ok(services),
            next if next == token => {
                return Err(Failure::new(
                    Reason::InvalidResponse,
                    "the same page came twice",
                ));
            }
            next => token = next,
        }
    }
}

/// One entry for each type: S3 may come as two details, or as one with two types.
fn read(
    region: &Region,
    detail: &types::ServiceDetail,
) -> Result<Vec<EndpointService>, MissingField> {
    let service_name = required(detail.service_name(), "ServiceDetail.ServiceName")?;
    let mut names: Vec<String> = detail
        .private_dns_names()
        .iter()
        .filter_map(|it| it.private_dns_name())
        .chain(detail.private_dns_name())
        .map(|name| name.trim_end_matches('.').to_ascii_lowercase())
        .collect();
    names.sort();
    names.dedup();
    let mut zones = detail.availability_zone_ids().to_vec();
    zones.sort();
    let of_type = |kind: &types::ServiceType| EndpointService {
        region: region.clone(),
        service_name: service_name.to_owned(),
        service_type: kind.as_str().into(),
        private_dns_names: names.clone(),
        availability_zone_ids: zones.clone(),
        policy_supported: detail.vpc_endpoint_policy_supported(),
    };
    Ok(detail
        .service_type()
        .iter()
        .filter_map(|it| it.service_type().map(of_type))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_private_dns_names_of_a_service_are_kept_once() {
        let name = |name: &str| {
            types::PrivateDnsDetails::builder()
                .private_dns_name(name)
                .build()
        };
        let detail = types::ServiceDetail::builder()
            .service_name("com.amazonaws.us-east-1.monitoring")
            .service_type(
                types::ServiceTypeDetail::builder()
                    .service_type(types::ServiceType::Interface)
                    .build(),
            )
            .private_dns_name("monitoring.us-east-1.amazonaws.com")
            .private_dns_names(name("monitoring.us-east-1.amazonaws.com"))
            .private_dns_names(name("monitoring-fips.us-east-1.api.aws"))
            .build();
        let services = read(&"us-east-1".parse().unwrap(), &detail).unwrap();
        assert_eq!(services.len(), 1);
        assert_eq!(
            services[0].private_dns_names,
            [
                "monitoring-fips.us-east-1.api.aws",
                "monitoring.us-east-1.amazonaws.com"
            ]
        );
    }
}
