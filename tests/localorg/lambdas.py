"""What the tests of Lambda need: real zips with third parties' code inside, and functions made from them."""

import functools
import importlib.metadata
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

CARRIED = (
    "aws-lambda-powertools",
    "boto3",
    "botocore",
    "jmespath",
    "msgspec",
    "python-dateutil",
    "s3transfer",
    "six",
    "typing-extensions",
    "urllib3",
)
MODELS = ("cloudwatch", "dynamodb", "ec2", "events", "kms", "organizations", "resourcegroupstaggingapi", "sesv2", "sqs")
HUB, MEMBER, OTHER = "111122223333", "444455556666", "777788889999"
STRANGER = "012345678901"
Client = Callable[..., Any]


@functools.cache
def third_parties() -> bytes:
    """A zip of what the product's functions carry, with the service models that the tests call."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in CARRIED:
            for file in importlib.metadata.distribution(name).files or ():
                if is_needed(str(file)):
                    archive.write(str(file.locate()), str(file))
    return buffer.getvalue()


def is_needed(file: str) -> bool:
    """Whether a zip of ours would carry the file: no byte code, no scripts, no unused service model."""
    parts = file.split("/")
    is_model = parts[:2] == ["botocore", "data"] and len(parts) > 3
    return "__pycache__" not in file and parts[0] != ".." and (not is_model or parts[2] in {*MODELS, "sts", "lambda"})


def archive(files: dict[str, str], carries: bytes = b"", without: str = "") -> bytes:
    """A function's zip: its own files, and `carries` except the files whose path starts with `without`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        if carries:
            copy(zipfile.ZipFile(io.BytesIO(carries)), target, without)
        for name, text in files.items():
            target.writestr(name, text)
    return buffer.getvalue()


def copy(source: zipfile.ZipFile, target: zipfile.ZipFile, without: str) -> None:
    """All of `source`, except what starts with `without`."""
    for member in source.infolist():
        if not (without and member.filename.startswith(without)):
            target.writestr(member, source.read(member))


def trust(service: str = "lambda.amazonaws.com") -> str:
    """A trust policy for an AWS service."""
    return document([{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}])


def policy(*statements: dict[str, Any]) -> str:
    """A policy that allows what the statements name."""
    return document([{"Effect": "Allow", **statement} for statement in statements])


def document(statements: list[dict[str, Any]]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@dataclass
class Functions:
    """Makes and calls functions in one account and Region."""

    client: Client
    account: str
    region: str = "us-east-1"

    def aws(self, service: str) -> Any:
        """A client of this account and Region, as its root."""
        return self.client(service, self.account, self.region)

    def role(self, name: str, statements: Iterable[dict[str, Any]] = ()) -> str:
        """A role that functions can have, with these statements as its policy; its ARN."""
        iam = self.aws("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust())["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements or [NOTHING]))
        return arn

    def acting(self, name: str, *statements: dict[str, Any]) -> "Functions":
        """The same account, through a role with these statements."""
        role = f"arn:aws:iam::{self.account}:role/{name}"
        everyone = {"Effect": "Allow", "Principal": {"AWS": self.account}, "Action": "sts:AssumeRole"}
        iam = self.aws("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document([everyone]))
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements or [NOTHING]))
        keys = self.aws("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        credentials = {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }
        return Functions(functools.partial(self.client, **credentials), self.account, self.region)

    def make(
        self,
        name: str,
        source: str | bytes,
        statements: Iterable[dict[str, Any]] = (),
        **settings: Any,
    ) -> str:
        """A function whose handler is `index.handle_handler` of `source`, or a whole zip; its ARN."""
        code = {"ZipFile": archive({"index.py": source}) if isinstance(source, str) else source}
        role = self.role(f"{name}-{self.region}", statements)
        wanted = {"Runtime": "python3.13", "Handler": "index.handle_handler", "Code": code, "Timeout": 10, **settings}
        arn: str = self.aws("lambda").create_function(FunctionName=name, Role=role, **wanted)["FunctionArn"]
        return arn

    def call(self, name: str, event: Any = None) -> Any:
        """The function's answer; an error's body is returned as the answer."""
        answer = self.aws("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())


NOTHING = {"Action": "iam:GetAccountSummary", "Resource": "*"}
