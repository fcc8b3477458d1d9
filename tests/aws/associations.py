"""Makes the calls of a README that associate hosted zones with the VPCs of other accounts.

Reads JSON on stdin: `endpoint`, `callers` (credentials by account), `hub` (the account of the zones), and `commands`, lines
`aws route53 OPERATION --hosted-zone-id ZONE_ID --vpc VPCRegion=..,VPCId=..   # in account ID`, each below the name of
its zone (`# DOMAIN for ..`). ZONE_ID is looked up by that name, as the README has people do. Prints how many there were.
"""

import json
import re
import sys
from typing import Any, Dict

import boto3

COMMAND = re.compile(r"aws route53 (\S+) --hosted-zone-id ZONE_ID --vpc VPCRegion=([^,]+),VPCId=(\S+)\s+# in account (\d+)")


def main() -> None:
    ask = json.load(sys.stdin)

    def client(account: str) -> Any:
        keys = ask["callers"][account]
        return boto3.client("route53", endpoint_url=ask["endpoint"], region_name="us-east-1",
                            aws_access_key_id=keys["access_key_id"], aws_secret_access_key=keys["secret_access_key"],
                            aws_session_token=keys["session_token"])

    zones: Dict[str, str] = {one["Name"].rstrip("."): one["Id"].rpartition("/")[2]
                             for one in client(ask["hub"]).list_hosted_zones()["HostedZones"]}
    made, zone = 0, ""
    for line in ask["commands"]:
        name = re.match(r"# (\S+) for ", line)
        if name:
            zone = zones[name[1]]
            continue
        operation, region, vpc, account = COMMAND.fullmatch(line.strip()).groups()
        call = getattr(client(account), operation.replace("-", "_"))
        call(HostedZoneId=zone, VPC={"VPCRegion": region, "VPCId": vpc})
        made += 1
    print(json.dumps(made))


main()
