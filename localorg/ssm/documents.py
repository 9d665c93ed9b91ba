"""SSM documents of type Command, by account and Region, with their versions; and two of Amazon's own.

Source: Systems Manager API reference.
"""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ssm

from localorg.answers import ApiError
from localorg.organization import PARTITION
from localorg.ssm import content

Body = dict[str, Any]
# An account and a Region.
Place = tuple[str, str]

NAME = re.compile(r"(?!(?:aws|amazon|amzn)[-_.])[a-zA-Z0-9_\-.]{3,128}", re.IGNORECASE)
AMAZON = "AWS-"
PAGE = 50


@dataclass(frozen=True)
class Version:
    """One version of a document."""

    number: int
    text: str
    format: str = "JSON"
    made: float = field(default_factory=time.time)

    @property
    def hash(self) -> str:
        """The SHA-256 of the content."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass
class Document:
    """A document: its versions from the first, the number of the default one, its tags."""

    name: str
    versions: list[Version]
    default: int = 1
    owner: str = "Amazon"
    tags: list[dict[str, str]] = field(default_factory=list)

    def version(self, asked: str = "$DEFAULT") -> Version:
        """A version by its number, `$LATEST` or `$DEFAULT`; ApiError when there is none."""
        number = {"$DEFAULT": str(self.default), "$LATEST": str(self.versions[-1].number)}.get(asked, asked)
        found = next((one for one in self.versions if str(one.number) == number), None)
        if found is None:
            raise ApiError("InvalidDocumentVersion", f"Document {self.name} has no version {asked}.")
        return found

    @property
    def arn(self) -> str:
        """Its ARN in the current Region; Amazon's own documents have no account."""
        return arn_of(self.name)


DOCUMENTS: dict[Place, dict[str, Document]] = {}


def here() -> Place:
    """The caller's account and Region."""
    return get_account_id(), get_region()


def arn_of(name: str) -> str:
    """The ARN of a document that a call of the current account and Region names; a name may be an ARN already."""
    account = "" if name.startswith(AMAZON) else get_account_id()
    return name if name.startswith("arn:") else f"arn:{PARTITION}:ssm:{get_region()}:{account}:document/{name}"


def find(name: str) -> Document:
    """The document of a name or ARN; ApiError InvalidDocument when there is none."""
    short = name.rpartition("/")[2]
    found = DOCUMENTS.get(here(), {}).get(short) or OWN.get(short)
    if found is None or found.arn != arn_of(name):
        raise ApiError("InvalidDocument", f"Document with name {name} does not exist.")
    return found


def create(body: Body) -> Body:
    """CreateDocument: type Command only."""
    name, text = str(body.get("Name", "")), str(body.get("Content", ""))
    if not NAME.fullmatch(name):
        raise ApiError(
            "ValidationException", f"Value '{name}' at 'name' must match the pattern [a-zA-Z0-9_\\-.]{{3,128}}"
        )
    if body.get("DocumentType", "Command") != "Command":
        raise ApiError("InvalidDocumentContent", "only documents of type Command are emulated")
    known = DOCUMENTS.setdefault(here(), {})
    if name in known:
        raise ApiError("DocumentAlreadyExists", f"Document {name} already exists.")
    content.parse(text)
    version = Version(1, text, str(body.get("DocumentFormat", "JSON")))
    known[name] = Document(name, [version], owner=get_account_id(), tags=list(body.get("Tags") or ()))
    # Where conditions and the tagging API find them.
    ssm._tags[known[name].arn] = {tag["Key"]: tag["Value"] for tag in known[name].tags}
    return {"DocumentDescription": _described(known[name], version)}


def update(body: Body) -> Body:
    """UpdateDocument: a new version of the newest one, which does not become the default by itself."""
    document, text = _own(body), str(body.get("Content", ""))
    document.version(str(body.get("DocumentVersion", "$LATEST")))
    content.parse(text)
    if any(one.text == text for one in document.versions):
        raise ApiError("DuplicateDocumentContent", "The content of the document matches an earlier version.")
    version = Version(document.versions[-1].number + 1, text, str(body.get("DocumentFormat", "JSON")))
    document.versions.append(version)
    return {"DocumentDescription": _described(document, version)}


def update_default(body: Body) -> Body:
    """UpdateDocumentDefaultVersion."""
    document = _own(body)
    version = document.version(str(body.get("DocumentVersion", "")))
    document.default = version.number
    return {"Description": {"Name": document.name, "DefaultVersion": str(version.number)}}


def delete(body: Body) -> Body:
    """DeleteDocument, with all its versions."""
    document = _own(body)
    del DOCUMENTS[here()][document.name]
    ssm._tags.pop(document.arn, None)
    return {}


def get(body: Body) -> Body:
    """GetDocument: the content of a version."""
    document, version = _asked(body)
    return {
        "Name": document.name,
        "CreatedDate": version.made,
        "DocumentVersion": str(version.number),
        "Status": "Active",
        "Content": version.text,
        "DocumentType": "Command",
        "DocumentFormat": version.format,
    }


def describe(body: Body) -> Body:
    """DescribeDocument."""
    return {"Document": _described(*_asked(body))}


def listed(body: Body) -> Body:
    """ListDocuments: the account's own and Amazon's, by the filters Name and Owner."""
    wanted = {one["Key"]: one["Values"] for one in body.get("Filters") or ()}
    known = [*DOCUMENTS.get(here(), {}).values(), *OWN.values()]
    found = [one for one in sorted(known, key=lambda one: one.name) if _is_wanted(one, wanted)]
    begin, size = int(body.get("NextToken") or 0), int(body.get("MaxResults") or PAGE)
    more = {"NextToken": str(begin + size)} if len(found) > begin + size else {}
    return {"DocumentIdentifiers": [_identified(one, one.version()) for one in found[begin : begin + size]], **more}


def _is_wanted(document: Document, wanted: Mapping[str, list[str]]) -> bool:
    owners = wanted.get("Owner", [])
    is_owned = not owners or ("Amazon" if document.owner == "Amazon" else "Self") in owners
    return is_owned and any(document.name.startswith(name) for name in wanted.get("Name", [""]))


def _own(body: Body) -> Document:
    document = find(str(body.get("Name", "")))
    if document.owner != get_account_id():
        raise ApiError("InvalidDocumentOperation", f"Document {document.name} belongs to {document.owner}.")
    return document


def _asked(body: Body) -> tuple[Document, Version]:
    document = find(str(body.get("Name", "")))
    return document, document.version(str(body.get("DocumentVersion") or "$DEFAULT"))


def _identified(document: Document, version: Version) -> Body:
    return {
        "Name": document.name,
        "Owner": document.owner,
        "PlatformTypes": content.parse(version.text).platforms,
        "DocumentVersion": str(version.number),
        "DocumentType": "Command",
        "DocumentFormat": version.format,
        "SchemaVersion": content.SCHEMA,
        "Tags": document.tags,
    }


def _described(document: Document, version: Version) -> Body:
    read = content.parse(version.text)
    parameters = [
        {
            "Name": name,
            "Type": "StringList" if declared["type"] == "StringList" else "String",
            "Description": str(declared.get("description", "")),
            **({"DefaultValue": str(declared["default"])} if "default" in declared else {}),
        }
        for name, declared in read.parameters.items()
    ]
    return {
        **_identified(document, version),
        "Sha1": hashlib.sha1(version.text.encode(), usedforsecurity=False).hexdigest(),
        "Hash": version.hash,
        "HashType": "Sha256",
        "CreatedDate": version.made,
        "Status": "Active",
        "Description": read.description,
        "Parameters": parameters,
        "LatestVersion": str(document.versions[-1].number),
        "DefaultVersion": str(document.default),
    }


def _amazon(name: str, action: str) -> Document:
    """One of Amazon's documents that run the caller's own lines."""
    parameters = {
        "commands": {"type": "StringList"},
        "workingDirectory": {"type": "String", "default": ""},
        "executionTimeout": {
            "type": "String",
            "default": "3600",
            "allowedPattern": "([1-9][0-9]{0,4})|(1[0-6][0-9]{4})",
        },
    }
    inputs = {
        "runCommand": "{{ commands }}",
        "workingDirectory": "{{ workingDirectory }}",
        "timeoutSeconds": "{{ executionTimeout }}",
    }
    step = {"name": action.removeprefix("aws:"), "action": action, "inputs": inputs}
    text = json.dumps({"schemaVersion": content.SCHEMA, "parameters": parameters, "mainSteps": [step]})
    return Document(name, [Version(1, text)])


OWN = {
    name: _amazon(name, action)
    for name, action in (
        ("AWS-RunShellScript", content.SHELL),
        ("AWS-RunPowerShellScript", content.POWERSHELL),
    )
}
