"""NAT gateways (zonal, regional, private) with their metrics, and VPC endpoints."""

import ipaddress
import json
from typing import Any, Dict, List

from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.vpcs import VPCEndPoint

from ..endpoint_services import PRIVATE_DNS
from .network import security_group_id
from .places import HOUR, Place, digest, moment

DEFAULT_METRIC_HOURS = 168
#: Metrics that are a level, not an amount: each hour shows the value given.
LEVELS = ("ActiveConnectionCount", "ActiveConnections")


def interface(place: Place, spec: Dict[str, Any], subnet_id: str, address: str, name: str, kind: str) -> NetworkInterface:
    made = NetworkInterface(place.ec2, place.ec2.get_subnet(subnet_id), address,
                            group_ids=[security_group_id(place, spec)], description=name)
    made.id = place.id("eni", name, subnet_id)
    made.status, made.interface_type, made.requester_managed = "in-use", kind, True
    place.ec2.enis[made.id] = made
    return made


def clients(place: Place, spec: Dict[str, Any]) -> None:
    """The interfaces that `traffic` lines name, where they name its subnet."""
    for line in spec.get("traffic", []):
        if "interface" in line and "subnet" in line and ":" not in line["client"]:
            made = interface(place, spec, place.subnet_id(spec, line["subnet"]), line["client"], line["interface"],
                             "interface")
            del place.ec2.enis[made.id]
            made.id, made.requester_managed = line["interface"], False
            place.ec2.enis[made.id] = made


def host(place: Place, subnet_id: str, seed: str) -> str:
    """An address of the subnet, behind those AWS keeps."""
    subnet = ipaddress.ip_network(place.ec2.get_subnet(subnet_id).cidr_block)
    room = subnet.num_addresses - 6
    return str(subnet[5 + int(digest(seed, subnet_id, length=8), 16) % max(room, 1)])


class SeededNatGateway(NatGateway):
    """A NAT gateway with the attributes of the seed. `create_time` is moto's property."""


SeededNatGateway.__name__ = "NatGateway"


def nat_gateways(place: Place, spec: Dict[str, Any]) -> None:
    for gateway in spec.get("nat_gateways", []):
        identifier = place.inside(spec, "nat", gateway)
        regional = gateway.get("mode", "zonal") == "regional"
        subnet = None if regional else place.subnet_id(spec, gateway["subnet"])
        made = SeededNatGateway.__new__(SeededNatGateway)
        made.__dict__.update(
            id=identifier, ec2_backend=place.ec2, vpc_id=place.vpc_id(spec), subnet_id=subnet,
            state=gateway.get("state", "available"), connectivity_type=gateway.get("connectivity", "public"),
            _created_at=moment(place, gateway.get("created_hours_ago", 2000)),
            address_set=addresses(place, spec, gateway, identifier, subnet),
            availability_mode=gateway.get("mode", "zonal"))
        if regional:
            made.__dict__.update(auto_provision_zones="enabled", auto_scaling_ips="enabled",
                                 route_table_id=place.id("rtb", spec["name"], identifier))
        if "deleted_hours_ago" in gateway:
            made.delete_time = moment(place, gateway["deleted_hours_ago"])
        place.ec2.nat_gateways[identifier] = made
        place.tag(identifier, gateway)
        metrics(place, identifier, gateway)


def addresses(place: Place, spec: Dict[str, Any], gateway: Dict[str, Any], identifier: str,
              subnet: Any) -> List[Dict[str, Any]]:
    public = gateway.get("connectivity", "public") == "public"
    zones = [place.zone(letter) for letter in gateway.get("zones", ["a"])] if subnet is None else [None]
    found = []
    for at, zone in enumerate(zones):
        one: Dict[str, Any] = {"IsPrimary": at == 0, "Status": "succeeded"}
        if public:
            number = int(digest(identifier, str(at), length=4), 16)
            one.update(AllocationId=place.id("eipalloc", identifier, str(at)),
                       AssociationId=place.id("eipassoc", identifier, str(at)),
                       PublicIp=f"203.0.{number // 256}.{number % 256}")
        if zone is not None:
            one.update(AvailabilityZone=zone.name, AvailabilityZoneId=zone.zone_id)
        else:
            address = gateway.get("private_ip") or host(place, subnet, identifier)
            eni = interface(place, spec, subnet, address, f"Interface for NAT Gateway {identifier}", "nat_gateway")
            one.update(NetworkInterfaceId=eni.id, PrivateIp=address)
        found.append(one)
    return found


def metrics(place: Place, identifier: str, gateway: Dict[str, Any]) -> None:
    """The metrics of a NAT gateway: under its id; of a regional one, of which the documentation names no
    dimensions, also by zone if the seed has that.
    https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html"""
    names = gateway.get("metric_dimensions") or {}
    put_metrics(place, "AWS/NATGateway", {"NatGatewayId": identifier, **names}, gateway)


def put_metrics(place: Place, namespace: str, dimensions: Dict[str, str], spec: Dict[str, Any]) -> None:
    """Hourly points whose sum is exactly the total given, all of them inside both the last
    `metric_hours` hours and the last `metric_hours` whole hours; at minute `metric_minute` of each."""
    minute = 60 * int(spec.get("metric_minute", 0))
    hours = max(int(spec.get("metric_hours", DEFAULT_METRIC_HOURS)) - 1, 1)
    newest = int(place.now) // HOUR * HOUR - HOUR
    for name, total in (spec.get("metrics") or {}).items():
        key = (place.account, place.region, namespace, name, tuple(sorted(dimensions.items())))
        share, rest = (total, 0) if name in LEVELS else divmod(total, hours)
        for hour in range(hours):
            value = float(share + (1 if hour < rest else 0))
            # An endpoint has a point only for a minute in which it received traffic:
            # https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html
            if value or namespace == "AWS/NATGateway":
                place.aws.metrics.put(key, newest - hour * HOUR + minute, value)


def endpoint_metrics(place: Place, made: VPCEndPoint, endpoint: Dict[str, Any]) -> None:
    """The metrics of an endpoint as a whole, and by subnet where the seed has `subnet_metrics`.
    https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html"""
    if made.service_region != place.region:
        return  # not published for endpoints of a service in another Region
    dimensions = {"Endpoint Type": made.vpc_endpoint_type, "Service Name": made.service_name,
                  "VPC Endpoint Id": made.id, "VPC Id": made.vpc_id}
    put_metrics(place, "AWS/PrivateLinkEndpoints", dimensions, endpoint)
    for subnet, amounts in zip(made.subnet_ids, endpoint.get("subnet_metrics") or []):
        put_metrics(place, "AWS/PrivateLinkEndpoints", {**dimensions, "Subnet Id": subnet}, {**endpoint, "metrics": amounts})


def endpoints(place: Place, spec: Dict[str, Any]) -> None:
    for endpoint in spec.get("endpoints", []):
        service = endpoint.get("service_name") or f"com.amazonaws.{place.region}.{endpoint['service']}"
        kind = endpoint.get("type", "Interface")
        identifier = endpoint.get("id") or place.id("vpce", spec["name"], service, kind)
        subnets = [place.subnet_id(spec, name) for name in endpoint.get("subnets", [])]
        given = endpoint.get("addresses") or []
        interfaces = [interface(place, spec, subnet, given[at] if at < len(given) else host(place, subnet, identifier),
                                f"VPC Endpoint Interface {identifier}", "vpc_endpoint")
                      for at, subnet in enumerate(subnets)]
        for one, address in zip(interfaces, endpoint.get("ipv6_addresses") or []):
            one.ipv6_addresses = [address]
        groups = [security_group_id(place, spec, name) for name in endpoint.get("security_groups", ["default"])]
        private_dns = endpoint.get("private_dns", kind == "Interface")
        policy = endpoint.get("policy")
        made = VPCEndPoint(
            place.ec2, identifier, place.vpc_id(spec), service, kind,
            policy if policy is None or isinstance(policy, str) else json.dumps(policy),
            [place.route_table_id(spec, name) for name in endpoint.get("route_tables", [])],
            subnet_ids=subnets, network_interface_ids=[one.id for one in interfaces],
            dns_entries=dns_entries(place, identifier, endpoint, private_dns) if kind == "Interface" else [],
            security_group_ids=groups if kind == "Interface" else [],
            private_dns_enabled=private_dns,
            destination_prefix_list_id=prefix_list(place, service) if kind == "Gateway" else None)
        made.state = endpoint.get("state", "available")
        made.creation_timestamp = moment(place, endpoint.get("created_hours_ago", 2000))
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html
        made.ip_address_type = endpoint.get("ip_address_type", "ipv4")
        made.requester_managed = endpoint.get("requester_managed", False)
        made.service_region = endpoint.get("service_region", place.region)
        made.dns_options = endpoint.get("dns_options") or {"DnsRecordIpType": made.ip_address_type}
        made.last_error, made.failure_reason = endpoint.get("last_error"), endpoint.get("failure_reason")
        endpoint_metrics(place, made, endpoint)
        place.ec2.vpc_end_points[identifier] = made
        place.tag(identifier, endpoint)


def dns_entries(place: Place, identifier: str, endpoint: Dict[str, Any], private_dns: bool) -> List[Dict[str, str]]:
    service = endpoint.get("service", "service")
    name = f"{identifier}-{digest(identifier, length=8)}.{service}.{place.region}.vpce.amazonaws.com"
    entries = [{"DnsName": name, "HostedZoneId": "Z38GZ743OKFT7T"}]
    if private_dns:
        patterns = PRIVATE_DNS.get(service) or [f"{service}.{{r}}.amazonaws.com"]
        entries.append({"DnsName": patterns[0].format(r=place.region), "HostedZoneId": "ZONEIDPENDING"})
    return entries


def prefix_list(place: Place, service: str) -> str:
    """The id of the AWS-managed prefix list of a gateway service, made stable and added if moto lacks it."""
    identifier = f"pl-{digest(place.region, service, length=8)}"
    lists = place.ec2.managed_prefix_lists
    if identifier not in lists:
        known = next((one for one in lists.values() if one.prefix_list_name == service), None)
        if known is None:
            known = place.ec2.create_managed_prefix_list("IPv4", [], 100, service)
        del lists[known.id]
        known.prefix_list_arn = known.prefix_list_arn.replace(known.id, identifier)
        known.id = identifier
        lists[identifier] = known
    return identifier


