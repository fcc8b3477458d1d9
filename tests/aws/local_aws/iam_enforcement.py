"""IAM in earnest, with the setting `enforce_iam`: a role may do what its policies say and nothing else.

Every call needs its action, and those that AWS checks in its course (`ALONG`), on the resource that
it names (`RESOURCES`) and under the conditions that are known here (`conditions`). A condition that is
not known is not met. A role is assumed only if it exists and its trust policy names the caller.
"""

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Tuple

from .answers import AwsError
from .call import Call

if TYPE_CHECKING:
    from .gateway import LocalAws

#: What AWS asks for beside the action itself, if the call carries this parameter ("" = always).
ALONG: Dict[Tuple[str, str], List[Tuple[str, str]]] = {
    ("ec2", "CreateFlowLogs"): [("DeliverLogsPermissionArn", "iam:PassRole"),
                                ("TagSpecification.1.ResourceType", "ec2:CreateTags")],
    ("logs", "CreateLogGroup"): [("tags", "logs:TagResource")],
    ("iam", "CreateRole"): [("Tags.member.1.Key", "iam:TagRole")],
    ("ram", "CreateResourceShare"): [("tags", "ram:TagResource"),
                                     ("", "route53resolver:PutResolverQueryLogConfigPolicy")],
    ("route53resolver", "CreateResolverQueryLogConfig"): [
        ("Tags", "route53resolver:TagResource"), ("", "logs:DescribeLogGroups"),
        ("", "logs:DescribeResourcePolicies"), ("", "logs:PutResourcePolicy"), ("", "logs:CreateLogDelivery"),
        ("", "logs:ListLogDeliveries"), ("", "iam:CreateServiceLinkedRole")],
    ("route53resolver", "DeleteResolverQueryLogConfig"): [("", "logs:DeleteLogDelivery")],
}
#: Allowed without any policy.
FREE = ("sts:GetCallerIdentity",)
#: The error code and status of each service; the others say AccessDenied.
DENIED = {"ec2": ("UnauthorizedOperation", 403), "logs": ("AccessDeniedException", 400),
          "route53resolver": ("AccessDeniedException", 400), "organizations": ("AccessDeniedException", 400),
          "ram": ("AccessDeniedException", 403), "account": ("AccessDeniedException", 403),
          "cloudwatch": ("AccessDeniedException", 400)}


def resource(call: Call, action: str) -> str:
    """The ARN that the action is on; for those without one, an ARN that only `*` fits."""
    if action == "iam:PassRole":
        return call.params["DeliverLogsPermissionArn"]
    if action.startswith("iam:") and call.params.get("RoleName"):
        return f"arn:aws:iam::{call.account}:role/{call.params['RoleName']}"
    if action.startswith("logs:") and call.params.get("logGroupName"):
        return f"arn:aws:logs:{call.region}:{call.account}:log-group:{call.params['logGroupName']}"
    if action == "sts:AssumeRole":
        return call.params["RoleArn"]
    return f"arn:aws:{call.service}:{call.region}:{call.account}:any"


def conditions(call: Call, action: str) -> Dict[str, str]:
    """The values of condition keys of one action of a call."""
    values: Dict[str, str] = {}
    if action == "iam:PassRole":
        values["iam:PassedToService"] = "vpc-flow-logs.amazonaws.com"
    if action == "iam:CreateServiceLinkedRole":
        values["iam:AWSServiceName"] = f"{call.service}.amazonaws.com"
    if action == "ec2:DeleteFlowLogs":
        from moto.ec2.models import ec2_backends
        log = ec2_backends[call.account][call.region].flow_logs.get(call.params.get("FlowLogId.1", ""))
        values.update({f"aws:ResourceTag/{tag['key']}": tag["value"] for tag in (log.get_tags() if log else [])})
    return values


def listed(value: Any) -> List[str]:
    return value if isinstance(value, list) else [value]


def allows(statement: Dict[str, Any], call: Call, action: str) -> bool:
    known = conditions(call, action)
    wanted = statement.get("Condition") or {}
    met = all(operator == "StringEquals" and all(known.get(key) in listed(value) for key, value in keys.items())
              for operator, keys in wanted.items())
    return (statement["Effect"] == "Allow" and met
            and any(fnmatchcase(action, pattern) for pattern in listed(statement["Action"]))
            and any(fnmatchcase(resource(call, action), pattern) for pattern in listed(statement["Resource"])))


def role_of(call: Call) -> Any:
    """The role whose session makes the call; none for an unknown one."""
    from moto.sts.models import sts_backends
    session = sts_backends[call.account]["aws"].get_assumed_role_from_access_key(call.access_key)
    return find_role(session.role_arn) if session else None


def find_role(arn: str) -> Any:
    from moto.iam.models import iam_backends
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    return next((role for role in iam_backends[account]["aws"].roles.values() if role.name == name), None)


def statements(role: Any) -> Iterator[Dict[str, Any]]:
    for document in role.policies.values():
        yield from listed((json.loads(document) if isinstance(document, str) else document)["Statement"])


def check(aws: "LocalAws", call: Call) -> None:
    role = role_of(call)
    wanted = [f"{call.service}:{call.operation}"]
    wanted += [action for parameter, action in ALONG.get((call.service, call.operation), [])
               if not parameter or call.params.get(parameter)]
    for action in wanted:
        if action not in FREE and not (role and any(allows(one, call, action) for one in statements(role))):
            code, status = DENIED.get(call.service, ("AccessDenied", 403))
            who = role.arn if role else "an unknown role"
            raise AwsError(code, f"User: {who} is not authorized to perform: {action}", status)
    if call.operation == "AssumeRole":
        check_trust(call, role)


def check_trust(call: Call, caller: Any) -> None:
    arn = call.params["RoleArn"]
    role = find_role(arn)
    document = role.assume_role_policy_document if role else "{}"
    trusts = (json.loads(document) if isinstance(document, str) else document).get("Statement", [])
    for statement in trusts:
        principal = (statement.get("Principal") or {}).get("AWS")
        external = ((statement.get("Condition") or {}).get("StringEquals") or {}).get("sts:ExternalId")
        if principal == caller.arn and external in (None, call.params.get("ExternalId")):
            return
    raise AwsError("AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole "
                                   f"on resource: {arn}", 403)
