"""Security Hub for the organization: filters and pages, what customers change, administrators, linked Regions."""

import json
from typing import Any

import pytest

from tests.asff import control, passed
from tests.localorg.exercise import policy, statement
from tests.localorg.running import Eventually, Organization, refused

pytestmark = pytest.mark.slow

REGION, LINKED = "us-east-1", "eu-west-1"


@pytest.fixture(scope="module")
def member(organization: Organization) -> str:
    return organization.members[0]


@pytest.fixture(scope="module")
def hub(organization: Organization, member: str) -> Any:
    """The hub's Security Hub, which administers a member in two Regions and sees both from one."""
    for region in (REGION, LINKED):
        management = organization.client("securityhub", organization.management, region)
        management.enable_organization_admin_account(AdminAccountId=organization.hub)
        client = organization.client("securityhub", organization.hub, region)
        assert client.create_members(AccountDetails=[{"AccountId": member}])["UnprocessedAccounts"] == []
    home = organization.client("securityhub", organization.hub, REGION)
    made = home.create_finding_aggregator(RegionLinkingMode="SPECIFIED_REGIONS", Regions=[LINKED])
    assert home.get_finding_aggregator(FindingAggregatorArn=made["FindingAggregatorArn"])["Regions"] == [LINKED]
    return home


def said(organization: Organization, account: str, document: dict[str, Any], region: str = REGION) -> dict[str, Any]:
    """Let Security Hub itself say a finding in an account and Region; return it."""
    arn = f"arn:aws:securityhub:{region}::product/aws/securityhub"
    one = {**document, "AwsAccountId": account, "Region": region, "ProductArn": arn}
    event = {"source": "aws.securityhub", "detail-type": "Security Hub Findings - Imported"}
    body = {"account": account, "region": region, "event": {**event, "detail": {"findings": [one]}}}
    organization.control("events", body)
    return one


def ids(client: Any, **asked: Any) -> list[str]:
    return [one["Id"].rpartition("/")[2] for one in client.get_findings(**asked)["Findings"]]


def equals(**values: str) -> dict[str, Any]:
    return {name: [{"Value": value, "Comparison": "EQUALS"}] for name, value in values.items()}


def test_only_the_management_account_names_the_administrator(organization: Organization, hub: Any, member: str) -> None:
    mine = organization.client("securityhub", member, "eu-central-1")
    assert refused(mine.enable_organization_admin_account, AdminAccountId=member) == "AccessDeniedException"
    management = organization.client("securityhub", organization.management, REGION)
    assert management.list_organization_admin_accounts()["AdminAccounts"][0]["AccountId"] == organization.hub
    again = {"AdminAccountId": member}
    assert refused(management.enable_organization_admin_account, **again) == "ResourceConflictException"
    assert refused(management.enable_organization_admin_account, AdminAccountId="999988887777") == (
        "InvalidInputException"
    )
    assert refused(organization.client("securityhub", member).list_members) == "InvalidAccessException"


def test_the_administrator_keeps_security_hub_on_until_it_is_dismissed(organization: Organization) -> None:
    region = "eu-central-1"
    management = organization.client("securityhub", organization.management, region)
    management.enable_organization_admin_account(AdminAccountId=organization.hub)
    mine = organization.client("securityhub", organization.hub, region)
    assert refused(mine.disable_security_hub) == "InvalidAccessException"
    mine.update_organization_configuration(AutoEnable=True, AutoEnableStandards="NONE")
    management.disable_organization_admin_account(AdminAccountId=organization.hub)
    mine.disable_security_hub()
    assert refused(mine.describe_hub) == "InvalidAccessException"


def test_the_administrator_sees_its_members_in_linked_regions(
    organization: Organization, hub: Any, member: str
) -> None:
    said(organization, member, control("seen-here"))
    said(organization, member, control("seen-there"), LINKED)
    assert {"seen-here", "seen-there"} <= set(ids(hub, Filters=equals(AwsAccountId=member)))
    there = organization.client("securityhub", organization.hub, LINKED)
    assert ids(there, Filters=equals(AwsAccountId=member)) == ["seen-there"]
    assert "seen-there" not in ids(organization.client("securityhub", member, REGION))


def test_findings_are_filtered_sorted_and_paged(organization: Organization, hub: Any, member: str) -> None:
    for hour in range(9, 14):
        said(organization, member, control(f"paged-{hour}", Title="Paged", UpdatedAt=f"2026-11-20T{hour:02}:00:00Z"))
    said(organization, member, passed("paged-passed", Title="Paged", UpdatedAt="2026-11-20T14:00:00Z"))
    failed = {**equals(Title="Paged"), "ComplianceStatus": [{"Value": "PASSED", "Comparison": "NOT_EQUALS"}]}
    span = [{"Start": "2026-11-20T10:00:00Z", "End": "2026-11-20T12:00:00Z"}]
    order = [{"Field": "UpdatedAt", "SortOrder": "asc"}]
    asked = {"Filters": {**failed, "UpdatedAt": span}, "SortCriteria": order}
    assert ids(hub, **asked) == ["paged-10", "paged-11", "paged-12"]
    pages = hub.get_paginator("get_findings").paginate(Filters=failed, SortCriteria=order, MaxResults=2)
    found = [[one["Id"].rpartition("-")[2] for one in page["Findings"]] for page in pages]
    assert found == [["9", "10"], ["11", "12"], ["13"]]
    prefixes = {"Title": [{"Value": "Pag", "Comparison": "PREFIX"}], **equals(SeverityLabel="INFORMATIONAL")}
    assert ids(hub, Filters=prefixes) == ["paged-passed"]


@pytest.mark.parametrize(
    "asked",
    [
        {"Filters": {"UpdatedAt": [{"Start": "2026-11-20T10:00:00Z"}]}},
        {"Filters": {"Id": [{"Value": str(place), "Comparison": "EQUALS"} for place in range(21)]}},
        {"Filters": {"Keyword": [{"Value": "x"}]}},
        {"NextToken": "nonsense"},
    ],
)
def test_what_cannot_be_asked_is_refused(hub: Any, asked: dict[str, Any]) -> None:
    assert refused(hub.get_findings, **asked) == "InvalidInputException"


def test_what_a_customer_changes_leaves_updated_at_and_is_told(
    organization: Organization, hub: Any, member: str, eventually: Eventually
) -> None:
    url = heard(organization)
    one = said(organization, member, control("changed"), LINKED)
    name = {"Id": one["Id"], "ProductArn": one["ProductArn"]}
    other = {**name, "Id": "nobody"}
    answer = hub.batch_update_findings(
        FindingIdentifiers=[name, other],
        Workflow={"Status": "SUPPRESSED"},
        Note={"Text": "A test bucket", "UpdatedBy": "alice"},
    )
    assert answer["ProcessedFindings"] == [name]
    assert [(bad["FindingIdentifier"], bad["ErrorCode"]) for bad in answer["UnprocessedFindings"]] == [
        (other, "FindingNotFound")
    ]
    (found,) = hub.get_findings(Filters=equals(Id=one["Id"]))["Findings"]
    assert (found["Workflow"], found["UpdatedAt"]) == ({"Status": "SUPPRESSED"}, one["UpdatedAt"])
    assert (found["Note"]["Text"], found["Note"]["UpdatedBy"]) == ("A test bucket", "alice")
    sqs = organization.client("sqs", organization.hub)
    told: list[dict[str, Any]] = []

    def is_told() -> bool:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            told.extend(json.loads(message["Body"])["detail"]["findings"])
        return any(each["Id"] == one["Id"] and each["Workflow"]["Status"] == "SUPPRESSED" for each in told)

    assert eventually(is_told)


def heard(organization: Organization) -> str:
    """Make a queue that hears what Security Hub says on the hub's bus; return its URL."""
    sqs, events = (organization.client(service, organization.hub) for service in ("sqs", "events"))
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = statement("sqs:SendMessage", arn, Principal={"Service": "events.amazonaws.com"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy(allowed))})
    events.put_rule(Name="heard", EventPattern=json.dumps({"source": ["aws.securityhub"]}))
    events.put_targets(Rule="heard", Targets=[{"Id": "1", "Arn": arn}])
    return str(url)


def test_a_member_cannot_change_what_it_does_not_see(organization: Organization, hub: Any, member: str) -> None:
    stranger = organization.client("securityhub", organization.members[1])
    name = {"Id": "x", "ProductArn": "y"}
    change = {"FindingIdentifiers": [name], "Workflow": {"Status": "RESOLVED"}}
    assert refused(stranger.batch_update_findings, **change) == "InvalidAccessException"
    stranger.enable_security_hub()
    seen = said(organization, member, control("not-yours"))
    name = {"Id": seen["Id"], "ProductArn": seen["ProductArn"]}
    answer = stranger.batch_update_findings(FindingIdentifiers=[name], Workflow={"Status": "RESOLVED"})
    assert len(answer["UnprocessedFindings"]) == 1
    nothing = {"FindingIdentifiers": [name]}
    assert refused(hub.batch_update_findings, **nothing) == "InvalidInputException"
    unsigned = {**nothing, "Note": {"Text": "x", "UpdatedBy": ""}}
    assert refused(hub.batch_update_findings, **unsigned) == "InvalidInputException"


def test_standards_are_those_of_the_region(hub: Any) -> None:
    offered = {one["Name"]: one["StandardsArn"] for one in hub.describe_standards()["Standards"]}
    chosen = [{"StandardsArn": offered["CIS AWS Foundations Benchmark v1.4.0"]}]
    hub.batch_enable_standards(StandardsSubscriptionRequests=chosen)
    (enabled,) = hub.get_enabled_standards()["StandardsSubscriptions"]
    assert enabled["StandardsArn"] == chosen[0]["StandardsArn"]
    hub.batch_disable_standards(StandardsSubscriptionArns=[enabled["StandardsSubscriptionArn"]])
    assert hub.get_enabled_standards()["StandardsSubscriptions"] == []
    foreign = [{"StandardsArn": chosen[0]["StandardsArn"].replace(REGION, "eu-west-1")}]
    assert refused(hub.batch_enable_standards, StandardsSubscriptionRequests=foreign) == "InvalidInputException"
