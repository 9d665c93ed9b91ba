"""Security Hub: on or off, what an account's own product may import, and what stays the customer's."""

import json
from typing import Any

import pytest

from tests.localorg.exercise import policy, statement
from tests.localorg.running import Eventually, Organization, refused

pytestmark = pytest.mark.slow

REGION = "us-east-1"


def product(account: str) -> str:
    return f"arn:aws:securityhub:{REGION}:{account}:product/{account}/default"


def finding(account: str, identifier: str, **changes: Any) -> dict[str, Any]:
    return {
        "SchemaVersion": "2018-10-08",
        "Id": identifier,
        "ProductArn": product(account),
        "GeneratorId": "test",
        "AwsAccountId": account,
        "CreatedAt": "2026-11-20T09:00:00Z",
        "UpdatedAt": "2026-11-20T09:00:00Z",
        "Title": "Something",
        "Description": "Something happened",
        "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{account}"}],
        "FindingProviderFields": {"Severity": {"Label": "HIGH"}, "Types": ["TTPs/Persistence"]},
        **changes,
    }


@pytest.fixture(scope="module")
def hub(organization: Organization) -> Any:
    client = organization.client("securityhub", organization.hub)
    assert refused(client.describe_hub) == "InvalidAccessException"
    assert (
        refused(client.batch_import_findings, Findings=[finding(organization.hub, "early")]) == "InvalidAccessException"
    )
    client.enable_security_hub()
    assert refused(client.enable_security_hub) == "ResourceConflictException"
    return client


def stored(hub: Any, identifier: str) -> dict[str, Any]:
    (found,) = hub.get_findings(Filters={"Id": [{"Value": identifier, "Comparison": "EQUALS"}]})["Findings"]
    return dict(found)


def test_security_hub_is_on_by_account_and_region(organization: Organization, hub: Any) -> None:
    assert hub.describe_hub()["HubArn"] == f"arn:aws:securityhub:{REGION}:{organization.hub}:hub/default"
    for place in ((organization.hub, "eu-west-1"), (organization.members[0], REGION)):
        assert refused(organization.client("securityhub", *place).describe_hub) == "InvalidAccessException"


def test_an_imported_finding_is_new_and_has_its_providers_severity(organization: Organization, hub: Any) -> None:
    assert hub.batch_import_findings(Findings=[finding(organization.hub, "new")])["SuccessCount"] == 1
    one = stored(hub, "new")
    assert (one["Severity"]["Label"], one["Workflow"]["Status"], one["RecordState"]) == ("HIGH", "NEW", "ACTIVE")


def test_only_newer_versions_count(organization: Organization, hub: Any) -> None:
    for moment, title in (("10", "second"), ("09", "late"), ("11", "third")):
        at = f"2026-11-20T{moment}:00:00Z"
        hub.batch_import_findings(Findings=[finding(organization.hub, "newer", UpdatedAt=at, Title=title)])
    assert stored(hub, "newer")["Title"] == "third"


@pytest.mark.parametrize("changes", [{"AwsAccountId": "444455556666"}, {"ProductArn": product("444455556666")}])
def test_what_is_not_the_accounts_own_is_refused_and_stops_no_other(
    organization: Organization, hub: Any, changes: dict[str, str]
) -> None:
    wrong = finding(organization.hub, "wrong", **changes)
    answer = hub.batch_import_findings(Findings=[wrong, finding(organization.hub, "right")])
    assert (answer["SuccessCount"], [one["Id"] for one in answer["FailedFindings"]]) == (1, ["wrong"])


def test_more_than_a_hundred_are_refused(organization: Organization, hub: Any) -> None:
    many = [finding(organization.hub, f"many-{place}") for place in range(101)]
    assert refused(hub.batch_import_findings, Findings=many) == "InvalidInputException"


def test_a_role_imports_as_the_product_that_it_may_only(organization: Organization, hub: Any) -> None:
    iam = organization.client("iam", organization.hub)
    iam.create_user(UserName="importer")
    allowed = statement("securityhub:BatchImportFindings", product(organization.hub))
    iam.put_user_policy(UserName="importer", PolicyName="work", PolicyDocument=json.dumps(policy(allowed)))
    key = iam.create_access_key(UserName="importer")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    importer = organization.client("securityhub", organization.hub, **keys)
    assert importer.batch_import_findings(Findings=[finding(organization.hub, "allowed")])["SuccessCount"] == 1
    other = finding(organization.hub, "other", ProductArn=product("444455556666"))
    assert refused(importer.batch_import_findings, Findings=[other]).startswith("AccessDenied")
    assert refused(importer.get_findings).startswith("AccessDenied")
    reading = statement("securityhub:GetFindings", f"arn:aws:securityhub:{REGION}:{organization.hub}:hub/default")
    iam.put_user_policy(UserName="importer", PolicyName="reading", PolicyDocument=json.dumps(policy(reading)))
    assert importer.get_findings()["Findings"]
    update = {"FindingIdentifiers": [{"Id": "allowed", "ProductArn": "x"}], "Workflow": {"Status": "NEW"}}
    assert refused(importer.batch_update_findings, **update).startswith("AccessDenied")


def test_an_import_is_an_event(organization: Organization, hub: Any, eventually: Eventually) -> None:
    sqs, events = (organization.client(service, organization.hub) for service in ("sqs", "events"))
    url = sqs.create_queue(QueueName="imported")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = statement("sqs:SendMessage", arn, Principal={"Service": "events.amazonaws.com"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy(allowed))})
    events.put_rule(Name="imported", EventPattern=json.dumps({"source": ["aws.securityhub"]}))
    events.put_targets(Rule="imported", Targets=[{"Id": "1", "Arn": arn}])
    hub.batch_import_findings(Findings=[finding(organization.hub, "told")])
    (message,) = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    event = json.loads(message["Body"])
    assert event["detail-type"] == "Security Hub Findings - Imported"
    assert [one["Id"] for one in event["detail"]["findings"]] == ["told"]
