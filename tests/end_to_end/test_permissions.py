"""A permission that a function uses in a call of its own and its role lacks is seen: IAM is enforced."""

import json
import uuid
from typing import Any

import pytest

from generator.demo.recorded import EVENTS
from generator.local.problems import LocalError
from tests.demo import Demo

pytestmark = pytest.mark.slow
HUB, MEMBER = "111122223333", "444455556666"


def without(document: dict[str, Any], action: str) -> dict[str, Any]:
    """Return a policy whose statements lack the action."""
    statements = []
    for one in document["Statement"]:
        actions = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
        left = [name for name in actions if name != action]
        if left:
            statements.append({**one, "Action": left})
    assert statements != document["Statement"], f"no statement allows {action}"
    return {**document, "Statement": statements}


@pytest.mark.parametrize(
    ("account", "role", "action", "dead"),
    [
        (HUB, "muster-detector-us-east-1", "dynamodb:PutItem", "muster-detector-dlq"),
        (HUB, "muster-notifier-us-east-1", "sqs:SendMessage", "muster-notifier-dlq"),
        (HUB, "muster-rollups-us-east-1", "dynamodb:UpdateItem", "muster-rollups-dlq"),
        (MEMBER, "muster-spoke-creator-tagger-eu-west-1", "events:PutEvents", "muster-spoke-creator-tagger-dlq"),
    ],
)
def test_a_function_without_a_permission_it_uses_fails_visibly(
    demo: Demo, account: str, role: str, action: str, dead: str
) -> None:
    iam = demo.client("iam", account)
    name = iam.list_role_policies(RoleName=role)["PolicyNames"][0]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(without(document, action)))
    try:
        for recorded in ("*-create-security-group.json", "*-ssh-open-to-the-world.json"):
            event = json.loads(next(EVENTS.glob(recorded)).read_text())
            event["detail"]["eventID"] = str(uuid.uuid4())
            demo.inject(event)
        left = {queue.rpartition(":")[2] for queue in demo.settle()}
    except LocalError as error:
        left = {str(error)}
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
        demo.settle()
        _purge(demo)
    assert any(dead.removesuffix("-dlq") in one for one in left)


def _purge(demo: Demo) -> None:
    for account, region in ((HUB, "us-east-1"), (MEMBER, "eu-west-1")):
        sqs = demo.client("sqs", account, region)
        for url in sqs.list_queues().get("QueueUrls", []):
            if url.endswith("-dlq"):
                sqs.purge_queue(QueueUrl=url)
