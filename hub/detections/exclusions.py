"""What is normal in an organization and raises nothing: as data, with a reason each."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Finding
from contract.network import holds


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account stands: its units by id and by path (`Root/Workloads/Production`), and its tags."""

    ou_ids: tuple[str, ...] = ()
    ou_path: str = ""
    tags: Mapping[str, str] = {}


NOWHERE = Place()


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """Findings that are none. Each list that is given must fit, by one of its entries; `*` and `?` stand for any text.

    `detections` are ids, `actors` names, roles or ARNs of callers (a role's or its session's), `actor_kinds` as
    `contract.actor` has them, `invoked_by` services that call for somebody, `source_ips` addresses, CIDR blocks or
    service names, `api_calls` such as `s3.amazonaws.com:HeadBucket`, `resources` ARNs, `accounts` ids, `ous` ids or
    paths (with all below them), `tags` the account's, as `Environment=sandbox`. `until` is the first day on which it
    holds no more, by the event's time.
    """

    reason: str
    detections: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    actor_kinds: tuple[str, ...] = ()
    invoked_by: tuple[str, ...] = ()
    source_ips: tuple[str, ...] = ()
    api_calls: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    ous: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    until: str = ""

    def names(self, detection: str) -> bool:
        """Whether it is about a detection, given by its id or that of its refused attempts."""
        return _fits(self.detections, (detection, detection.removesuffix(".attempted")))

    def covers(self, finding: Finding, event: CloudTrailEvent | None, place: Place = NOWHERE) -> bool:
        """Whether the finding of an event is to be left out; `place` is of the finding's account.

        Without an event it is another service's finding.
        """
        day = event.time.date().isoformat() if event else finding.updated_at
        if self.until and day >= self.until:
            return False
        asked = (
            (
                self.actors,
                (finding.actor, finding.actor_role, finding.actor_arn, event.actor.role_arn if event else ""),
            ),
            (self.actor_kinds, (finding.actor_kind,)),
            (self.invoked_by, (event.actor.invoked_by,) if event else ()),
            (self.api_calls, (finding.api_call,)),
            (self.accounts, (finding.account,)),
            (self.ous, (*place.ou_ids, *_paths(place.ou_path))),
            (self.tags, [f"{key}={value}" for key, value in place.tags.items()]),
        )
        comes_from = not self.source_ips or _is_among(self.source_ips, finding.source_ip)
        # A finding about several resources is normal only when it is of all of them.
        places = all(_fits(self.resources, (one,)) for one in finding.resources)
        return (
            self.names(finding.detection)
            and comes_from
            and places
            and all(_fits(globs, values) for globs, values in asked)
        )


def reason_against(
    exclusions: Iterable[Exclusion], finding: Finding, event: CloudTrailEvent | None, place: Place = NOWHERE
) -> str:
    """Return the reason of the first exclusion that covers a finding; empty text when none does."""
    return next((one.reason for one in exclusions if one.covers(finding, event, place)), "")


class Exclusions:
    """Exclusions by detection: most findings are of detections that none is about."""

    def __init__(self, exclusions: Iterable[Exclusion]) -> None:
        """Take them in the order in which they are asked."""
        self._all = tuple(exclusions)
        self._about: dict[str, tuple[Exclusion, ...]] = {}

    def reason_against(self, finding: Finding, event: CloudTrailEvent | None, place: Place) -> str:
        """Return the reason of the first one that covers a finding; empty text when none does."""
        about = self._about.get(finding.detection)
        if about is None:
            about = tuple(one for one in self._all if one.names(finding.detection))
            self._about[finding.detection] = about
        return reason_against(about, finding, event, place) if about else ""


def _fits(globs: Sequence[str], values: Iterable[str]) -> bool:
    return not globs or any(_compiled(glob).fullmatch(value) for glob in globs for value in values if value)


def _is_among(sources: Sequence[str], address: str) -> bool:
    return _fits(sources, (address,)) or any("/" in one and holds(one, address) for one in sources)


@lru_cache(maxsize=4096)
def _compiled(glob: str) -> re.Pattern[str]:
    """`*` any text, `?` any character; everything else, brackets too, means itself."""
    return re.compile(re.escape(glob).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _paths(path: str) -> list[str]:
    """Return a unit's path and those of all units above it."""
    names = path.split("/")
    return ["/".join(names[: place + 1]) for place in range(len(names))] if path else []


# What AWS does by itself, every day and in every account; only traces of changes, never exposure or loss of a guard.
# `usual_exclusions = false` takes them out.
USUAL_EXCLUSIONS = (
    Exclusion(
        reason="an AWS service looks after what it made",
        actor_kinds=("service-linked-role", "aws-service"),
        detections=(
            "api.*",
            "backup.tampered",
            "cloudwatch.alarms_disabled",
            "ec2.image_deleted",
            "ec2.instance_launched_imdsv1",
            "ec2.instances_stopped",
            "ec2.instances_stopped_burst",
            "ec2.snapshots_deleted_burst",
            "elb.changed",
            "events.rule_tampered",
            "iam.deleted_identity",
            "iam.policy_changed",
            "iam.role_created",
            "lambda.event_source_added",
            "logs.log_group_deleted",
            "security_group.changed",
            "ssm.command_run",
            "vpc.*changed",
        ),
    ),
    Exclusion(
        reason="backups and their lifecycles delete what is due",
        invoked_by=("backup.amazonaws.com", "dlm.amazonaws.com"),
        detections=("ec2.image_deleted", "ec2.snapshots_deleted_burst", "rds.deleted"),
    ),
    Exclusion(
        reason="scaling sets and removes its own alarms",
        invoked_by=("application-autoscaling.amazonaws.com", "autoscaling.amazonaws.com"),
        detections=("cloudwatch.alarms_disabled",),
    ),
    Exclusion(
        reason="AWS probes whether it may deliver logs",
        source_ips=("cloudtrail.amazonaws.com", "config.amazonaws.com", "delivery.logs.amazonaws.com"),
        detections=("api.unauthorized_burst",),
    ),
    Exclusion(
        reason="tools ask whether a bucket is there",
        api_calls=("s3.amazonaws.com:HeadBucket",),
        detections=("api.unauthorized_burst",),
    ),
)
