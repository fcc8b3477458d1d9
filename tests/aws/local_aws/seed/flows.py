"""Traffic of a VPC as its flow logs record it: `traffic` lines to the records of every interface they pass.

    "traffic": [{"client": "10.0.1.5", "interface": "eni-app1", "subnet": "a", "external": "52.94.1.1",
                 "up": 1000, "down": 50000, "by": "nat:NAME" igw gateway_endpoint "endpoint:SERVICE" tgw,
                 "tag": "S3", "action": "ACCEPT", "count": 3, "hours_ago": [1, 160]}]

`up` and `down` are the bytes of the whole line, spread over `count` records. A client without `interface` is
elsewhere (behind a transit gateway): only the NAT gateway's or endpoint's interface records it. What passes a
NAT gateway is recorded on its interface four times, as AWS shows it: client to gateway, gateway to outside, and
back; the addresses of the packets distinguish the legs.
"""

from typing import Any, Dict, Iterator, List, Optional, Tuple

from . import records
from .places import Place

#: traffic-path of what a client's own interface sends, by `by`; through a NAT gateway it is another resource.
PATHS = {"nat": "1", "igw": "8", "gateway_endpoint": "7", "endpoint": "1", "tgw": "-"}
NEXT_HOPS = {"nat": "nat_gateway", "igw": "internet_gateway", "gateway_endpoint": "gateway_vpc_endpoint",
             "endpoint": "vpc_endpoint", "tgw": "transit_gateway"}
Record = Dict[str, str]


def gateway(place: Place, spec: Dict[str, Any], name: str) -> Tuple[str, str, Optional[str]]:
    """Interface, address and subnet of a NAT gateway."""
    for one in spec.get("nat_gateways", []):
        if one["name"] == name:
            made = place.ec2.nat_gateways[place.inside(spec, "nat", one)]
            address = made.address_set[0]
            return address.get("NetworkInterfaceId", "-"), address.get("PrivateIp", "-"), made.subnet_id
    raise ValueError(f"no NAT gateway {name!r}")


def endpoint(place: Place, spec: Dict[str, Any], service: str) -> Tuple[str, str, Optional[str]]:
    """The first interface of an endpoint of the VPC, its address and subnet."""
    for one in place.ec2.vpc_end_points.values():
        if one.vpc_id == place.vpc_id(spec) and one.service_name.endswith("." + service):
            eni = place.ec2.enis[one.network_interface_ids[0]]
            return eni.id, eni.private_ip_address, eni.subnet.id
    raise ValueError(f"no endpoint of {service!r}")


def between(source: str, destination: str, amount: int, **more: str) -> Record:
    return {"srcaddr": source, "dstaddr": destination, "pkt-srcaddr": source, "pkt-dstaddr": destination,
            "bytes": str(amount), **more}


def passing(place: Place, spec: Dict[str, Any], line: Dict[str, Any]) -> Iterator[Tuple[str, Optional[str], Record]]:
    """Interface, its subnet, and the record, for every record that a line makes."""
    kind, _, name = line["by"].partition(":")
    client, outside, up, down = line["client"], line.get("external", "-"), line.get("up", 0), line.get("down", 0)
    tag = line.get("tag", "-")
    to, back = {"pkt-dst-aws-service": tag}, {"pkt-src-aws-service": tag}
    ingress, egress = {"flow-direction": "ingress"}, {"flow-direction": "egress"}
    middle: Optional[str] = None
    if kind == "nat":
        eni, middle, subnet = gateway(place, spec, name)
        yield eni, subnet, between(client, middle, up, **{"pkt-dstaddr": outside}, **to, **ingress)
        yield eni, subnet, between(middle, outside, up, **to, **egress)
        yield eni, subnet, between(outside, middle, down, **back, **ingress)
        yield eni, subnet, between(middle, client, down, **{"pkt-srcaddr": outside}, **back, **egress)
    elif kind == "endpoint":
        eni, outside, subnet = endpoint(place, spec, name)
        yield eni, subnet, between(client, outside, up, **ingress)
        yield eni, subnet, between(outside, client, down, **egress)
    if "interface" in line:
        subnet = place.subnet_id(spec, line["subnet"]) if "subnet" in line else None
        path = {"traffic-path": PATHS[kind], "next-hop-interface-type": NEXT_HOPS[kind]}
        yield line["interface"], subnet, between(client, outside, up, **to, **egress, **path)
        yield line["interface"], subnet, between(outside, client, down, **back, **ingress)


def covers(place: Place, spec: Dict[str, Any], resource: str, interface: str, subnet: Optional[str]) -> bool:
    return resource in (place.vpc_id(spec), interface, subnet)


def lines(place: Place, spec: Dict[str, Any], resource: str, layout: str, traffic: str) -> List[Dict[str, Any]]:
    """The records that a flow log of a resource writes, in its format."""
    found = []
    for line in spec.get("traffic", []):
        action, count = line.get("action", "ACCEPT"), line.get("count", 1)
        if traffic not in ("ALL", action):
            continue
        for interface, subnet, record in passing(place, spec, line):
            if not covers(place, spec, resource, interface, subnet) or record["bytes"] == "0":
                continue
            whole = int(record["bytes"])
            shares = [whole // count + (1 if at < whole % count else 0) for at in range(count)]
            for share in sorted(set(shares)):
                known = {**record, "interface-id": interface, "subnet-id": subnet or "-", "bytes": str(share),
                         "vpc-id": place.vpc_id(spec), "account-id": place.account, "region": place.region,
                         "action": action, "log-status": "OK", "packets": "9", "protocol": "6", "start": "{start}",
                         "end": "{end}", "srcport": "443", "dstport": "50123", "version": "5", "type": "IPv4",
                         "az-id": "az1", "instance-tag": "a b", "tcp-flags": "19"}
                found.append({"message": written(layout, known), "count": shares.count(share),
                              "hours_ago": line.get("hours_ago", records.DEFAULT_HOURS),
                              "stream": stream(interface)})
    return found


def stream(interface: str) -> str:
    """One stream an interface, whichever flow logs write into the group, accepted and rejected traffic alike.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html
    """
    return f"{interface}-all"


def written(layout: str, record: Record) -> str:
    if layout.startswith("${version} ${account-id}") and len(layout.split()) == 14:
        record = {**record, "version": "2"}
    return " ".join(record.get(field[2:-1], "-") for field in layout.split())
