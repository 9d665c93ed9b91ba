"""The agent installer's state machines, in the Amazon States Language.

A state that calls a function names it `${Check}`: the template fills in the ARN. Retries are those that the installer
always had, and before them one for services and functions that are asked too often, which waits longer and at random.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from contract.agents import Action, Via
from generator.config import Config
from spoke.agent_installer.work import Next

State = dict[str, Any]
Machine = dict[str, Any]

# Whom the templates' placeholders stand for.
SCAN, CAPTURE, CHECK, INSTALL, RESULT = "Scan", "Capture", "Check", "Install", "Result"
START_EXECUTION = "StartExecution"

_BUSY = {
    "ErrorEquals": [
        *("ThrottledError", "Lambda.TooManyRequestsException", "Lambda.ServiceException"),
        *("Lambda.AWSLambdaException", "Lambda.SdkClientException"),
    ],
    "IntervalSeconds": 2,
    "MaxAttempts": 10,
    "BackoffRate": 2.0,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}
# An account that has just joined: the hub writes its settings within the hour.
_UNREAD = {"ErrorEquals": ["SettingsUnreadError"], "IntervalSeconds": 300, "MaxAttempts": 12, "BackoffRate": 1.0}
# The longest scan: a page of 250 instances, one after the other, each tried as often as it may be.
_SCAN_SECONDS = 86_400
_MORE_SECONDS = 7_200


def scan_machine(config: Config) -> Machine:
    """Return the machine that looks at a page of the running instances, and starts itself for the next one.

    An execution's history holds 25,000 events: one page each is far from it, however many instances there are.
    """
    states = {
        "Scan": _task(SCAN, "Each", retries=[_UNREAD, _retry(2, 10, 2.0)]),
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.instances",
            "MaxConcurrency": config.agent.concurrency,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **_each()},
            # What became of each is reported; together it would be more than a state may hold.
            "ResultPath": None,
            "Next": "More?",
        },
        "More?": _choice([{"Variable": "$.following", "StringEquals": "", "Next": "Done"}], "Following"),
        "Following": {
            "Type": "Task",
            "Resource": f"${{{START_EXECUTION}}}",
            "Parameters": {
                "StateMachineArn.$": "$$.StateMachine.Id",
                "Input": {"via.$": "$.via", "following.$": "$.following"},
            },
            "Retry": [{**_BUSY, "ErrorEquals": ["States.ALL"]}],
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    }
    return _machine("Muster looks at all instances", "Scan", states, _SCAN_SECONDS)


def start_machine(config: Config) -> Machine:
    """Return the machine that waits for one instance until Systems Manager reaches it, and has the command sent."""
    states = {
        "Capture": _task(CAPTURE, "InScope?", retries=[_UNREAD, _retry(2, 10, 2.0)]),
        "InScope?": _choice([_if(Next.GO, "Wait")], "Done"),
        "Wait": {"Type": "Wait", "SecondsPath": "$.wait", "Next": "Check"},
        "Check": _task(CHECK, "Ready?", retries=[_retry(3, 10, 2.0)]),
        "Ready?": _choice([_if(Next.GO, "Install"), _if(Next.WAIT, "Wait")], "Done"),
        "Install": _task(INSTALL, retries=[_retry(2, 5, 1.5)]),
        "Done": {"Type": "Succeed"},
    }
    # Whoever waits the longest has waited `wait_seconds` and for the registration.
    longest = config.agent.wait_seconds + config.agent.registration_minutes * 60 + _MORE_SECONDS
    return _machine("Muster looks at an instance that was started", "Capture", states, longest)


def start_input(config: Config) -> dict[str, Any]:
    """Return what the rule of started instances gives the start machine; EventBridge fills in the instance."""
    return {"via": Via.START.value, "action": Action.INSTALL.value, "wait": config.agent.wait_seconds}


def _each() -> Machine:
    """Return what is done about each instance of a page; one that cannot be looked at does not stop the others."""
    broken = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Broken"}]
    untold = [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Told"}]
    states = {
        "Check": {**_task(CHECK, "Ready?", retries=[_retry(2, 10, 2.0)]), "Catch": broken},
        "Ready?": _choice([_if(Next.GO, "Install")], "Told"),
        "Install": {**_task(INSTALL, retries=[_retry(2, 5, 1.5)]), "Catch": broken},
        "Broken": {**_task(RESULT, retries=[_retry(2, 10, 2.0)]), "Catch": untold},
        "Told": {"Type": "Succeed"},
    }
    return {"StartAt": "Check", "States": states}


def _machine(comment: str, first: str, states: Mapping[str, State], seconds: int) -> Machine:
    return {"Comment": comment, "StartAt": first, "TimeoutSeconds": seconds, "States": dict(states)}


def _task(function: str, following: str = "", *, retries: Sequence[State]) -> State:
    after = {"Next": following} if following else {"End": True}
    return {"Type": "Task", "Resource": f"${{{function}}}", "Retry": [_BUSY, *retries], **after}


def _retry(attempts: int, seconds: int, rate: float) -> State:
    return {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": seconds,
        "MaxAttempts": attempts,
        "BackoffRate": rate,
    }


def _choice(choices: Sequence[State], default: str) -> State:
    return {"Type": "Choice", "Choices": list(choices), "Default": default}


def _if(found: Next, following: str) -> State:
    return {"Variable": "$.next", "StringEquals": found.value, "Next": following}
