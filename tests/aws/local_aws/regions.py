"""Regions an account has enabled: ec2:DescribeRegions, account:ListRegions, account:GetRegionOptStatus."""

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from . import answers
from .accounts import Account
from .answers import AwsError
from .call import Call
from .pages import page
from .transport import Answer

if TYPE_CHECKING:
    from .gateway import LocalAws

#: EC2's words and those of Account Management.
OPT_STATUS = {"opt-in-not-required": "ENABLED_BY_DEFAULT", "opted-in": "ENABLED", "not-opted-in": "DISABLED"}


def describe_regions(aws: "LocalAws", call: Call) -> Answer:
    account = aws.accounts.get(call.account) or Account(call.account)
    everything = call.params.get("AllRegions", "false").lower() == "true"
    names = {value for key, value in call.params.items() if key.startswith("RegionName.")}
    wanted = set()
    for key, value in call.params.items():
        if key.startswith("Filter.") and ".Value." in key:
            if call.params.get(f"Filter.{key.split('.')[1]}.Name") == "opt-in-status":
                wanted.add(value)
    items = []
    for name, status in account.regions():
        shown = everything or status != "not-opted-in"
        if shown and (not names or name in names) and (not wanted or status in wanted):
            items.append(f"<item><regionName>{escape(name)}</regionName><regionEndpoint>ec2.{escape(name)}.amazonaws.com"
                         f"</regionEndpoint><optInStatus>{status}</optInStatus></item>")
    body = ('<?xml version="1.0" encoding="UTF-8"?>\n<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/'
            f'2016-11-15/"><requestId>local</requestId><regionInfo>{"".join(items)}</regionInfo></DescribeRegionsResponse>')
    return answers.with_request_id(call, Answer(200, {"content-type": answers.CONTENT_TYPES["ec2"]}, body))


def subject(aws: "LocalAws", call: Call) -> Account:
    """The account asked about; only those who may read the organisation may ask about another."""
    caller = aws.accounts.get(call.account) or Account(call.account)
    other = call.params.get("AccountId")
    if not other or other == caller.id:
        return caller
    account = aws.accounts.get(other)
    if not caller.may_read_organization or account is None or account.management != caller.management:
        raise AwsError("AccessDeniedException", "User is not authorized to access that account's information.", 403)
    return account


def list_regions(aws: "LocalAws", call: Call) -> Answer:
    wanted = call.params.get("RegionOptStatusContains")
    regions = [{"RegionName": name, "RegionOptStatus": OPT_STATUS[status]}
               for name, status in subject(aws, call).regions()]
    regions = [region for region in regions if not wanted or region["RegionOptStatus"] in wanted]
    items, token = page(aws, regions, call.params.get("MaxResults"), call.params.get("NextToken"), 50)
    return answers.result(call, {"Regions": items, **({"NextToken": token} if token else {})})


def get_region_opt_status(aws: "LocalAws", call: Call) -> Answer:
    name = call.params.get("RegionName", "")
    status = OPT_STATUS[subject(aws, call).region_status(name)]
    return answers.result(call, {"RegionName": name, "RegionOptStatus": status})


HANDLERS = {("ec2", "DescribeRegions"): describe_regions, ("account", "ListRegions"): list_regions,
            ("account", "GetRegionOptStatus"): get_region_opt_status}
