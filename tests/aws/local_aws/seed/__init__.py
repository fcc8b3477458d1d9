"""Seeding: an organisation written as JSON becomes objects in moto's backends.

    tree       the organisation: accounts, organisational units, states, who may read
    network    VPCs, subnets, route tables, internet gateways, sharing
    gateways   NAT gateways with their metrics, VPC endpoints
    logging    log groups, query log configurations, associations, flow logs
    records    DNS query records and other log events
    templates  defaults for accounts, sets of DNS lines
    places     the account and region being seeded, and identifiers

Identifiers that are not given are made by hashing account, region and names: the same seed gives the
same identifiers. The shape of a seed is in the docstring of the package above.
"""

import time
from typing import TYPE_CHECKING, Any, Dict

from ..security_tokens import credentials_of
from . import gateways, logging, network, records, templates, tree
from .places import Place

if TYPE_CHECKING:
    from ..gateway import LocalAws


def seed_organization(aws: "LocalAws", spec: Dict[str, Any]) -> Dict[str, Any]:
    spec = templates.expand(spec)
    again = sorted(account["id"] for account in spec["accounts"] if account["id"] in aws.accounts.known)
    if again:
        raise ValueError(f"accounts {again} are seeded already; choose others or reset")
    now = spec.get("now") or time.time()
    tree.seed(aws, spec)
    for account, linked in (spec.get("linked_log_accounts") or {}).items():
        links = dict(aws.settings.all()["insights.links"])
        links[account] = [*links.get(account, []), *linked]
        aws.settings.change({"insights.links": links})
    places = [Place(aws, account["id"], region, content, now)
              for account in spec["accounts"] for region, content in (account.get("regions") or {}).items()]
    # Everything a VPC may refer to in another account comes first: log groups and configurations.
    for place in places:
        logging.log_groups(place)
    for place in places:
        logging.profiles(place)
        network.block_public_access(place)
    for place in places:
        for vpc in place.content.get("vpcs", []):
            network.vpc(place, vpc)
            gateways.nat_gateways(place, vpc)
            gateways.endpoints(place, vpc)
            gateways.clients(place, vpc)
            network.routes(place, vpc)
            network.transit_gateway(place, vpc)
    for place in places:
        network.transit_gateway_routes(place)
    written = sum(logging.transit_gateway_flow_logs(place) for place in places)
    for place in places:
        for vpc in place.content.get("vpcs", []):
            network.share(place, vpc)
            logging.associations(place, vpc)
            logging.profile(place, vpc)
            written += records.dns(place, vpc) + records.raw(place, vpc) + logging.flow_logs(place, vpc)
    caller = (spec.get("caller") or {}).get("account") or spec["management"]
    role = (spec.get("caller") or {}).get("role", "vpce-scout")
    ids = {name: identifier for place in places for name, identifier in place.vpc_ids.items()}
    return {"management": spec.get("management"), "caller": credentials_of(caller, role), "ids": ids, "records": written}
