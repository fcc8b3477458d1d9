"""CloudFormation without its API: a test deploys a template, and puts roles there.

moto's own CloudFormation creates the resources; what it does not know is told back, never skipped
in silence.
"""

import json
import warnings
from typing import TYPE_CHECKING, Any, Dict

if TYPE_CHECKING:
    from .gateway import LocalAws


def deploy(aws: "LocalAws", ask: Dict[str, Any]) -> Dict[str, Any]:
    """`{"account", "region", "name", "template", "parameters"}` -> resources, outputs, unsupported types."""
    import moto.backends  # noqa: F401
    from moto.cloudformation.models import cloudformation_backends
    backend = cloudformation_backends[ask["account"]][ask["region"]]
    with aws.moto_lock, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        stack = backend.create_stack(
            name=ask["name"], template=ask["template"], parameters=ask.get("parameters") or {}, notification_arns=[],
            tags={}, role_arn=None)
        resources = {name: {"type": type(one).__name__, "id": getattr(one, "physical_resource_id", None)}
                     for name, one in stack.resource_map._parsed_resources.items() if name in stack.resource_map.resources}
        outputs = {one.key: one.value for one in stack.stack_outputs}
    missing = [str(one.message) for one in told if "not supported" in str(one.message) or "not yet" in str(one.message)]
    return {"status": stack.status, "resources": resources, "outputs": outputs, "unsupported": missing}


def role(aws: "LocalAws", ask: Dict[str, Any]) -> Dict[str, Any]:
    """`{"account", "name", "policy"}`: a role with one inline policy, for a caller whose session the seed made."""
    from moto.iam.models import iam_backends
    with aws.moto_lock:
        backend = iam_backends[ask["account"]]["aws"]
        made = backend.create_role(ask["name"], json.dumps({"Version": "2012-10-17", "Statement": []}), "/", "", "", {}, 3600)
        backend.put_role_policy(ask["name"], "policy", json.dumps(ask["policy"]))
    return {"arn": made.arn}
