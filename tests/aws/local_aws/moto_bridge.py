"""The bridge to moto: imports it, hands it calls one at a time, and keeps it quick.

moto's own server puts Flask between the socket and its response classes; here they are called
directly. What moto lacks is added by the subclasses named in `RESPONSES`.
"""

import functools
import importlib
import io
import os
from typing import TYPE_CHECKING, Any, Dict, Tuple

from .call import Call
from .transport import Answer

if TYPE_CHECKING:
    from .gateway import LocalAws

# Hundreds of machine images for every account and region would take most of the time of a seed.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

#: service -> the module and class which answer it. A service that is needed is one line here.
RESPONSES: Dict[str, Tuple[str, str]] = {
    "ec2": ("local_aws.ec2", "Ec2"),
    "sts": ("local_aws.security_tokens", "SecurityTokens"),
    "organizations": ("local_aws.organizations", "Organizations"),
    "logs": ("moto.logs.responses", "LogsResponse"),
    "route53resolver": ("moto.route53resolver.responses", "Route53ResolverResponse"),
    "iam": ("moto.iam.responses", "IamResponse"),
    "account": ("moto.account.responses", "AccountResponse"),
    "route53": ("local_aws.hosted_zones", "HostedZones"),
}
#: Answers that are large, slow to write, and the same for every account of a region.
KEPT = (("ec2", "DescribeVpcEndpointServices"),)
#: Imported before the server counts as ready; the others on their first call.
WARM = ("sts", "organizations", "ec2", "logs", "route53resolver")


class Moto:
    def __init__(self, aws: "LocalAws") -> None:
        self._aws = aws
        self._classes: Dict[str, Any] = {}
        self._kept: Dict[Tuple[Any, ...], Answer] = {}
        skip_instance_types()
        remember_method_names()
        for service in WARM:
            self._class(service)
        from moto.core.request import Request
        from moto.core.utils import get_service_model
        self._request = Request
        for service in ("ec2", "sts"):
            get_service_model(service)
        remember_access_keys(aws)

    def _class(self, service: str) -> Any:
        if service not in self._classes:
            if service not in RESPONSES:
                raise NotImplementedError(f"service {service}")
            module, name = RESPONSES[service]
            cls = getattr(importlib.import_module(module), name)
            if module.startswith("local_aws."):
                cls.local_aws = self._aws
            self._classes[service] = cls
        return self._classes[service]

    def answer(self, call: Call) -> Answer:
        if (call.service, call.operation) not in KEPT:
            return self._dispatch(call)
        key = (call.service, call.region, call.request.body, self._aws.settings["page_limit"])
        if key not in self._kept:
            answer = self._dispatch(call)
            if answer.status != 200:
                return answer
            self._kept[key] = answer
        kept = self._kept[key]
        return Answer(kept.status, {"content-type": kept.headers.get("content-type", "text/xml")}, kept.body)

    def _dispatch(self, call: Call) -> Answer:
        with self._aws.moto_lock:
            request = self._request(environ(call))
            status, headers, body = self._class(call.service).dispatch(request)
        return Answer(int(status), {name: str(value) for name, value in headers.items()}, body or b"")

    def reset(self) -> None:
        from moto.core.base_backend import BackendDict
        from moto.organizations.models import organizations_backends
        from . import ec2
        BackendDict.reset()
        self._kept.clear()
        organizations_backends.master_accounts.clear()
        ec2.BLOCK_PUBLIC_ACCESS.clear()


def environ(call: Call) -> Dict[str, Any]:
    """The call as the WSGI environment which moto's request is made of."""
    request = call.request
    result: Dict[str, Any] = {
        "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "PATH_INFO": request.path, "QUERY_STRING": request.query,
        "RAW_URI": request.path, "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(request.body), "CONTENT_LENGTH": str(len(request.body)),
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "HTTP_HOST": "127.0.0.1", "HTTP_AUTHORIZATION": request.headers.get("authorization", ""),
        "HTTP_X_MOTO_ACCOUNT_ID": call.account,
    }
    if "x-amz-target" in request.headers:
        result["HTTP_X_AMZ_TARGET"] = request.headers["x-amz-target"]
    return result


def skip_instance_types() -> None:
    """Importing moto.ec2 reads megabytes of instance types which nothing here asks for."""
    from moto.utilities import utils
    load = utils.load_resource
    utils.load_resource = lambda path: {} if "instance_type" in path else load(path)


def remember_method_names() -> None:
    """moto inspects the whole class at every call."""
    from moto.core import responses
    responses.method_names_from_class = functools.lru_cache(None)(responses.method_names_from_class)


def remember_access_keys(aws: "LocalAws") -> None:
    """The account of a key: moto looks through all accounts at each call; note it when a key is made."""
    from moto.iam import models
    make = models.AccessKey.__init__

    def noted(self: Any, user_name: Any, prefix: str, account_id: str, *rest: Any, **named: Any) -> None:
        make(self, user_name, prefix, account_id, *rest, **named)
        aws.accounts.keys[self.access_key_id] = account_id

    models.AccessKey.__init__ = noted


