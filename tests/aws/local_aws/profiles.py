"""Route 53 Profiles: the VPCs that they are associated with, and the resources that they carry.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53profiles_ListProfileAssociations.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53profiles_ListProfileResourceAssociations.html

moto has no Profiles. An account sees the associations of its own VPCs and, as the owner of a Profile, all of it;
the resources of a Profile are seen by its owner and those whom it is shared with. A query log configuration of a
Profile is in no ListResolverQueryLogConfigAssociations
(https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/profile-associate-query-logging.html).
"""

from typing import TYPE_CHECKING, Any, Dict, List

from . import answers
from .answers import AwsError
from .call import Call
from .pages import page
from .transport import Answer

if TYPE_CHECKING:
    from .gateway import LocalAws


class Profiles:
    def __init__(self) -> None:
        #: {"id", "account", "region", "shared_with": [..], "resources": [..], "vpcs": [{.., "account"}]}
        self.all: List[Dict[str, Any]] = []

    def reset(self) -> None:
        self.all.clear()

    def find(self, owner: str, region: str, name: str) -> Dict[str, Any]:
        for profile in self.all:
            if (profile["account"], profile["region"], profile["name"]) == (owner, region, name):
                return profile
        raise ValueError(f"no Profile {name!r} of {owner} in {region}")


def listed(aws: "LocalAws", call: Call, key: str, items: List[Dict[str, Any]]) -> Answer:
    size = int(call.params.get("maxResults") or 100)
    if not 1 <= size <= 100:
        raise AwsError("InvalidParameterException", "MaxResults must be between 1 and 100")
    shown, token = page(aws, items, size, call.params.get("nextToken"), 100)
    return answers.result(call, {key: shown, **({"NextToken": token} if token else {})})


def associations(aws: "LocalAws", call: Call) -> Answer:
    wanted = {"ResourceId": call.params.get("resourceId"), "ProfileId": call.params.get("profileId")}
    found = [{key: value for key, value in one.items() if key != "account"}
             for profile in aws.profiles.all if profile["region"] == call.region for one in profile["vpcs"]
             if call.account in (profile["account"], one["account"])
             and all(value in (None, one[key]) for key, value in wanted.items())]
    return listed(aws, call, "ProfileAssociations", found)


def resource_associations(aws: "LocalAws", call: Call) -> Answer:
    identifier = call.request.path.rpartition("/")[2]
    for profile in aws.profiles.all:
        if profile["id"] == identifier and call.account in (profile["account"], *profile["shared_with"]):
            return listed(aws, call, "ProfileResourceAssociations", profile["resources"])
    raise AwsError("ResourceNotFoundException", f"The Profile {identifier} doesn't exist.", 404)


HANDLERS = {("route53profiles", "ListProfileAssociations"): associations,
            ("route53profiles", "ListProfileResourceAssociations"): resource_associations}
