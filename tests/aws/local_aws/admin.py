"""The API under `/_local/`, JSON over HTTP: see the package's docstring."""

import json
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from . import listing, objects, private_zones, scheduled_stack, stack_sets, stacks
from .transport import Answer, Request

if TYPE_CHECKING:
    from .gateway import LocalAws


def handle(aws: "LocalAws", request: Request) -> Answer:
    what = f"{request.method} {request.path[len('/_local/'):]}"
    account = parse_qs(request.query).get("account", [None])[0]
    try:
        body = json.loads(request.body) if request.body else {}
        if what == "POST reset":
            return reply(aws.reset() or {})
        if what == "POST settings":
            aws.settings.change(body, account)
            return reply(aws.settings.all(account))
        if what == "GET settings":
            return reply(aws.settings.all(account))
        if what == "POST organization":
            return reply(aws.seed(body))
        if what == "POST faults":
            aws.faults.add(body["faults"])
            return reply({"faults": aws.faults.list()})
        if what == "GET listing":
            return reply(listing.of_account(aws, account))
        if what == "POST stack":
            return reply(stacks.deploy(aws, body))
        if what == "DELETE stack":
            return reply(stacks.undeploy(aws, body))
        if what == "POST import":
            return reply(stacks.imported(aws, body))
        if what == "POST session":
            aws.ready()
            from . import security_tokens
            return reply(security_tokens.credentials_of(body["account"], body["role"]))
        if what == "POST resolve":
            return reply(private_zones.resolve(aws))
        if what == "POST role":
            return reply(stacks.role(aws, body))
        if what == "DELETE role":
            return reply(stacks.forget_role(aws, body))
        if what == "GET scheduled":
            return reply(scheduled_stack.machines(account, parse_qs(request.query)["region"][0]))
        if what == "GET stack_sets":
            return reply({"stack_sets": stack_sets.listing(aws)})
        if what == "POST stack_set":
            stack_sets.replace(aws, body)
            return reply({})
        if what == "POST bucket":
            bucket = aws.objects.bucket(body["name"], body["account"], body["region"])
            bucket.policy = json.dumps(body["policy"]) if body.get("policy") else bucket.policy
            return reply({})
        if what == "GET bucket":
            return reply(objects.contents(aws, parse_qs(request.query)["name"][0]))
        if what == "POST object":
            return reply(objects.write(aws, body))
        if what == "GET athena":
            return reply({"executions": [one.text for one in aws.athena.all.values()]})
        if what == "POST athena_table":
            return reply(aws.athena.create(body["account"], body["region"], body["ddl"]))
        if what == "GET faults":
            return reply({"faults": aws.faults.list()})
        if what == "DELETE faults":
            return reply(aws.faults.clear(account) or {})
        if what == "GET journal":
            return reply(aws.journal.entries(account and account.split(",")))
        if what == "GET held":
            return reply({"held": aws.journal.holds_a_call()})
        if what == "GET reached":
            calls = int(parse_qs(request.query)["calls"][0])
            return reply({"reached": aws.journal.reaches(account.split(","), calls, 0.2)})
        if what == "DELETE journal":
            return reply(aws.journal.clear(account) or {})
    except Exception as error:
        if not isinstance(error, (KeyError, ValueError)):
            traceback.print_exc()
        return reply({"error": f"{type(error).__name__}: {error}"}, 400)
    return reply({"error": f"unknown: {what}"}, 404)


def reply(value: Any, status: int = 200) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(value))
