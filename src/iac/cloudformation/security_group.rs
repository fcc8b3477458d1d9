//! The security group of a VPC's new interface endpoints, in one stack, for all stacks of the VPC.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{resource::Resource, stacks::Piece, tags};
use crate::iac::unit::{EndpointPlan, VpcPlan, purpose};

/// The VPCs of which a stack has the security group.
#[derive(Debug)]
pub(super) struct SecurityGroups<'p>(BTreeSet<&'p str>);

impl<'p> SecurityGroups<'p> {
    pub(super) fn of(pieces: &'p [Piece<'_, '_>]) -> Self {
        let groups = pieces.iter().filter_map(|piece| match piece {
            Piece::SecurityGroup(vpc) => Some(vpc.vpc.vpc_id.as_str()),
            _ => None,
        });
        Self(groups.collect())
    }

    /// The id of the group of a VPC: of this stack, or as another one exports it.
    pub(super) fn id(&self, vpc: &VpcPlan<'_>) -> Value {
        if self.0.contains(vpc.vpc.vpc_id.as_str()) {
            json!({ "Fn::GetAtt": [vpc.security_group.pascal, "GroupId"] })
        } else {
            json!({ "Fn::ImportValue": export_name(vpc) })
        }
    }

    /// Exports the group of a VPC that has endpoints in other stacks too.
    pub(super) fn export(
        &self,
        vpc: &VpcPlan<'_>,
        pieces: &[Piece<'_, '_>],
        outputs: &mut BTreeMap<String, Value>,
    ) {
        let is_new = |it: &EndpointPlan<'_>| it.existing.is_none() && it.is_interface();
        let here = pieces.iter().filter(|piece| {
            matches!(piece, Piece::Endpoint(of, it) if of.vpc.vpc_id == vpc.vpc.vpc_id && is_new(it))
        });
        let all = vpc.endpoints.iter().filter(|it| is_new(it));
        if here.count() < all.count() {
            outputs.insert(
                format!("{}Id", vpc.security_group.pascal),
                json!({ "Value": self.id(vpc), "Export": { "Name": export_name(vpc) } }),
            );
        }
    }
}

/// Unique in the account and Region, as the id of the VPC is.
fn export_name(vpc: &VpcPlan<'_>) -> String {
    format!("vpce-scout-{}-endpoints-security-group", vpc.vpc.vpc_id)
}

/// The security group of a VPC's new interface endpoints.
pub(super) fn resource(vpc: &VpcPlan<'_>) -> Resource {
    let mut ingress: Vec<Value> = Vec::new();
    for port in vpc.ports() {
        ingress.extend(vpc.client_blocks.iter().map(|block| {
            let family = match block {
                ipnet::IpNet::V4(_) => "CidrIp",
                ipnet::IpNet::V6(_) => "CidrIpv6",
            };
            json!({
                "IpProtocol": "tcp",
                "FromPort": port,
                "ToPort": port,
                "Description": purpose(port),
                (family): block.to_string(),
            })
        }));
    }
    let properties = json!({
        "GroupDescription": format!("HTTPS to the interface endpoints of {}", vpc.vpc.vpc_id),
        "VpcId": vpc.vpc.vpc_id,
        "SecurityGroupIngress": ingress,
        "Tags": tags("vpce-scout endpoints", None),
    });
    Resource::new("AWS::EC2::SecurityGroup", properties)
}
