"""The settings under which templates differ: Regions of each partition, trails, and everything at its largest."""

from typing import Any

from generator.config import Config, Trail
from generator.snapshots import everything, sample

REGIONS = ("us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1")
MANAGEMENT = "999999999999"
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
    return {"cdn": {**found.model_dump(), **values}}


def largest(trail: Trail) -> Config:
    """Return the settings that make the longest templates: every part, the longest names, the most recipients."""
    recipients = [f"person-{number:02}@department.example.com" for number in range(50)]
    return variant(
        trail=trail,
        aws={"prefix": "x" * 20},
        spoke={"alarms": True, "tracing": True, "trail": trail},
        creator={"created_by_key": "K" * 128},
        findings={"publish_to_security_hub": True, "data_events": True},
        network={"enabled": True},
        enable={"config": True, "config_bucket": "c" * 63},
        web={**cdn(origin_secret=SECRET), "action_links": True},
        channels={"email": {"sender": "muster@example.com", "recipients": recipients}},
    )


LINTED = {f"{region}-{trail}": variant(region, trail) for region in REGIONS for trail in Trail}
LINTED |= {f"{region}-network": variant(region, network={"enabled": True}) for region in REGIONS}
LINTED |= {
    "links": variant(web={"action_links": True}),
    "links-china": variant("cn-north-1", web={"action_links": True}),
}
LINTED |= {"web": variant(web=cdn()), "web-secret": variant("us-east-1", web=cdn(origin_secret=SECRET))}
LARGEST = {f"largest-{trail}": largest(trail) for trail in Trail}
EVERY = {**LINTED, **LARGEST}
