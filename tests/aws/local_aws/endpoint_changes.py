"""Changes of endpoints, which moto makes in part: it changes neither routes nor private DNS.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html
"""

from typing import Any, Dict, Optional, Set


def become(ec2: Any, endpoint: Any, wanted: Dict[str, Any]) -> None:
    """Gives an endpoint the subnets, route tables and private DNS of a template's properties."""
    before = set(endpoint.route_table_ids or [])
    tables, subnets = set(wanted.get("RouteTableIds", [])), set(wanted.get("SubnetIds", []))
    has = set(endpoint.subnet_ids or [])
    ec2.modify_vpc_endpoint(endpoint.id, None, sorted(subnets - has), sorted(has - subnets), sorted(before - tables),
                            sorted(tables - before), None, None)
    private_dns = wanted.get("PrivateDnsEnabled")
    follow(ec2, endpoint, before, None if private_dns is None else str(private_dns).lower() == "true")


def follow(ec2: Any, endpoint: Any, before: Set[str], private_dns: Optional[bool]) -> None:
    """What follows from the change of an endpoint that was on these route tables."""
    now = set(endpoint.route_table_ids or [])
    prefix_list = endpoint.destination_prefix_list_id
    if prefix_list:
        for table in sorted(now - before):
            ec2.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)
        for table in sorted(before - now):
            ec2.delete_route(table, prefix_list)
    if private_dns is not None:
        endpoint.private_dns_enabled = private_dns
