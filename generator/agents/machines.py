"""The two state machines, in the Amazon States Language: a scan of all instances, and the way of one that started.

Retries and pauses are seed 000's; throttled calls come back later, each after a pause of its own. `${…}` are filled in
by CloudFormation. https://states-language.net/spec.html
"""

from typing import Any

from generator.settings.agent import Agent

# What passes by itself: AWS's refusals for too many calls, and Lambda's own failures (Step Functions guide, "Handle
# transient Lambda service exceptions").
_PASSING = (
    "ThrottledError",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
)
# An instance that is waited for, its script's own time not counted: the machine ends when the command is sent.
_SPARE_SECONDS = 3_600
_SCAN_SECONDS = 21_600


def scan_machine(agent: Agent) -> dict[str, Any]:
    """Return the machine of a scan: a page of instances, several at once, one's failure stopping no other."""
    each = {
        "Check": {**_call("Check", 2, 10, 2.0, "IsReady"), "Catch": _caught()},
        "IsReady": _choice({"install": "Install"}, "Ended"),
        "Install": {**_call("Install", 2, 5, 1.5), "Catch": _caught(), "End": True},
        "Ended": {"Type": "Succeed"},
        "Report": {**_call("Result", 2, 10, 2.0), "End": True},
    }
    return {
        "Comment": "Looks at all running instances, and sees to it that those in scope have the agent",
        "StartAt": "Scan",
        "TimeoutSeconds": _SCAN_SECONDS,
        "States": {
            "Scan": {
                **_call("Scan", 2, 10, 2.0, "Instances"),
                "Parameters": {"input.$": "$", "execution.$": "$$.Execution.Name"},
            },
            "Instances": {
                "Type": "Map",
                "ItemsPath": "$.tasks",
                "MaxConcurrency": agent.concurrency,
                "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Check", "States": each},
                # What came of each is the hub's to know; together it could be too long for a machine.
                "ResultPath": None,
                "End": True,
            },
        },
    }


def start_machine(agent: Agent) -> dict[str, Any]:
    """Return the machine of an instance that was started: it is waited for until Systems Manager can reach it."""
    longest = agent.wait_seconds + agent.registration_minutes * 60 + _SPARE_SECONDS
    return {
        "Comment": "Waits for an instance that was started, and installs the agent",
        "StartAt": "Capture",
        "TimeoutSeconds": longest,
        "States": {
            "Capture": _call("Capture", 2, 10, 2.0, "IsInScope"),
            "IsInScope": _choice({"wait": "Wait"}, "Ended"),
            "Wait": {"Type": "Wait", "SecondsPath": "$.wait", "Next": "Check"},
            "Check": _call("Check", 3, 10, 2.0, "IsReady"),
            "IsReady": _choice({"install": "Install", "wait": "Wait"}, "Ended"),
            "Install": {**_call("Install", 2, 5, 1.5), "End": True},
            "Ended": {"Type": "Succeed"},
        },
    }


def _call(function: str, attempts: int, seconds: int, rate: float, then: str = "") -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"${{Agent{function}.Arn}}",
        "TimeoutSeconds": 330,
        "Retry": [
            {
                "ErrorEquals": list(_PASSING),
                "IntervalSeconds": 2,
                "MaxAttempts": 8,
                "BackoffRate": 2.0,
                "MaxDelaySeconds": 60,
                "JitterStrategy": "FULL",
            },
            {"ErrorEquals": ["States.ALL"], "IntervalSeconds": seconds, "MaxAttempts": attempts, "BackoffRate": rate},
        ],
        **({"Next": then} if then else {}),
    }


def _caught() -> list[dict[str, Any]]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Report"}]


def _choice(ways: dict[str, str], otherwise: str) -> dict[str, Any]:
    choices = [{"Variable": "$.next", "StringEquals": word, "Next": state} for word, state in ways.items()]
    return {"Type": "Choice", "Choices": choices, "Default": otherwise}
