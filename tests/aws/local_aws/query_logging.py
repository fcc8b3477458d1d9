"""Route 53 Resolver query log configurations: all operations, shared ones (RAM) included.

moto has neither Disassociate nor Delete, and nothing shared. A configuration lives in the moto
backend of its owner; `shared_with` lists the accounts it is shared with. An association lives in
the backend of the account which owns the VPC, and the owner of the configuration sees it too.
An association that failed stays, with its error:
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ResolverQueryLogConfigAssociation.html
"""

from typing import TYPE_CHECKING, Any, Callable, Dict, List
from uuid import uuid4

from . import answers, objects
from .answers import AwsError
from .call import Call
from .pages import page
from .transport import Answer

if TYPE_CHECKING:
    from .gateway import LocalAws


#: Set by the gateway: shares of RAM.
SHARES: Any = None


def backends() -> Any:
    from moto.route53resolver.models import route53resolver_backends
    return route53resolver_backends


def new_config(owner: str, region: str, identifier: str, name: str, destination: str, request_id: str) -> Any:
    from moto.route53resolver.models import ResolverQueryLogConfig
    config = ResolverQueryLogConfig(owner, region, identifier, name, destination, request_id)
    config.shared_with = []
    backends()[owner][region].resolver_query_log_configs[identifier] = config
    return config


def new_association(owner: str, config: Any, identifier: str, vpc: str, status: str = "ACTIVE", error: str = "NONE",
                    message: str = "") -> Any:
    from moto.route53resolver.models import ResolverQueryLogConfigAssociation
    association = ResolverQueryLogConfigAssociation(config.region, identifier, config.id, vpc)
    association.status, association.error, association.error_message = status, error, message
    association.config_owner = config.account_id
    backends()[owner][config.region].resolver_query_log_config_associations[identifier] = association
    config.association_count += 1
    return association


def configs_of(account: str, region: str) -> List[Any]:
    """The account's own configurations and those shared with it."""
    found = list(backends()[account][region].resolver_query_log_configs.values())
    for other, regional in list(backends().items()):
        if other != account and region in list(regional.keys()):
            found += [config for config in regional[region].resolver_query_log_configs.values()
                      if account in getattr(config, "shared_with", []) or SHARES.reaches(config.arn, account)]
    return sorted(found, key=lambda config: (config.name, config.id))


def associations_of(account: str, region: str) -> List[Any]:
    """Associations of the account's VPCs, and of others' VPCs with the account's configurations."""
    found = list(backends()[account][region].resolver_query_log_config_associations.values())
    for other, regional in list(backends().items()):
        if other != account and region in list(regional.keys()):
            found += [one for one in regional[region].resolver_query_log_config_associations.values()
                      if getattr(one, "config_owner", "") == account]
    return sorted(found, key=lambda association: association.id)


def describe(config: Any, account: str) -> Dict[str, Any]:
    shared = getattr(config, "shared_with", [])
    status = "SHARED_WITH_ME" if config.account_id != account else "SHARED_BY_ME" if shared else "NOT_SHARED"
    return {**config.description(), "ShareStatus": status}


def find(items: List[Any], identifier: str, what: str) -> Any:
    for item in items:
        if item.id == identifier:
            return item
    raise AwsError("ResourceNotFoundException", f"The specified {what} doesn't exist: {identifier}")


def filtered(items: List[Dict[str, Any]], ask: Dict[str, Any]) -> List[Dict[str, Any]]:
    for one in ask.get("Filters") or []:
        name = one.get("Name", "")
        if any(name not in item for item in items):
            raise AwsError("InvalidParameterException", f"The filter '{name}' is invalid")
        items = [item for item in items if str(item[name]) in one.get("Values", [])]
    reverse = ask.get("SortOrder") == "DESCENDING"
    if ask.get("SortBy") or reverse:
        items.sort(key=lambda item: str(item.get(ask.get("SortBy") or "Id")), reverse=reverse)
    return items


def later(aws: "LocalAws", item: Any, status: str, after: str, then: Callable[[], None]) -> None:
    """Let `status` show for some reads, as AWS does, and then what comes after."""
    item.pending, item.after, item.then = aws.settings["resolver.pending_reads"], after, then
    item.status = status
    if not item.pending:
        ripen(item)


def ripen(item: Any) -> None:
    item.status = item.after
    item.then()


def count_read(account: str, region: str) -> None:
    for item in [*configs_of(account, region), *associations_of(account, region)]:
        if getattr(item, "pending", 0) > 0:
            item.pending -= 1
            if not item.pending:
                ripen(item)


def drop_unshared(aws: "LocalAws", arn: str) -> None:
    """Dissolve the associations of accounts that a configuration is no longer shared with."""
    for account, regional in list(backends().items()):
        for backend in list(regional.values()):
            for one in list(backend.resolver_query_log_config_associations.values()):
                owner = getattr(one, "config_owner", account)
                if arn.endswith(f"/{one.resolver_query_log_config_id}") and owner != account \
                        and not SHARES.reaches(arn, account):
                    forget_association(backend.resolver_query_log_config_associations, one, owner, one.region)


def forget_association(own: Dict[str, Any], association: Any, owner: str, region: str) -> None:
    own.pop(association.id, None)
    config = backends()[owner][region].resolver_query_log_configs.get(association.resolver_query_log_config_id)
    if config:
        config.association_count -= 1


def listed(aws: "LocalAws", call: Call, key: str, items: List[Dict[str, Any]]) -> Answer:
    found = filtered(items, call.params)
    size = call.params.get("MaxResults")
    if size is not None and not 1 <= size <= 100:
        raise AwsError("InvalidParameterException", "MaxResults must be between 1 and 100")
    shown, token = page(aws, found, size, call.params.get("NextToken"), 100)
    return answers.result(call, {key: shown, "TotalCount": len(items), "TotalFilteredCount": len(found),
                                 **({"NextToken": token} if token else {})})


def list_configs(aws: "LocalAws", call: Call) -> Answer:
    count_read(call.account, call.region)
    return listed(aws, call, "ResolverQueryLogConfigs",
                  [describe(config, call.account) for config in configs_of(call.account, call.region)])


def list_associations(aws: "LocalAws", call: Call) -> Answer:
    count_read(call.account, call.region)
    return listed(aws, call, "ResolverQueryLogConfigAssociations",
                  [one.description() for one in associations_of(call.account, call.region)])


def get_config(aws: "LocalAws", call: Call) -> Answer:
    count_read(call.account, call.region)
    config = find(configs_of(call.account, call.region), call.params["ResolverQueryLogConfigId"], "configuration")
    return answers.result(call, {"ResolverQueryLogConfig": describe(config, call.account)})


def get_association(aws: "LocalAws", call: Call) -> Answer:
    identifier = call.params["ResolverQueryLogConfigAssociationId"]
    association = find(associations_of(call.account, call.region), identifier, "association")
    return answers.result(call, {"ResolverQueryLogConfigAssociation": association.description()})


def create_config(aws: "LocalAws", call: Call) -> Answer:
    ask = call.params
    own = backends()[call.account][call.region].resolver_query_log_configs
    if any(config.creator_request_id == ask["CreatorRequestId"] for config in own.values()):
        raise AwsError("ResourceExistsException", "a configuration with this CreatorRequestId exists")
    if len(own) >= 20:
        raise AwsError("LimitExceededException", "you have reached the limit of configurations")
    if ask["DestinationArn"].startswith("arn:aws:s3:::"):
        refused = objects.refusal(aws, ask["DestinationArn"], call.account, call.region)
        if refused:
            raise AwsError("InvalidParameterException", refused)
    config = new_config(call.account, call.region, f"rqlc-{uuid4().hex[:16]}", ask["Name"], ask["DestinationArn"],
                        ask["CreatorRequestId"])
    if ask.get("Tags"):
        backends()[call.account][call.region].tagger.tag_resource(config.arn, ask["Tags"])
    return answers.result(call, {"ResolverQueryLogConfig": describe(config, call.account)})


def associate(aws: "LocalAws", call: Call) -> Answer:
    from moto.ec2.models import ec2_backends
    vpc = call.params["ResourceId"]
    config = find(configs_of(call.account, call.region), call.params["ResolverQueryLogConfigId"], "configuration")
    if vpc not in ec2_backends[call.account][call.region].vpcs:
        raise AwsError("InvalidParameterException", f"The VPC {vpc} doesn't exist")
    for one in associations_of(call.account, call.region):
        if (one.resolver_query_log_config_id, one.resource_id) == (config.id, vpc):
            raise AwsError("ResourceExistsException", "the VPC is associated with this configuration")
    association = new_association(call.account, config, f"rqlca-{uuid4().hex[:16]}", vpc)
    association.region = call.region
    status, error = aws.settings["resolver.associations_become"].split()

    def become() -> None:
        association.error = error

    later(aws, association, "CREATING", status, become)
    return answers.result(call, {"ResolverQueryLogConfigAssociation": association.description()})


def disassociate(aws: "LocalAws", call: Call) -> Answer:
    ask = call.params
    own = backends()[call.account][call.region].resolver_query_log_config_associations
    for association in list(own.values()):
        if (association.resolver_query_log_config_id, association.resource_id) == (
                ask["ResolverQueryLogConfigId"], ask["ResourceId"]):
            owner = getattr(association, "config_owner", call.account)
            later(aws, association, "DELETING", "DELETED",
                  lambda gone=association: forget_association(own, gone, owner, call.region))
            gone = {**association.description(), "Status": "DELETING"}
            return answers.result(call, {"ResolverQueryLogConfigAssociation": gone})
    raise AwsError("ResourceNotFoundException", "the association doesn't exist")


def delete_config(aws: "LocalAws", call: Call) -> Answer:
    own = backends()[call.account][call.region].resolver_query_log_configs
    config = find(list(own.values()), call.params["ResolverQueryLogConfigId"], "configuration")
    if config.association_count:
        raise AwsError("InvalidRequestException", "disassociate the VPCs first")
    if any(config.arn in share["resources"] for share in SHARES.all):
        raise AwsError("InvalidRequestException", "stop sharing the configuration first")
    tagger = backends()[call.account][call.region].tagger

    def gone() -> None:
        own.pop(config.id, None)
        tagger.delete_all_tags_for_resource(config.arn)

    later(aws, config, "DELETING", "DELETED", gone)
    return answers.result(call, {"ResolverQueryLogConfig": {**describe(config, call.account), "Status": "DELETING"}})


def tags(aws: "LocalAws", call: Call) -> Answer:
    """ListTagsForResource, TagResource and UntagResource of whatever ARN."""
    tagger = backends()[call.account][call.region].tagger
    arn = call.params["ResourceArn"]
    if call.operation == "TagResource":
        tagger.tag_resource(arn, call.params["Tags"])
    elif call.operation == "UntagResource":
        tagger.untag_resource_using_names(arn, call.params["TagKeys"])
    else:
        shown, token = page(aws, tagger.list_tags_for_resource(arn)["Tags"], call.params.get("MaxResults"),
                            call.params.get("NextToken"), 100)
        return answers.result(call, {"Tags": shown, **({"NextToken": token} if token else {})})
    return answers.result(call, {})


def locked(handler: Callable[["LocalAws", Call], Answer]) -> Callable[["LocalAws", Call], Answer]:
    def run(aws: "LocalAws", call: Call) -> Answer:
        with aws.moto_lock:
            return handler(aws, call)
    return run


HANDLERS = {("route53resolver", operation): locked(handler) for operation, handler in {
    "ListResolverQueryLogConfigs": list_configs,
    "ListResolverQueryLogConfigAssociations": list_associations,
    "GetResolverQueryLogConfig": get_config,
    "GetResolverQueryLogConfigAssociation": get_association,
    "CreateResolverQueryLogConfig": create_config,
    "AssociateResolverQueryLogConfig": associate,
    "DisassociateResolverQueryLogConfig": disassociate,
    "DeleteResolverQueryLogConfig": delete_config,
    "ListTagsForResource": tags, "TagResource": tags, "UntagResource": tags,
}.items()}
