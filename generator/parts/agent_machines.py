"""The agent installer's state machines, and the rules that start them and follow what they began."""

import json
from typing import Any

from troposphere import AWSObject, GetAtt, Ref
from troposphere.awslambda import Permission
from troposphere.events import DeadLetterConfig, InputTransformer, Rule, Target
from troposphere.iam import Role
from troposphere.stepfunctions import StateMachine

from contract.agents import Via
from generator import iam
from generator.agents.machines import scan_machine, start_machine
from generator.config import Config
from generator.functions import AGENT_CAPTURE, AGENT_CHECK, AGENT_INSTALL, AGENT_RESULT, AGENT_SCAN
from generator.parts.agent_functions import DEAD_LETTERS
from generator.parts.forwarding import own_rules
from generator.parts.function import policies, regional_name, trusted
from spoke.agent_installer.result import EXECUTION, INSTANCE, INVOCATION

_CALLED = (AGENT_SCAN, AGENT_CAPTURE, AGENT_CHECK, AGENT_INSTALL, AGENT_RESULT)
# Systems Manager user guide, "Understanding command statuses": what no other status follows.
_ENDED = ["Success", "Failed", "TimedOut", "Cancelled", "DeliveryTimedOut", "ExecutionTimedOut", "Undeliverable"]


def agent_machines(config: Config) -> list[AWSObject]:
    """Return both machines with their role; what they are called by is the rules'."""
    role = Role(
        "AgentMachinesRole",
        RoleName=regional_name(config.names.spoke_function("agent_machines")),
        AssumeRolePolicyDocument=trusted("states"),
        Policies=policies([iam.invoke_functions(*(GetAtt(one.title, "Arn") for one in _CALLED))]),
    )
    definitions = {"Scan": scan_machine(config.agent), "Start": start_machine(config.agent)}
    return [
        role,
        *(
            StateMachine(
                f"Agent{what}Machine",
                StateMachineName=config.names.agent_machine(what.lower()),
                RoleArn=GetAtt(role, "Arn"),
                DefinitionString=json.dumps(definition, indent=1),
                DefinitionSubstitutions={f"{one.title}.Arn": GetAtt(one.title, "Arn") for one in _CALLED},
            )
            for what, definition in definitions.items()
        ),
    ]


def agent_rules(config: Config) -> list[AWSObject]:
    """Return what starts machines (an instance that runs, the sweep) and what is followed to its end."""
    events = Role(
        "AgentEventsRole",
        RoleName=regional_name(config.names.spoke_function("agent_events")),
        AssumeRolePolicyDocument=trusted("events"),
        Policies=policies(
            [iam.start_executions(GetAtt("AgentScanMachine", "Arn"), GetAtt("AgentStartMachine", "Arn"))]
        ),
    )
    return [
        events,
        _rule(config, "started", _started(), **_machine("Start", _transformed())),
        Rule(
            "AgentSweepRule",
            Name=config.names.spoke_function("agent_sweep"),
            ScheduleExpression=config.agent.sweep,
            Targets=[_target(**_machine("Scan", {"Input": json.dumps({"via": Via.SWEEP})}))],
        ),
        _rule(config, "ended", _ended(config), **_result()),
        _rule(
            config,
            "gone",
            {"source": ["aws.ec2"], "detail-type": [INSTANCE], "detail": {"state": ["stopped", "terminated"]}},
            **_result(),
        ),
        _rule(config, "failed", _failed(), **_result()),
        Permission(
            "AgentResultPermission",
            FunctionName=Ref(AGENT_RESULT.title),
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=own_rules(config),
        ),
    ]


def _rule(config: Config, what: str, pattern: dict[str, Any], **target: Any) -> Rule:
    name = config.names.spoke_function(f"agent_{what}")
    return Rule(f"Agent{what.title()}Rule", Name=name, EventPattern=pattern, Targets=[_target(**target)])


def _target(**target: Any) -> Target:
    return Target(DeadLetterConfig=DeadLetterConfig(Arn=GetAtt(DEAD_LETTERS, "Arn")), **target)


def _machine(what: str, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "Id": "Machine",
        "Arn": GetAtt(f"Agent{what}Machine", "Arn"),
        "RoleArn": GetAtt("AgentEventsRole", "Arn"),
        **given,
    }


def _result() -> dict[str, Any]:
    return {"Id": "Function", "Arn": GetAtt(AGENT_RESULT.title, "Arn")}


def _started() -> dict[str, Any]:
    return {"source": ["aws.ec2"], "detail-type": [INSTANCE], "detail": {"state": ["running"]}}


def _transformed() -> dict[str, Any]:
    template = f'{{"instance": <instance>, "via": "{Via.START}"}}'
    return {
        "InputTransformer": InputTransformer(InputPathsMap={"instance": "$.detail.instance-id"}, InputTemplate=template)
    }


def _ended(config: Config) -> dict[str, Any]:
    documents = [config.names.agent_document(what) for what in ("install", "uninstall")]
    return {
        "source": ["aws.ssm"],
        "detail-type": [INVOCATION],
        "detail": {"document-name": documents, "status": _ENDED},
    }


def _failed() -> dict[str, Any]:
    machines = [GetAtt(f"Agent{what}Machine", "Arn") for what in ("Scan", "Start")]
    return {
        "source": ["aws.states"],
        "detail-type": [EXECUTION],
        "detail": {"stateMachineArn": machines, "status": ["FAILED", "TIMED_OUT", "ABORTED"]},
    }
