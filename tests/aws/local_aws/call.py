"""One AWS call, taken apart: who calls, in which region, which operation of which service.

Service and region come from the SigV4 credential scope. Signatures are not checked.
"""

import gzip
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Dict, Optional
from urllib.parse import parse_qs, urlencode

from . import cbor
from .transport import Request

#: Names in the credential scope which differ from the name used here, in faults and in the journal.
SERVICES = {"monitoring": "cloudwatch"}

#: How each service speaks: `ec2` and `query` are XML answers to forms, `json` names its operation in
#: a header, `rest-json` in the path. CloudWatch speaks several; see `protocol`.
PROTOCOLS = {
    "ec2": "ec2", "sts": "query", "iam": "query", "logs": "json", "organizations": "json",
    "route53resolver": "json", "account": "rest-json", "s3": "rest-xml", "ram": "rest-json", "pricing": "json",
    "athena": "json", "ce": "json", "route53": "rest-xml", "route53profiles": "rest-json",
}

#: Operations that the paths of Route 53 Profiles stand for.
PROFILES = {"profileassociations": "ListProfileAssociations",
            "profileresourceassociations": "ListProfileResourceAssociations"}

#: Operations that the lower-case paths of RAM stand for.
RAM = {name.lower(): name for name in (
    "AssociateResourceShare", "CreateResourceShare", "DeleteResourceShare", "GetResourceShareAssociations",
    "GetResourceShares")}
#: Route 53: method and path below `/2013-04-01/` -> the operation.
ROUTE_53 = [
    ("POST", r"hostedzone", "CreateHostedZone"),
    ("GET", r"hostedzone", "ListHostedZones"),
    ("GET", r"hostedzone/[^/]+", "GetHostedZone"),
    ("DELETE", r"hostedzone/[^/]+", "DeleteHostedZone"),
    ("POST", r"hostedzone/[^/]+/rrset", "ChangeResourceRecordSets"),
    ("GET", r"hostedzone/[^/]+/rrset", "ListResourceRecordSets"),
    ("POST", r"hostedzone/[^/]+/associatevpc", "AssociateVPCWithHostedZone"),
    ("POST", r"hostedzone/[^/]+/disassociatevpc", "DisassociateVPCFromHostedZone"),
    ("POST", r"hostedzone/[^/]+/authorizevpcassociation", "CreateVPCAssociationAuthorization"),
    ("POST", r"hostedzone/[^/]+/deauthorizevpcassociation", "DeleteVPCAssociationAuthorization"),
    ("GET", r"hostedzonesbyvpc", "ListHostedZonesByVPC"),
]
#: How the names of operations begin that change nothing.
READING = ("Describe", "Get", "Head", "List", "Search", "StartQuery", "StopQuery", "FilterLogEvents", "AssumeRole")

CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/[^/]+/([^/]+)/([^/]+)/aws4_request")
CBOR_PATH = re.compile(r"^/service/([^/]+)/operation/([^/]+)$")
ROLE_ACCOUNT = re.compile(r"^arn:[^:]+:iam::(\d{12}):role/")


@dataclass
class Call:
    request: Request
    service: str
    region: str
    access_key: str
    operation: str
    protocol: str
    account: str = ""
    #: How a fault wants the Insights query of this StartQuery to end.
    query_end: Optional[str] = None

    @cached_property
    def params(self) -> Dict[str, Any]:
        """The parameters, as a dictionary. Forms stay flat: `Filter.1.Name`."""
        body = self.request.body
        if self.protocol == "cbor":
            return cbor.decode(body) if body else {}
        if self.protocol == "rest-xml" or self.service == "route53profiles":
            return {key: values[0] for key, values in parse_qs(self.request.query).items()}
        if self.protocol in ("ec2", "query"):
            return {key: values[0] for key, values in parse_qs(body.decode("utf-8"), keep_blank_values=True).items()}
        if not body and self.request.query:
            return {key: values[0] for key, values in parse_qs(self.request.query).items()}
        return json.loads(body) if body else {}

    @property
    def changes(self) -> bool:
        return not self.operation.startswith(READING)

    @property
    def subject_account(self) -> str:
        """The account the call is about: for AssumeRole that of the role, else the caller's."""
        if self.operation == "AssumeRole":
            match = ROLE_ACCOUNT.match(self.params.get("RoleArn", ""))
            if match:
                return match.group(1)
        return self.account


def identify(request: Request) -> Optional[Call]:
    """The call in a request, or None if it carries no credential scope."""
    match = CREDENTIAL.search(request.headers.get("authorization", ""))
    if not match:
        return None
    access_key, region, scope = match.groups()
    service = SERVICES.get(scope, scope)
    if request.headers.get("content-encoding") == "gzip":
        request.body = gzip.decompress(request.body)
        del request.headers["content-encoding"]
    if service == "s3":
        return Call(request, service, region, access_key, s3_operation(request), "rest-xml")
    if service == "route53":
        return Call(request, service, region, access_key, route53_operation(request), "rest-xml")
    if request.method == "GET" and request.query and not request.body:
        request.body = request.query.encode()
    protocol = PROTOCOLS.get(service, "query")
    path = CBOR_PATH.match(request.path)
    target = request.headers.get("x-amz-target")
    if path and request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        protocol, operation = "cbor", path.group(2)
    elif target:
        protocol, operation = "json", target.rpartition(".")[2]
    elif protocol == "rest-json":
        name = request.path.strip("/").split("/")[0 if service == "route53profiles" else -1]
        operation = PROFILES.get(name) or RAM.get(name, name[:1].upper() + name[1:])
    else:
        form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        operation = form.get("Action", [""])[0]
    return Call(request, service, region, access_key, operation, protocol)


def s3_operation(request: Request) -> str:
    key = request.path.lstrip("/").partition("/")[2]
    if request.method == "HEAD":
        return "HeadObject" if key else "HeadBucket"
    names = parse_qs(request.query, keep_blank_values=True)
    if request.method == "POST":
        return "CreateMultipartUpload" if "uploads" in names else "CompleteMultipartUpload"
    if request.method == "PUT":
        return "UploadPart" if "uploadId" in names else "PutObject"
    if request.method == "DELETE":
        return "AbortMultipartUpload" if "uploadId" in names else "DeleteObject"
    if not key and "policy" in names:
        return "GetBucketPolicy"
    return "GetObject" if key else "ListObjectsV2"


def route53_operation(request: Request) -> str:
    path = request.path.strip("/").partition("/")[2]
    for method, pattern, name in ROUTE_53:
        if method == request.method and re.fullmatch(pattern, path):
            return name
    return f"{request.method} {path}"


def form(params: Dict[str, str]) -> bytes:
    return urlencode(params).encode()
