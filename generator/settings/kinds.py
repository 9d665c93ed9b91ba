"""What settings are made of: texts and numbers of a certain form, each with the form in words."""

import difflib
import ipaddress
import re
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from contract.actor import KINDS

_WILD = re.compile(r"[*?]")


@dataclass(frozen=True)
class Form:
    """What is allowed, in words: for one value, and for each value of a list."""

    one: str
    many: str = ""


def _network(text: str) -> str:
    """Return a CIDR block; detections compare it as text, so only the usual spelling would ever be met."""
    try:
        usual = str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise ValueError(f"{text} is no network; write a CIDR block, such as 192.0.2.0/24") from error
    if text != usual:
        raise ValueError(f"{text} is no network as AWS writes it; did you mean {usual}?")
    return text


def time_zone(text: str) -> str:
    """Return the name of a time zone; `ValueError` when there is none of that name."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = difflib.get_close_matches(text, available_timezones(), n=1)
        mend = f"did you mean {near[0]}?" if near else "write it as Europe/Berlin"
        raise ValueError(f"{text} is no time zone; {mend}") from error
    return text


def _day(given: object) -> str:
    """Return a day as ISO 8601 writes it, from TOML's date or from text."""
    text = given.isoformat() if isinstance(given, date) else given
    try:
        return date.fromisoformat(text if isinstance(text, str) else "").isoformat()
    except ValueError as error:
        raise ValueError(f"{given} is no day; write it as 2027-06-01") from error


def _source(text: str) -> str:
    return _network(text) if "/" in text else text


def _api_call(text: str) -> str:
    """Return an API call as events have it, from the short form too, in which the docs list them."""
    source, colon, name = text.partition(":")
    if not colon and not _WILD.match(text):
        raise ValueError(f"{text} is no API call; write it as iam:PutRolePolicy, with * for any text")
    is_short = colon and "." not in source and not _WILD.search(source)
    return f"{source}.amazonaws.com:{name}" if is_short else text


def _resource(text: str) -> str:
    """Return what may fit an ARN."""
    beginning = _WILD.split(text)[0][: len("arn:")]
    if not "arn:".startswith(beginning):
        raise ValueError(f"{text} is no ARN; write arn:aws:s3:::my-bucket, or *:my-bucket with * for any text")
    return text


def _actor_kind(text: str) -> str:
    if not any(fnmatchcase(one, text) for one in KINDS):
        raise ValueError(f"{text} is no kind of caller; write {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    return text


OrganizationId = Annotated[
    str,
    StringConstraints(pattern=r"^o-[a-z0-9]{10,32}$"),
    Form("o- and 10 to 32 lower-case letters and digits"),
]
RootId = Annotated[
    str, StringConstraints(pattern=r"^(r-[0-9a-z]{4,32})?$"), Form("r- and 4 to 32 lower-case letters and digits")
]
UnitId = Annotated[
    str,
    StringConstraints(pattern=r"^ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$"),
    Form("a unit's id, such as ou-exam-12345678", "ids such as ou-exam-12345678"),
]
TargetId = Annotated[
    str,
    StringConstraints(pattern=r"^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$"),
    Form("a unit's id, such as ou-exam-12345678", "ids such as ou-exam-12345678"),
]
AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$"), Form("12 digits", "12 digits each")]
OptionalAccountId = Annotated[str, StringConstraints(pattern=r"^(\d{12})?$"), Form("12 digits")]
# Which Regions there are is `generator.settings.regions`' to know.
RegionName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$"),
    Form("a Region, such as eu-central-1", "Regions, such as eu-central-1"),
]
OptionalRegionName = Annotated[
    str, StringConstraints(pattern=r"^([a-z]{2,4}(-[a-z]+)+-\d{1,2})?$"), Form("a Region, such as eu-west-1")
]
# The beginning is literal: a pattern of every role would exempt everybody.
RolePattern = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_+=,.@/-]{3}[A-Za-z0-9_+=,.@/*-]*$", max_length=256),
    Form(
        "path and name of a role, * for any characters after the third",
        "paths and names of roles, * for any characters",
    ),
]
EmailAddress = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s,]+@[^@\s,]+\.[^@\s,]+$"),
    Form("an email address", "email addresses"),
]
WebAddress = Annotated[
    str, StringConstraints(pattern=r"^(https?://\S+)?$"), Form("an address that begins with https:// or http://")
]
# CloudFront takes no other case, and wildcards are no address that people open.
DomainName = Annotated[
    str,
    StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", max_length=253),
    Form("a domain name in lower case, such as muster.example.com", "domain names in lower case"),
]
OptionalDomainName = Annotated[
    str,
    StringConstraints(
        pattern=r"^(([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9])?$", max_length=253
    ),
    Form("a domain name in lower case, such as dashboard.example.com"),
]
CertificateArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}$"),
    Form("the ARN of a certificate in AWS Certificate Manager"),
]
PrincipalArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)/[\w+=,.@/-]+)$", max_length=2_048),
    Form("the ARN of a role, user or account", "ARNs of roles, users or accounts (…:root)"),
]
Cidr = Annotated[
    str,
    AfterValidator(_network),
    Form("a CIDR block, such as 192.0.2.0/24", "CIDR blocks, such as 192.0.2.0/24"),
]
BucketPattern = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9.*-]{3,63}$"),
    Form("a bucket's name, * for any characters", "buckets' names, * for any characters"),
]
OptionalBucketName = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$"), Form("a bucket's name")
]
# TOML has days of its own; either form is taken.
Day = Annotated[str, BeforeValidator(_day), Form("a day, such as 2027-06-01")]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Glob = Annotated[_Text, Form("a text, * for any characters in it", "texts, * for any characters in them")]
SourceGlob = Annotated[
    _Text,
    AfterValidator(_source),
    Form("an address, a CIDR block or a service's name", "addresses, CIDR blocks or names of services, * for any text"),
]
ApiCallGlob = Annotated[
    _Text,
    AfterValidator(_api_call),
    Form("an API call, such as iam:PutRolePolicy", "API calls, such as iam:PutRolePolicy, * for any text"),
]
ResourceGlob = Annotated[
    _Text, AfterValidator(_resource), Form("an ARN, * for any text in it", "ARNs, * for any text in them")
]
ActorKind = Annotated[_Text, AfterValidator(_actor_kind), Form("a kind of caller", ", ".join(KINDS))]
ChannelName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$"),
    Form("2 to 40 lower-case letters, digits and hyphens", "names of channels"),
]
TimeZone = Annotated[str, AfterValidator(time_zone), Form("a time zone, such as Europe/Berlin")]
_KEY_CHARACTERS = r"[A-Za-z0-9_.:/=+@-]"
TagKey = Annotated[
    str,
    StringConstraints(pattern=rf"^{_KEY_CHARACTERS}{{1,128}}$"),
    Form("1 to 128 letters, digits and _.:/=+@-"),
]
OptionalTagKey = Annotated[
    str,
    StringConstraints(pattern=rf"^{_KEY_CHARACTERS}{{0,128}}$"),
    Form("up to 128 letters, digits and _.:/=+@-"),
]
FixedTag = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_.:/+@-]{1,128}=[A-Za-z0-9 _.:/=+@-]*$", max_length=385),
    Form("Key=value", "each Key=value: letters, digits and _.:/+@-, in the value also spaces and ="),
]
Count = Annotated[int, Field(ge=1, le=10_000, strict=True), Form("1 to 10000")]
Events = Annotated[int, Field(ge=100, le=10_000_000, strict=True), Form("100 to 10000000")]
Port = Annotated[int, Field(ge=0, le=65_535, strict=True), Form("0 to 65535", "0 to 65535 each")]
Days = Annotated[int, Field(ge=1, le=3650, strict=True), Form("1 to 3650")]
# Lax, pydantic takes "no" and 0 for false too.
Switch = Annotated[bool, Field(strict=True)]
