"""What is known of each seeded account, and whose account an access key belongs to."""

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Set, Tuple

#: Regions a new account has without asking, and those it must opt in to.
DEFAULT_REGIONS = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2")
OPT_IN_REGIONS = (
    "af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1",
    "me-south-1", "mx-central-1")
UNKNOWN_ACCOUNT = "123456789012"


@dataclass
class Account:
    id: str
    role_denied: bool = False
    #: Exactly these, if given; else the default ones and those seeded, without `not_opted_in`.
    enabled_regions: Optional[List[str]] = None
    not_opted_in: Set[str] = field(default_factory=set)
    opted_in: Set[str] = field(default_factory=set)
    #: The management account, for a member of an organisation (itself for the management account).
    management: Optional[str] = None
    may_read_organization: bool = False

    def regions(self) -> List[Tuple[str, str]]:
        """Every region with its status, in EC2's words."""
        return [(name, self.region_status(name)) for name in sorted(DEFAULT_REGIONS + OPT_IN_REGIONS)]

    def region_status(self, name: str) -> str:
        if self.enabled_regions is not None:
            if name not in self.enabled_regions:
                return "not-opted-in"
            return "opt-in-not-required" if name in DEFAULT_REGIONS else "opted-in"
        if name in self.not_opted_in:
            return "not-opted-in"
        if name in DEFAULT_REGIONS:
            return "opt-in-not-required"
        return "opted-in" if name in self.opted_in else "not-opted-in"

    def is_enabled(self, region: str) -> bool:
        return self.region_status(region) != "not-opted-in"


class Accounts:
    def __init__(self) -> None:
        self.known: Dict[str, Account] = {}
        self.keys: Dict[str, str] = {}

    def get(self, account: str) -> Optional[Account]:
        return self.known.get(account)

    def owner_of(self, access_key: str) -> str:
        return self.keys.get(access_key, UNKNOWN_ACCOUNT)
