"""Everything an account has that has to do with logging, in full: what a test compares before and after."""

from typing import TYPE_CHECKING, Any, Dict

if TYPE_CHECKING:
    from .gateway import LocalAws


def of_account(aws: "LocalAws", account: str) -> Dict[str, Any]:
    from moto.ec2.models import ec2_backends
    from moto.iam.models import iam_backends
    from moto.logs.models import logs_backends
    from moto.route53resolver.models import route53resolver_backends
    with aws.moto_lock:
        regions: Dict[str, Any] = {}
        for name, logs in regional(logs_backends, account):
            regions.setdefault(name, {})["log_groups"] = {
                group.name: {"retention": group.retention_in_days, "tags": logs.list_tags_for_resource(group.arn)}
                for group in logs.groups.values()}
            regions[name]["resource_policies"] = {
                policy: document.policy_document for policy, document in logs.resource_policies.items()}
        for name, resolver in regional(route53resolver_backends, account):
            regions.setdefault(name, {})["query_log_configs"] = {
                config.id: {**config.description(), "shared_with": getattr(config, "shared_with", []),
                            "tags": resolver.tagger.get_tag_dict_for_resource(config.arn)}
                for config in resolver.resolver_query_log_configs.values()}
            regions[name]["query_log_associations"] = {
                one.id: one.description() for one in resolver.resolver_query_log_config_associations.values()}
        for name, ec2 in regional(ec2_backends, account):
            regions.setdefault(name, {})["flow_logs"] = {
                log.id: {"resource": log.resource_id, "group": log.log_group_name, "format": log.log_format,
                         "destination": log.log_destination, "tags": log.get_tags()} for log in ec2.flow_logs.values()}
        iam = iam_backends[account]["aws"]
        roles = {role.name: {"trust": role.assume_role_policy_document, "policies": dict(role.policies),
                             "tags": list(role.tags.values()) if isinstance(role.tags, dict) else list(role.tags)}
                 for role in iam.roles.values()}
        shares = [share for share in aws.shares.all if share["account"] == account]
    # A region that was only asked is like one that was not.
    regions = {name: {kind: found for kind, found in content.items() if found} for name, content in regions.items()}
    return {"regions": {name: content for name, content in sorted(regions.items()) if content},
            "roles": roles, "shares": shares}


def regional(backends: Any, account: str) -> Any:
    return list(backends[account].items())
