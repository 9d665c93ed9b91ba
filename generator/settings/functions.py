"""`[spoke]` and `[creator]`: what runs in every account."""

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from contract.names import CREATED_BY
from generator.offered import Architecture, LogRetention, Runtime
from generator.settings.kinds import FixedTag, OptionalTagKey, Switch, TagKey
from generator.settings.section import Broken, Location, Section
from spoke.creator_tagger.tags import TagSettings


class Trail(StrEnum):
    """Which trail Muster makes: none, one for the organization, or one in every account."""

    NONE = "none"
    ORGANIZATION = "organization"
    ACCOUNTS = "accounts"


class Spoke(Section):
    """How the functions run, and what spokes keep."""

    runtime: Runtime = Field(default=Runtime.PYTHON_3_13, description="Lambda runtime of every function")
    architecture: Architecture = Field(default=Architecture.ARM64, description="processor of every function")
    tracing: Switch = Field(default=False, description="whether functions send traces to X-Ray")
    alarms: Switch = Field(default=False, description="CloudWatch alarms in every account and Region, at their price")
    log_retention_days: LogRetention = Field(default=LogRetention.D14, description="days for which spokes keep logs")
    trail: Trail = Field(
        default=Trail.NONE,
        description="trail of management events to make where there is none: one for the organization, or one in each "
        "account",
    )


# A role's inline policies hold 10,240 characters; each key stands in them four times.
_MOST_CHARACTERS = 128


class Creator(Section):
    """The creator tagger."""

    enabled: Switch = Field(default=True, description="whether new resources are tagged with their creator")
    created_by_key: TagKey = Field(default=CREATED_BY, description="key of the creator's tag")
    created_at_key: OptionalTagKey = Field(
        default="", description="key of a tag with the time of the creation; empty: none", examples=["CreatedAt"]
    )
    created_via_key: OptionalTagKey = Field(
        default="",
        description="key of a tag with what was used: the console, a tool or a service; empty: none",
        examples=["CreatedVia"],
    )
    created_by_role_key: OptionalTagKey = Field(
        default="",
        description="key of a tag with the role under which a session created it; empty: none",
        examples=["CreatedByRole"],
    )
    tags: tuple[FixedTag, ...] = Field(
        default=(),
        description="further tags that new resources get; never over a value that is there",
        examples=[["ManagedBy=platform"]],
    )
    hash_emails: Switch = Field(
        default=False,
        description="whether the part of an e-mail address before the @ is written as a hash; the hub keeps the name",
    )

    def tag_settings(self) -> TagSettings:
        """Return which tags are written, as the tagger has it."""
        return TagSettings(
            created_by_key=self.created_by_key,
            created_at_key=self.created_at_key,
            created_via_key=self.created_via_key,
            created_by_role_key=self.created_by_role_key,
            fixed=self._fixed(),
            hash_emails=self.hash_emails,
        )

    def _fixed(self) -> dict[str, str]:
        pairs = (one.partition("=") for one in self.tags)
        return {key: value for key, _, value in pairs}

    def tag_keys(self) -> list[str]:
        """Return the keys of all tags that are written, the creator's first."""
        optional = (self.created_at_key, self.created_via_key, self.created_by_role_key)
        return [self.created_by_key, *filter(None, optional), *(one.partition("=")[0] for one in self.tags)]

    def broken_rules(self) -> Iterator[Broken]:
        """Yield keys that AWS keeps for itself, keys that stand twice, and too many of them."""
        keys = self.tag_keys()
        places: dict[str, Location] = {
            self.created_by_role_key: ("created_by_role_key",),
            self.created_via_key: ("created_via_key",),
            self.created_at_key: ("created_at_key",),
            self.created_by_key: ("created_by_key",),
        }
        for key in dict.fromkeys(keys):
            place = places.get(key, ("tags",))
            if key.lower().startswith("aws:"):
                yield place, f"{key}: keys that begin with aws: are AWS's own; name another"
            if keys.count(key) > 1:
                yield place, f"{key} is the key of two tags; give each its own"
        if sum(map(len, keys[1:])) > _MOST_CHARACTERS:
            yield ("tags",), f"their keys are too long for the tagger's role; {_MOST_CHARACTERS} characters fit in all"
