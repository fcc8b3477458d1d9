"""Resource Access Manager: shares of anything, with accounts or a whole organisation.

moto's shares know neither tags nor query log configurations, and reach nobody. Here a share reaches
an account as soon as it is made; `query_logging` asks `reaches`.
"""

from typing import TYPE_CHECKING, Any, Callable, Dict, List
from uuid import uuid4

from . import answers
from .answers import AwsError
from .call import Call
from .pages import page
from .transport import Answer

if TYPE_CHECKING:
    from .accounts import Accounts
    from .gateway import LocalAws


class Shares:
    def __init__(self, accounts: "Accounts") -> None:
        self.accounts = accounts
        self.all: List[Dict[str, Any]] = []

    def reset(self) -> None:
        self.all.clear()

    def of(self, account: str, region: str) -> List[Dict[str, Any]]:
        return [share for share in self.all if (share["account"], share["region"]) == (account, region)]

    def reaches(self, arn: str, account: str) -> bool:
        """Whether a share lets the account use the resource."""
        known = self.accounts.get(account)
        management = known and known.management
        return any(arn in share["resources"] and any(
            principal == account or (management and principal.startswith(f"arn:aws:organizations::{management}:organization/"))
            for principal in share["principals"]) for share in self.all)


def organization_shares(management: Any) -> bool:
    """Whether RAM may share within the organisation of a management account."""
    from moto.organizations.models import organizations_backends
    if not management:
        return False
    services = organizations_backends[management]["aws"].services
    return any(service["ServicePrincipal"] == "ram.amazonaws.com" for service in services)


def described(share: Dict[str, Any]) -> Dict[str, Any]:
    return {"resourceShareArn": share["arn"], "name": share["name"], "owningAccountId": share["account"],
            "allowExternalPrincipals": share["external"], "status": "ACTIVE", "tags": share["tags"],
            "featureSet": "STANDARD"}


def find(aws: "LocalAws", call: Call, arn: str) -> Dict[str, Any]:
    for share in aws.shares.of(call.account, call.region):
        if share["arn"] == arn:
            return share
    raise AwsError("UnknownResourceException", f"ResourceShare {arn} could not be found.")


def check_principals(aws: "LocalAws", call: Call, principals: List[str], external: bool) -> None:
    """A share that does not allow external principals needs sharing within the organisation, for accounts too
    (https://docs.aws.amazon.com/ram/latest/userguide/getting-started-sharing.html#getting-started-sharing-orgs)."""
    known = aws.accounts.get(call.account)
    management = known and known.management
    for principal in principals:
        if (principal.startswith("arn:aws:organizations:") or not external) and not organization_shares(management):
            raise AwsError("OperationNotPermittedException", "The resource you are attempting to share can only be "
                           "shared within your AWS Organization. This error may also occur if you have not enabled "
                           "sharing with your AWS organization.")


def create(aws: "LocalAws", call: Call) -> Answer:
    ask = call.params
    token = ask.get("clientToken")
    for share in aws.shares.of(call.account, call.region):
        if token and share["token"] == token:
            return answers.result(call, {"resourceShare": described(share), "clientToken": token})
    check_principals(aws, call, ask.get("principals") or [], ask.get("allowExternalPrincipals", True))
    share = {"account": call.account, "region": call.region, "name": ask["name"], "tags": ask.get("tags") or [],
             "arn": f"arn:aws:ram:{call.region}:{call.account}:resource-share/{uuid4()}", "token": token,
             "principals": list(ask.get("principals") or []), "resources": list(ask.get("resourceArns") or []),
             "external": ask.get("allowExternalPrincipals", True)}
    aws.shares.all.append(share)
    return answers.result(call, {"resourceShare": described(share)})


def listed(aws: "LocalAws", call: Call) -> Answer:
    ask = call.params
    found = [described(share) for share in aws.shares.of(call.account, call.region)
             if ask.get("name") in (None, share["name"])] if ask.get("resourceOwner") == "SELF" else []
    shown, token = page(aws, found, ask.get("maxResults"), ask.get("nextToken"), 500)
    return answers.result(call, {"resourceShares": shown, **({"nextToken": token} if token else {})})


def associations(aws: "LocalAws", call: Call) -> Answer:
    ask = call.params
    key = {"PRINCIPAL": "principals", "RESOURCE": "resources"}[ask["associationType"]]
    wanted = ask.get("resourceShareArns")
    found = [{"resourceShareArn": share["arn"], "resourceShareName": share["name"], "associatedEntity": entity,
              "associationType": ask["associationType"], "status": "ASSOCIATED"}
             for share in aws.shares.of(call.account, call.region) if not wanted or share["arn"] in wanted
             for entity in share[key]]
    shown, token = page(aws, found, ask.get("maxResults"), ask.get("nextToken"), 500)
    return answers.result(call, {"resourceShareAssociations": shown, **({"nextToken": token} if token else {})})


def associate(aws: "LocalAws", call: Call) -> Answer:
    share = find(aws, call, call.params["resourceShareArn"])
    check_principals(aws, call, call.params.get("principals") or [], share["external"])
    for key, given in (("principals", "principals"), ("resources", "resourceArns")):
        share[key] += [one for one in call.params.get(given) or [] if one not in share[key]]
    return answers.result(call, {"resourceShareAssociations": []})


def delete(aws: "LocalAws", call: Call) -> Answer:
    """What is no longer shared is no longer associated either."""
    from .query_logging import drop_unshared
    share = find(aws, call, call.params["resourceShareArn"])
    aws.shares.all.remove(share)
    for arn in share["resources"]:
        drop_unshared(aws, arn)
    return answers.result(call, {"returnValue": True})


def locked(handler: Callable[["LocalAws", Call], Answer]) -> Callable[["LocalAws", Call], Answer]:
    def run(aws: "LocalAws", call: Call) -> Answer:
        with aws.moto_lock:
            return handler(aws, call)
    return run


HANDLERS = {("ram", operation): locked(handler) for operation, handler in {
    "CreateResourceShare": create, "GetResourceShares": listed, "GetResourceShareAssociations": associations,
    "AssociateResourceShare": associate, "DeleteResourceShare": delete,
}.items()}
