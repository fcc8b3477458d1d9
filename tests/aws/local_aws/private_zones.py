"""Private hosted zones as Resolver uses them: what VPCs were answered is answered anew.

Resolver answers a name from the private hosted zone of the VPC that matches it best, and an alias of an interface
endpoint by the private addresses of its network interfaces
(https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html).
"""

import json
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Tuple

if TYPE_CHECKING:
    from .gateway import LocalAws


def resolve(aws: "LocalAws") -> Dict[str, int]:
    """Gives every query in the query logs of a VPC the answer that it would get now from its private hosted zones."""
    from moto.logs.models import logs_backends
    changed = 0
    with aws.moto_lock:
        records: Dict[str, List[Tuple[str, str]]] = {}
        for vpc, name, target in aliases():
            records.setdefault(vpc, []).append((name, target))
        addresses = {target: endpoint_addresses(target) for of_vpc in records.values() for _, target in of_vpc}
        for account in list(logs_backends):
            for backend in logs_backends[account].values():
                for group in backend.groups.values():
                    for stream in group.streams.values():
                        for event in stream.events:
                            changed += answer(event, records, addresses)
    return {"changed": changed}


def aliases() -> Iterator[Tuple[str, str, str]]:
    """VPC, name and target of every alias in a private hosted zone."""
    from moto.route53.models import route53_backends
    for account in list(route53_backends):
        for zone in route53_backends[account]["aws"].zones.values():
            for vpc in zone.vpcs if zone.private_zone else []:
                for record in zone.rrsets:
                    if record.alias_target:
                        yield vpc["vpc_id"], plain(record.name), plain(record.alias_target["DNSName"])


def plain(name: str) -> str:
    return name.replace("\\052", "*").rstrip(".")


def endpoint_addresses(name: str) -> List[str]:
    """The private addresses of the interface endpoint that has the name."""
    from moto.ec2.models import ec2_backends
    for account in list(ec2_backends):
        for backend in ec2_backends[account].values():
            for endpoint in backend.vpc_end_points.values():
                names = (entry.get("DnsName") or entry.get("dns_name", "") for entry in endpoint.dns_entries or [])
                if name in map(plain, names):
                    return [backend.enis[one].private_ip_address for one in endpoint.network_interface_ids]
    raise ValueError(f"no endpoint is called {name}")


def answer(event: Any, records: Dict[str, List[Tuple[str, str]]], addresses: Dict[str, List[str]]) -> int:
    if '"query_name"' not in event.message:
        return 0
    query = json.loads(event.message)
    found = target_of(query["query_name"].rstrip("."), records.get(query["vpc_id"], []))
    if not found:
        return 0
    query["answers"] = [{"Rdata": one, "Type": "A", "Class": "IN"} for one in addresses[found]]
    event.message = json.dumps(query, separators=(",", ":"), ensure_ascii=False)
    return 1


def target_of(name: str, records: List[Tuple[str, str]]) -> Optional[str]:
    for record, target in records:
        if record == name or record.startswith("*.") and name.endswith(record[1:]):
            return target
    return None
