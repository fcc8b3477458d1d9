"""ce:GetCostAndUsage from charges that are planted by the setting `bill.charges`, a list of

    {"day": "2026-11-20", "account": "111122223333", "usage_type": "EU-NatGateway-Bytes",
     "record_type": "Usage", "usage": "10", "unit": "GB", "cost": "0.48", "currency": "USD"}

An answer has every day of the period, those of `bill.missing_days` not, as shown at
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
The payer (the management account) sees all accounts, another one its own alone. Pages are cut between
groups: `bill.page_groups` of them on each, and a day may go on on the next page.
"""

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from . import answers
from .answers import AwsError
from .call import Call
from .pages import page
from .transport import Answer

if TYPE_CHECKING:
    from .gateway import LocalAws

DIMENSIONS = {"LINKED_ACCOUNT": "account", "USAGE_TYPE": "usage_type", "RECORD_TYPE": "record_type"}
METRICS = ("UnblendedCost", "UsageQuantity")
Charge = Dict[str, Any]


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def fits(charge: Charge, wanted: Dict[str, Any]) -> bool:
    if "And" in wanted:
        return all(fits(charge, it) for it in wanted["And"])
    if "Not" in wanted:
        return not fits(charge, wanted["Not"])
    dimension = wanted.get("Dimensions")
    if dimension is None or dimension["Key"] not in DIMENSIONS:
        raise invalid(f"the local AWS knows And, Not and Dimensions {sorted(DIMENSIONS)} alone, not {wanted}")
    return charge[DIMENSIONS[dimension["Key"]]] in dimension["Values"]


def groups(charges: List[Charge], keys: List[str]) -> List[Dict[str, Any]]:
    sums: Dict[Tuple[str, ...], List[Charge]] = {}
    for charge in charges:
        sums.setdefault(tuple(charge[DIMENSIONS[key]] for key in keys), []).append(charge)
    found = []
    for key, those in sorted(sums.items()):
        units = {it.get("unit", "N/A") for it in those}
        found.append({"Keys": list(key), "Metrics": {
            "UnblendedCost": {"Amount": str(sum(Decimal(it["cost"]) for it in those)),
                              "Unit": those[0].get("currency", "USD")},
            "UsageQuantity": {"Amount": str(sum(Decimal(it.get("usage", "0")) for it in those)),
                              "Unit": units.pop() if len(units) == 1 else "N/A"}}})
    return found


def get_cost_and_usage(aws: "LocalAws", call: Call) -> Answer:
    if call.region != "us-east-1":
        raise AwsError("UnknownEndpoint", f"there is no Cost Explorer in {call.region}", 404)
    ask = call.params
    first, end = (datetime.date.fromisoformat(ask["TimePeriod"][it]) for it in ("Start", "End"))
    if first >= end:
        raise invalid("Start date (and hour) should be before end date (and hour)")
    if ask.get("Granularity") != "DAILY" or set(ask.get("Metrics") or []) != set(METRICS):
        raise invalid(f"the local AWS knows DAILY and {METRICS} alone")
    keys = [it["Key"] for it in ask.get("GroupBy") or []]
    if not 1 <= len(keys) <= 2:
        raise invalid("Group Definition list can only have up to two group definitions.")
    account = aws.accounts.get(call.account)
    payer = account is not None and account.management in (None, call.account)
    charges = [it for it in aws.settings["bill.charges"]
               if (payer or it["account"] == call.account) and fits(it, ask["Filter"])]
    missing = aws.settings["bill.missing_days"]
    days = [str(first + datetime.timedelta(days=at)) for at in range((end - first).days)]
    entries: List[Tuple[str, Any]] = []
    for day in (it for it in days if it not in missing):
        found = groups([it for it in charges if it["day"] == day], keys)
        entries += [(day, it) for it in found] or [(day, None)]
    size = aws.settings["bill.page_groups"]
    shown, token = page(aws, entries, size, ask.get("NextPageToken"), size)
    results: List[Dict[str, Any]] = []
    for day, group in shown:
        if not results or results[-1]["TimePeriod"]["Start"] != day:
            after = datetime.date.fromisoformat(day) + datetime.timedelta(days=1)
            results.append({"TimePeriod": {"Start": day, "End": str(after)}, "Total": {}, "Groups": [],
                            "Estimated": day in aws.settings["bill.estimated_days"]})
        if group is not None:
            results[-1]["Groups"].append(group)
    return answers.result(call, {"ResultsByTime": results, "GroupDefinitions": ask.get("GroupBy"),
                                 "DimensionValueAttributes": [], **({"NextPageToken": token} if token else {})})


HANDLERS = {("ce", "GetCostAndUsage"): get_cost_and_usage}
