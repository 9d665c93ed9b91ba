"""The settings under which templates differ: Regions of each partition, trails, and everything at its largest."""

from typing import Any

from generator.config import Config, Trail
from generator.snapshots import everything, sample

REGIONS = ("us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1")
MANAGEMENT = "999999999999"
AGENT = {
    "enabled": True,
    **{f"{platform}_{action}": "script" for platform in ("linux", "windows") for action in ("install", "uninstall")},
}
LONGEST_TAGS = ";".join(f"{'k' * 100}{number}:{'v' * 100}" for number in range(5))
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:muster/origin-AbCdEf"


def variant(region: str = "eu-central-1", trail: Trail = Trail.NONE, **sections: dict[str, Any]) -> Config:
    """Return the snapshots' settings in a Region, with a trail and changed settings of sections."""
    raw = sample().model_dump()
    raw["aws"] |= {"home_region": region, "regions": (), "management_profile": "management"}
    raw["organization"] |= {"management_account": MANAGEMENT, "include_management_account": True}
    raw["spoke"] |= {"trail": trail}
    if region.startswith("cn-"):
        # SES is not offered there.
        raw["channels"]["email"] = None
    for section, values in sections.items():
        raw[section] |= values
    return Config.model_validate(raw)


def cdn(**values: Any) -> dict[str, Any]:
    """Return `[web.cdn]` of the snapshots' hub, with changed settings."""
    found = everything(sample()).web.cdn
    assert found
    return {"cdn": {**found.model_dump(), "origin": "dashboard.example.com", **values}}


def hosted(**values: Any) -> dict[str, Any]:
    """Return `[web]` of the snapshots' hub with the dashboard hosted behind CloudFront, with changed settings of it."""
    found = everything(sample()).web
    assert found.hosting
    parts = found.model_dump(include={"cdn", "sign_in"})
    return {**parts, "hosting": {**found.hosting.model_dump(), **values}}


def largest(trail: Trail, **more: Any) -> Config:
    """Return the settings that make the longest templates: every part, the longest names, the most recipients."""
    recipients = [f"person-{number:02}@department.example.com" for number in range(50)]
    sections = {"creator": {"created_by_key": "K" * 128}, **more}
    return variant(
        trail=trail,
        **sections,
        aws={"prefix": "x" * 20},
        spoke={"alarms": True, "tracing": True, "trail": trail},
        findings={"publish_to_security_hub": True, "data_events": True},
        network={"enabled": True},
        enable={"config": True, "config_bucket": "c" * 63},
        backup={"expiry": "delete", "tags": [f"{'K' * 125}{number}=V" for number in (1, 2)]},
        web={**cdn(origin_secret=SECRET), "action_links": True},
        channels={"email": {"sender": "muster@example.com", "recipients": recipients}},
    )


LINTED = {f"{region}-{trail}": variant(region, trail) for region in REGIONS for trail in Trail}
LINTED |= {f"{region}-network": variant(region, network={"enabled": True}) for region in REGIONS}
LINTED |= {f"{region}-expiry": variant(region, backup={"expiry": "delete"}) for region in REGIONS}
LINTED |= {
    "links": variant(web={"action_links": True}),
    "links-china": variant("cn-north-1", web={"action_links": True}),
}
LINTED |= {"web": variant(web=cdn()), "web-secret": variant("us-east-1", web=cdn(origin_secret=SECRET))}
LINTED |= {f"{region}-agent": variant(region, agent=AGENT) for region in REGIONS}
# The guardrail has no room for the agent and the longest of all tag keys too.
_LONGEST_AGENT = {**AGENT, "linux_running": "r" * 2_000, "windows_running": "r" * 2_000, "tags": LONGEST_TAGS}
LINTED |= {"hosted": variant(web=hosted())}
LARGEST = {f"largest-{trail}": largest(trail) for trail in Trail}
LARGEST |= {
    f"largest-agent-{trail}": largest(trail, creator={"created_by_key": "K" * 64}, agent=_LONGEST_AGENT)
    for trail in Trail
}
EVERY = {**LINTED, **LARGEST}
