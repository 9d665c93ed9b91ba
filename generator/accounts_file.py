"""The organization's accounts from a file: what `aws organizations list-accounts` prints, or the hub's own form."""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, ValidationError

from generator.problems import BadInputError
from hub.store.accounts import ACTIVE, REMOVED, Account

_MEND = "give what `aws organizations list-accounts` prints; OuPath and Tags may be added"


def _tags(value: Any) -> Any:
    """Take tags as a mapping, or as the list that AWS makes of one."""
    if not isinstance(value, list):
        return value
    if not all(isinstance(one, dict) and {"Key", "Value"} <= set(one) for one in value):
        raise ValueError("each tag needs a Key and a Value")
    return {one["Key"]: one["Value"] for one in value}


class _Listed(BaseModel):
    id: str = Field(validation_alias=AliasChoices("Id", "id"), pattern=r"^\d{12}$")
    name: str = Field(default="", validation_alias=AliasChoices("Name", "name"))
    ou_path: str = Field(default="", validation_alias=AliasChoices("OuPath", "ou_path"))
    ou_ids: tuple[str, ...] = Field(default=(), validation_alias=AliasChoices("OuIds", "ou_ids"))
    tags: Annotated[dict[str, str], BeforeValidator(_tags)] = Field(
        default={}, validation_alias=AliasChoices("Tags", "tags")
    )
    status: str = Field(default=ACTIVE, validation_alias=AliasChoices("State", "Status", "status"))


class _AccountList(BaseModel):
    accounts: list[_Listed] = Field(validation_alias=AliasChoices("Accounts", "accounts"), min_length=1)


def read_accounts(path: Path) -> list[Account]:
    """Return the accounts that a file lists; `BadInputError` names the file, the field and the mend."""
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise BadInputError(f"--org: cannot read {path}: {error.strerror}; {_MEND}") from error
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"--org: {path} is not JSON: {error}; {_MEND}") from error
    try:
        listed = _AccountList.model_validate({"accounts": value} if isinstance(value, list) else value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        raise BadInputError(f"--org: {path}: {place}: {first['msg']}; {_MEND}") from error
    return [Account(**one.model_dump()) for one in listed.accounts if one.status != REMOVED]
