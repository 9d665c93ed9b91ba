"""What people ask for by hand: for which instances the agent is installed, upgraded or removed, and the asking."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from contract.agents import Action, AgentState, Via
from contract.names import Names, partition_of
from contract.spoke_events import AgentStatus
from generator.problems import BadInputError
from hub.store.agents import KnownInstance

_AT_ONCE = 8
_ONE_CLIENT = 25
_SESSION = "muster-agents"

# A client of a service in an account and Region, under the role that may look and start the machines there.
Clients = Callable[[str, str, str], Any]


class Asked(msgspec.Struct, frozen=True):
    """What became of asking for one instance; an empty `failure`: its machine runs."""

    account: str
    region: str
    instance: str
    failure: str = ""


def chosen(
    known: Iterable[KnownInstance], accounts: Sequence[str], instances: Sequence[str], states: Sequence[AgentState]
) -> list[KnownInstance]:
    """Return the instances of some accounts, ids and states; an empty list asks for any."""
    return [
        one
        for one in known
        if (not accounts or one.status.account in accounts)
        and (not instances or one.status.instance in instances)
        and (not states or one.status.state in states)
    ]


def tagged(known: Sequence[KnownInstance], tags: Mapping[str, str | None], clients: Clients) -> list[KnownInstance]:
    """Return the running instances that have all of some tags now, as EC2 says; None stands for any value.

    BadInputError names the place that cannot be asked: who is left out of an answer would be left out of the work.
    """
    places = sorted({(one.status.account, one.status.region) for one in known})

    def ids(place: tuple[str, str]) -> set[str]:
        try:
            return _tagged_ids(clients("ec2", *place), tags)
        except (BotoCoreError, ClientError) as error:
            raise BadInputError(f"--tag: EC2 of {' '.join(place)} cannot be asked: {error}") from error

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(zip(places, pool.map(ids, places), strict=True))
    return [one for one in known if one.status.instance in found[one.status.account, one.status.region]]


def _tagged_ids(ec2: Any, tags: Mapping[str, str | None]) -> set[str]:
    filters: list[dict[str, Any]] = [{"Name": "instance-state-name", "Values": ["running"]}]
    for key, value in tags.items():
        filters.append(
            {"Name": "tag-key", "Values": [key]} if value is None else {"Name": f"tag:{key}", "Values": [value]}
        )
    pages = ec2.get_paginator("describe_instances").paginate(Filters=filters)
    return {str(one["InstanceId"]) for page in pages for each in page["Reservations"] for one in each["Instances"]}


def ask(targets: Sequence[KnownInstance], action: Action, names: Names, clients: Clients) -> Iterator[Asked]:
    """Start the machine of each instance, several at once, and yield what became of each; no failure stops another."""

    def start(some: Sequence[KnownInstance]) -> list[Asked]:
        place = (some[0].status.account, some[0].status.region)
        try:
            client = clients("stepfunctions", *place)
        except (BotoCoreError, ClientError) as error:
            return [Asked(*place, one.status.instance, failure=str(error)) for one in some]
        return [_started(client, machine(names, *place), one.status, action) for one in some]

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for asked in pool.map(start, _parts(targets)):
            yield from asked


def _parts(targets: Sequence[KnownInstance]) -> Iterator[Sequence[KnownInstance]]:
    """Yield the instances of each place, so many that one client serves."""
    places: dict[tuple[str, str], list[KnownInstance]] = {}
    for one in targets:
        places.setdefault((one.status.account, one.status.region), []).append(one)
    for found in places.values():
        yield from (found[first : first + _ONE_CLIENT] for first in range(0, len(found), _ONE_CLIENT))


def _started(client: Any, arn: str, known: AgentStatus, action: Action) -> Asked:
    asked = Asked(known.account, known.region, known.instance)
    wanted = {"instance": known.instance, "via": Via.COMMAND, "action": action, "wait": 0}
    try:
        client.start_execution(stateMachineArn=arn, input=json.dumps(wanted))
    except (BotoCoreError, ClientError) as error:
        return msgspec.structs.replace(asked, failure=str(error))
    return asked


def machine(names: Names, account: str, region: str) -> str:
    """Return the ARN of the machine that takes one instance on its way."""
    return f"arn:{partition_of(region)}:states:{region}:{account}:stateMachine:{names.agent_machine('start')}"


def assumed(session: boto3.Session, names: Names) -> Clients:
    """Return clients under each spoke's own role for this; they go where the session's own settings say."""
    sts: Any = session.client("sts")
    # A client may be used by several threads; a session makes one client after the other.
    making = Lock()

    def client(service: Any, account: str, region: str) -> Any:
        role = f"arn:{partition_of(region)}:iam::{account}:role/{names.agent_role}-{region}"
        given = sts.assume_role(RoleArn=role, RoleSessionName=_SESSION)["Credentials"]
        with making:
            return session.client(
                service,
                region_name=region,
                aws_access_key_id=given["AccessKeyId"],
                aws_secret_access_key=given["SecretAccessKey"],
                aws_session_token=given["SessionToken"],
            )

    return client
