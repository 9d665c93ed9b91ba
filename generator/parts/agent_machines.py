"""The agent installer's state machines in a spoke, what starts them, and the events that tell how it went."""

import json
from typing import Any

from troposphere import AWSObject, GetAtt, Ref, Sub
from troposphere.events import DeadLetterConfig, InputTransformer, Rule, Target
from troposphere.iam import Role
from troposphere.stepfunctions import StateMachine

from contract.agents import Via
from contract.names import AGENT_EVENTS, AGENT_MACHINES
from generator import iam
from generator.agents import machines
from generator.config import Config
from generator.functions import AGENT_CAPTURE, AGENT_CHECK, AGENT_INSTALL, AGENT_RESULT, AGENT_SCAN
from generator.parts.agent_functions import QUEUE, machine_arns
from generator.parts.forwarding import own_rules
from generator.parts.function import policies, regional_name, trusted
from generator.parts.sources import from_rule

_FUNCTIONS = {
    machines.SCAN: AGENT_SCAN,
    machines.CAPTURE: AGENT_CAPTURE,
    machines.CHECK: AGENT_CHECK,
    machines.INSTALL: AGENT_INSTALL,
    machines.RESULT: AGENT_RESULT,
}


def agent_machines(config: Config) -> list[AWSObject]:
    """Return the state machines and the role under which they call the functions."""
    return [
        _machine_role(config),
        _machine(config, "scan", machines.scan_machine(config)),
        _machine(config, "start", machines.start_machine(config)),
    ]


def agent_rules(config: Config) -> list[AWSObject]:
    """Return the rules that start the machines, and those of what the hub is told."""
    name = config.names.agent_machine
    scan, start = machine_arns(config)
    return [
        _events_role(config),
        Rule(
            "AgentStartRule",
            Name=name("start"),
            EventPattern=_instances("running"),
            Targets=[_target(start, InputTransformer=_start_input(config))],
        ),
        Rule(
            "AgentSweepRule",
            Name=name("sweep"),
            ScheduleExpression=config.agent.sweep,
            Targets=[_target(scan, Input=f'{{"via":"{Via.SWEEP}"}}')],
        ),
        *from_rule(
            AGENT_RESULT, Rule("AgentGoneRule", Name=name("gone"), EventPattern=_instances("stopped", "terminated"))
        ),
        *from_rule(AGENT_RESULT, Rule("AgentCommandRule", Name=name("command"), EventPattern=_commands(config))),
        *from_rule(AGENT_RESULT, Rule("AgentExecutionRule", Name=name("execution"), EventPattern=_failures(config))),
    ]


def agents_role(config: Config) -> Role:
    """Return the role by which people of the hub's account look for instances and start the machines, no more."""
    hub = f"arn:${{AWS::Partition}}:iam::{config.aws.hub_account}:root"
    trust = {"Effect": "Allow", "Principal": {"AWS": Sub(hub)}, "Action": "sts:AssumeRole"}
    ours = {"StringEquals": {"aws:PrincipalOrgID": config.organization.id}}
    return Role(
        "AgentsRole",
        RoleName=regional_name(config.names.agent_role),
        AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": [{**trust, "Condition": ours}]},
        Policies=policies([iam.start_executions(*machine_arns(config)), iam.describe_instances()]),
    )


def _machine(config: Config, what: str, definition: machines.Machine) -> StateMachine:
    meant = {name: GetAtt(one.title, "Arn") for name, one in _FUNCTIONS.items()}
    meant[machines.START_EXECUTION] = Sub("arn:${AWS::Partition}:states:::states:startExecution")
    said = str(definition)
    return StateMachine(
        f"Agent{what.title()}Machine",
        StateMachineName=config.names.agent_machine(what),
        StateMachineType="STANDARD",
        RoleArn=GetAtt("AgentMachinesRole", "Arn"),
        Definition=definition,
        DefinitionSubstitutions={name: arn for name, arn in meant.items() if f"${{{name}}}" in said},
    )


def _machine_role(config: Config) -> Role:
    scan, start = machine_arns(config)
    functions = [GetAtt(one.title, "Arn") for one in _FUNCTIONS.values()]
    return Role(
        "AgentMachinesRole",
        RoleName=regional_name(config.names.spoke_function(AGENT_MACHINES)),
        AssumeRolePolicyDocument=_trusted("states", [scan, start]),
        Policies=policies([iam.invoke_functions(functions), iam.start_executions(scan)]),
    )


def _events_role(config: Config) -> Role:
    return Role(
        "AgentEventsRole",
        RoleName=regional_name(config.names.spoke_function(AGENT_EVENTS)),
        AssumeRolePolicyDocument=_trusted("events", [own_rules(config)]),
        Policies=policies([iam.start_executions(*machine_arns(config))]),
    )


def _trusted(service: str, sources: list[Sub]) -> dict[str, Any]:
    document = trusted(service)
    document["Statement"][0]["Condition"] = {
        "StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId")},
        "ArnLike": {"aws:SourceArn": sources},
    }
    return document


def _target(machine: Sub, **given: Any) -> Target:
    """Return a machine as a rule's target; what does not reach it, the result function gives it again."""
    failed = DeadLetterConfig(Arn=GetAtt(QUEUE, "Arn"))
    return Target(Id="Machine", Arn=machine, RoleArn=GetAtt("AgentEventsRole", "Arn"), DeadLetterConfig=failed, **given)


def _start_input(config: Config) -> InputTransformer:
    """Return what the start machine is given; EventBridge puts the quotes around what it fills in."""
    given = json.dumps({"instance": "<instance>", **machines.start_input(config)}, separators=(",", ":"))
    template = given.replace('"<instance>"', "<instance>")
    return InputTransformer(InputPathsMap={"instance": "$.detail.instance-id"}, InputTemplate=template)


def _instances(*states: str) -> dict[str, Any]:
    return {
        "source": ["aws.ec2"],
        "detail-type": ["EC2 Instance State-change Notification"],
        "detail": {"state": list(states)},
    }


def _commands(config: Config) -> dict[str, Any]:
    documents = [config.names.agent_document(uninstalls=uninstalls) for uninstalls in (False, True)]
    return {
        "source": ["aws.ssm"],
        "detail-type": ["EC2 Command Invocation Status-change Notification"],
        "detail": {"document-name": documents, "status": ["Success", "Failed", "TimedOut", "Cancelled"]},
    }


def _failures(config: Config) -> dict[str, Any]:
    return {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": list(machine_arns(config)), "status": ["FAILED", "TIMED_OUT", "ABORTED"]},
    }
