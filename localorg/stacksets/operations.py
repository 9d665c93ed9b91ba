"""Operations: they run over instances, Region by Region, until done, stopped or failed too often."""

import copy
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from localorg import organization
from localorg.stacksets.model import Instance, Operation, Place, Result, StackSet
from localorg.stacksets.preferences import Gate, Pace, pace
from localorg.stacksets.registry import is_latest
from localorg.stacksets.stacks import StackError, apply, remove
from localorg.stacksets.wire import StackSetError

Work = Callable[[StackSet, Instance], None]
log = logging.getLogger("localorg.stacksets")
CANCELLED = "Cancelled since failure tolerance has exceeded"
GONE = "The stack instance was deleted before the operation came to it"


class SuspendedError(Exception):
    """The instance's account is closed: nothing is done there."""


def admit(one: StackSet, operation_id: str) -> None:
    """StackSetError if no operation with this id may be asked for now; asked before anything is changed.

    An id that was used already starts nothing. Without managed execution there is one operation at a time.
    """
    if operation_id in one.operations:
        raise StackSetError("OperationIdAlreadyExistsException", f"Operation {operation_id} already exists")
    if not one.managed:
        refuse_while_busy(one)


def refuse_while_busy(one: StackSet) -> None:
    """StackSetError if an operation of the stack set waits or runs."""
    busy = [operation.id for operation in one.operations.values() if operation.is_active]
    if busy:
        message = f"Another Operation on StackSet {one.name} is in progress: {busy[0]}"
        raise StackSetError("OperationInProgressException", message)


def start(one: StackSet, operation: Operation, places: list[Place], work: Work, *, queues: bool = False) -> str:
    """Run an operation over `places` in the background and return its id.

    It works with the stack set as it is now, whatever is asked for while it waits. One that AWS itself starts `queues`.
    """
    if not queues:
        admit(one, operation.id)
    operation.status = "QUEUED" if one.is_busy else "RUNNING"
    operation.prepare()
    operation.results = {place: Result(one.instances[place].target) for place in places}
    for place in places:
        one.instances[place].operation = operation.id
        one.instances[place].detailed = "PENDING"
    one.operations[operation.id] = operation
    one.queue.submit(_run, copy.copy(one), operation, work)
    return operation.id


def _run(one: StackSet, operation: Operation, work: Work) -> None:
    if operation.status == "QUEUED":
        operation.status = "RUNNING"
        operation.prepare()  # what it waited for may have deleted the instances
    regions = _in_order(operation)
    plan = {region: [place for place in operation.results if place[1] == region] for region in regions}
    paces = {region: pace(operation.preferences, len(places)) for region, places in plan.items()}
    is_parallel = any(one_pace.is_parallel for one_pace in paces.values())
    with ThreadPoolExecutor(len(plan) or 1) as regional:
        outcomes = []
        for region, places in plan.items():
            future = regional.submit(_run_region, one, operation, places, paces[region], work)
            outcomes.append(future)
            if not is_parallel and not future.result():
                break
        is_good = all(future.result() for future in outcomes)
    _finish(one, operation, is_good=is_good)


def _in_order(operation: Operation) -> list[str]:
    wanted = operation.preferences.get("RegionOrder", [])
    found = sorted({region for _account, region in operation.results})
    return sorted(found, key=lambda region: wanted.index(region) if region in wanted else len(wanted))


def _run_region(one: StackSet, operation: Operation, places: list[Place], limits: Pace, work: Work) -> bool:
    """Whether the Region stayed within its failure tolerance."""
    gate = Gate(limits)

    def visit(place: Place) -> None:
        if gate.enter():
            gate.leave(has_failed=not (operation.is_stopping or _visit(one, operation, place, work)))

    with ThreadPoolExecutor(limits.concurrency) as pool:
        list(pool.map(visit, places))
    return gate.is_open


def _visit(one: StackSet, operation: Operation, place: Place, work: Work) -> bool:
    instance, result = one.instances.get(place), operation.results[place]
    if instance is None:
        result.status, result.reason = ("SUCCEEDED", "") if operation.action == "DELETE" else ("CANCELLED", GONE)
        return True
    result.status = instance.detailed = "RUNNING"
    try:
        work(one, instance)
    except SuspendedError:
        result.status, instance.detailed = "SUCCEEDED", "SKIPPED_SUSPENDED_ACCOUNT"
    except StackError as error:
        result.status, result.reason = "FAILED", str(error)
        instance.detailed, instance.reason = "FAILED", str(error)
    except Exception as error:
        # One instance's accident must neither end the operation nor leave it running for ever.
        log.exception("stack set %s in %s failed", one.name, place)
        result.status, result.reason = "FAILED", repr(error)
        instance.detailed, instance.reason = "FAILED", repr(error)
    else:
        result.status = instance.detailed = "SUCCEEDED"
        instance.reason = ""
    return result.status == "SUCCEEDED"


def _finish(one: StackSet, operation: Operation, *, is_good: bool) -> None:
    for place, result in operation.results.items():
        if result.status == "PENDING":
            result.status, result.reason = "CANCELLED", "" if operation.is_stopping else CANCELLED
            if place in one.instances:
                one.instances[place].detailed, one.instances[place].reason = "CANCELLED", result.reason
    operation.ended = time.time()
    operation.status = "STOPPED" if operation.is_stopping else "SUCCEEDED" if is_good else "FAILED"


def deploy(one: StackSet, instance: Instance) -> None:
    """Bring an instance's stack to the operation's template and parameters; current if those are still the newest."""
    _skip_suspended(instance)
    instance.status = "OUTDATED"
    apply(one, instance)
    instance.status = "CURRENT" if is_latest(one) else "OUTDATED"


def withdraw(one: StackSet, instance: Instance) -> None:
    """Delete an instance with its stack."""
    _skip_suspended(instance)
    try:
        remove(instance)
    except StackError:
        instance.status = "INOPERABLE"
        raise
    release(one, instance)


def _skip_suspended(instance: Instance) -> None:
    if not organization.is_active(instance.account):
        raise SuspendedError


def release(one: StackSet, instance: Instance) -> None:
    """Delete an instance and leave its stack where it is."""
    del one.instances[instance.account, instance.region]
