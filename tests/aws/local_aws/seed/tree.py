"""The organisation: accounts in organisational units, their states, and who may read it."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Dict

from moto.iam.models import iam_backends
from moto.organizations.models import (FakeAccount, FakeOrganization, FakeOrganizationalUnit, FakeRoot,
                                       organizations_backends)

from ..accounts import OPT_IN_REGIONS, Account
from .places import digest

if TYPE_CHECKING:
    from ..gateway import LocalAws

JOINED = datetime(2021, 3, 4, 5, 6, 7)  # without a zone, as moto keeps times
#: Account.Status knows fewer words than Account.State.
STATUS = {"CLOSED": "SUSPENDED", "PENDING_ACTIVATION": "ACTIVE"}


class SeededAccount(FakeAccount):
    """`omit` names members left out of the description, such as State or Status."""

    omit: tuple = ()

    def describe(self) -> Dict[str, Any]:
        return {key: value for key, value in super().describe().items() if key not in self.omit}


def seed(aws: "LocalAws", spec: Dict[str, Any]) -> None:
    management = spec.get("management") if spec.get("organization", True) else None
    readers = {management, *(spec.get("delegated_administrators") or [])} if management else set()
    for one in spec["accounts"]:
        suspended = one.get("state", "ACTIVE") != "ACTIVE"
        aws.accounts.known[one["id"]] = Account(
            one["id"],
            role_denied=one.get("role", "denied" if suspended else "allowed") == "denied",
            enabled_regions=one.get("enabled_regions"),
            not_opted_in=set(one.get("regions_not_opted_in") or []),
            opted_in={region for region in one.get("regions") or {} if region in OPT_IN_REGIONS},
            management=management,
            may_read_organization=one["id"] in readers)
        if one.get("alias"):
            iam_backends[one["id"]]["aws"].account_aliases = [one["alias"]]
        if one.get("delivery_role", True):
            delivery_role(one["id"])
    if management:
        organization(management, spec)


def delivery_role(account: str) -> None:
    """The role that delivers flow logs, as the template of `vpce-scout permissions` makes it. A stack that makes it
    replaces this one (`stacks`)."""
    backend = iam_backends[account]["aws"]
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole",
         "Condition": {"StringEquals": {"aws:SourceAccount": account}}}]}
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
         "Resource": f"arn:aws:logs:*:{account}:log-group:*"}]}
    role = backend.create_role("vpce-scout-flow-logs", json.dumps(trust), "/", "", "", {}, 3600)
    role.seeded = True
    backend.put_role_policy(role.name, role.name, json.dumps(policy))


def organization(management: str, spec: Dict[str, Any]) -> None:
    backend = organizations_backends[management]["aws"]
    found = FakeOrganization(management, "us-east-1", "ALL")
    found.id = spec.get("organization_id") or f"o-{digest(management, length=10)}"
    found.root_id = f"r-{digest('root', management, length=4)}"
    backend.org, backend.accounts, backend.ou = found, [], [FakeRoot(found)]
    if spec.get("ram_sharing", True):
        backend.services.append({"ServicePrincipal": "ram.amazonaws.com", "DateEnabled": 1_600_000_000})
    units = {"/": found.root_id}
    for one in spec["accounts"]:
        account = SeededAccount.__new__(SeededAccount)
        account.__dict__.update(
            type="ACCOUNT", region="us-east-1", organization_id=found.id, master_account_id=management,
            create_account_status_id="car-00000000", id=one["id"], name=one.get("name", one["id"]),
            email=one.get("email") or f"aws-{one['id']}@example.com", create_time=JOINED,
            state=one.get("state", "ACTIVE"), status=STATUS.get(one.get("state"), one.get("state", "ACTIVE")),
            joined_method="INVITED" if one["id"] == management else "CREATED", attached_policies=[],
            tags=dict(one.get("tags") or {}), parent_id=unit(found, backend, units, one.get("ou", "/")),
            omit=tuple(one.get("omit") or ()))
        if one["id"] == management:
            found.master_account_email = account.email
        backend.accounts.append(account)
        organizations_backends.master_accounts[one["id"]] = (management, "aws")


def unit(found: FakeOrganization, backend: Any, units: Dict[str, str], path: str) -> str:
    """The id of the unit at a path such as `/Workloads/Production`, made on the way if missing."""
    path = "/" + path.strip("/")
    if path not in units:
        parent, _, name = path.rpartition("/")
        one = FakeOrganizationalUnit(found, Name=name, ParentId=unit(found, backend, units, parent))
        one.id = f"ou-{found.root_id[2:]}-{digest(found.id, path, length=8)}"
        backend.ou.append(one)
        units[path] = one.id
    return units[path]
