"""The StackSet of the spokes, driven from the hub account as delegated administrator."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from generator.config import Organization
from generator.rollout.instance import StackInstance
from generator.rollout.operation import CALL_AS, DEADLINE_SECONDS, PREFERENCES, Operations
from generator.rollout.step import RolloutError, Step
from generator.rollout.withdrawal import Withdrawal, withdrawals

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

# What CloudFormation says without delegation, or without trusted access; the code is ValidationError for both.
_UNDELEGATED = ("not a delegated administrator", "delegated admin account", "enable organizations access")


class StackSet:
    """One StackSet and the operations that bring it where it should be."""

    def __init__(
        self,
        cloudformation: "CloudFormationClient",
        name: str,
        poll_seconds: float = 1.0,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        """Take a client of the hub account in the home Region, and how often and how long to look at an operation."""
        self._client: Any = cloudformation
        self._name = name
        self._operations = Operations(cloudformation, name, poll_seconds, deadline_seconds)

    def describe(self) -> dict[str, Any] | None:
        """Return the StackSet as CloudFormation describes it, None when there is none.

        `RolloutError` when the hub is not the delegated administrator of StackSets.
        """
        try:
            answer: dict[str, Any] = self._client.describe_stack_set(StackSetName=self._name, CallAs=CALL_AS)
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
        pages = self._client.get_paginator("list_stack_instances").paginate(StackSetName=self._name, CallAs=CALL_AS)
        return [
            StackInstance(one["Account"], one["Region"], one["Status"], one.get("StatusReason", ""))
            for page in pages
            for one in page["Summaries"]
        ]

    def deploy(self, template: str, url: str, targets: Organization, regions: Sequence[str]) -> Iterator[Step]:
        """Create or update the StackSet, then have spokes in the targets and Regions and nowhere else.

        A failed operation or instance is a step. What is asked for no more goes first: units may lie in one another.
        """
        present = self.describe()
        if present is None:
            self._create(url)
            yield Step(f"StackSet {self._name}", "created")
        else:
            yield from self._updated(present, template, url)
            for one in withdrawals(present, self.instances(), targets.targets, regions):
                yield from self._withdrawn(one)
        yield from self._covered(targets, regions)

    def _create(self, url: str) -> None:
        self._client.create_stack_set(
            StackSetName=self._name,
            Description="Muster's spoke: alert rules, creator tagger, heartbeat",
            TemplateURL=url,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
            ManagedExecution={"Active": True},
            CallAs=CALL_AS,
        )

    def _updated(self, present: dict[str, Any], template: str, url: str) -> Iterator[Step]:
        if present["TemplateBody"] == template:
            yield Step(f"StackSet {self._name}", "unchanged")
            return
        answer = self._client.update_stack_set(
            StackSetName=self._name,
            TemplateURL=url,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            OperationPreferences=PREFERENCES,
            CallAs=CALL_AS,
        )
        yield from self._ended(answer) or [Step(f"StackSet {self._name}", "updated")]

    def _withdrawn(self, withdrawal: Withdrawal) -> Iterator[Step]:
        answer = self._client.delete_stack_instances(
            StackSetName=self._name,
            DeploymentTargets={"OrganizationalUnitIds": list(withdrawal.ous)},
            Regions=list(withdrawal.regions),
            RetainStacks=False,
            OperationPreferences=PREFERENCES,
            CallAs=CALL_AS,
        )
        yield from self._ended(answer) or [Step(withdrawal.what, "removed")]

    def _covered(self, targets: Organization, regions: Sequence[str]) -> Iterator[Step]:
        excluded = {"Accounts": list(targets.excluded_accounts), "AccountFilterType": "DIFFERENCE"}
        answer = self._client.create_stack_instances(
            StackSetName=self._name,
            DeploymentTargets={
                "OrganizationalUnitIds": list(targets.targets),
                **(excluded if targets.excluded_accounts else {}),
            },
            Regions=list(regions),
            OperationPreferences=PREFERENCES,
            CallAs=CALL_AS,
        )
        yield from self._ended(answer)
        yield from coverage(self.instances(), targets.targets)

    def _ended(self, answer: dict[str, Any]) -> list[Step]:
        return list(self._operations.finish(str(answer["OperationId"])))


def coverage(instances: Sequence[StackInstance], targets: Sequence[str]) -> Iterator[Step]:
    """Yield a failed step for each spoke that is not current, then how many are; none at all is a failure too."""
    if not instances:
        mend = "move accounts there, or mend organization.ous in muster.toml"
        yield Step("spokes", "failed", f"no account in the OUs {', '.join(targets)} has got one: {mend}")
        return
    for one in instances:
        if not one.is_current:
            yield Step(f"spoke {one.account} {one.region}", "failed", one.reason or one.status)
    yield Step("spokes", "current", f"{sum(one.is_current for one in instances)} of {len(instances)}")
