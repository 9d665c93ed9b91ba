"""What AWS tells about an organization, when there are credentials; never needed, never long."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from contract.names import GLOBAL_REGIONS
from generator.config import Target, Trail
from generator.first_settings.answers import Place

# A person waits for the answers.
_QUICK = ClientConfig(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})


class Learned(NamedTuple):
    """What to suggest, by setting, and what to tell about it, a line each."""

    suggestions: dict[Place, Any]
    facts: list[str]


def profiles() -> list[str]:
    """Return the profiles of the AWS configuration."""
    return list(botocore.session.Session().available_profiles)


def quick_session(profile: str) -> boto3.Session:
    """Return a session that never waits for a metadata service; an empty profile means the usual credentials."""
    core = botocore.session.Session(profile=profile or None)
    # On a machine that is no EC2 instance it only answers by its absence, after seconds.
    core.get_component("credential_provider").remove("iam-role")
    return boto3.Session(botocore_session=core)


def learn(profile: str, region: str) -> Learned:
    """Return what the credentials at hand may read; `region` is where to ask, empty: where the profile says."""
    parts: list[Learned] = []
    try:
        session = quick_session(profile)
        parts += [_home(session.region_name)]
        parts += _answers(session, region or session.region_name or GLOBAL_REGIONS["aws"])
    except (BotoCoreError, ClientError) as error:
        parts += [Learned({}, [f"AWS tells nothing: {error}"])]
    suggestions = {path: value for part in parts for path, value in part.suggestions.items()}
    return Learned(suggestions, [fact for part in parts for fact in part.facts])


def _answers(session: boto3.Session, region: str) -> list[Learned]:
    caller = session.client("sts", region, config=_QUICK)
    account = caller.get_caller_identity()["Account"]
    organization = _asked(lambda: _organization(session, region))
    return [
        _machine(caller.meta.endpoint_url),
        _who(account, organization),
        _targets(_asked(lambda: _root(session, region))),
        _trail(_asked(lambda: _trails(session, region)), is_known=bool(organization)),
    ]


def _asked(call: Callable[[], Any]) -> Any:
    """Return a call's answer, None when the credentials may not make it or nothing answers."""
    try:
        return call()
    except (BotoCoreError, ClientError):
        return None


def _organization(session: boto3.Session, region: str) -> Any:
    return session.client("organizations", region, config=_QUICK).describe_organization()["Organization"]


def _root(session: boto3.Session, region: str) -> tuple[str, list[str]]:
    """Return the root's id, and the units below it in words: their first page."""
    client = session.client("organizations", region, config=_QUICK)
    root = client.list_roots()["Roots"][0]["Id"]
    units = client.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    return root, [f"{unit['Id']} ({unit['Name']})" for unit in units]


def _trails(session: boto3.Session, region: str) -> Any:
    return session.client("cloudtrail", region, config=_QUICK).describe_trails()["trailList"]


def _home(region: str | None) -> Learned:
    return Learned({("aws", "home_region"): region} if region else {}, [])


def _machine(endpoint: str) -> Learned:
    if urlsplit(endpoint).hostname not in {"127.0.0.1", "localhost"}:
        return Learned({}, [])
    local = ["The credentials are of a local organization on this machine."]
    return Learned({("aws", "target"): str(Target.HOST)}, local)


def _who(account: str, organization: Any) -> Learned:
    if not organization:
        return Learned({}, [f"The credentials are of account {account}, which may not describe its organization."])
    management = organization["MasterAccountId"]
    suggestions: dict[Place, Any] = {
        ("organization", "id"): organization["Id"],
        ("organization", "management_account"): management,
    }
    facts = [f"The credentials are of account {account} in organization {organization['Id']}."]
    if account == management:
        return Learned(suggestions, [*facts, "That is the management account; the hub belongs into another one."])
    return Learned({**suggestions, ("aws", "hub_account"): account}, facts)


def _targets(found: tuple[str, list[str]] | None) -> Learned:
    if not found:
        return Learned({}, [])
    root, units = found
    return Learned(
        {("organization", "root"): root}, [f"Units under the root {root}: {', '.join(units) or 'there are none'}."]
    )


def _trail(trails: Any, *, is_known: bool) -> Learned:
    """Suggest a trail only where there is none: without one no API call is an event, and a second one costs money."""
    if trails is None:
        return Learned({}, [])
    trail = Trail.ORGANIZATION if is_known and not trails else Trail.NONE
    names = [one["Name"] for one in trails if one.get("IsOrganizationTrail")]
    facts = [f"The organization has a trail, {names[0]}: Muster need not make one."] if names else []
    return Learned({("spoke", "trail"): str(trail)}, facts)
