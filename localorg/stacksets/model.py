"""What a stack set is: its template, its instances and its operations."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

Place = tuple[str, str]
ACTIVE = ("QUEUED", "RUNNING", "STOPPING")


@dataclass
class Instance:
    """One stack of a stack set in one account and Region; `target` is the OU (or root) that it was deployed for."""

    account: str
    region: str
    target: str
    stack_name: str
    overrides: dict[str, str]
    stack_id: str = ""
    status: str = "OUTDATED"
    detailed: str = "PENDING"
    reason: str = ""
    operation: str = ""


@dataclass
class Result:
    """What an operation did in one account and Region."""

    ou: str
    status: str = "PENDING"
    reason: str = ""


@dataclass
class Operation:
    """One run over instances; `prepare` makes their records; times in epoch seconds."""

    id: str
    action: str
    status: str
    preferences: dict[str, Any]
    targets: dict[str, Any] | None = None
    retain: bool | None = None
    created: float = field(default_factory=time.time)
    ended: float | None = None
    results: dict[Place, Result] = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs."""
        return self.status in ACTIVE

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked it to stop."""
        return self.status == "STOPPING"

    @property
    def failures(self) -> int:
        """How many instances it failed on."""
        return sum(result.status == "FAILED" for result in self.results.values())


@dataclass
class StackSet:
    """A service-managed stack set. `ous` are its automatic deployment's targets."""

    name: str
    template: str
    parameters: dict[str, str]
    capabilities: list[str]
    tags: dict[str, str]
    description: str = ""
    auto: dict[str, Any] = field(default_factory=lambda: {"Enabled": False})
    managed: bool = False
    id: str = ""
    status: str = "ACTIVE"
    ous: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    instances: dict[Place, Instance] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    # One operation at a time, in the order in which they came.
    queue: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="stack-set"))

    def __post_init__(self) -> None:
        """Give it an id, as AWS makes them."""
        self.id = self.id or f"{self.name}:{uuid.uuid4()}"

    @property
    def is_busy(self) -> bool:
        """Whether an operation waits or runs."""
        return any(operation.is_active for operation in self.operations.values())

    @property
    def definition(self) -> tuple[Any, ...]:
        """What its stacks are made from: a change of it outdates them all."""
        return self.template, self.parameters, self.tags, self.capabilities
