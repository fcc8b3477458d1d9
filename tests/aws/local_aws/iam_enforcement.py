"""IAM in earnest, with the setting `enforce_iam`: a role may do what its policies say and nothing else.

Policies are read with moto's evaluator. It is asked for the action of the call, and for those that
AWS checks in its course (`ALONG`). A role is assumed only if it exists and its trust policy names
the caller. Resources and conditions of permissions are not looked at, save the external id.
"""

import json
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
#: Of the protocol, not of the policy.
DENIED = {"ec2": ("UnauthorizedOperation", 403), "logs": ("AccessDeniedException", 400),
          "route53resolver": ("AccessDeniedException", 400), "organizations": ("AccessDeniedException", 400),
          "ram": ("AccessDeniedException", 403), "account": ("AccessDeniedException", 403),
          "cloudwatch": ("AccessDeniedException", 400)}


def role_of(call: Call) -> Any:
    """The role whose session makes the call; none for an unknown one."""
    from moto.iam.models import iam_backends
    from moto.sts.models import sts_backends
    session = sts_backends[call.account]["aws"].get_assumed_role_from_access_key(call.access_key)
    name = session.role_arn.rpartition("/")[2] if session else ""
    roles = iam_backends[call.account]["aws"].roles.values()
    return next((role for role in roles if role.name == name), None)


def policies(role: Any) -> Iterator[Any]:
    from moto.iam.access_control import IAMPolicy
    for document in role.policies.values():
        yield IAMPolicy(document if isinstance(document, str) else json.dumps(document))
    for managed in role.managed_policies.values():
        yield IAMPolicy(managed)


def check(aws: "LocalAws", call: Call) -> None:
    from moto.iam.access_control import PermissionResult
    role = role_of(call)
    wanted = [f"{call.service}:{call.operation}"]
    wanted += [action for parameter, action in ALONG.get((call.service, call.operation), [])
               if not parameter or call.params.get(parameter)]
    for action in wanted:
        results = [one.is_action_permitted(action) for one in policies(role)] if role else []
        if action not in FREE and (PermissionResult.DENIED in results or PermissionResult.PERMITTED not in results):
            code, status = DENIED.get(call.service, ("AccessDenied", 403))
            who = role.arn if role else "an unknown role"
            raise AwsError(code, f"User: {who} is not authorized to perform: {action}", status)
    if call.operation == "AssumeRole":
        check_trust(call, role)


def check_trust(call: Call, caller: Any) -> None:
    from moto.iam.models import iam_backends
    arn = call.params["RoleArn"]
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    roles = iam_backends[account]["aws"].roles.values()
    role = next((role for role in roles if role.name == name), None)
    document = role.assume_role_policy_document if role else "{}"
    statements = (json.loads(document) if isinstance(document, str) else document).get("Statement", [])
    for statement in statements:
        principal = (statement.get("Principal") or {}).get("AWS")
        external = ((statement.get("Condition") or {}).get("StringEquals") or {}).get("sts:ExternalId")
        if principal == caller.arn and external in (None, call.params.get("ExternalId")):
            return
    raise AwsError("AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole "
                                   f"on resource: {arn}", 403)
