//! Central endpoints in the README: those that the unit makes, and those that its VPCs are to use.

use std::{collections::BTreeSet, fmt::Write as _};

use super::reason::write_reason;
use crate::{
    iac::{
        text::markdown,
        unit::{EndpointPlan, HostedZone, Unit},
    },
    model::{id::AccountId, template::Language},
};

/// A central endpoint that the unit makes.
pub(super) fn central_endpoint(out: &mut String, unit: &Unit<'_>, endpoint: &EndpointPlan<'_>) {
    let _ = writeln!(
        out,
        "- **Central endpoint.** Private hosted zones answer for {} in {} VPCs. Any other name below \
         these domains stops resolving in them.",
        records(&endpoint.zones),
        endpoint
            .zones
            .iter()
            .map(|zone| zone.vpcs.len())
            .max()
            .unwrap_or_default()
    );
    let cross = endpoint.zones.iter().flat_map(|zone| &zone.vpcs);
    let others: BTreeSet<&str> = cross
        .filter(|vpc| vpc.owner_account_id != unit.target.account_id)
        .map(|vpc| vpc.vpc_id.as_str())
        .collect();
    if !others.is_empty() {
        let _ = writeln!(
            out,
            "- **VPCs of other accounts.** See *Other accounts* below."
        );
    }
}

/// The central endpoints that exist.
pub(super) fn existing(out: &mut String, unit: &Unit<'_>) {
    for central in &unit.central {
        let endpoint = central.endpoint;
        let id = &endpoint.endpoint_id;
        let _ = writeln!(
            out,
            "## {}: use the central endpoint `{id}`\n",
            markdown(central.service)
        );
        for row in &central.rows {
            write_reason(out, "", row);
        }
        let vpcs = central.zones.first().map_or(&[][..], |zone| &zone.vpcs);
        let ids: Vec<String> = vpcs.iter().map(|vpc| format!("`{}`", vpc.vpc_id)).collect();
        let _ = writeln!(
            out,
            "- **Hosted zones.** Zones of this account answer for {} in {}, with the addresses of `{id}` \
             in {} of account {}. Where a VPC has a zone of such a name already, Route 53 refuses the new \
             one: add the records to it instead. Route 53 takes the DNS name of an endpoint of another account as the \
             target of an alias \
             (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-alias-common.html>).",
            records(&central.zones),
            ids.join(", "),
            endpoint.vpc_id,
            central.hub_account_id,
        );
        let _ = writeln!(
            out,
            "- **Instead.** AWS recommends one zone in the account of the endpoint, associated with the VPCs that \
             use it, or a Route 53 Profile that holds the endpoint. Where account {} has either, associate these \
             VPCs with it and do not apply this part: `aws route53 list-hosted-zones-by-vpc --vpc-id {} --vpc-region \
             {}` and `aws route53profiles list-profiles` show them there.",
            central.hub_account_id, endpoint.vpc_id, unit.target.region,
        );
        let blocks: BTreeSet<String> = vpcs
            .iter()
            .flat_map(|vpc| &vpc.cidrs)
            .map(|block| format!("`{block}`"))
            .collect();
        let _ = writeln!(
            out,
            "- **Before.** The security groups of `{id}` ({}) have to let TCP 443 in from {}, and its \
             policy the principals of this account.",
            endpoint.security_group_ids.join(", "),
            Vec::from_iter(blocks).join(", "),
        );
        for note in &central.notes {
            let _ = writeln!(out, "- {}", markdown(note));
        }
        let _ = writeln!(
            out,
            "- **Parameters.** In account {}, this shows the name and its zone:\n\n```sh\n\
             aws ec2 describe-vpc-endpoints --region {} --vpc-endpoint-ids {id} --query 'VpcEndpoints[0].DnsEntries[0]'\n```\n",
            central.hub_account_id, unit.target.region,
        );
    }
}

/// The parameters of central endpoints that exist, as `aws cloudformation deploy` takes them, of those that a
/// template has.
pub(super) fn parameters(unit: &Unit<'_>, template: &str) -> String {
    let mut values = String::new();
    for it in &unit.central {
        let name = &it.name.pascal;
        if !template.contains(&format!("{name}DnsName:")) {
            continue;
        }
        let _ = write!(
            values,
            " {name}DnsName=DNS_NAME {name}HostedZoneId=HOSTED_ZONE_ID"
        );
    }
    if values.is_empty() {
        return values;
    }
    format!(" \\\n  --parameter-overrides{values}")
}

/// The variables of central endpoints that exist, as `terraform plan` takes them.
pub(super) fn variables(unit: &Unit<'_>) -> String {
    let mut values = String::new();
    for it in &unit.central {
        let name = &it.name.snake;
        values += " \\\n  -var ";
        let _ = write!(
            values,
            "{name}_dns_name=DNS_NAME -var {name}_hosted_zone_id=HOSTED_ZONE_ID"
        );
    }
    values
}

fn records(zones: &[HostedZone<'_>]) -> String {
    let names = zones.iter().flat_map(|zone| &zone.records);
    let names: Vec<String> = names.map(|record| format!("`{record}`")).collect();
    names.join(", ")
}

/// The calls that no template of one account makes: CloudFormation authorizes nothing, Terraform does.
pub(super) fn other_accounts(out: &mut String, unit: &Unit<'_>, language: Language) {
    let mut lines = Vec::new();
    let (hub, region) = (&unit.target.account_id, &unit.target.region);
    for zone in unit.endpoints().flat_map(|(_, it)| &it.zones) {
        for vpc in zone.vpcs.iter().filter(|it| it.owner_account_id != *hub) {
            let (vpc_id, account) = (&vpc.vpc_id, &vpc.owner_account_id);
            let call = |operation: &str, account: &AccountId| {
                format!(
                    "aws route53 {operation} --hosted-zone-id ZONE_ID --vpc VPCRegion={region},VPCId={vpc_id}   # in account {account}"
                )
            };
            lines.push(format!(
                "# {} for {vpc_id} of account {account}",
                zone.domain
            ));
            let authorized = language == Language::CloudFormation;
            lines.extend(authorized.then(|| call("create-vpc-association-authorization", hub)));
            lines.push(call("associate-vpc-with-hosted-zone", account));
            lines.extend(authorized.then(|| call("delete-vpc-association-authorization", hub)));
        }
    }
    if lines.is_empty() {
        return;
    }
    let who = match language {
        Language::CloudFormation => {
            "An authorization in the account of the zone comes first, and is deleted afterwards."
        }
        Language::Terraform => {
            "Terraform has made the authorizations; the associations are made in the other accounts."
        }
    };
    let _ = writeln!(
        out,
        "## Other accounts\n\nA hosted zone is associated with a VPC of another account by a call in that account \
         (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-associate-vpcs-different-accounts.html>). \
         {who} `aws route53 list-hosted-zones` in account {hub} shows the ids:\n\n```sh\n{}\n```\n\nFor many VPCs, a \
         Route 53 Profile that holds the endpoints is less work \
         (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/profile-associate-vpc-endpoints.html>): turn \
         private DNS of the endpoints on, associate them with the Profile, share it by RAM, and associate each VPC. The \
         zones are not needed then.\n",
        lines.join("\n")
    );
}
