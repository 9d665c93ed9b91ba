"""The StackSet of the spokes, driven from the hub account as delegated administrator."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from generator.rollout.instance import StackInstance, instance_of
from generator.rollout.operation import CALL_AS, DEADLINE_SECONDS, Operations
from generator.rollout.step import Event, RolloutError, Step
from generator.rollout.wave import ALL_MAY_FAIL

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
_AUTOMATIC = {"Enabled": True, "RetainStacksOnAccountRemoval": False}

Targets = Mapping[str, Any]
# What CloudFormation says without delegation, or without trusted access; the code is ValidationError for both.
_UNDELEGATED = ("not a delegated administrator", "delegated admin account", "enable organizations access")


class StackSet:
    """One StackSet: what is there, and each change as an operation that is waited for."""

    def __init__(
        self,
        cloudformation: "CloudFormationClient",
        name: str,
        poll_seconds: float = 1.0,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        """Take a client of the hub account in the home Region, and how often and how long to look at an operation."""
        self.name = name
        self._client: Any = cloudformation
        self._asked = {"StackSetName": name, "CallAs": CALL_AS}
        self._operations = Operations(cloudformation, name, poll_seconds, deadline_seconds)

    def describe(self) -> dict[str, Any] | None:
        """Return the StackSet as CloudFormation describes it, None when there is none.

        `RolloutError` when the hub is not the delegated administrator of StackSets.
        """
        try:
            answer: dict[str, Any] = self._client.describe_stack_set(**self._asked)
        except ClientError as error:
            if error.response["Error"]["Code"] == "StackSetNotFoundException":
                return None
            if any(text in str(error) for text in _UNDELEGATED):
                raise RolloutError(
                    "the hub account may not operate StackSets of the organization yet; run `muster delegate` with "
                    "credentials of the management account, or give it the commands of `muster delegate --print`"
                ) from error
            raise
        return dict(answer["StackSet"])

    def instances(self) -> list[StackInstance]:
        """Return every stack instance."""
        pages = self._client.get_paginator("list_stack_instances").paginate(**self._asked)
        return [instance_of(one) for page in pages for one in page["Summaries"]]

    def settled(self) -> Iterator[Event]:
        """Wait for the operations that somebody else, or an earlier rollout, left running."""
        for operation in self._operations.under_way():
            what = f"earlier operation {operation}"
            for one in self._operations.finish(operation, what):
                # What it failed at is seen in the spokes, and mended now.
                yield Step(what, "ended", one.detail) if isinstance(one, Step) else one

    def create(self, url: str) -> None:
        """Make the StackSet, without spokes yet; accounts that join its units later get theirs by themselves."""
        self._client.create_stack_set(
            **self._asked,
            Description="Muster's spoke: alert rules, taggers, heartbeat",
            TemplateURL=url,
            Capabilities=_CAPABILITIES,
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment=_AUTOMATIC,
            ManagedExecution={"Active": True},
        )

    def deploy_by_itself(self) -> Iterator[Event]:
        """Have accounts that join get a spoke by themselves again, where somebody switched that off.

        A call of its own: it cannot be changed together with targets (StackSets guide, "Manage automatic deployments").
        """
        yield from self._changed(
            "automatic deployment",
            "update_stack_set",
            UsePreviousTemplate=True,
            AutoDeployment=_AUTOMATIC,
            ManagedExecution={"Active": True},
            Capabilities=_CAPABILITIES,
            OperationPreferences=ALL_MAY_FAIL,
        )

    def update(
        self, what: str, url: str, preferences: Targets, targets: Targets | None = None, regions: Sequence[str] = ()
    ) -> Iterator[Event]:
        """Bring spokes to the template at `url`, or without one to the StackSet's own; all spokes without targets."""
        narrowed = {"DeploymentTargets": targets, "Regions": list(regions)} if targets else {}
        template = {"TemplateURL": url} if url else {"UsePreviousTemplate": True}
        yield from self._changed(
            what,
            "update_stack_set",
            **template,
            **narrowed,
            Capabilities=_CAPABILITIES,
            OperationPreferences=preferences,
        )

    def cover(self, what: str, targets: Targets, regions: Sequence[str], preferences: Targets) -> Iterator[Event]:
        """Make the spokes of the targets in the Regions; their units' later accounts follow."""
        yield from self._changed(
            what,
            "create_stack_instances",
            DeploymentTargets=targets,
            Regions=list(regions),
            OperationPreferences=preferences,
        )

    def withdraw(self, what: str, targets: Targets, regions: Sequence[str], *, retain: bool = False) -> Iterator[Event]:
        """Remove the spokes of the targets in the Regions; `retain` forgets them and leaves their stacks."""
        yield from self._changed(
            what,
            "delete_stack_instances",
            DeploymentTargets=targets,
            Regions=list(regions),
            RetainStacks=retain,
            OperationPreferences=ALL_MAY_FAIL,
        )

    def delete(self) -> None:
        """Delete the StackSet, which must have no spokes left."""
        self._client.delete_stack_set(**self._asked)

    def _changed(self, what: str, call: str, **given: Any) -> Iterator[Event]:
        answer = getattr(self._client, call)(**self._asked, **given)
        yield from self._operations.finish(str(answer["OperationId"]), what)
