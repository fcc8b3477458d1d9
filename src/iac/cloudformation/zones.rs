//! The private hosted zones that lead VPCs to a central endpoint.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::resource::Resource;
use crate::iac::unit::{CentralEndpoint, HostedZone, Unit};

/// The zones of an endpoint that the same template makes.
pub(super) fn of_endpoint(
    unit: &Unit<'_>,
    zones: &[HostedZone<'_>],
    endpoint: &str,
    resources: &mut BTreeMap<String, Resource>,
) {
    // The first entry of an endpoint's names is that of all zones: `Z1HUB23:vpce-….amazonaws.com`.
    let part = |at: u8| json!({ "Fn::Select": [at, { "Fn::Split": [":", { "Fn::Select": [0, { "Fn::GetAtt": [endpoint, "DnsEntries"] }] }] }] });
    let target = json!({ "HostedZoneId": part(0), "DNSName": part(1) });
    add(unit, zones, &target, resources);
}

/// The zones of an endpoint that exists: its name and the zone of that are parameters.
pub(super) fn of_central(
    unit: &Unit<'_>,
    central: &CentralEndpoint<'_>,
    parameters: &mut Map<String, Value>,
    resources: &mut BTreeMap<String, Resource>,
) {
    let [name, zone] = ["DnsName", "HostedZoneId"].map(|it| format!("{}{it}", central.name.pascal));
    let id = &central.endpoint.endpoint_id;
    for (parameter, what) in [(&name, "DnsName"), (&zone, "HostedZoneId")] {
        parameters.insert(
            parameter.clone(),
            json!({
                "Type": "String",
                "Description": format!("{what} of the first of the DnsEntries of {id}"),
                "AllowedPattern": "^[A-Za-z0-9.-]+$",
            }),
        );
    }
    let target = json!({ "HostedZoneId": { "Ref": zone }, "DNSName": { "Ref": name } });
    add(unit, &central.zones, &target, resources);
}

fn add(
    unit: &Unit<'_>,
    zones: &[HostedZone<'_>],
    target: &Value,
    resources: &mut BTreeMap<String, Resource>,
) {
    for zone in zones {
        let name = &zone.name.pascal;
        resources.insert(name.clone(), zone_resource(unit, zone));
        for (at, record) in zone.records.iter().enumerate() {
            let resource = Resource::new(
                "AWS::Route53::RecordSet",
                json!({
                    "HostedZoneId": { "Ref": name },
                    "Name": record,
                    "Type": "A",
                    "AliasTarget": target,
                }),
            );
            resources.insert(format!("{name}Record{}", at + 1), resource);
        }
    }
}

/// CloudFormation associates VPCs of the stack's own account alone.
fn zone_resource(unit: &Unit<'_>, zone: &HostedZone<'_>) -> Resource {
    let own = zone
        .vpcs
        .iter()
        .filter(|vpc| vpc.owner_account_id == unit.target.account_id);
    let vpcs: Vec<Value> = own
        .map(|vpc| json!({ "VPCId": vpc.vpc_id, "VPCRegion": vpc.target.region }))
        .collect();
    Resource::new(
        "AWS::Route53::HostedZone",
        json!({
            "Name": zone.domain,
            "HostedZoneConfig": { "Comment": "Leads to the central endpoint; made by vpce-scout" },
            "VPCs": vpcs,
        }),
    )
}
