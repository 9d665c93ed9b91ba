"""What the management account gives to the hub; also the whole code of the management stack's function.

It is inlined in a template, so it imports the standard library and boto3 only.
"""

import json
import signal
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import boto3
from botocore.exceptions import ClientError

STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
CLOUDTRAIL = "cloudtrail.amazonaws.com"
CONFIG = "config.amazonaws.com"
# Quota of Organizations: characters of its one resource policy.
LONGEST_POLICY = 40_000
# CloudFormation takes answers of 4,096 bytes (custom resource response objects).
LONGEST_REASON = 2_000
PATIENCE_SECONDS = 10
# IAM takes seconds to know what a role may do since just now.
WAITS_SECONDS = (5, 10)

Document = dict[str, Any]
# A service's name → its client.
Clients = Callable[..., Any]


class PolicyTooLongError(ValueError):
    """The organization's resource policy has no room for our statement."""


class Call(NamedTuple):
    """A call of AWS's API, in boto3's words."""

    service: str
    operation: str
    arguments: Document
    region: str = ""


class Service(NamedTuple):
    """A security service: its principal, and in boto3's words how its administrator is listed and named."""

    title: str
    principal: str
    listing: str
    key: str
    field: str
    naming: str
    argument: str


# Each is registered with the service itself, in every Region, which registers it with Organizations.
SERVICES = {
    "securityhub": Service(
        *("Security Hub", "securityhub.amazonaws.com"),
        *("list_organization_admin_accounts", "AdminAccounts", "AccountId"),
        *("enable_organization_admin_account", "AdminAccountId"),
    ),
    "guardduty": Service(
        *("GuardDuty", "guardduty.amazonaws.com"),
        *("list_organization_admin_accounts", "AdminAccounts", "AdminAccountId"),
        *("enable_organization_admin_account", "AdminAccountId"),
    ),
    "inspector2": Service(
        *("Inspector", "inspector2.amazonaws.com"),
        *("list_delegated_admin_accounts", "delegatedAdminAccounts", "accountId"),
        *("enable_delegated_admin_account", "delegatedAdminAccountId"),
    ),
    "macie2": Service(
        *("Macie", "macie.amazonaws.com"),
        *("list_organization_admin_accounts", "adminAccounts", "accountId"),
        *("enable_organization_admin_account", "adminAccountId"),
    ),
}


# What is switched on, by boto3's name → its principal and title.
PRINCIPALS = {**{name: (one.principal, one.title) for name, one in SERVICES.items()}, "config": (CONFIG, "Config")}


class Grant(NamedTuple):
    """One thing that is given: `look` reads what there is (nothing is falsy), `do` and `undo` say what that needs.

    They return the call to make, None when it is so already. What others may use too has no `undo`: it is left.
    """

    what: str
    look: Callable[[Clients], Any]
    do: Callable[[Any], Call | None]
    undo: Callable[[Any], Call | None] | None = None


def grants(
    hub: str, statement: Document, *, has_trail: bool, services: Iterable[str] = (), regions: Iterable[str] = ()
) -> list[Grant]:
    """Return everything that the hub account needs.

    `statement`, with its Sid, is what it may ask Organizations; `services` are those of `SERVICES` that it switches on
    in `regions`.
    """
    found = [
        _once(
            "trusted access of StackSets", _stack_sets_are_trusted, "cloudformation", "activate_organizations_access"
        ),
        _administrator(hub, "StackSets", STACK_SETS, _register(hub, STACK_SETS), _deregister(hub, STACK_SETS)),
        _policy(hub, statement),
    ]
    if has_trail:
        # Organizations' own registration would not make the service-linked role
        # (CloudTrail user guide, "Organization delegated administrator").
        register = Call("cloudtrail", "register_organization_delegated_admin", {"MemberAccountId": hub})
        deregister = Call("cloudtrail", "deregister_organization_delegated_admin", {"DelegatedAdminAccountId": hub})
        found += [
            _trusted("CloudTrail", CLOUDTRAIL),
            _administrator(hub, "CloudTrail", CLOUDTRAIL, register, deregister),
        ]
    places = list(regions)
    for name in services:
        if name == "config":
            found += [_trusted("Config", CONFIG), _administrator(hub, "Config", CONFIG, _register(hub, CONFIG))]
            continue
        found.append(_trusted(SERVICES[name].title, SERVICES[name].principal))
        found += [_security_administrator(hub, name, region) for region in places]
    return found


def give(grant: Grant, clients: Clients) -> bool:
    """Give it; return False when it is given already."""
    return _made(grant.do(grant.look(clients)), clients)


def take_back(grant: Grant, clients: Clients) -> bool:
    """Take it back; return False when there is nothing to take, or others may use it."""
    return grant.undo is not None and _made(grant.undo(grant.look(clients)), clients)


def _made(call: Call | None, clients: Clients) -> bool:
    if call:
        getattr(_client(clients, call.service, call.region), call.operation)(**call.arguments)
    return call is not None


def _client(clients: Clients, service: str, region: str) -> Any:
    return clients(service, region_name=region) if region else clients(service)


def _once(what: str, look: Callable[[Clients], Any], service: str, operation: str, **arguments: str) -> Grant:
    return Grant(what, look, lambda is_so: None if is_so else Call(service, operation, arguments))


def _stack_sets_are_trusted(clients: Clients) -> bool:
    return bool(clients("cloudformation").describe_organizations_access()["Status"] == "ENABLED")


def _trusted(title: str, principal: str) -> Grant:
    def look(clients: Clients) -> bool:
        pages = clients("organizations").get_paginator("list_aws_service_access_for_organization").paginate()
        return principal in [one["ServicePrincipal"] for page in pages for one in page["EnabledServicePrincipals"]]

    what = f"trusted access of {title}"
    return _once(what, look, "organizations", "enable_aws_service_access", ServicePrincipal=principal)


def _administrator(hub: str, title: str, principal: str, register: Call, deregister: Call | None = None) -> Grant:
    def look(clients: Clients) -> list[str]:
        paginator = clients("organizations").get_paginator("list_delegated_administrators")
        pages = paginator.paginate(ServicePrincipal=principal)
        return [one["Id"] for page in pages for one in page["DelegatedAdministrators"]]

    return Grant(
        f"{hub} as delegated administrator of {title}",
        look,
        lambda accounts: None if hub in accounts else register,
        (lambda accounts: deregister if hub in accounts else None) if deregister else None,
    )


def _security_administrator(hub: str, name: str, region: str) -> Grant:
    """Without taking it back: its members would stand alone, and others rely on them."""
    service = SERVICES[name]

    def look(clients: Clients) -> list[str]:
        listed = getattr(_client(clients, name, region), service.listing)()
        return [one[service.field] for one in listed[service.key]]

    call = Call(name, service.naming, {service.argument: hub}, region)
    what = f"{hub} as delegated administrator of {service.title} in {region}"
    return Grant(what, look, lambda accounts: None if hub in accounts else call)


def _register(hub: str, principal: str) -> Call:
    arguments = {"AccountId": hub, "ServicePrincipal": principal}
    return Call("organizations", "register_delegated_administrator", arguments)


def _deregister(hub: str, principal: str) -> Call:
    return _register(hub, principal)._replace(operation="deregister_delegated_administrator")


def _policy(hub: str, statement: Document) -> Grant:
    """Give by the organization's one resource policy, in which others' statements stay as they are."""

    def do(policy: Document) -> Call | None:
        held = _statements(policy)
        if statement in held:
            return None
        return _put(policy, [*_others(held, statement), statement])

    def undo(policy: Document) -> Call | None:
        held = _statements(policy)
        kept = _others(held, statement)
        if kept == held:
            return None
        return _put(policy, kept) if kept else Call("organizations", "delete_resource_policy", {})

    return Grant(f"{hub} reads the organization", _resource_policy, do, undo)


def _resource_policy(clients: Clients) -> Document:
    client = clients("organizations")
    try:
        return dict(json.loads(client.describe_resource_policy()["ResourcePolicy"]["Content"]))
    except client.exceptions.ResourcePolicyNotFoundException:
        return {}


def _statements(policy: Document) -> list[Document]:
    held = policy["Statement"] if policy else []
    return held if isinstance(held, list) else [held]


def _others(held: list[Document], ours: Document) -> list[Document]:
    return [one for one in held if one.get("Sid") != ours["Sid"]]


def _put(policy: Document, statements: list[Document]) -> Call:
    whole = {"Version": "2012-10-17", **(policy or {}), "Statement": statements}
    content = json.dumps(whole, separators=(",", ":"))
    if len(content) > LONGEST_POLICY:
        raise PolicyTooLongError(
            f"the organization's resource policy would have {len(content)} characters, {LONGEST_POLICY} are allowed; "
            "take out statements that nobody needs"
        )
    return Call("organizations", "put_resource_policy", {"Content": content})


def answer_handler(event: Document, context: Any) -> None:
    """Answer a custom resource: what it asks for is given, what it asks for no more (at deletion: all) is taken back.

    CloudFormation is answered whatever happens, for a request without an answer holds a stack for an hour.
    """
    reason = ""
    try:
        signal.signal(signal.SIGALRM, _stop)
        signal.alarm(max(1, context.get_remaining_time_in_millis() // 1000 - PATIENCE_SECONDS))
        _insist(event, boto3.client)
    except Exception as error:  # noqa: BLE001 - the isolator of custom resources
        reason = f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    _send(event, reason, f"log stream {context.log_stream_name}")


def _stop(_number: int, _frame: object) -> None:
    raise TimeoutError("AWS did not answer in time")


def _insist(event: Document, clients: Clients) -> None:
    """Try again what is refused: everything that was done already is found so."""
    for wait in WAITS_SECONDS:
        try:
            return _follow(event, clients)
        except ClientError as error:
            if not error.response["Error"]["Code"].startswith("AccessDenied"):
                raise
            time.sleep(wait)
    return _follow(event, clients)


def _follow(event: Document, clients: Clients) -> None:
    asked = event["ResourceProperties"]
    wanted = [] if event["RequestType"] == "Delete" else _asked_for(asked)
    kept = {grant.what for grant in wanted}
    for grant in reversed(_asked_for(event.get("OldResourceProperties") or asked)):
        if grant.what not in kept:
            take_back(grant, clients)
    for grant in wanted:
        give(grant, clients)


def _asked_for(properties: Document) -> list[Grant]:
    # CloudFormation turns every property into a text.
    return grants(
        properties["Hub"],
        properties["Statement"],
        has_trail=properties["Trail"] == "true",
        services=properties.get("Services", ()),
        regions=properties.get("Regions", ()),
    )


def _send(event: Document, reason: str, otherwise: str) -> None:
    answer = {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": reason.encode()[:LONGEST_REASON].decode(errors="ignore") or otherwise,
        # Another id would mean replacement.
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # The presigned address was signed for an empty content type.
    request = Request(event["ResponseURL"], json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT")  # noqa: S310 - CloudFormation's
    with urlopen(request, timeout=PATIENCE_SECONDS):  # noqa: S310 - as above
        pass
