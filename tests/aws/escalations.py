"""Tries with a role's own credentials what the role must not be able to do, and prints the answers of AWS.

Reads JSON on stdin: `endpoint`, `region`, `caller` (credentials), `role` (ARN), `external_id`, `calls` (name ->
[service, operation, parameters]). Prints `{"name": "error code" or null}`.
"""

import json
import sys
from typing import Any, Dict

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(ask: Dict[str, Any], service: str, key: str, secret: str, token: str) -> Any:
    return boto3.client(service, endpoint_url=ask["endpoint"], region_name=ask["region"], aws_access_key_id=key,
                        aws_secret_access_key=secret, aws_session_token=token,
                        config=Config(retries={"total_max_attempts": 1}))


def main() -> None:
    ask = json.load(sys.stdin)
    caller = ask["caller"]
    sts = client(ask, "sts", caller["access_key_id"], caller["secret_access_key"], caller["session_token"])
    session = sts.assume_role(RoleArn=ask["role"], RoleSessionName="escalations",
                              ExternalId=ask["external_id"])["Credentials"]
    answers: Dict[str, Any] = {}
    for name, (service, operation, params) in ask["calls"].items():
        call = getattr(client(ask, service, session["AccessKeyId"], session["SecretAccessKey"],
                              session["SessionToken"]), operation)
        try:
            call(**params)
            answers[name] = None
        except ClientError as error:
            answers[name] = error.response["Error"]["Code"]
    print(json.dumps(answers))


main()
