"""VPCs with subnets, security group, internet gateway and route tables; and sharing them (RAM)."""

import copy
from typing import Any, Dict, Optional

from moto.ec2.models import ec2_backends
from moto.ec2.models.internet_gateways import EgressOnlyInternetGateway, InternetGateway
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.transit_gateway_attachments import TransitGatewayVpcAttachment
from moto.ec2.models.transit_gateway_route_tables import TransitGatewayRouteTable
from moto.ec2.models.vpcs import VPC

from .. import ec2
from .places import Place, moment


def vpc(place: Place, spec: Dict[str, Any]) -> None:
    identifier = place.vpc_id(spec)
    place.vpc_ids[f"{place.account}/{place.region}/{spec['name']}"] = identifier
    cidrs = spec.get("cidrs") or ["10.0.0.0/16"]
    made = VPC(place.ec2, identifier, cidrs[0], is_default=spec.get("is_default", False))
    for cidr in cidrs[1:]:
        made.associate_vpc_cidr_block(cidr)
    for cidr in spec.get("ipv6_cidrs") or []:
        association = f"vpc-cidr-assoc-{identifier[4:12]}{len(made._cidr_block_association_set)}"
        made._cidr_block_association_set[association] = {
            "association_id": association, "cidr_block": cidr, "ipv6_pool": "Amazon",
            "cidr_block_state": {"state": "associated"}}
    made.enable_dns_support = spec.get("dns_support", True)
    made.enable_dns_hostnames = spec.get("dns_hostnames", True)
    place.ec2.vpcs[identifier] = made
    if made.is_default:
        place.ec2.default_vpc = made
    place.tag(identifier, spec)
    default = {"name": "default", "ingress": [{"protocol": "-1", "groups": ["default"]}]}
    for group in [default, *spec.get("security_groups", [])]:
        security_group(place, spec, group)
    for subnet in spec.get("subnets", []):
        add_subnet(place, spec, subnet)
    if spec.get("internet_gateway"):
        gateway = InternetGateway(place.ec2)
        gateway.id, gateway.vpc = internet_gateway_id(place, spec), made
        if spec.get("internet_gateway_detached"):
            # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGateway.html: no attachment
            gateway.vpc = None
        place.ec2.internet_gateways[gateway.id] = gateway
    if spec.get("egress_only_internet_gateway"):
        egress_only = EgressOnlyInternetGateway(place.ec2, identifier)
        egress_only.id = spec["egress_only_internet_gateway"]
        place.ec2.egress_only_internet_gateways[egress_only.id] = egress_only


def security_group_id(place: Place, spec: Dict[str, Any], name: str = "default") -> str:
    return place.id("sg", spec["name"], name)


def security_group(place: Place, spec: Dict[str, Any], group: Dict[str, Any]) -> None:
    """A group with one rule for each block, group and prefix list that is let in."""
    vpc_id, identifier = place.vpc_id(spec), security_group_id(place, spec, group["name"])
    made = SecurityGroup(place.ec2, identifier, group["name"], f"{group['name']} VPC security group", vpc_id=vpc_id,
                         is_default=group["name"] == "default")
    for rule in group.get("ingress", []):
        sources = [{"ip_range": {"CidrIpv6" if ":" in cidr else "CidrIp": cidr}} for cidr in rule.get("cidrs", [])]
        sources += [{"ip_range": None, "source_group": {"GroupId": security_group_id(place, spec, name)}}
                    for name in rule.get("groups", [])]
        sources += [{"ip_range": None, "prefix_list_id": {"PrefixListId": one}} for one in rule.get("prefix_lists", [])]
        first, last = rule.get("ports") or (None, None)
        made.ingress_rules += [SecurityGroupRule(place.ec2, rule.get("protocol", "tcp"), identifier, first, last,
                                                 is_egress=False, **source) for source in sources]
    place.ec2.groups[vpc_id][identifier] = made


def internet_gateway_id(place: Place, spec: Dict[str, Any]) -> str:
    given = spec.get("internet_gateway")
    return given if isinstance(given, str) else place.id("igw", spec["name"])


def add_subnet(place: Place, spec: Dict[str, Any], subnet: Dict[str, Any]) -> None:
    identifier = place.inside(spec, "subnet", subnet)
    zone = place.zone(subnet.get("az", "a"))
    place.ec2.subnets[zone.name][identifier] = Subnet(
        place.ec2, identifier, place.vpc_id(spec), subnet["cidr"], subnet.get("ipv6_cidr"), zone,
        default_for_az=bool(spec.get("is_default")), map_public_ip_on_launch=subnet.get("public", False))
    place.tag(identifier, subnet)


def block_public_access(place: Place) -> None:
    """VPC Block Public Access of the Region; exclusions name VPCs and subnets of the seed."""
    spec = place.content.get("block_public_access")
    if not spec:
        return
    exclusions = []
    for at, exclusion in enumerate(spec.get("exclusions", [])):
        vpc = next(one for one in place.content.get("vpcs", []) if one["name"] == exclusion["vpc"])
        what = (f"subnet/{place.subnet_id(vpc, exclusion['subnet'])}" if "subnet" in exclusion
                else f"vpc/{place.vpc_id(vpc)}")
        exclusions.append({
            "ExclusionId": place.id("vpcbpa-exclude", str(at)), "State": exclusion.get("state", "create-complete"),
            "InternetGatewayExclusionMode": exclusion.get("mode", "allow-bidirectional"),
            "ResourceArn": f"arn:aws:ec2:{place.region}:{place.account}:{what}"})
    ec2.BLOCK_PUBLIC_ACCESS[place.account, place.region] = {"mode": spec["mode"], "exclusions": exclusions}


class SeededRoute:
    """A route to anything, whether or not moto knows the target."""

    gateway = vpc_pcx = nat_gateway = transit_gateway = instance = interface = None
    destination_cidr_block: Optional[str] = None
    destination_ipv6_cidr_block: Optional[str] = None
    destination_prefix_list_id: Optional[str] = None

    def __init__(self, to: str, target: Dict[str, str], origin: str = "CreateRoute", state: str = "active"):
        kind = ("destination_prefix_list_id" if to.startswith("pl-") else
                "destination_ipv6_cidr_block" if ":" in to else "destination_cidr_block")
        setattr(self, kind, to)
        self.__dict__.update(target)
        self.id, self.origin, self.state = to, origin, state


#: What comes before the colon of `via` -> the attribute of the route.
TARGETS = {"nat": "nat_gateway_id", "tgw": "transit_gateway_id", "eni": "network_interface_id", "vpce": "gateway_id",
           "vgw": "gateway_id", "igw": "gateway_id", "local": "gateway_id", "pcx": "vpc_peering_connection_id",
           "eigw": "egress_only_internet_gateway_id", "instance": "instance_id", "lgw": "local_gateway_id"}


def routes(place: Place, spec: Dict[str, Any]) -> None:
    """All route tables; after NAT gateways and endpoints, to which routes point."""
    identifier = place.vpc_id(spec)
    tables = list(spec.get("route_tables", []))
    if not any(table.get("main") for table in tables):
        tables.insert(0, {"name": "main", "main": True, "id": place.id("rtb", spec["name"], "main, implied")})
    for table in tables:
        made = RouteTable(place.ec2, place.inside(spec, "rtb", table), identifier)
        if table.get("main"):
            made.main_association_id = place.id("rtbassoc", spec["name"], "main")
        for name in table.get("subnets", []):
            made._associations[place.id("rtbassoc", spec["name"], name)] = place.subnet_id(spec, name)
        for cidr in [*(spec.get("cidrs") or ["10.0.0.0/16"]), *(spec.get("ipv6_cidrs") or [])]:
            made._routes[cidr] = SeededRoute(cidr, {"gateway_id": "local"}, "CreateRouteTable")
        for route in table.get("routes", []):
            target = route_target(place, spec, route["via"])
            state = route.get("state", "active" if attached(place, identifier, target) else "blackhole")
            made._routes[route["to"]] = SeededRoute(route["to"], target, state=state)
        place.ec2.route_tables[made.id] = made
        if "subnets" in table or "routes" in table:
            place.tag(made.id, table)
        for endpoint in place.ec2.vpc_end_points.values():
            if made.id in endpoint.route_table_ids and endpoint.destination_prefix_list_id:
                prefix = endpoint.destination_prefix_list_id
                made._routes[prefix] = SeededRoute(prefix, {"gateway_id": endpoint.id})


def attached(place: Place, vpc_id: str, target: Dict[str, str]) -> bool:
    """Whether an internet gateway of the seed is that of the VPC; the route is a blackhole if it is not.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html"""
    gateway = place.ec2.internet_gateways.get(target.get("gateway_id", ""))
    return gateway is None or (gateway.vpc is not None and gateway.vpc.id == vpc_id)


def route_target(place: Place, spec: Dict[str, Any], via: str) -> Dict[str, str]:
    kind, _, name = via.partition(":")
    if kind == "igw" and not name:
        name = internet_gateway_id(place, spec)
    elif kind == "nat" and not name.startswith("nat-0"):
        name = next((gateway["id"] for gateway in spec.get("nat_gateways", [])
                     if gateway["name"] == name and "id" in gateway), None) or place.id("nat", spec["name"], name)
    return {TARGETS[kind]: name or kind}


class SeededAttachment(TransitGatewayVpcAttachment):
    """A VPC's attachment to a transit gateway, perhaps of another account."""

    transit_gateway_owner_id = ""
    association: Any = None


SeededAttachment.__name__ = "TransitGatewayVpcAttachment"


def transit_gateway(place: Place, spec: Dict[str, Any]) -> None:
    """The attachment of the VPC; the owner of the transit gateway sees it too."""
    wanted = spec.get("transit_gateway")
    if not wanted:
        return
    owner = wanted.get("owner", place.account)
    made = SeededAttachment.__new__(SeededAttachment)
    made.__dict__.update(
        id=wanted.get("attachment_id") or place.id("tgw-attach", spec["name"], wanted["id"]), ec2_backend=place.ec2,
        transit_gateway_id=wanted["id"], transit_gateway_owner_id=owner, resource_id=place.vpc_id(spec),
        resource_type="vpc", vpc_id=place.vpc_id(spec), resource_owner_id=place.account, owner_id=place.account,
        subnet_ids=[place.subnet_id(spec, name) for name in wanted.get("subnets", [])],
        state=wanted.get("state", "available"), options=dict(SeededAttachment.DEFAULT_OPTIONS),
        _created_at=moment(place, 2000), propagation={}, _association_data={})
    place.tag(made.id, spec)
    ec2_backends[place.account][place.region].transit_gateway_attachments[made.id] = made
    seen = copy.copy(made)
    if wanted.get("route_table"):
        # Only the owner of the transit gateway sees the association.
        seen.association = {"State": "associated", "TransitGatewayRouteTableId": wanted["route_table"]}
    ec2_backends[owner][place.region].transit_gateway_attachments[made.id] = seen


def transit_gateway_routes(place: Place) -> None:
    """The route tables of transit gateways; a route leads to the attachment of a VPC in any account."""
    for table in place.content.get("transit_gateway_route_tables", []):
        made = TransitGatewayRouteTable(place.ec2, table["transit_gateway"])
        made.id = table["id"]
        place.ec2.transit_gateways_route_tables[made.id] = made
        for route in table.get("routes", []):
            attachments = [one for one in place.ec2.transit_gateway_attachments.values()
                           if one.resource_owner_id == route.get("account", place.account)
                           and one.resource_id == ec2_vpc_id(place, route)]
            made.routes[route["to"]] = {
                "DestinationCidrBlock": route["to"], "destinationCidrBlock": route["to"],
                "Type": route.get("type", "static"),
                "State": route.get("state", "active"),
                "TransitGatewayAttachments": [{"ResourceId": one.resource_id, "ResourceType": "vpc",
                                               "TransitGatewayAttachmentId": one.id} for one in attachments]}


def ec2_vpc_id(place: Place, route: Dict[str, Any]) -> str:
    """The id of the VPC that a route names: given, or made of the account and the name."""
    if route["vpc"].startswith("vpc-"):
        return route["vpc"]
    account = route.get("account", place.account)
    return Place(place.aws, account, place.region, {}, place.now).vpc_id({"name": route["vpc"]})


def share(place: Place, spec: Dict[str, Any]) -> None:
    """Show the VPC, its subnets and route tables to other accounts; a participant sees no tags of the owner."""
    identifier = place.vpc_id(spec)
    for account in spec.get("shared_with", []):
        other = ec2_backends[account][place.region]
        other.vpcs[identifier] = without_tags(place.ec2.vpcs[identifier])
        for zone, subnets in list(place.ec2.subnets.items()):
            for subnet in list(subnets.values()):
                if subnet.vpc_id == identifier:
                    other.subnets[zone][subnet.id] = without_tags(subnet)
        for table in list(place.ec2.route_tables.values()):
            if table.vpc_id == identifier:
                other.route_tables[table.id] = without_tags(table)


def without_tags(original: Any) -> Any:
    view = copy.copy(original)
    kind = type(original)
    view.__class__ = type(kind.__name__, (kind,), {"get_tags": lambda self: []})
    return view
