"""Documents of Systems Manager, made by its own calls; new content is a new version, or a new document."""

import json
from typing import Any

from localorg.answers import ApiError
from localorg.cloudformation.answers import ResourceError
from localorg.ssm import documents

Properties = dict[str, Any]
Made = tuple[str, dict[str, str]]
KIND = "AWS::SSM::Document"


def create(logical_id: str, properties: Properties, stack: str) -> Made:
    """A document; ResourceError with what Systems Manager says of it."""
    name = properties.get("Name") or f"{stack}-{logical_id}"
    try:
        documents.create({**_asked(properties), "Name": name, "Tags": properties.get("Tags") or []})
    except ApiError as error:
        raise ResourceError(str(error)) from error
    return name, {}


def update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    """A new version that is the default one, or what replaces the document where the template does not ask for that."""
    asked = _asked(new)
    if asked == _asked(old) and old.get("Name") == new.get("Name"):
        return physical_id, {}
    if old.get("Name") == new.get("Name") and new.get("UpdateMethod") == "NewVersion":
        return _new_version(physical_id, asked)
    if new.get("Name") and old.get("Name") == new.get("Name"):
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ssm-document.html, UpdateMethod
        reason = "CloudFormation cannot update a stack when a custom-named resource requires replacing."
        raise ResourceError(f"{reason} Rename {physical_id} and update the stack again.")
    made = create("Document", new, stack)
    delete(physical_id, old)
    return made


def delete(physical_id: str, _properties: Properties) -> None:
    """Delete the document, if it is still there."""
    if physical_id in documents.DOCUMENTS.get(documents.here(), {}):
        documents.delete({"Name": physical_id})


def _new_version(name: str, asked: Properties) -> Made:
    try:
        described = documents.update({**asked, "Name": name})["DocumentDescription"]
        documents.update_default({"Name": name, "DocumentVersion": described["DocumentVersion"]})
    except ApiError as error:
        raise ResourceError(str(error)) from error
    return name, {}


def _asked(properties: Properties) -> Properties:
    """The properties as the API takes them, but for the name."""
    content = properties.get("Content", "")
    names = ("DocumentType", "DocumentFormat")
    given = {name: properties[name] for name in names if name in properties}
    return {"DocumentType": "Command", **given, "Content": content if isinstance(content, str) else json.dumps(content)}


HANDLER = {"create": create, "update": update, "delete": delete}
