from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from contract import asff
from contract.clock import now
from contract.finding import Finding, Workflow
from dashboard import compliance
from dashboard.compliance import Standard
from hub.rollups import DescribedControls, count
from hub.store.compliance import ComplianceStore
from hub.store.findings import FindingStore
from hub.store.items import item_of
from hub.store.rollups import RollupStore
from hub.streams import StreamRecord
from tests.asff import control

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]
PAYMENTS, SANDBOX = "111122223333", "444455556666"
FSBP = "standards/aws-foundational-security-best-practices/v/1.0.0"
CIS_5 = "standards/cis-aws-foundations-benchmark/v/5.0.0"
CIS_14 = "standards/cis-aws-foundations-benchmark/v/1.4.0"


def judged(identifier: str, control_id: str, status: str, account: str, *standards: str, **changes: Any) -> Finding:
    document = control(
        identifier,
        AwsAccountId=account,
        Title=f"{control_id} <should> hold",
        Compliance={
            "Status": status,
            "SecurityControlId": control_id,
            "AssociatedStandards": [{"StandardsId": one} for one in standards],
            "RelatedRequirements": ["CIS AWS Foundations Benchmark v5.0.0/2.1.4"],
        },
        **changes,
    )
    return asff.finding_of(document, "2026-11-20T09:00:00.000000Z")


@pytest.fixture
def standing(tables: Any) -> Any:
    accepted = judged("c4", "KMS.4", "FAILED", PAYMENTS, FSBP, Workflow={"Status": "SUPPRESSED"})
    assert accepted.workflow is Workflow.SUPPRESSED
    found = [
        judged("c1", "S3.8", "FAILED", PAYMENTS, FSBP, CIS_5),
        judged("c2", "S3.8", "PASSED", SANDBOX, FSBP, CIS_5),
        judged("c3", "S3.8", "PASSED", SANDBOX, FSBP, CIS_5),
        accepted,
        judged("c5", "EC2.6", "NOT_AVAILABLE", SANDBOX, FSBP),
    ]
    records = [StreamRecord(str(place), None, item_of(one, 1)) for place, one in enumerate(found, 1)]
    count(records, "another", RollupStore(tables, "muster-state"), now())
    DescribedControls(ComplianceStore(tables, "muster-state")).take_in(found)
    return tables


def test_each_standard_says_how_much_of_it_passes(standing: Any, show: Show, markup: Markup) -> None:
    page = markup(show("compliance"))
    assert "CIS AWS Foundations 5.0.0</small><strong>66.7 %</strong><small>1 failed, 0 accepted" in page
    assert "AWS Foundational Security Best Practices</small><strong>50.0 %</strong><small>1 failed, 1 accepted" in page


def test_the_newest_version_of_cis_comes_first_and_its_numbers_stand_with_the_controls(
    standing: Any, show: Show, markup: Markup
) -> None:
    page = markup(show("compliance"))
    assert "CIS AWS Foundations 5.0.0: of 3 checks of resources, 2 passed, 1 failed" in page
    assert "<td>2.1.4</td>" in page
    assert "S3.8 &lt;should&gt; hold" in page


def test_the_address_names_the_standard(standing: Any, show: Show, markup: Markup) -> None:
    page = markup(show("compliance", standard=FSBP))
    assert "1 of 3 controls fail, 1 more only where that is accepted" in page
    assert "1 could not be judged" in page
    assert 'aria-label="0 failed, 1 accepted, 0 passed"' in page


def test_units_add_up_their_accounts(standing: Any, show: Show, markup: Markup) -> None:
    units = markup(show("compliance", standard=FSBP)).partition("<h2>Organizational units")[2]
    root = units.partition(">Root<")[2].partition("</tr>")[0]
    assert "2 accounts" in root
    assert "50.0 %" in root
    assert 'href="compliance?ou=Root%2FSandbox' in units


def test_filters_narrow_controls_and_accounts(standing: Any, show: Show, markup: Markup) -> None:
    page = markup(show("compliance", standard=CIS_5, account=SANDBOX))
    assert "of 2 checks of resources, 2 passed, 0 failed" in page
    assert "0 of 1 controls fail" in page
    assert "100 %" in page


def test_too_many_chosen_accounts_are_not_added_up(
    standing: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compliance, "MOST_ACCOUNTS", 1)
    assert "More accounts are chosen" in markup(show("compliance", ou="Root"))
    assert "controls fail" in markup(show("compliance"))


def test_detections_that_watch_what_cis_asks_are_named(standing: Any, show: Show, markup: Markup) -> None:
    page = markup(show("compliance"))
    watched = page.partition("own detections watch of it")[2]
    assert "signin.root_console_login" in watched
    assert "own detections watch" not in markup(show("compliance", standard=FSBP))


def test_without_controls_the_page_says_how_to_get_some(tables: Any, show: Show, markup: Markup) -> None:
    app = show("compliance")
    assert not app.exception
    assert "No control has been judged yet" in markup(app)


@pytest.mark.parametrize(
    ("name", "title", "version"),
    [
        (CIS_14, "CIS AWS Foundations 1.4.0", "1.4"),
        ("ruleset/cis-aws-foundations-benchmark/v/1.2.0", "CIS AWS Foundations 1.2.0", "1.2"),
        ("standards/pci-dss/v/4.0.1", "PCI DSS 4.0.1", ""),
        ("standards/something-new/v/1.0.0", "something new 1.0.0", ""),
        ("odd", "odd", ""),
    ],
)
def test_a_standard_has_a_name_that_people_say(name: str, title: str, version: str) -> None:
    assert Standard(name).title == title
    assert Standard(name).cis_version == version


def test_a_group_of_findings_says_how_many_resources_fail_of_those_that_were_judged(
    standing: Any, show: Show, markup: Markup
) -> None:
    FindingStore(standing, "muster-findings").upsert([judged("c1", "S3.8", "FAILED", PAYMENTS, FSBP, CIS_5)])
    assert ">1 of 3</span>" in markup(show("findings", group="detection"))
    assert ">1 of 1</span>" in markup(show("findings", group="detection", account=PAYMENTS))
    # Counters know no Region.
    assert " of 3</span>" not in markup(show("findings", group="detection", region="eu-west-1"))
