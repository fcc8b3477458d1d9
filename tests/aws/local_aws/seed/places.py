"""A place: one account in one region, being seeded. And identifiers made from names."""

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Dict

from moto.ec2.models import ec2_backends
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

if TYPE_CHECKING:
    from ..gateway import LocalAws

HOUR = 3600


def digest(*parts: str, length: int = 17) -> str:
    return hashlib.sha256("/".join(parts).encode("utf-8")).hexdigest()[:length]


class Place:
    def __init__(self, aws: "LocalAws", account: str, region: str, content: Dict[str, Any], now: float):
        self.aws, self.account, self.region, self.content, self.now = aws, account, region, content, now
        self.ec2: Any = ec2_backends[account][region]
        #: "<account>/<region>/<vpc name>" -> id, for the answer.
        self.vpc_ids: Dict[str, str] = {}

    def id(self, prefix: str, *names: str) -> str:
        return f"{prefix}-{digest(self.account, self.region, prefix, *names)}"

    def vpc_id(self, vpc: Dict[str, Any]) -> str:
        return vpc.get("id") or self.id("vpc", vpc["name"])

    def inside(self, vpc: Dict[str, Any], prefix: str, item: Dict[str, Any], *more: str) -> str:
        """The id of a thing in a VPC: the one given, else one made from its name."""
        return item.get("id") or self.id(prefix, vpc["name"], item.get("name", ""), *more)

    def subnet_id(self, vpc: Dict[str, Any], name: str) -> str:
        for subnet in vpc.get("subnets", []):
            if subnet["name"] == name:
                return self.inside(vpc, "subnet", subnet)
        raise ValueError(f"VPC {vpc['name']} of {self.account} has no subnet {name!r}")

    def route_table_id(self, vpc: Dict[str, Any], name: str) -> str:
        for table in vpc.get("route_tables", []):
            if table["name"] == name:
                return self.inside(vpc, "rtb", table)
        raise ValueError(f"VPC {vpc['name']} of {self.account} has no route table {name!r}")

    def zone(self, letter: str) -> Any:
        name = letter if letter.startswith(self.region) else self.region + letter
        for zones in RegionsAndZonesBackend.zones.values():
            for zone in zones:
                if zone.name == name:
                    return zone
        raise ValueError(f"no availability zone {name}")

    def tag(self, identifier: str, item: Dict[str, Any]) -> None:
        tags = dict(item.get("tags") or {})
        if "name" in item:
            tags.setdefault("Name", item["name"])
        if tags:
            self.ec2.create_tags([identifier], tags)


def moment(place: Place, hours_ago: float) -> datetime:
    """UTC without a zone, as moto keeps times."""
    return datetime(1970, 1, 1) + timedelta(seconds=int(place.now - hours_ago * HOUR))
