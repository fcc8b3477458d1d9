"""Service-managed StackSets: one template in every account of organizational units.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html: a StackSet has one operation
at a time, and each operation one result for every account and Region. The stacks are deployed by moto's
CloudFormation; what it refuses is the reason of the account's failure. A stack that failed is made anew by
the next operation.
"""

import json
from typing import TYPE_CHECKING, Any, Callable, Dict, List
from uuid import uuid4
from xml.sax.saxutils import escape

from . import answers
from .answers import AwsError
from .call import Call
from .pages import page
from .transport import Answer

if TYPE_CHECKING:
    from .gateway import LocalAws

XML = '<{0}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><{0}Result>{1}</{0}Result></{0}Response>'


class StackSet:
    def __init__(self, name: str) -> None:
        self.name, self.id = name, f"{name}:{uuid4()}"
        self.template, self.parameters, self.automatic = "", {}, False
        #: account -> the stack is there and current
        self.instances: Dict[str, bool] = {}
        self.operations: Dict[str, Dict[str, Any]] = {}
        self.regions: List[str] = []


class StackSets:
    def __init__(self) -> None:
        #: by administrator (the management account also for delegated administrators), Region and name
        self.all: Dict[Any, StackSet] = {}

    def reset(self) -> None:
        self.all.clear()


def xml(name: str, value: Any) -> str:
    if isinstance(value, list):
        return f"<{name}>{''.join(xml('member', one) for one in value)}</{name}>"
    if isinstance(value, dict):
        return f"<{name}>{''.join(xml(key, one) for key, one in value.items() if one is not None)}</{name}>"
    return f"<{name}>{escape(str(value).lower() if isinstance(value, bool) else str(value))}</{name}>"


def answer(call: Call, value: Dict[str, Any]) -> Answer:
    text = XML.format(call.operation, "".join(xml(key, one) for key, one in value.items() if one is not None))
    return answers.with_request_id(call, Answer(200, {"content-type": "text/xml"}, text))


def members(params: Dict[str, str], name: str) -> List[str]:
    """The members of a list of a form (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html)."""
    found, at = [], 1
    while f"{name}.member.{at}" in params:
        found.append(params[f"{name}.member.{at}"])
        at += 1
    return found


def parameters(params: Dict[str, str], before: Dict[str, str]) -> Dict[str, str]:
    """A parameter that is not given has its default in the stacks, also if it had another value before
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackSet.html)."""
    found, at = {}, 1
    while f"Parameters.member.{at}.ParameterKey" in params:
        key = params[f"Parameters.member.{at}.ParameterKey"]
        if params.get(f"Parameters.member.{at}.UsePreviousValue") == "true":
            if key not in before:
                raise AwsError("ValidationError", f"Invalid input for parameter key {key}. Cannot specify usePreviousValue "
                                                  "as true for a parameter key not in the previous template")
            found[key] = before[key]
        else:
            found[key] = params[f"Parameters.member.{at}.ParameterValue"]
        at += 1
    return found


def administrator(aws: "LocalAws", call: Call) -> str:
    """The account of the StackSets that the call is about. Only the management account and delegated administrators have service-managed
    ones, with trusted access turned on
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html)."""
    known = aws.accounts.get(call.account)
    management = known.management if known else None
    if call.params.get("CallAs") == "DELEGATED_ADMIN":
        if not known or not known.may_read_organization or management == call.account:
            raise AwsError("ValidationError", "Account used is not a delegated administrator")
    elif management != call.account or not aws.settings["stack_sets.trusted_access"]:
        raise AwsError("ValidationError", "You must enable organizations access to operate a service managed stack set")
    return str(management)


def find(aws: "LocalAws", call: Call) -> StackSet:
    name = call.params["StackSetName"]
    found = aws.stack_sets.all.get((administrator(aws, call), call.region, name))
    if not found:
        raise AwsError("StackSetNotFoundException", f"StackSet {name} not found", 404)
    return found


def create(aws: "LocalAws", call: Call) -> Answer:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html"""
    key = (administrator(aws, call), call.region, call.params["StackSetName"])
    if key in aws.stack_sets.all:
        raise AwsError("NameAlreadyExistsException", f"Name {key[2]} already exists", 409)
    if call.params.get("PermissionModel") != "SERVICE_MANAGED":
        raise NotImplementedError("self-managed StackSets")
    made = StackSet(key[2])
    describe(made, call)
    aws.stack_sets.all[key] = made
    return answer(call, {"StackSetId": made.id})


def describe(one: StackSet, call: Call) -> None:
    params = call.params
    if "CAPABILITY_NAMED_IAM" not in members(params, "Capabilities"):
        raise AwsError("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")
    one.parameters = parameters(params, one.parameters)
    one.template = params["TemplateBody"]
    one.automatic = params.get("AutoDeployment.Enabled") == "true"


def described(aws: "LocalAws", call: Call) -> Answer:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackSet.html; a value of a parameter
    with NoEcho is masked (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html)."""
    import yaml
    one = find(aws, call)
    known = yaml.load(one.template, Loader=plain_loader()).get("Parameters", {})
    shown = [{"ParameterKey": key, "ParameterValue": "****" if (known.get(key) or {}).get("NoEcho") else value}
             for key, value in one.parameters.items()]
    return answer(call, {"StackSet": {
        "StackSetName": one.name, "StackSetId": one.id, "Status": "ACTIVE", "TemplateBody": one.template,
        "Parameters": shown, "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {"Enabled": one.automatic, "RetainStacksOnAccountRemoval": False}}})


def plain_loader() -> Any:
    """Reads a template without a meaning for its functions."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    return Loader


def begin(aws: "LocalAws", call: Call, one: StackSet, action: str, accounts: List[str]) -> Answer:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSetOperation.html"""
    operation = call.params.get("OperationId") or str(uuid4())
    if operation in one.operations:
        raise AwsError("OperationIdAlreadyExistsException", f"Operation {operation} already exists", 409)
    if any(it["Status"] == "RUNNING" for it in one.operations.values()):
        raise AwsError("OperationInProgressException", f"Another Operation on StackSet {one.id} is in progress", 409)
    forced = aws.settings["stack_sets.operations_end_as"]
    results = [] if forced else [deployed(aws, one, account, region) for account in accounts for region in one.regions]
    failed = [it for it in results if it["Status"] != "SUCCEEDED"]
    tolerated = len(failed) * 100 <= int(call.params.get("OperationPreferences.FailureTolerancePercentage", 0)) * len(results)
    ends = forced or ("SUCCEEDED" if tolerated else "FAILED")
    one.operations[operation] = {
        "OperationId": operation, "StackSetId": one.id, "Action": action, "Status": "RUNNING", "ends": ends,
        "polls": aws.settings["stack_sets.running_polls"],
        "results": results}
    return answer(call, {"OperationId": operation})


def deployed(aws: "LocalAws", one: StackSet, account: str, region: str) -> Dict[str, Any]:
    """The stack of one account, and the result of the operation there."""
    from . import stacks
    from moto.cloudformation.models import cloudformation_backends
    name = f"StackSet-{one.name}-{account}"
    result = {"Account": account, "Region": region, "Status": "SUCCEEDED", "StatusReason": None}
    known = aws.accounts.get(account)
    try:
        with aws.moto_lock:
            if account in one.instances:
                cloudformation_backends[account][region].delete_stack(name)
            stacks.deploy(aws, {"account": account, "region": region, "name": name, "template": one.template,
                                "parameters": dict(one.parameters)})
        if known:
            known.role_denied = False
        one.instances[account] = True
    except Exception as error:
        one.instances.pop(account, None)
        stacks_of = cloudformation_backends[account][region].stacks
        for key in [key for key, stack in stacks_of.items() if stack.name == name]:
            del stacks_of[key]
        text = getattr(error, "message", None) or str(error)
        result.update(Status="FAILED", StatusReason=f"ResourceLogicalId:ReadRole, ResourceType:AWS::IAM::Role, "
                                                    f"ResourceStatusReason:{text}")
    return result


def accounts_of(aws: "LocalAws", management: str, units: List[str]) -> List[str]:
    """The accounts of units and of those below, without the management account
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-manage-auto-deployment.html)."""
    from moto.organizations.models import organizations_backends
    backend = organizations_backends[management]["aws"]
    parents = {unit.id: unit.parent_id for unit in backend.ou}

    def is_below(parent: str) -> bool:
        return parent in units or (parent in parents and is_below(parents[parent]))

    return sorted(one.id for one in backend.accounts
                  if one.id != management and one.status == "ACTIVE" and is_below(one.parent_id))


def create_instances(aws: "LocalAws", call: Call) -> Answer:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackInstances.html: service-managed
    StackSets are deployed to units, never to accounts alone. A stack that is there and current is left as it is."""
    one = find(aws, call)
    units = members(call.params, "DeploymentTargets.OrganizationalUnitIds")
    if not units:
        raise AwsError("ValidationError", "OrganizationalUnitIds are required")
    management = administrator(aws, call)
    unknown = [unit for unit in units if unit not in known_units(management)]
    if unknown:
        raise AwsError("ValidationError", f"Failed to find organizational unit(s): {unknown}")
    one.regions = members(call.params, "Regions")
    accounts = accounts_of(aws, management, units)
    there = [account for account in accounts if one.instances.get(account)]
    started = begin(aws, call, one, "CREATE", [account for account in accounts if account not in there])
    last = list(one.operations.values())[-1]
    last["results"] += [{"Account": account, "Region": region, "Status": "SUCCEEDED", "StatusReason": None}
                        for account in there for region in one.regions]
    return started


def known_units(management: str) -> List[str]:
    from moto.organizations.models import organizations_backends
    return [unit.id for unit in organizations_backends[management]["aws"].ou]


def update(aws: "LocalAws", call: Call) -> Answer:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackSet.html: all stacks of the StackSet."""
    one = find(aws, call)
    before = (one.template, one.parameters)
    describe(one, call)
    try:
        return begin(aws, call, one, "UPDATE", sorted(one.instances))
    except AwsError:
        one.template, one.parameters = before
        raise


def operation(aws: "LocalAws", call: Call) -> Answer:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackSetOperation.html"""
    found = operation_of(find(aws, call), call)
    if found["polls"] <= 0:
        found["Status"] = found["ends"]
    found["polls"] -= 1
    reason = "Deployment was stopped" if found["Status"] in ("FAILED", "STOPPED") and not found["results"] else None
    shown = {key: found[key] for key in ("OperationId", "StackSetId", "Action", "Status")}
    return answer(call, {"StackSetOperation": {**shown, "StatusReason": reason}})


def operation_of(one: StackSet, call: Call) -> Dict[str, Any]:
    found = one.operations.get(call.params["OperationId"])
    if not found:
        raise AwsError("OperationNotFoundException", f"Operation {call.params['OperationId']} not found", 404)
    return found


def results(aws: "LocalAws", call: Call) -> Answer:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackSetOperationResults.html"""
    found = operation_of(find(aws, call), call)
    shown, token = page(aws, found["results"], call.params.get("MaxResults"), call.params.get("NextToken"), 100,
                        "ValidationError")
    return answer(call, {"Summaries": shown, "NextToken": token})


def listing(aws: "LocalAws") -> List[Dict[str, Any]]:
    """All StackSets, for tests."""
    return [{"name": one.name, "parameters": one.parameters, "accounts": sorted(one.instances),
             "automatic": one.automatic, "template": json.dumps(one.template)} for one in aws.stack_sets.all.values()]


def replace(aws: "LocalAws", given: Dict[str, Any]) -> None:
    """Gives the StackSets of a name another template and other parameters, for tests: as if someone else had made them."""
    for one in aws.stack_sets.all.values():
        if one.name == given["name"]:
            one.template, one.parameters = given["template"], dict(given["parameters"])


HANDLERS: Dict[Any, Callable[["LocalAws", Call], Answer]] = {
    ("cloudformation", "CreateStackSet"): create, ("cloudformation", "DescribeStackSet"): described,
    ("cloudformation", "UpdateStackSet"): update, ("cloudformation", "CreateStackInstances"): create_instances,
    ("cloudformation", "DescribeStackSetOperation"): operation,
    ("cloudformation", "ListStackSetOperationResults"): results}
