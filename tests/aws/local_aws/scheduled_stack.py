"""What moto's CloudFormation lacks for the template of scheduled scans.

A compute environment of Batch without a service role uses the service-linked role; a state machine may have its
definition as an object, with substitutions; schedules and subscriptions are resources too:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-batch-computeenvironment.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html
"""

import json
import re
from typing import Any, Callable, Dict

SERVICE_LINKED = "AWSServiceRoleForBatch"


def teach(add_type: Callable[[str, Callable[[Dict[str, Any], str, str, str], str]], None]) -> None:
    """Before moto's parser of templates is imported."""
    from moto.batch.models import ComputeEnvironment
    from moto.iam.models import iam_backends
    from moto.scheduler.models import scheduler_backends
    from moto.sns.models import sns_backends
    from moto.stepfunctions.models import StateMachine

    make_environment, make_machine = (one.create_from_cloudformation_json.__func__ for one in
                                      (ComputeEnvironment, StateMachine))

    def environment(cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str,
                    **rest: Any) -> Any:
        iam = iam_backends[account_id]["aws"]
        role = next((one for one in iam.roles.values() if one.name == SERVICE_LINKED), None)
        role = role or iam.create_role(SERVICE_LINKED, "{}", "/", "", "", [], 3600)
        cloudformation_json["Properties"].setdefault("ServiceRole", role.arn)
        return make_environment(cls, resource_name, cloudformation_json, account_id, region_name, **rest)

    def machine(cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str,
                **rest: Any) -> Any:
        ask = cloudformation_json["Properties"]
        values: Dict[str, Any] = ask.get("DefinitionSubstitutions") or {}
        text = ask.get("DefinitionString") or json.dumps(ask["Definition"])
        ask["DefinitionString"] = re.sub(r"\$\{(\w+)\}", lambda found: str(values[found.group(1)]), text)
        return make_machine(cls, resource_name, cloudformation_json, account_id, region_name, **rest)

    ComputeEnvironment.create_from_cloudformation_json = classmethod(environment)
    StateMachine.create_from_cloudformation_json = classmethod(machine)

    def schedule(ask: Dict[str, Any], name: str, account: str, region: str) -> str:
        return scheduler_backends[account][region].create_schedule(
            ask.get("Description"), None, ask["FlexibleTimeWindow"], None, None, ask.get("Name") or name,
            ask["ScheduleExpression"], ask.get("ScheduleExpressionTimezone"), None, ask.get("State") or "ENABLED",
            ask["Target"], None).name

    def subscription(ask: Dict[str, Any], _: str, account: str, region: str) -> str:
        return sns_backends[account][region].subscribe(ask["TopicArn"], ask["Endpoint"], ask["Protocol"]).arn

    add_type("AWS::Scheduler::Schedule", schedule)
    add_type("AWS::SNS::Subscription", subscription)


def machines(account: str, region: str) -> Dict[str, Any]:
    """The definitions of the state machines of an account, and its schedules."""
    from moto.scheduler.models import scheduler_backends
    from moto.stepfunctions.models import stepfunctions_backends
    schedules = scheduler_backends[account][region].schedule_groups["default"].schedules
    return {"machines": {one.name: json.loads(one.definition) for one in
                         stepfunctions_backends[account][region].state_machines},
            "schedules": {name: {"expression": one.schedule_expression, "target": one.target}
                          for name, one in schedules.items()}}
