"""logs:DescribeLogGroups with all its filters, linked accounts and small pages."""

from typing import TYPE_CHECKING, Any

from . import answers
from .answers import AwsError
from .call import Call
from .pages import page
from .transport import Answer

if TYPE_CHECKING:
    from .gateway import LocalAws


def linked_accounts(aws: "LocalAws", account: str) -> list:
    return list(aws.settings["insights.links"].get(account, []))


def groups_of(account: str, region: str) -> dict:
    from moto.logs.models import logs_backends
    return logs_backends[account][region].groups


def stored_bytes(group: Any) -> int:
    """What Insights would scan of it; moto counts only what comes in through PutLogEvents."""
    return sum(len(event.message.encode("utf-8")) for stream in group.streams.values() for event in stream.events)


def describe_log_groups(aws: "LocalAws", call: Call) -> Answer:
    ask = call.params
    limit = ask.get("limit", 50)
    if not 1 <= limit <= 50:
        raise AwsError("InvalidParameterException", "1 validation error detected: limit must be between 1 and 50")
    prefix, pattern = ask.get("logGroupNamePrefix") or "", (ask.get("logGroupNamePattern") or "").lower()
    accounts = [call.account]
    if ask.get("includeLinkedAccounts"):
        accounts += linked_accounts(aws, call.account)
    if ask.get("accountIdentifiers"):
        accounts = [account for account in accounts if account in ask["accountIdentifiers"]]
    wanted = {identifier.rpartition(":log-group:")[2] for identifier in ask.get("logGroupIdentifiers") or []}
    with aws.moto_lock:
        found = [group for account in accounts for name, group in sorted(groups_of(account, call.region).items())
                 if name.startswith(prefix) and pattern in name.lower() and (not wanted or name in wanted)]
        groups, token = page(aws, found, limit, ask.get("nextToken"), 50, "InvalidParameterException")
        described = [{**group.to_describe_dict(), "logGroupClass": getattr(group, "local_class", "STANDARD"), "storedBytes": stored_bytes(group)}
                     for group in groups]
    return answers.result(call, {"logGroups": described, **({"nextToken": token} if token else {})})


HANDLERS = {("logs", "DescribeLogGroups"): describe_log_groups}
