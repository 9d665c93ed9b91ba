"""Checkov looks over every template; what it says has been mended, or has its reason here."""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from generator.config import Config, Trail
from generator.generate import templates
from generator.snapshots import blank_artefacts, blank_scripts
from generator.third_party import ROOT
from tests.generator.variants import AGENT, hosted, largest, variant

pytestmark = pytest.mark.slow

VERSION = "3.3.30"
CHECKOV = (
    *(str(Path(sys.executable).with_name("uvx")), "--python", sys.executable, "--from", f"checkov=={VERSION}"),
    "checkov",
)
# It may ask nobody for updates or policies; a proxy that nobody serves shows that it does not need to.
QUIET = {"CKV_SKIP_PACKAGE_UPDATE_CHECK": "TRUE"}
CUT_OFF = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")

SETTINGS: dict[str, Config] = {
    "usual": variant(),
    "china": variant("cn-north-1"),
    "agent": variant(agent=AGENT),
    "accounts": largest(Trail.ACCOUNTS),
    "organization": largest(Trail.ORGANIZATION),
    "hosted": variant(web=hosted()),
}

SUPPRESSED = {
    "CKV_AWS_18": "access logs: the artefacts hold no secrets, and the bucket of logs would log CloudTrail's writing",
    "CKV_AWS_27": "queues are encrypted with SSE-SQS; a customer key costs money in every account and Region",
    "CKV_AWS_35": "the trail's logs are encrypted with SSE-S3; a customer key would cost money in every account",
    "CKV_AWS_111": "the delegating role writes the organization's one resource policy, without an id before it exists",
    "CKV_AWS_115": "reserved concurrency is taken from the account's own workloads; mappings limit the hub's functions",
    "CKV_AWS_116": "asynchronous failures go to an on-failure destination, queued ones to the queue's dead letters",
    "CKV_AWS_59": "links in messages carry their own signature (ADR 42); `test_acting.py`: no other method is open",
    "CKV_AWS_86": "CloudWatch's deliveries bring CloudFront's access logs; the older way needs a bucket with ACLs",
    "CKV_AWS_65": "Container Insights costs by the metric; health, logs and an alarm say whether the dashboard is well",
    "CKV_AWS_91": "whoever reaches the load balancer comes through CloudFront, whose access logs have the request",
    "CKV_AWS_117": "the functions call AWS's APIs only; `[network]` is for those whose services all have endpoints",
    "CKV_AWS_73": "traces are a setting, `[spoke] tracing`; AWS takes none in China",
    "CKV_AWS_120": "the API answers with Cache-Control and ETags; the cache that API Gateway sells costs by the hour",
    "CKV_AWS_158": "logs are encrypted by CloudWatch Logs and hold no secrets; a customer key costs money everywhere",
    "CKV_AWS_173": "environments hold names and no secrets; they are encrypted with Lambda's own key",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what checkov says about the templates."""
    folder = tmp_path_factory.mktemp("checkov")
    for name, config in SETTINGS.items():
        for template, body in templates(config, blank_artefacts(), blank_scripts(config)).items():
            # One line is too long for it.
            (folder / f"{name}-{template}.json").write_text(json.dumps(json.loads(body), indent=1), encoding="utf-8")
    _run("--version", env={**os.environ, **QUIET})
    cut_off = {**os.environ, **QUIET, **CUT_OFF, "UV_OFFLINE": "1"}
    said = _run("-d", str(folder), "--framework", "cloudformation", "--skip-download", "-o", "json", env=cut_off)
    return json.loads(said)


@pytest.fixture(scope="module")
def failures(report: Any) -> dict[str, set[str]]:
    """Return the failed checks, each with the resources that it is about."""
    return _failures(report, len(SETTINGS))


def _run(*arguments: str, env: dict[str, str]) -> str:
    # It ends with 1 when a check fails.
    ended = subprocess.run([*CHECKOV, *arguments], env=env, capture_output=True, text=True, check=False)
    assert ended.returncode in {0, 1}, ended.stderr
    return ended.stdout


def test_the_controls_that_checkov_stands_for_were_looked_at(report: Any) -> None:
    """A check that checkov no longer has would pass for ever."""
    looked_at = {one["check_id"] for kind in ("passed_checks", "failed_checks") for one in report["results"][kind]}
    page = (ROOT / "docs" / "security-hub-controls.md").read_text(encoding="utf-8")
    assert set(re.findall(r"CKV_AWS_\d+", page)) - looked_at == set()


def _failures(report: Any, files: int) -> dict[str, set[str]]:
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["resource_count"] > 50 * files
    found = defaultdict(set)
    for one in report["results"]["failed_checks"]:
        found[one["check_id"]].add(f"{one['check_name']}: {one['file_path']} {one['resource']}")
    return found


def test_checkov_finds_nothing_without_a_reason(failures: dict[str, set[str]]) -> None:
    assert {check: found for check, found in failures.items() if check not in SUPPRESSED} == {}


def test_every_suppression_is_still_needed(failures: dict[str, set[str]]) -> None:
    assert SUPPRESSED.keys() - failures.keys() == set()
