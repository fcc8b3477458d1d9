"""IAM in earnest, with the setting `enforce_iam`: a role may do what its policies allow and nothing else.

Every call needs its action, and those that AWS checks in its course (`ALONG`), on every resource that
it names (`resources`) and under the conditions that are known here (`contexts`). A condition that is
not known is not met. A role is assumed only if it exists and its trust policy names the caller.

Resources and condition keys are those of the Service Authorization Reference, for instance
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsresourceaccessmanagerram.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Tuple
from urllib.parse import unquote

from .answers import AwsError
from .call import Call

if TYPE_CHECKING:
    from .gateway import LocalAws

#: What AWS asks for beside the action itself, if the call carries this parameter ("" = always).
ALONG: Dict[Tuple[str, str], List[Tuple[str, str]]] = {
    # https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-create-flow-log.html
    ("ec2", "CreateFlowLogs"): [("DeliverLogsPermissionArn", "iam:PassRole"), ("LogDestination", "logs:CreateLogDelivery"),
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
#: The error code and status of each service; the others answer AccessDenied.
DENIED = {"ec2": ("UnauthorizedOperation", 403), "logs": ("AccessDeniedException", 400),
          "route53resolver": ("AccessDeniedException", 400), "organizations": ("AccessDeniedException", 400),
          "ram": ("AccessDeniedException", 403), "account": ("AccessDeniedException", 403),
          "cloudwatch": ("AccessDeniedException", 400), "route53profiles": ("AccessDeniedException", 403)}


#: Types of resources by the start of their id, for calls that name ids.
EC2_TYPES = {"vpc": "vpc", "subnet": "subnet", "fl": "vpc-flow-log", "eni": "network-interface", "nat": "natgateway",
             "i": "instance"}
#: RAM's types of resources by service and resource of the ARN
#: (https://docs.aws.amazon.com/ram/latest/userguide/shareable.html).
SHARED_TYPES = {("route53resolver", "resolver-query-log-config"): "route53resolver:ResolverQueryLogConfig",
                ("route53resolver", "resolver-rule"): "route53resolver:ResolverRule", ("ec2", "subnet"): "ec2:Subnet"}


def resources(aws: "LocalAws", call: Call, action: str) -> List[str]:
    """The ARNs that the action is on; for those without one, an ARN that only `*` fits."""
    params = call.params
    if action == "iam:PassRole":
        return [params["DeliverLogsPermissionArn"]]
    if action.startswith("iam:") and params.get("RoleName"):
        return [f"arn:aws:iam::{call.account}:role/{params['RoleName']}"]
    if action == "ec2:CreateTags":
        ids = [value for key, value in params.items() if key.startswith("ResourceId.")]
        if call.operation != "CreateTags":
            ids = [f"{params.get('TagSpecification.1.ResourceType', '')}/new"]
        return [f"arn:aws:ec2:{call.region}:{call.account}:" + (
            one if "/" in one else f"{EC2_TYPES.get(one.split('-')[0], 'other')}/{one}") for one in ids]
    if action == "logs:StartQuery":
        names = [*(params.get("logGroupNames") or []), *(params.get("logGroupIdentifiers") or [])]
        names += [params["logGroupName"]] if params.get("logGroupName") else []
        return [one if one.startswith("arn:") else log_group(call, one) for one in names] or ["arn:aws:logs:::any"]
    if action.startswith("logs:") and params.get("logGroupName"):
        return [log_group(call, params["logGroupName"])]
    if action == "sts:AssumeRole":
        return [params["RoleArn"]]
    if call.service == "s3":
        place = unquote(call.request.path.lstrip("/")).rstrip("/")
        return [f"arn:aws:s3:::{place}"]
    if call.service == "athena":
        return [athena_resource(aws, call)]
    return [f"arn:aws:{call.service}:{call.region}:{call.account}:any"]


def athena_resource(aws: "LocalAws", call: Call) -> str:
    """GetTableMetadata is an action on the data catalog, the others are on the workgroup
    (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html)."""
    name = f"datacatalog/{call.params.get('CatalogName')}"
    if call.operation != "GetTableMetadata":
        known = aws.athena.all.get(call.params.get("QueryExecutionId", ""))
        name = f"workgroup/{known.workgroup if known else call.params.get('WorkGroup', 'primary')}"
    return f"arn:aws:athena:{call.region}:{call.account}:{name}"


def s3_action(call: Call) -> str:
    """The action of an operation of S3
    (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html)."""
    return {"HeadBucket": "s3:ListBucket", "ListObjectsV2": "s3:ListBucket", "HeadObject": "s3:GetObject",
            "CreateMultipartUpload": "s3:PutObject", "UploadPart": "s3:PutObject",
            "CompleteMultipartUpload": "s3:PutObject"}.get(call.operation, f"s3:{call.operation}")


def log_group(call: Call, name: str) -> str:
    return f"arn:aws:logs:{call.region}:{call.account}:log-group:{name}"


def contexts(aws: "LocalAws", call: Call, action: str) -> List[Dict[str, str]]:
    """The values of condition keys of one action of a call. RAM checks every resource and every principal of a share
    by itself (https://docs.aws.amazon.com/ram/latest/userguide/security-iam-policies-examples.html)."""
    values: Dict[str, str] = {}
    params = call.params
    if call.operation == "ListObjectsV2":
        # HeadBucket has no prefix: a condition on one denies it.
        values["s3:prefix"] = params.get("prefix", "")
    if action == "iam:PassRole":
        values["iam:PassedToService"] = "vpc-flow-logs.amazonaws.com"
    if action == "iam:CreateServiceLinkedRole":
        values["iam:AWSServiceName"] = params.get("AWSServiceName") or f"{call.service}.amazonaws.com"
    if action.startswith("iam:") and params.get("RoleName"):
        role = find_role(f"arn:aws:iam::{call.account}:role/{params['RoleName']}")
        tags = list((role.tags or {}).values()) if role else []
        values.update({f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in tags})
    if action == "ec2:CreateTags" and call.operation != "CreateTags":
        values["ec2:CreateAction"] = call.operation
    if action == "ec2:DeleteFlowLogs":
        from moto.ec2.models import ec2_backends
        log = ec2_backends[call.account][call.region].flow_logs.get(params.get("FlowLogId.1", ""))
        values.update({f"aws:ResourceTag/{tag['key']}": tag["value"] for tag in (log.get_tags() if log else [])})
    if action == "sts:AssumeRole":
        known = aws.accounts.get(params["RoleArn"].split(":")[4])
        if known and known.management:
            from moto.organizations.models import organizations_backends
            values["aws:ResourceOrgID"] = organizations_backends[known.management]["aws"].org.id
    if action in ("ram:CreateResourceShare", "ram:AssociateResourceShare", "ram:DeleteResourceShare"):
        return shared(aws, call, values)
    return [values]


def shared(aws: "LocalAws", call: Call, values: Dict[str, str]) -> List[Dict[str, str]]:
    params = call.params
    for share in aws.shares.of(call.account, call.region):
        if share["arn"] == params.get("resourceShareArn"):
            values.update({f"aws:ResourceTag/{tag['key']}": tag["value"] for tag in share["tags"]})
    if call.operation == "CreateResourceShare":
        values["ram:RequestedAllowsExternalPrincipals"] = str(params.get("allowExternalPrincipals", True)).lower()
    found = [{**values, "ram:Principal": one} for one in params.get("principals") or []]
    for arn in params.get("resourceArns") or []:
        _, _, service, _, _, name = arn.split(":", 5)
        kind = SHARED_TYPES.get((service, name.split("/")[0]), "other")
        found.append({**values, "ram:ResourceArn": arn, "ram:RequestedResourceType": kind})
    return found or [values]


def listed(value: Any) -> List[str]:
    return value if isinstance(value, list) else [value]


def met(operator: str, known: Dict[str, str], key: str, wanted: Any) -> bool:
    """One key of a condition
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)."""
    if operator.endswith("IfExists"):
        return key not in known or met(operator[:-len("IfExists")], known, key, wanted)
    if operator in ("StringEquals", "Bool"):
        return known.get(key) in listed(wanted)
    return operator in ("StringLike", "ArnLike") and any(fnmatchcase(known.get(key, ""), one) for one in listed(wanted))


def allows(statement: Dict[str, Any], action: str, arn: str, known: Dict[str, str]) -> bool:
    wanted = statement.get("Condition") or {}
    return (statement["Effect"] == "Allow"
            and all(met(operator, known, key, value) for operator, keys in wanted.items() for key, value in keys.items())
            and any(fnmatchcase(action, pattern) for pattern in listed(statement["Action"]))
            and any(fnmatchcase(arn, pattern) for pattern in listed(statement["Resource"])))


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
    wanted = [s3_action(call) if call.service == "s3" else f"{call.service}:{call.operation}"]
    wanted += [action for parameter, action in ALONG.get((call.service, call.operation), [])
               if not parameter or call.params.get(parameter)]
    for action in wanted:
        granted = role and all(any(allows(one, action, arn, known) for one in statements(role))
                               for arn in resources(aws, call, action) for known in contexts(aws, call, action))
        if action not in FREE and not granted:
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
