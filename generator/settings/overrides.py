"""`[[overrides]]`."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from generator.settings.agent import Scope, TagFilter
from generator.settings.backup import Retention
from generator.settings.kinds import AccountId, Switch, TargetId
from generator.settings.section import Broken, Section

Check = Literal["dead letters", "roles", "rules", "trail"]


class Override(Section):
    """What is different in some accounts, also those that join later; accounts stand above units."""

    accounts: tuple[AccountId, ...] = Field(
        default=(), description="accounts that it holds for", examples=[["444455556666"]]
    )
    ous: tuple[TargetId, ...] = Field(
        default=(),
        description="organizational units whose accounts it holds for",
        examples=[["ou-exam-12345678"]],
    )
    skipped_checks: tuple[Check, ...] = Field(
        default=(), description="checks of itself that a spoke leaves out", examples=[["trail"]]
    )

    agent: Switch = Field(default=True, description="whether instances get the security agent, where it is on at all")
    agent_tags: TagFilter = Field(
        default="NONE", description="takes the place of agent.tags", examples=["Environment:prod"]
    )
    agent_scope: Scope = Field(default=Scope.ECS_EKS, description="takes the place of agent.scope", examples=["all"])
    retention: Retention = Field(
        default="90days", description="takes the place of backup.retention", examples=["30days"]
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield an override that holds nowhere."""
        if not (self.accounts or self.ous):
            yield (), 'give accounts = ["<12 digits>"] or ous = ["ou-…"]'
