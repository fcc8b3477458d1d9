"""Answers in each service's own protocol: results and errors. Every answer carries a request id.

`AwsError` is what a handler raises to answer with an error of the service.
"""

import json
from typing import Any, Dict, Optional
from uuid import uuid4
from xml.sax.saxutils import escape

from . import cbor
from .call import Call
from .transport import Answer

CONTENT_TYPES = {"json": "application/x-amz-json-1.1", "rest-json": "application/json",
                 "cbor": "application/cbor", "ec2": "text/xml;charset=UTF-8", "query": "text/xml"}

EC2_ERROR = ('<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>{code}</Code>'
             "<Message>{message}</Message></Error></Errors><RequestID>{id}</RequestID></Response>")
QUERY_ERROR = ('<ErrorResponse xmlns="https://{service}.amazonaws.com/doc/"><Error><Type>{type}</Type>'
               "<Code>{code}</Code><Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>")


class AwsError(Exception):
    """An error of the service; `extra` holds further members of a JSON error."""

    def __init__(self, code: str, message: str, status: int = 400, extra: Optional[Dict[str, Any]] = None):
        super().__init__(message)
        self.code, self.message, self.status, self.extra = code, message, status, extra or {}


def result(call: Call, value: Dict[str, Any]) -> Answer:
    """A result of a JSON, REST-JSON or CBOR service."""
    if call.protocol == "cbor":
        body = cbor.encode(value)
    else:
        body = json.dumps(value, separators=(",", ":"))
    return with_request_id(call, Answer(200, {"content-type": CONTENT_TYPES[call.protocol]}, body))


def error(call: Call, code: str, message: str, status: int = 400, extra: Optional[Dict[str, Any]] = None) -> Answer:
    request_id = str(uuid4())
    if call.protocol == "rest-xml":
        text = "" if call.request.method == "HEAD" else (
            f"<Error><Code>{code}</Code><Message>{escape(message)}</Message><RequestId>{request_id}</RequestId></Error>")
        return with_request_id(call, Answer(status, {"content-type": "application/xml"}, text), request_id)
    headers = {"content-type": CONTENT_TYPES[call.protocol]}
    if call.protocol == "ec2":
        body = EC2_ERROR.format(code=code, message=escape(message), id=request_id)
    elif call.protocol == "query":
        side = "Receiver" if status >= 500 else "Sender"
        body = QUERY_ERROR.format(service=call.service, type=side, code=code, message=escape(message), id=request_id)
    elif call.protocol == "cbor":
        body = cbor.encode({"__type": f"com.amazonaws.cloudwatch#{code}", "message": message})
    else:
        body = json.dumps({"__type": code, "message": message, "Message": message, **(extra or {})})
        headers["x-amzn-errortype"] = code
    return with_request_id(call, Answer(status, headers, body), request_id)


def with_request_id(call: Call, answer: Answer, request_id: str = "") -> Answer:
    if call.protocol == "cbor":
        answer.headers["smithy-protocol"] = "rpc-v2-cbor"
    if not any(name.lower() in ("x-amzn-requestid", "x-amz-request-id") for name in answer.headers):
        answer.headers["x-amzn-requestid"] = request_id or str(uuid4())
    return answer
