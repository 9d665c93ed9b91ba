"""`[organization]`."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StringConstraints

from generator.settings.kinds import (
    AccountId,
    Form,
    OptionalAccountId,
    OrganizationId,
    RolePattern,
    RootId,
    Switch,
    TargetId,
    UnitId,
)
from generator.settings.section import Broken, Section


class Organization(Section):
    """Which accounts Muster watches over."""

    id: OrganizationId = Field(
        description="the organization's id, as `aws organizations describe-organization` shows it",
        examples=["o-exampleorgid"],
    )
    root: RootId = Field(
        default="",
        description="the organization's root id; spokes go to every account when `ous` is empty",
        examples=["r-exam"],
    )
    # Quota of StackSets: 50 units of one operation.
    ous: tuple[TargetId, ...] = Field(
        default=(),
        max_length=50,
        description="organizational units whose accounts, also later ones, get a spoke; empty: the whole root",
        examples=[["ou-exam-12345678", "ou-exam-87654321"]],
    )
    excluded_accounts: tuple[AccountId, ...] = Field(
        default=(), description="accounts without a spoke", examples=[["444455556666"]]
    )
    excluded_ous: tuple[UnitId, ...] = Field(
        default=(),
        description="organizational units whose accounts get no spoke, also where `ous` hold them",
        examples=[["ou-exam-11111111"]],
    )
    canary_ous: tuple[TargetId, ...] = Field(
        default=(),
        description="organizational units that a rollout reaches first; the others only when all went well there",
        examples=[["ou-exam-87654321"]],
    )
    management_account: OptionalAccountId = Field(
        default="", description="the organization's management account", examples=["999999999999"]
    )
    include_management_account: Switch = Field(
        default=False,
        description="whether the management account gets a spoke too, as an ordinary stack, which somebody must delete "
        "there when this is switched off",
    )
    guardrail_exempt_roles: tuple[RolePattern, ...] = Field(
        default=(),
        description="roles that the guardrail policy does not bind, besides Muster's own and those of StackSets",
        examples=[["break-glass-*"]],
    )
    owner_tag: Annotated[str, StringConstraints(min_length=1, max_length=128), Form("1 to 128 characters")] = Field(
        default="Owner", description="key of the account tag that says who owns an account"
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield targets that are missing or contradict each other."""
        if not (self.root or self.ous):
            yield ("root",), 'is missing; give root = "r-…" (every account) or ous = ["ou-…"] (some)'
        for name in ("ous", "canary_ous"):
            for place, unit in enumerate(getattr(self, name)):
                if unit in self.excluded_ous:
                    yield (name, place), f"{unit} is in excluded_ous too; take it out of one of them"
        if self.include_management_account and not self.management_account:
            yield ("include_management_account",), 'give management_account = "<12 digits>" too'
        if self.include_management_account and self.management_account in self.excluded_accounts:
            yield (
                ("include_management_account",),
                f"{self.management_account} is in excluded_accounts; take it out, or set this to false",
            )

    @property
    def targets(self) -> tuple[str, ...]:
        """The units that get spokes: the listed ones, else the root."""
        return self.ous or (self.root,)
