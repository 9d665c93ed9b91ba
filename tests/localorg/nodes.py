"""What the tests of Systems Manager need: instances with a role, documents, a bucket of scripts, and the events."""

import functools
import json
from itertools import count
from typing import Any

from tests.localorg.lambdas import HUB, NOTHING, Client, policy, trust
from tests.localorg.running import Organization, until

NUMBERS = count(1)
READ = ({"Action": "s3:GetObject", "Resource": "*"}, {"Action": "s3:ListBucket", "Resource": "*"})
KEY = {"type": "String", "allowedPattern": "^agent/[a-z0-9./-]+$"}
ENDS = {"Success", "Failed", "TimedOut", "Cancelled"}
ON_LINUX = {"StringEquals": ["platformType", "Linux"]}
ON_WINDOWS = {"StringEquals": ["platformType", "Windows"]}


def step(name: str, action: str, precondition: Any = None, **inputs: Any) -> dict[str, Any]:
    """One step of a document."""
    made = {"action": f"aws:{action}", "name": name, "inputs": inputs}
    return {**made, "precondition": precondition} if precondition else made


def shell(*lines: str, name: str = "run", **inputs: Any) -> dict[str, Any]:
    """A step that runs these lines."""
    return step(name, "runShellScript", runCommand=list(lines), **inputs)


def content(*steps: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """A document of these steps."""
    return {"schemaVersion": "2.2", "description": "A test", "parameters": parameters, "mainSteps": list(steps)}


def download(bucket: str, **inputs: Any) -> dict[str, Any]:
    """A step that fetches the parameter Key from a bucket."""
    source = json.dumps({"path": f"https://{bucket}.s3.us-east-1.amazonaws.com/{{{{ Key }}}}"})
    return step("fetch", "downloadContent", sourceType="S3", sourceInfo=source, **inputs)


class Nodes:
    """Instances of one account and Region, and the commands sent to them."""

    def __init__(self, organization: Organization, account: str, region: str = "us-east-1") -> None:
        self.organization, self.account, self.region = organization, account, region
        self.number = next(NUMBERS)
        self.ec2, self.iam, self.ssm, self.sqs, self.events = (
            organization.client(name, account, region) for name in ("ec2", "iam", "ssm", "sqs", "events")
        )

    def profile(self, *statements: dict[str, Any]) -> str:
        """An instance profile with a role that may do this; its name."""
        name = f"node-{self.account}-{next(NUMBERS)}"
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
        self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements or [NOTHING]))
        self.iam.create_instance_profile(InstanceProfileName=name)
        self.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        return name

    def launch(self, profile: str = "", tags: dict[str, str] | None = None) -> str:
        """A running instance; its id."""
        wanted: dict[str, Any] = {"ImageId": "ami-0abcdef1234567890", "MinCount": 1, "MaxCount": 1}
        if profile:
            wanted["IamInstanceProfile"] = {"Name": profile}
        if tags:
            pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
            wanted["TagSpecifications"] = [{"ResourceType": "instance", "Tags": pairs}]
        return str(self.ec2.run_instances(**wanted)["Instances"][0]["InstanceId"])

    def ready(self, profile: str = "", **settings: Any) -> str:
        """An instance that Systems Manager knows, set up so."""
        instance = self.launch(profile or self.profile(*READ))
        self.set(instance, registers_after=0, **settings)
        assert until(lambda: self.known(instance))
        return instance

    def set(self, instance: str, **settings: Any) -> dict[str, Any]:
        """Change how a node behaves; what it is then."""
        body = {"account": self.account, "region": self.region, "instance": instance, **settings}
        return dict(self.organization.control("nodes", body))

    def known(self, instance: str) -> dict[str, Any]:
        """What DescribeInstanceInformation says of an instance; empty when it does not know it."""
        wanted = [{"Key": "InstanceIds", "Values": [instance]}]
        return dict(next(iter(self.ssm.describe_instance_information(Filters=wanted)["InstanceInformationList"]), {}))

    def document(self, *steps: dict[str, Any], **parameters: Any) -> str:
        """A document of these steps; its name."""
        name = f"test-{next(NUMBERS)}"
        self.ssm.create_document(Name=name, DocumentType="Command", Content=json.dumps(content(*steps, **parameters)))
        return name

    def send(self, document: str, *instances: str, **more: Any) -> str:
        """Send a command; its id."""
        sent = self.ssm.send_command(DocumentName=document, InstanceIds=list(instances), **more)
        return str(sent["Command"]["CommandId"])

    def result(self, command: str) -> dict[str, Any]:
        """A command's only invocation, once it has ended."""
        return dict(until(functools.partial(self._ended, command)) or {})

    def _ended(self, command: str) -> Any:
        (one,) = self.ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
        return one if one["Status"] in ENDS else None

    def ran(self, document: str, instance: str, **more: Any) -> dict[str, Any]:
        """What became of a command on one instance."""
        return self.result(self.send(document, instance, **more))

    def listen(self, *kinds: str) -> str:
        """A queue that gets events of these detail types; its URL."""
        name = f"heard-{next(NUMBERS)}"
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:{self.region}:{self.account}:{name}"
        allowed = {"Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(allowed)})
        self.events.put_rule(Name=name, EventPattern=json.dumps({"detail-type": list(kinds)}))
        self.events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        return str(url)

    def heard(self, url: str, count: int, text: str = "") -> list[dict[str, Any]]:
        """The next events in a queue that hold a text, in their order."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            got = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            found.extend(json.loads(message["Body"]) for message in got if text in message["Body"])
            return len(found) >= count

        until(look)
        return found


def scripts(client: Client, name: str, organization: str, **files: str) -> str:
    """A bucket of the hub's that the organization may list and read; its name."""
    s3 = client("s3", HUB)
    s3.create_bucket(Bucket=name)
    condition = {"StringEquals": {"aws:PrincipalOrgID": organization}}
    reading = {
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        "Condition": condition,
    }
    s3.put_bucket_policy(Bucket=name, Policy=policy(reading))
    for key, text in files.items():
        s3.put_object(Bucket=name, Key=f"agent/{key}.sh", Body=text)
    return name
