"""An event of another AWS service's own, read as tolerantly as CloudTrail's."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from contract.fields import Fields
from contract.names import GLOBAL_REGIONS, partition_of
from hub.detections.native.moments import moment

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
_ACCOUNT = re.compile(r"\d{12}")
# A member's finding also reaches its service's administrator, so the envelope's account is not always its own.
_ACCOUNTS = ("resourceOwnerAccount", "affectedAccount", "accountId", "awsAccountId", "recipientAccountId")


class NativeEvent:
    """One event: what it says (`detail`), and the account and Region that it is about."""

    def __init__(self, envelope: Mapping[str, Any]) -> None:
        """Take an EventBridge event; what it lacks is empty."""
        self.envelope = Fields(dict(envelope))
        self.detail = Fields(envelope.get("detail"))

    @cached_property
    def id(self) -> str:
        """EventBridge's id: of this delivery, not of the finding."""
        return self.envelope.text("id")

    @property
    def time(self) -> datetime | None:
        """When the service sent it."""
        return moment(self.envelope.get("time"))

    @cached_property
    def account(self) -> str:
        """The account that the finding is about, else the sender's."""
        named = (self.detail.text(path) for path in _ACCOUNTS)
        return next((one for one in named if _ACCOUNT.fullmatch(one)), self.envelope.text("account"))

    @cached_property
    def region(self) -> str:
        """The Region that the finding is about; the partition's global one when it names none, or `global`."""
        named = (self.detail.text("region"), self.detail.text("awsRegion"), self._region_of_health(), self._sent_from)
        return next((one for one in named if _REGION.fullmatch(one)), GLOBAL_REGIONS[self.partition])

    def _region_of_health(self) -> str:
        """Health sends the same event from a second Region too; its ARN names the first, or `global`."""
        parts = self.detail.text("eventArn").split(":")
        if len(parts) < 4:
            return ""
        return GLOBAL_REGIONS[self.partition] if parts[3] == "global" else parts[3]

    @cached_property
    def _sent_from(self) -> str:
        return self.envelope.text("region")

    @property
    def partition(self) -> str:
        """`aws`, `aws-us-gov` or `aws-cn`, by the Region that sent it."""
        return partition_of(self._sent_from)

    @property
    def account_arn(self) -> str:
        """The ARN that stands for the whole account."""
        return f"arn:{self.partition}:iam::{self.account}:root"

    def arns(self, *places: tuple[str, str]) -> tuple[str, ...]:
        """Return the ARNs at some places, each a path and a template for what is no ARN there; none twice.

        A template knows `{partition}`, `{region}`, `{account}` and `{id}`; an empty one takes ARNs only.
        """
        found = [self._arn(value, template) for path, template in places for value in self.detail.texts(path)]
        return tuple(dict.fromkeys(one for one in found if one))

    def _arn(self, value: str, template: str) -> str:
        if value.startswith("arn:") or not (value and template):
            return value if value.startswith("arn:") else ""
        return template.format(partition=self.partition, region=self.region, account=self.account, id=value)
