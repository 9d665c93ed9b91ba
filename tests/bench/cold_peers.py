"""B1's peers: what such functions usually carry, and Cloud Custodian as it runs in Lambda."""

import compileall
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import msgspec
import uv

from generator.third_party import ROOT
from hub.detections.catalogue import DETECTIONS
from tests.bench.fresh_process import Subject, given_file
from tests.bench.measure import peer_installed

RULES = 150
TYPICAL = (
    *("aws-lambda-powertools[tracer,parser]==3.37.0", "boto3==1.44.5", "pydantic==2.14.3"),
    *("pydantic-settings==2.16.3", "pyyaml==6.0.3"),
)
C7N = ("c7n==0.9.53",)
CACHE = ROOT / "build" / "cache"
EVENTS = ROOT / "localorg" / "events"


def typical(folder: Path, judging: Path) -> Subject:
    """Return the typical function, compiled, with as many rules as such products have."""
    site = _site("typical", TYPICAL)
    path = folder / "typical"
    path.mkdir()
    rules = [
        {"id": one.id, "title": one.title, "level": one.severity, "api_calls": one.api_calls} for one in DETECTIONS
    ]
    (path / "rules.yaml").write_bytes(msgspec.yaml.encode(rules[:RULES]))
    shutil.copy(Path(__file__).with_name("typical_stack.py"), path)
    compileall.compile_dir(path, quiet=1)
    return Subject((path, site), "typical_stack.judge_handler", judging, ("PutItem",))


def custodian(folder: Path) -> Subject:
    """Return Cloud Custodian as it runs in Lambda: its handler and one policy, which tags an instance's creator.

    Its own packager writes the same `config.json`, without the account's id and without bytecode; here it has bytecode.
    """
    site = _site("c7n", C7N)
    event = json.loads((EVENTS / "01-run-instances.json").read_bytes())
    (instance,) = event["detail"]["responseElements"]["instancesSet"]["items"]
    policy = {
        "name": "tag-creator",
        "resource": "aws.ec2",
        "mode": {"type": "cloudtrail", "events": ["RunInstances"]},
        "filters": [{"tag:CreatedBy": "absent"}],
        "actions": [{"type": "auto-tag-user", "tag": "CreatedBy"}],
    }
    path = folder / "c7n"
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"execution-options": {}, "policies": [policy]}))
    answers = {
        "GetCallerIdentity": _CALLER.format(event["account"]),
        "DescribeInstances": _INSTANCES.format(instance["instanceId"]),
        "CreateTags": _TAGGED,
    }
    given = given_file(path / "given.json", event, answers)
    return Subject((site,), "c7n.handler.dispatch_event", given, tuple(answers), path)


# STS and EC2 answer in XML (their API references).
_CALLER = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{}</Account></GetCallerIdentityResult>"
    "</GetCallerIdentityResponse>"
)
_INSTANCES = (
    "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>{}</instanceId>"
    "<instanceState><code>0</code><name>pending</name></instanceState></item></instancesSet></item></reservationSet>"
    "</DescribeInstancesResponse>"
)
_TAGGED = "<CreateTagsResponse><return>true</return></CreateTagsResponse>"


def _site(name: str, requirements: tuple[str, ...]) -> Path:
    """Return a folder with installed packages, made once; `PeerMissingError` where there is no way to get them."""
    key = hashlib.sha256("".join(requirements).encode()).hexdigest()[:16]
    folder = CACHE / f"{name}-{key}"
    if not folder.is_dir():
        half = folder.with_name(f"{folder.name}-{os.getpid()}")
        options = ["--quiet", "--compile-bytecode", "--python", sys.executable, "--target", str(half)]
        peer_installed([uv.find_uv_bin(), "pip", "install", *options, *requirements])
        half.rename(folder)
    return folder
