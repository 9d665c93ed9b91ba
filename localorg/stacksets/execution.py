"""The role of stack sets in a member account: StackSets makes it there, and the organization's policies bind it.

https://docs.aws.amazon.com/aws-managed-policy/latest/reference/CloudFormationStackSetsOrgMemberServiceRolePolicy.html
"""

import hashlib
import json
import time
import uuid
from functools import cache
from typing import Any

import boto3
from ministack.core.responses import request_scope
from ministack.services import iam, sts

from localorg.organization import PARTITION

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
# As long as a gateway lives.
_A_YEAR = 31_536_000


@cache
def client(account: str, region: str) -> Any:
    """CloudFormation of an account, as the execution role of stack sets there."""
    key, secret, token = _session(account)
    return boto3.client(
        "cloudformation",
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


@cache
def _session(account: str) -> tuple[str, str, str]:
    name = f"stacksets-exec-{hashlib.sha256(account.encode()).hexdigest()[:32]}"
    with request_scope(account, "us-east-1"):
        _make_role(name)
    key, secret, token = f"ASIA{uuid.uuid4().hex[:16].upper()}", uuid.uuid4().hex, uuid.uuid4().hex
    sts.register_session(
        key,
        {
            "Arn": f"arn:{PARTITION}:sts::{account}:assumed-role/{name}/stacksets",
            "UserId": f"{name}:stacksets",
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": time.time() + _A_YEAR,
            "AccountId": account,
            "PrincipalType": "AssumedRole",
        },
    )
    return key, secret, token


def _make_role(name: str) -> None:
    principal = {
        "AWS": f"arn:{PARTITION}:iam::*:role/aws-service-role/member.org.stacksets.cloudformation.amazonaws.com/*"
    }
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam._create_role({"RoleName": [name], "AssumeRolePolicyDocument": [document]})
    iam._roles[name]["InlinePolicies"]["everything"] = json.dumps(EVERYTHING)
