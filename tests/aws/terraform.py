"""Applies Terraform as HashiCorp's parser read it (`tests/terraform/check.mjs`) to the local AWS, through its API.

Reads JSON on stdin: `endpoint`, `region`, `caller` (credentials), `document` (the parsed file) with
`hub_caller` (credentials of the hub's account), or `destroy` (what an earlier call printed). Prints what it made: `[[kind, id], ...]`, in order. It knows the resources
and expressions that `vpce-scout iac` writes, and fails on any other.
"""

import json
import re
import sys
from typing import Any, Dict, List

import boto3


class Interpreter:
    def __init__(self, ask: Dict[str, Any]) -> None:
        caller = ask["caller"]
        keys = {"aws_access_key_id": caller["access_key_id"], "aws_secret_access_key": caller["secret_access_key"],
                "aws_session_token": caller["session_token"]}
        self.region = ask["region"]
        self.ec2, self.route53 = (boto3.client(name, endpoint_url=ask["endpoint"], region_name=self.region, **keys)
                                  for name in ("ec2", "route53"))
        self.document: Dict[str, Any] = ask.get("document") or {}
        self.made: List[List[Any]] = []
        self.values: Dict[str, Any] = {}
        for name, blocks in self.document.get("variable", {}).items():
            self.values[f"var.{name}"] = blocks[0]["default"] if "default" in blocks[0] else self.of_hub(ask, name)
        for block in self.document.get("locals", []):
            for name, value in block.items():
                self.values[f"local.{name}"] = self.value(value)
        self.imports = {self.reference(one["to"]): one["id"] for one in self.document.get("import", [])}

    def of_hub(self, ask: Dict[str, Any], name: str) -> str:
        """What the README has people look up: the name of a central endpoint, or the zone of the name."""
        endpoint, field = re.fullmatch(r"vpce_(\w+)_(dns_name|hosted_zone_id)", name).groups()
        hub = ask["hub_caller"]
        ec2 = boto3.client("ec2", endpoint_url=ask["endpoint"], region_name=self.region,
                           aws_access_key_id=hub["access_key_id"], aws_secret_access_key=hub["secret_access_key"],
                           aws_session_token=hub["session_token"])
        found = ec2.describe_vpc_endpoints(VpcEndpointIds=[f"vpce-{endpoint}"])["VpcEndpoints"][0]
        return found["DnsEntries"][0]["DnsName" if field == "dns_name" else "HostedZoneId"]

    @staticmethod
    def reference(text: str) -> str:
        return text.removeprefix("${").removesuffix("}")

    def value(self, given: Any) -> Any:
        if isinstance(given, dict):
            return {key: self.value(one) for key, one in given.items()}
        if isinstance(given, list):
            return [self.value(one) for one in given]
        if not isinstance(given, str):
            return given
        if given.startswith("${") and given.endswith("}"):
            return self.expression(given[2:-1])
        assert not re.search(r"(^|[^$])\$\{|(^|[^%])%\{", given), f"an interpolation: {given}"
        return given.replace("$${", "${").replace("%%{", "%{")

    def expression(self, text: str) -> Any:
        choice = re.fullmatch(r'(\S+) == "" \? null : jsonencode\((\S+)\)', text)
        if choice:
            return json.dumps(self.values[choice[2]]) if self.values[choice[1]] else None
        return self.values[text]

    def apply(self) -> None:
        order = ["aws_security_group", "aws_vpc_endpoint", "aws_route53_zone",
                 "aws_route53_vpc_association_authorization", "aws_route53_record"]
        resources = self.document.get("resource", {})
        assert set(resources) <= set(order), resources.keys()
        for kind in order:
            for name, blocks in resources.get(kind, {}).items():
                block = {key: one if key == "lifecycle" else self.value(one) for key, one in blocks[0].items()}
                getattr(self, kind)(f"{kind}.{name}", block)

    def aws_security_group(self, name: str, block: Dict[str, Any]) -> None:
        group = self.ec2.create_security_group(GroupName=name, Description=block["description"],
                                               VpcId=block["vpc_id"])["GroupId"]
        for rule in block["ingress"]:
            self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{
                "IpProtocol": rule["protocol"], "FromPort": rule["from_port"], "ToPort": rule["to_port"],
                "IpRanges": [{"CidrIp": one} for one in rule.get("cidr_blocks", [])],
                "Ipv6Ranges": [{"CidrIpv6": one} for one in rule.get("ipv6_cidr_blocks", [])]}])
        self.values[f"{name}.id"] = group
        self.made.append(["security_group", group])

    def aws_vpc_endpoint(self, name: str, block: Dict[str, Any]) -> None:
        if name in self.imports:
            endpoint = self.change(self.imports[name], block)
        else:
            lists = {"RouteTableIds": "route_table_ids", "SubnetIds": "subnet_ids",
                     "SecurityGroupIds": "security_group_ids", "PrivateDnsEnabled": "private_dns_enabled",
                     "PolicyDocument": "policy"}
            more = {key: block[field] for key, field in lists.items() if block.get(field) is not None}
            tags = [{"Key": key, "Value": one} for key, one in block.get("tags", {}).items()]
            endpoint = self.ec2.create_vpc_endpoint(
                VpcId=block["vpc_id"], ServiceName=block["service_name"], VpcEndpointType=block["vpc_endpoint_type"],
                TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags}], **more)["VpcEndpoint"]
            self.made.append(["vpc_endpoint", endpoint["VpcEndpointId"]])
        for at, entry in enumerate(endpoint.get("DnsEntries", [])):
            self.values[f"{name}.dns_entry[{at}].dns_name"] = entry["DnsName"]
            self.values[f"{name}.dns_entry[{at}].hosted_zone_id"] = entry["HostedZoneId"]

    def change(self, identifier: str, block: Dict[str, Any]) -> Dict[str, Any]:
        def read() -> Dict[str, Any]:
            return self.ec2.describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"][0]

        now = read()
        change: Dict[str, Any] = {}
        for argument, field, add in [("route_table_ids", "RouteTableIds", "AddRouteTableIds"),
                                     ("subnet_ids", "SubnetIds", "AddSubnetIds")]:
            more = sorted(set(block.get(argument, [])) - set(now.get(field, [])))
            if more:
                change[add] = more
        if "private_dns_enabled" in block and block["private_dns_enabled"] != now.get("PrivateDnsEnabled"):
            change["PrivateDnsEnabled"] = block["private_dns_enabled"]
        if change:
            self.ec2.modify_vpc_endpoint(VpcEndpointId=identifier, **change)
        return read()

    def aws_route53_zone(self, name: str, block: Dict[str, Any]) -> None:
        first, *others = [{"VPCRegion": self.region, "VPCId": one["vpc_id"]} for one in block["vpc"]]
        zone = self.route53.create_hosted_zone(
            Name=block["name"], VPC=first, CallerReference=name,
            HostedZoneConfig={"Comment": block["comment"], "PrivateZone": True})["HostedZone"]["Id"]
        for vpc in others:
            self.route53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=vpc)
        self.values[f"{name}.zone_id"] = zone
        self.made.append(["zone", zone])

    def aws_route53_vpc_association_authorization(self, _: str, block: Dict[str, Any]) -> None:
        self.route53.create_vpc_association_authorization(
            HostedZoneId=block["zone_id"], VPC={"VPCRegion": self.region, "VPCId": block["vpc_id"]})

    def aws_route53_record(self, _: str, block: Dict[str, Any]) -> None:
        [alias] = block["alias"]
        self.record("CREATE", block["zone_id"], {
            "Name": block["name"], "Type": block["type"],
            "AliasTarget": {"HostedZoneId": alias["zone_id"], "DNSName": alias["name"],
                            "EvaluateTargetHealth": alias["evaluate_target_health"]}})

    def record(self, action: str, zone: str, record: Dict[str, Any]) -> None:
        self.route53.change_resource_record_sets(
            HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]})
        self.made.append(["record", [zone, record]])

    def destroy(self, made: List[List[Any]]) -> None:
        for kind, one in reversed(made):
            if kind == "security_group":
                self.ec2.delete_security_group(GroupId=one)
            elif kind == "vpc_endpoint":
                self.ec2.delete_vpc_endpoints(VpcEndpointIds=[one])
            elif kind == "zone":
                self.route53.delete_hosted_zone(Id=one)
            else:
                self.record("DELETE", *one)


def main() -> None:
    ask = json.load(sys.stdin)
    interpreter = Interpreter(ask)
    if "destroy" in ask:
        interpreter.destroy(ask["destroy"])
    else:
        interpreter.apply()
    print(json.dumps(interpreter.made))


main()
