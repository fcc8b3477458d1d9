"""EC2: moto's, with pages, endpoint services that need no other backend, and owner filters.

moto answers every Describe call whole and ignores MaxResults; `paged` cuts its result before it
is written as XML. Sharing and regional NAT gateways are matters of the seed (`seed/`).
"""

from ipaddress import ip_network
from itertools import islice
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Tuple

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.flow_logs import FlowLogs
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses import EC2Response
from moto.ec2.utils import random_flow_log_id

from . import endpoint_changes, endpoint_services, objects
from .answers import AwsError
from .pages import page

if TYPE_CHECKING:
    from .gateway import LocalAws

#: operation -> the list in its result, the least and the most MaxResults AWS takes.
PAGED = {
    "DescribeVpcs": ("Vpcs", 5, 1000),
    "DescribeSubnets": ("Subnets", 5, 1000),
    "DescribeRouteTables": ("RouteTables", 5, 100),
    "DescribeNatGateways": ("NatGateways", 5, 1000),
    "DescribeVpcEndpoints": ("VpcEndpoints", 1, 1000),
    "DescribeFlowLogs": ("FlowLogs", 1, 1000),
    "DescribeSecurityGroups": ("SecurityGroups", 5, 1000),
    "DescribeNetworkInterfaces": ("NetworkInterfaces", 5, 1000),
    "DescribeInternetGateways": ("InternetGateways", 5, 1000),
    "DescribeEgressOnlyInternetGateways": ("EgressOnlyInternetGateways", 5, 255),
    "DescribeTransitGatewayAttachments": ("TransitGatewayAttachments", 5, 1000),
    "DescribeTransitGatewayVpcAttachments": ("TransitGatewayVpcAttachments", 5, 1000),
    "DescribeTransitGateways": ("TransitGateways", 5, 1000),
    "DescribeVpcPeeringConnections": ("VpcPeeringConnections", 5, 1000),
    "DescribeManagedPrefixLists": ("PrefixLists", 1, 100),
    "DescribePrefixLists": ("PrefixLists", 1, 1000),
}
#: (account, Region) -> the mode of VPC Block Public Access and its exclusions, from the seed.
BLOCK_PUBLIC_ACCESS: Dict[Tuple[str, str], Dict[str, Any]] = {}
#: Filters of DescribeVpcEndpointServices which moto refuses; all its services are Amazon's.
IGNORED_FILTERS = ("owner", "service-region", "supported-ip-address-types")


class Ec2(EC2Response):
    local_aws: "LocalAws"

    def describe_vpc_endpoint_services(self) -> ActionResult:
        names = self._get_param("ServiceNames", [])
        filters = [f for f in self._get_param("Filters", []) if f["Name"] not in IGNORED_FILTERS]
        for one in filters:
            one.setdefault("Value", one.get("Values", []))
        partners = endpoint_services.of_partners(names, self.region)
        if partners:
            return ActionResult({"ServiceNames": names, "ServiceDetails": partners})
        details = self.ec2_backend.describe_vpc_endpoint_services(names, filters, 1000, None, self.region)
        cut, token = page(self.local_aws, details["servicesDetails"], self._get_int_param("MaxResults"),
                          self._get_param("NextToken"), 1000, "InvalidNextToken")
        return ActionResult({"ServiceNames": [one["ServiceName"] for one in cut], "ServiceDetails": cut,
                             "NextToken": token})

    def modify_vpc_endpoint(self) -> ActionResult:
        endpoint = self.ec2_backend.vpc_end_points[self._get_param("VpcEndpointId")]
        before = set(endpoint.route_table_ids or [])
        answer = super().modify_vpc_endpoint()
        endpoint_changes.follow(self.ec2_backend, endpoint, before, self._get_bool_param("PrivateDnsEnabled"))
        return answer

    def describe_vpc_block_public_access_options(self) -> ActionResult:
        """What moto lacks; a Region without it in the seed has it off.
        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcBlockPublicAccessOptions.html"""
        seeded = BLOCK_PUBLIC_ACCESS.get((self.current_account, self.region))
        mode = seeded["mode"] if seeded else "off"
        return ActionResult({"VpcBlockPublicAccessOptions": {
            "AwsAccountId": self.current_account, "AwsRegion": self.region, "InternetGatewayBlockMode": mode,
            "State": "update-complete" if seeded else "default-state", "ManagedBy": "account",
            "ExclusionsAllowed": "allowed"}})

    def describe_vpc_block_public_access_exclusions(self) -> ActionResult:
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcBlockPublicAccessExclusion.html"""
        size = self._get_int_param("MaxResults")
        if size is not None and not 5 <= size <= 1000:
            raise AwsError("InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid.")
        seeded = BLOCK_PUBLIC_ACCESS.get((self.current_account, self.region)) or {}
        shown, token = page(self.local_aws, seeded.get("exclusions", []), size, self._get_param("NextToken"), 1000,
                            "InvalidNextToken")
        return ActionResult({"VpcBlockPublicAccessExclusions": shown, "NextToken": token})

    def search_transit_gateway_routes(self) -> ActionResult:
        """Pages, and the members of an answer, which moto gives as a request names them.
        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SearchTransitGatewayRoutes.html"""
        size, filters = self._get_int_param("MaxResults"), self._filters_from_querystring()
        if size is not None and not 5 <= size <= 1000:
            raise AwsError("InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid.")
        if not filters:
            raise AwsError("MissingParameter", "The request must contain the parameter filters")
        routes = self.ec2_backend.search_transit_gateway_routes(self._get_param("TransitGatewayRouteTableId"), {
            **filters, "state": None})
        routes = [one for one in routes if one["State"] in filters.get("state", [one["State"]])]
        shown, token = page(self.local_aws, routes, size, self._get_param("NextToken"), 1000, "InvalidNextToken")
        return ActionResult({"Routes": shown, "NextToken": token, "AdditionalRoutesAvailable": token is not None})


def show_block_public_access(self: Ec2, vpcs: List[Any]) -> None:
    """The mode of VPC Block Public Access with every VPC.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_BlockPublicAccessStates.html"""
    seeded = BLOCK_PUBLIC_ACCESS.get((self.current_account, self.region)) or {}
    for vpc in vpcs:
        vpc.block_public_access_states = {"InternetGatewayBlockMode": seeded.get("mode", "off")}


def paged(operation: str) -> Callable[[Ec2], ActionResult]:
    key, least, most = PAGED[operation]
    method = camelcase_to_underscores(operation)
    whole = getattr(EC2Response, method)

    def describe(self: Ec2) -> ActionResult:
        size = self._get_int_param("MaxResults")
        if size is not None and not least <= size <= most:
            raise AwsError("InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid. "
                                                    f"Expecting a value between {least} and {most}.")
        answer = whole(self)
        result: Any = answer.result
        if operation == "DescribeVpcs":
            show_block_public_access(self, result[key])
        result[key], token = page(self.local_aws, list(result[key]), size, self._get_param("NextToken"), most,
                                  "InvalidNextToken")
        result["NextToken"] = token
        return answer

    describe.__name__ = method
    return describe


for _operation in PAGED:
    setattr(Ec2, camelcase_to_underscores(_operation), paged(_operation))

_create_flow_logs, _describe_flow_logs = Ec2.create_flow_logs, Ec2.describe_flow_logs


def create_flow_logs(self: Ec2) -> ActionResult:
    """moto knows at once whether a flow log delivers; AWS does not."""
    before = set(self.ec2_backend.flow_logs)
    in_s3 = self._get_param("LogDestinationType") == "s3"
    answer = create_in_s3(self) if in_s3 else _create_flow_logs(self)
    settings = Ec2.local_aws.settings
    for identifier, log in self.ec2_backend.flow_logs.items():
        if identifier not in before:
            status, _, error = settings["flow_logs.become"].partition(" ")
            log.pending, log.after = settings["flow_logs.pending_reads"], (status, error or None)
            set_delivery(log)
    return answer


def create_in_s3(self: Ec2) -> ActionResult:
    """moto has buckets of its own, and forgets the options of the destination.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DestinationOptionsRequest.html
    """
    account, region = self.current_account, self.region
    destination, options = self._get_param("LogDestination"), self._get_param("DestinationOptions") or {}
    resource = self._get_param("ResourceIds", [])[0]
    refused = objects.refusal(Ec2.local_aws, destination, account, region)
    if refused:
        return ActionResult({"FlowLogIds": [], "Unsuccessful": [
            {"ResourceId": resource, "Error": {"Code": "400", "Message": refused}}]})
    known = self.ec2_backend.flow_logs.values()
    if any((one.resource_id, one.log_destination) == (resource, destination) for one in known):
        raise AwsError("FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and "
                                               "log destination.", 400)
    made = FlowLogs(self.ec2_backend, random_flow_log_id(), resource, self._get_param("TrafficType"), destination, None,
                    None, self._get_int_param("MaxAggregationInterval") or 600, "s3", self._get_param("LogFormat"))
    made.destination_options = {name: options.get(name) in (True, "true") for name in (
        "HiveCompatiblePartitions", "PerHourPartition")}
    made.destination_options["FileFormat"] = options.get("FileFormat") or "plain-text"
    self.ec2_backend.flow_logs[made.id] = made
    made.add_tags(self._parse_tag_specification().get("vpc-flow-log", {}))
    return ActionResult({"FlowLogIds": [made.id], "Unsuccessful": []})


def describe_flow_logs(self: Ec2) -> ActionResult:
    for log in self.ec2_backend.flow_logs.values():
        if getattr(log, "pending", 0) > 0:
            log.pending -= 1
            set_delivery(log)
    return _describe_flow_logs(self)


def set_delivery(log: Any) -> None:
    waiting = log.pending > 0
    log.deliver_logs_status, log.deliver_logs_error_message = (None, None) if waiting else log.after


setattr(Ec2, "create_flow_logs", create_flow_logs)
setattr(Ec2, "describe_flow_logs", describe_flow_logs)

# moto asks some ten other backends for these, each of which imports more than all we need.
VPCBackend._collect_default_endpoint_services = staticmethod(endpoint_services.in_region)

_filter_value = NetworkInterface.get_filter_value


def filter_value(self: NetworkInterface, name: str, method: Any = None) -> Any:
    """moto lacks this filter of DescribeNetworkInterfaces."""
    return self.interface_type if name == "interface-type" else _filter_value(self, name, method)


NetworkInterface.get_filter_value = filter_value

_create_default_vpc = EC2Backend.create_default_vpc


def create_default_vpc(self: EC2Backend) -> Any:
    """moto gives every account a default VPC in every region; a seeded account has what is in its seed."""
    if Ec2.local_aws.accounts.get(self.account_id):
        return None
    return _create_default_vpc(self)


EC2Backend.create_default_vpc = create_default_vpc

_create_vpc_endpoint = EC2Backend.create_vpc_endpoint


def create_vpc_endpoint(self: EC2Backend, *given: Any, **named: Any) -> Any:
    """moto gives the interfaces of an endpoint any addresses; AWS gives them addresses of their subnets, of which it
    keeps the first four (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html), and describes them."""
    made = _create_vpc_endpoint(self, *given, **named)
    for identifier in made.network_interface_ids or []:
        interface = self.enis[identifier]
        taken = {one.private_ip_address for one in self.enis.values()}
        block = ip_network(interface.subnet.cidr_block)
        address = next(str(it) for it in islice(block, 4, None) if str(it) not in taken)
        interface.private_ip_address = address
        interface.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
        interface.interface_type, interface.description = "vpc_endpoint", f"VPC Endpoint Interface {made.id}"
    return made


EC2Backend.create_vpc_endpoint = create_vpc_endpoint
