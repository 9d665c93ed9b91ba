"""EC2 tells the account's default bus how its instances change, which MiniStack keeps to itself.

Source: EC2 user guide, "State change events for your instances". An instance is in its new state at once; the events
of the way there follow in order.
"""

import functools
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from localorg import patches
from localorg.answers import Response
from localorg.eventbus import entries
from localorg.organization import PARTITION
from localorg.ssm import nodes

Handler = Callable[[Any], Response]

# What each call takes an instance through.
WAYS = {
    "RunInstances": ("pending", "running"),
    "StartInstances": ("pending", "running"),
    "StopInstances": ("stopping", "stopped"),
    "TerminateInstances": ("shutting-down", "terminated"),
}
PAUSE = 0.02  # seconds between the events of one instance's way
INSTANCE = re.compile(rb"<instanceId>(i-[0-9a-f]+)</instanceId>")
_UNDER_WAY: set[threading.Thread] = set()


def install() -> None:
    """Follow the four calls."""
    patches.require(ec2, "_run_instances", "_launch_instances_internal(")
    for name in WAYS:
        if name not in ec2._ACTION_MAP:
            raise patches.PatchError(f"ministack.services.ec2 no longer answers {name}")
        ec2._ACTION_MAP[name] = _telling(name, ec2._ACTION_MAP[name])


def under_way() -> int:
    """How many instances' events are still to come."""
    return len(_UNDER_WAY)


def _telling(name: str, handler: Handler) -> Handler:
    @functools.wraps(handler)
    def answer(parameters: Any) -> Response:
        before = {instance: record["State"]["Name"] for instance, record in ec2._instances.items()}
        online = {node.instance for node in nodes.registered()} if name == "StopInstances" else set()
        response = handler(parameters)
        changed = _changed(before, response) if response[0] < 300 else []
        for instance in changed:
            _keep(instance, instance in online)
        if changed:
            _tell(changed, WAYS[name])
        return response

    return answer


def _changed(before: dict[str, str], response: Response) -> list[str]:
    """The instances of an answer whose state is another one than before."""
    named = dict.fromkeys(found.decode() for found in INSTANCE.findall(response[2]))
    records = ((instance, ec2._instances.get(instance)) for instance in named)
    return [one for one, record in records if record and record["State"]["Name"] != before.get(one)]


def _keep(instance: str, was_online: bool) -> None:
    record = ec2._instances[instance]
    if record["State"]["Name"] == "running":
        record[nodes.RUNNING_SINCE] = time.time()
    if was_online:
        record[nodes.WAS_MANAGED] = True


def _tell(instances: list[str], way: tuple[str, ...]) -> None:
    place = (get_account_id(), get_region())
    thread = threading.Thread(target=_send, args=(place, instances, way), daemon=True, name="ec2-states")
    _UNDER_WAY.add(thread)
    thread.start()


def _send(place: tuple[str, str], instances: list[str], way: tuple[str, ...]) -> None:
    try:
        for state in way:
            time.sleep(PAUSE)
            for instance in instances:
                entries.inject(*place, _event(place, instance, state))
    finally:
        _UNDER_WAY.discard(threading.current_thread())


def _event(place: tuple[str, str], instance: str, state: str) -> dict[str, Any]:
    account, region = place
    return {
        "source": "aws.ec2",
        "detail-type": "EC2 Instance State-change Notification",
        "resources": [f"arn:{PARTITION}:ec2:{region}:{account}:instance/{instance}"],
        "detail": {"instance-id": instance, "state": state},
    }
