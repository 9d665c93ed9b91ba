"""The StackSet of the spokes, driven from the hub account as delegated administrator."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from generator.config import Organization
from generator.rollout.step import Step

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

CALL_AS = "DELEGATED_ADMIN"
# Every account at once and no early stop: a failing account must not hold up the others
# (CloudFormation user guide, StackSets concepts: tolerance counts per Region, Regions in parallel).
PREFERENCES: dict[str, Any] = {
    "RegionConcurrencyType": "PARALLEL",
    "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
    "FailureTolerancePercentage": 100,
    "MaxConcurrentPercentage": 100,
}


class StackInstance(msgspec.Struct, frozen=True):
    """A spoke's stack: its account, Region, status (CURRENT, OUTDATED, INOPERABLE) and the reason when not current."""

    account: str
    region: str
    status: str
    reason: str = ""


class StackSet:
    """One StackSet and the operations that bring it where it should be."""

    def __init__(self, cloudformation: "CloudFormationClient", name: str, poll_seconds: float = 1.0) -> None:
        """Take a client of the hub account in the home Region."""
        self._client: Any = cloudformation
        self._name = name
        self._poll_seconds = poll_seconds

    def describe(self) -> dict[str, Any] | None:
        """Return the StackSet as CloudFormation describes it, None when there is none."""
        try:
            answer: dict[str, Any] = self._client.describe_stack_set(StackSetName=self._name, CallAs=CALL_AS)
        except ClientError as error:
            if error.response["Error"]["Code"] == "StackSetNotFoundException":
                return None
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
        """Create or update the StackSet, then cover the targets in the Regions; a failed instance is a step."""
        present = self.describe()
        if present is None:
            self._create(url)
            yield Step(f"StackSet {self._name}", "created")
        elif present["TemplateBody"] == template:
            yield Step(f"StackSet {self._name}", "unchanged")
        else:
            self._finish(self._update(url))
            yield Step(f"StackSet {self._name}", "updated")
        yield from self._cover(targets, regions)

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

    def _update(self, url: str) -> str:
        answer = self._client.update_stack_set(
            StackSetName=self._name,
            TemplateURL=url,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            OperationPreferences=PREFERENCES,
            CallAs=CALL_AS,
        )
        return str(answer["OperationId"])

    def _cover(self, targets: Organization, regions: Sequence[str]) -> Iterator[Step]:
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
        self._finish(str(answer["OperationId"]))
        instances = self.instances()
        for one in instances:
            if one.status != "CURRENT":
                yield Step(f"spoke {one.account} {one.region}", "failed", one.reason or one.status)
        current = sum(one.status == "CURRENT" for one in instances)
        yield Step("spokes", "current", f"{current} of {len(instances)}")

    def _finish(self, operation: str) -> str:
        while True:
            answer = self._client.describe_stack_set_operation(
                StackSetName=self._name, OperationId=operation, CallAs=CALL_AS
            )
            status = str(answer["StackSetOperation"]["Status"])
            if status not in {"RUNNING", "QUEUED", "STOPPING"}:
                return status
            time.sleep(self._poll_seconds)
