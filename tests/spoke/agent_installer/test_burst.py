"""Five hundred instances start at once, in an account whose services take few calls a second."""

import heapq
import json
import random
from collections.abc import Callable, Generator
from types import SimpleNamespace
from typing import Any

from generator.agents.machines import start_machine
from generator.agents.walk import walking_through
from generator.snapshots import everything, sample
from spoke.agent_installer.capture import capture_handler
from spoke.agent_installer.check import check_handler
from spoke.agent_installer.install import install_handler
from tests.spoke.agent_installer.conftest import described, instance, node, refusal

MANY = 500


class Bucket:
    """A service's limit: so many calls at once, so many more a second (the clock is the test's)."""

    def __init__(self, clock: Callable[[], float], size: int, rate: float) -> None:
        self.clock, self.size, self.rate = clock, size, rate
        self.level, self.at = float(size), 0.0
        self.taken = self.refused = 0

    def answering(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        def answered(**arguments: Any) -> Any:
            self.level = min(self.size, self.level + (self.clock() - self.at) * self.rate)
            self.at = self.clock()
            if self.level < 1:
                self.refused += 1
                raise refusal("ThrottlingException")
            self.level -= 1
            self.taken += 1
            return answer(**arguments)

        return answered


def test_five_hundred_starts_lose_nothing_and_raise_no_storm(aws: Any, context: SimpleNamespace) -> None:
    moment = 0.0
    sending = Bucket(lambda: moment, 10, 5)
    looking = Bucket(lambda: moment, 50, 20)
    sent: list[str] = []

    def send(InstanceIds: list[str], **_: Any) -> Any:  # noqa: N803 - boto's name
        sent.extend(InstanceIds)
        return {"Command": {"CommandId": "c"}}

    aws.answers["describe_instances"] = looking.answering(lambda InstanceIds: described(instance(InstanceIds[0])))  # noqa: N803 - boto's name
    aws.answers["describe_instance_information"] = looking.answering(lambda **_: node())
    aws.answers["send_command"] = sending.answering(send)

    def calling(handler: Callable[..., Any]) -> Callable[[Any], Any]:
        return lambda data: json.loads(json.dumps(handler(data, context)))

    functions = {
        "Capture": calling(capture_handler),
        "Check": calling(check_handler),
        "Install": calling(install_handler),
    }
    draw = random.Random(7).random
    machine = start_machine(everything(sample()))
    waiting: list[tuple[float, int, Generator[float, None, Any]]] = []
    for number in range(MANY):
        given = {"instance": f"i-{number:017x}", "via": "start", "action": "install", "wait": 70}
        heapq.heappush(waiting, (number / 100, number, walking_through(machine, functions, given, draw)))
    entered = 0
    while waiting:
        moment, number, walking = heapq.heappop(waiting)
        try:
            heapq.heappush(waiting, (moment + next(walking), number, walking))
        except StopIteration as end:
            entered += len(end.value.entered)
    assert sorted(sent) == [f"i-{number:017x}" for number in range(MANY)]
    assert sending.refused + looking.refused > MANY / 2
    # A start that is never refused takes six; those that were take a few more, and not the dozens of a storm.
    assert entered / MANY < 15
    assert moment < 600
