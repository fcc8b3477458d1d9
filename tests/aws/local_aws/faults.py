"""Faults on demand: which call goes wrong, how often, and how each service words it.

A fault matches by account, region, service and operation; "*" (or nothing) matches all. For
AssumeRole the account is that of the role. The first fault added that matches and is not used up
wins. Codes and statuses are those the real services answer with.
"""

import threading
import time
from typing import Any, Dict, List, Optional

from . import answers
from .call import SERVICES, Call
from .transport import Answer

#: Faults which do not answer the call itself but decide how an Insights query ends.
QUERY_ENDS = {"query_failed": "Failed", "query_timeout": "Timeout", "query_cancelled": "Cancelled"}

SCP = ("User: arn:aws:sts::{account}:assumed-role/caller/session is not authorized to perform: {service}:{operation} "
       "with an explicit deny in a service control policy")
DENIED = "User: arn:aws:sts::{account}:assumed-role/caller/session is not authorized to perform: {service}:{operation}"
EC2_DENIED = "You are not authorized to perform this operation. " + DENIED
EC2_SCP = "You are not authorized to perform this operation. " + SCP

#: kind -> service ("*" for the others) -> code, HTTP status, message.
ERRORS: Dict[str, Dict[str, tuple]] = {
    "throttle": {
        "ec2": ("RequestLimitExceeded", 503, "Request limit exceeded."),
        "sts": ("Throttling", 400, "Rate exceeded"),
        "iam": ("Throttling", 400, "Rate exceeded"),
        "route53resolver": ("Throttling", 400, "Rate exceeded"),
        "organizations": ("TooManyRequestsException", 400, "Rate exceeded"),
        "account": ("TooManyRequestsException", 429, "Rate exceeded"),
        "*": ("ThrottlingException", 400, "Rate exceeded"),
    },
    "access_denied": {
        "ec2": ("UnauthorizedOperation", 403, EC2_DENIED),
        "sts": ("AccessDenied", 403, DENIED),
        "iam": ("AccessDenied", 403, DENIED),
        "organizations": ("AccessDeniedException", 400, "You don't have permissions to access this resource."),
        "account": ("AccessDeniedException", 403, DENIED),
        "*": ("AccessDeniedException", 400, DENIED),
    },
    "scp_denied": {
        "ec2": ("UnauthorizedOperation", 403, EC2_SCP),
        "sts": ("AccessDenied", 403, SCP),
        "iam": ("AccessDenied", 403, SCP),
        "account": ("AccessDeniedException", 403, SCP),
        "*": ("AccessDeniedException", 400, SCP),
    },
    "expired": {
        "ec2": ("RequestExpired", 400, "Request has expired."),
        "sts": ("ExpiredToken", 403, "The security token included in the request is expired"),
        "iam": ("ExpiredToken", 403, "The security token included in the request is expired"),
        "account": ("ExpiredTokenException", 403, "The security token included in the request is expired"),
        "*": ("ExpiredTokenException", 400, "The security token included in the request is expired"),
    },
    "not_found": {
        "ec2": ("InvalidVpcID.NotFound", 400, "The vpc ID does not exist"),
        "sts": ("NoSuchEntity", 404, "The role cannot be found."),
        "organizations": ("AWSOrganizationsNotInUseException", 400,
                          "Your account is not a member of an organization."),
        "account": ("ResourceNotFoundException", 404, "The resource does not exist."),
        "*": ("ResourceNotFoundException", 400, "The specified resource does not exist."),
    },
    "limit_exceeded": {
        "ec2": ("ResourceLimitExceeded", 400, "The limit has been reached."),
        "organizations": ("ConstraintViolationException", 400, "You have exceeded a limit."),
        "*": ("LimitExceededException", 400, "Resource limit exceeded."),
    },
}

#: The call waits, before or after it is carried out, until the faults are cleared; then it is closed unanswered.
HOLDS = ("hold_before", "hold_after")
OTHER_KINDS = ("unavailable", "drop", "drop_after", "cut", "garbage", "slow", "error", *HOLDS)
KINDS = (*ERRORS, *OTHER_KINDS, *QUERY_ENDS)
FIELDS = ("account", "region", "service", "operation", "changing", "skip", "fault", "times", "seconds", "code", "message",
          "status")

UNAVAILABLE = "<html><body><h1>503 Service Unavailable</h1>\nNo server is available.\n</body></html>\n"


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: List[Dict[str, Any]] = []

    def add(self, faults: List[Dict[str, Any]]) -> None:
        for fault in faults:
            unknown = sorted(set(fault) - set(FIELDS))
            if unknown or fault.get("fault") not in KINDS:
                raise ValueError(f"bad fault {fault}: unknown {unknown}, `fault` is one of {KINDS}")
        with self._lock:
            self._faults += [dict(fault) for fault in faults]

    def clear(self, account: Optional[str] = None) -> None:
        with self._lock:
            self._faults = [] if account is None else [f for f in self._faults if f.get("account") != account]

    def hold(self, fault: Dict[str, Any]) -> None:
        """Wait until the fault is cleared."""
        deadline = time.monotonic() + (fault.get("seconds") or 120)
        while fault in self._faults and time.monotonic() < deadline:
            time.sleep(0.005)

    def list(self) -> List[Dict[str, Any]]:
        with self._lock:
            return [dict(fault) for fault in self._faults]

    def take(self, call: Call, query_end: bool = False) -> Optional[Dict[str, Any]]:
        """The fault of this call, counted as used. `query_end` asks for the ends of queries instead."""
        if not self._faults:
            return None
        account = call.subject_account
        with self._lock:
            for fault in self._faults:
                if (fault["fault"] in QUERY_ENDS) == query_end and matches(fault, call, account):
                    if (fault.get("skip") or 0) > 0:
                        fault["skip"] -= 1
                        continue
                    if fault.get("times") is not None:
                        if fault["times"] <= 0:
                            continue
                        fault["times"] -= 1
                    return fault
        return None


def matches(fault: Dict[str, Any], call: Call, account: str) -> bool:
    service = fault.get("service") or "*"
    return (fault.get("account", "*") in ("*", None, account)
            and fault.get("region", "*") in ("*", None, call.region)
            and SERVICES.get(service, service) in ("*", call.service)
            and fault.get("operation", "*") in ("*", None, call.operation)
            and (not fault.get("changing") or call.changes))


def answer(fault: Dict[str, Any], call: Call) -> Optional[Answer]:
    """What the fault answers; None closes the connection. Not for `slow`, which only waits."""
    kind = fault["fault"]
    if kind == "drop":
        return None
    if fault.get("seconds"):
        time.sleep(fault["seconds"])
    if kind == "unavailable":
        return answers.with_request_id(call, Answer(503, {"content-type": "text/html"}, UNAVAILABLE))
    if kind == "garbage":
        headers = {"content-type": answers.CONTENT_TYPES[call.protocol]}
        return answers.with_request_id(call, Answer(200, headers, b"\x00<\xff{\"]}garbage"))
    by_service = ERRORS.get(kind, {"*": ("InternalFailure", 500, "An internal error occurred.")})
    code, status, message = by_service.get(call.service, by_service["*"])
    message = message.format(account=call.subject_account, service=call.service, operation=call.operation)
    return answers.error(call, fault.get("code") or code, fault.get("message") or message, fault.get("status") or status)
