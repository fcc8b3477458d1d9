"""CloudFormation without its API: a test deploys a template, and puts roles there.

moto's own CloudFormation creates the resources; what it does not know is reported, never skipped
in silence.
"""

import json
import sys
import warnings
from typing import TYPE_CHECKING, Any, Callable, Dict, List
from uuid import uuid4

if TYPE_CHECKING:
    from .gateway import LocalAws


#: Kept, or nothing would refer to them: moto finds the subclasses of its mixin.
TYPES: List[Any] = []


def teach() -> None:
    """moto's CloudFormation looks for the resources it knows when it is imported: query logging among them."""
    from moto.core.common_models import CloudFormationModel

    from . import query_logging, scheduled_stack
    teach_conditions()
    teach_endpoints()
    teach_hosted_zones()

    class Model(CloudFormationModel):
        def __init__(self, identifier: str) -> None:
            self.physical_resource_id = identifier

        @staticmethod
        def cloudformation_name_type() -> str:
            return ""

    def add_type(name: str, make: Callable[[Dict[str, Any], str, str, str], str]) -> None:
        """A type of resource; `make(properties, logical id, account, Region)` returns the physical id."""
        def create(cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str,
                   **_: Any) -> Any:
            return cls(make(cloudformation_json["Properties"], resource_name, account_id, region_name))

        TYPES.append(type(name.rpartition(":")[2], (Model, CloudFormationModel), {
            "cloudformation_type": staticmethod(lambda: name),
            "create_from_cloudformation_json": classmethod(create)}))

    def config(ask: Dict[str, Any], name: str, account: str, region: str) -> str:
        made = query_logging.new_config(account, region, f"rqlc-{uuid4().hex[:16]}", ask["Name"],
                                        ask["DestinationArn"], name)
        made.status = "CREATED"
        return made.id

    def association(ask: Dict[str, Any], _: str, account: str, region: str) -> str:
        found = query_logging.find(query_logging.configs_of(account, region), ask["ResolverQueryLogConfigId"],
                                   "configuration")
        return query_logging.new_association(account, found, f"rqlca-{uuid4().hex[:16]}", ask["ResourceId"]).id

    add_type("AWS::Route53Resolver::ResolverQueryLoggingConfig", config)
    add_type("AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation", association)
    scheduled_stack.teach(add_type)


def teach_conditions() -> None:
    """moto reads the short form `!Condition` as a function of that name; it is the key `Condition`
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html).
    """
    import yaml
    yaml.add_constructor("!Condition", lambda _, node: {"Condition": node.value})


def teach_endpoints() -> None:
    """What `Fn::GetAtt` returns of an endpoint
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html)."""
    from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
    from moto.ec2.models.vpcs import VPCEndPoint

    def attribute(endpoint: Any, name: str) -> Any:
        if name == "Id":
            return endpoint.id
        if name == "DnsEntries":
            return [f"{one['hosted_zone_id']}:{one['dns_name']}" for one in endpoint.dns_entries or []]
        raise UnformattedGetAttTemplateException()

    VPCEndPoint.get_cfn_attribute = attribute
    VPCEndPoint.has_cfn_attr = classmethod(lambda cls, name: name in ("Id", "DnsEntries"))


def teach_hosted_zones() -> None:
    """moto makes every hosted zone of a template a public one; with VPCs it is private
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-hostedzone.html)."""
    from moto.route53.models import FakeZone, route53_backends

    from .hosted_zones import refuse_conflict

    def make(cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any) -> Any:
        ask = cloudformation_json["Properties"]
        vpcs = ask.get("VPCs", [])
        for one in vpcs:
            refuse_conflict(ask["Name"], one["VPCId"])
        zone = route53_backends[account_id]["aws"].create_hosted_zone(
            f"{ask['Name'].rstrip('.')}.", private_zone=bool(vpcs), vpcid=None, vpcregion=None)
        for one in vpcs:
            zone.add_vpc(one["VPCId"], one["VPCRegion"])
        return zone

    FakeZone.create_from_cloudformation_json = classmethod(make)


def imported(aws: "LocalAws", ask: Dict[str, Any]) -> Dict[str, Any]:
    """An import of endpoints and the update that follows. An import takes what is there as the template describes it,
    or it is refused (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html)."""
    from moto.ec2.models import ec2_backends

    from . import endpoint_changes
    ec2 = ec2_backends[ask["account"]][ask["region"]]
    lists = {"RouteTableIds": "route_table_ids", "SubnetIds": "subnet_ids", "SecurityGroupIds": "security_group_ids"}
    with aws.moto_lock:
        for one in ask["resources"]:
            endpoint = ec2.vpc_end_points[one["ResourceIdentifier"]["Id"]]
            present, wanted = (ask[which]["Resources"][one["LogicalResourceId"]]["Properties"]
                               for which in ("present", "wanted"))
            for key, field in lists.items():
                is_there = sorted(getattr(endpoint, field) or [])
                if key in present and sorted(present[key]) != is_there:
                    raise ValueError(f"{endpoint.id}: {key} of the template {present[key]}, not {is_there}")
            endpoint_changes.become(ec2, endpoint, wanted)
    return {"status": "IMPORT_COMPLETE"}


def deploy(aws: "LocalAws", ask: Dict[str, Any]) -> Dict[str, Any]:
    """`{"account", "region", "name", "template", "parameters"}` -> resources, unsupported types. Resources named in
    `without` are not made: they were imported."""
    if "moto.cloudformation.parsing" not in sys.modules:
        teach()
    from moto.cloudformation.models import cloudformation_backends
    backend = cloudformation_backends[ask["account"]][ask["region"]]
    with aws.moto_lock, warnings.catch_warnings(record=True) as messages:
        replace_delivery_role(ask["account"], ask["template"])
        warnings.simplefilter("always")
        template = ask["template"]
        if ask.get("without"):
            import yaml
            document = yaml.safe_load(template)
            for name in ask["without"]:
                del document["Resources"][name]
                document.get("Outputs", {}).pop(f"{name}Id", None)
            template = json.dumps(document, default=str)
        stack = backend.create_stack(
            name=ask["name"], template=template, parameters=ask.get("parameters") or {}, notification_arns=[],
            tags={}, role_arn=None)
        resources = {name: {"type": type(one).__name__, "id": getattr(one, "physical_resource_id", None)}
                     for name, one in stack.resource_map._parsed_resources.items() if name in stack.resource_map.resources}
        as_json(ask["account"])
    missing = [str(one.message) for one in messages if "not supported" in str(one.message) or "not yet" in str(one.message)]
    return {"status": stack.status, "resources": resources, "unsupported": missing}


def undeploy(aws: "LocalAws", ask: Dict[str, Any]) -> Dict[str, Any]:
    """`{"account", "region", "name"}`: deletes a stack with its resources.

    moto leaves the endpoints of a stack; CloudFormation deletes what has no DeletionPolicy Retain
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html).
    """
    from moto.cloudformation.models import cloudformation_backends
    from moto.ec2.models import ec2_backends
    ec2 = ec2_backends[ask["account"]][ask["region"]]
    with aws.moto_lock:
        backend = cloudformation_backends[ask["account"]][ask["region"]]
        resources = backend.get_stack(ask["name"]).resource_map
        kept = {name for name, one in resources._resource_json_map.items() if one.get("DeletionPolicy") == "Retain"}
        made = [one.id for name, one in resources._parsed_resources.items()
                if name not in kept and str(getattr(one, "id", "")).startswith("vpce-")]
        ec2.delete_vpc_endpoints(made)
        for endpoint in made:
            ec2.vpc_end_points.pop(endpoint, None)
        backend.delete_stack(ask["name"])
    return {"status": "DELETE_COMPLETE"}


def as_json(account: str) -> None:
    """moto keeps the policies of a stack's roles as dictionaries; GetRolePolicy answers JSON
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html). And it leaves a null where
    CloudFormation removes an item that is AWS::NoValue
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html)."""
    from moto.iam.models import iam_backends
    for one in iam_backends[account]["aws"].roles.values():
        for name, document in one.policies.items():
            if not isinstance(document, str):
                document["Statement"] = [statement for statement in document["Statement"] if statement is not None]
                one.policies[name] = json.dumps(document, default=str)


def replace_delivery_role(account: str, template: str) -> None:
    """A delivery role of the seed stands for that of the template."""
    from moto.iam.models import iam_backends
    backend = iam_backends[account]["aws"]
    for role in list(backend.roles.values()):
        if getattr(role, "seeded", False) and "DeliveryRole" in template:
            role.policies.clear()
            backend.delete_role(role.name)


def role(aws: "LocalAws", ask: Dict[str, Any]) -> Dict[str, Any]:
    """`{"account", "name", "policy"}`: a role with one inline policy of its name, for a caller whose session the seed
    made; with `trust` (a service) and `tags` if they are there."""
    from moto.iam.models import iam_backends
    trusts = [{"Effect": "Allow", "Principal": {"Service": ask["trust"]}, "Action": "sts:AssumeRole"}] \
        if ask.get("trust") else []
    tags = [{"Key": key, "Value": value} for key, value in (ask.get("tags") or {}).items()]
    with aws.moto_lock:
        backend = iam_backends[ask["account"]]["aws"]
        made = backend.create_role(ask["name"], json.dumps({"Version": "2012-10-17", "Statement": trusts}), "/", "", "", tags, 3600)
        backend.put_role_policy(ask["name"], ask["name"], json.dumps(ask["policy"]))
    return {"arn": made.arn}


def forget_role(aws: "LocalAws", ask: Dict[str, Any]) -> Dict[str, Any]:
    """`{"account", "name"}`: deletes a role with its policies."""
    from moto.iam.models import iam_backends
    with aws.moto_lock:
        backend = iam_backends[ask["account"]]["aws"]
        backend.get_role(ask["name"]).policies.clear()
        backend.delete_role(ask["name"])
    return {}
