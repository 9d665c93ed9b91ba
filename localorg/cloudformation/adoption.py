"""A bucket that a change set takes over is not a name conflict: MiniStack's validation does not know of imports."""

from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

from ministack.services.cloudformation import changesets, provisioners, stacks

from localorg import patches

_ADOPTED: ContextVar[frozenset[str]] = ContextVar("localorg_adopted_buckets", default=frozenset())
Deploy = Callable[..., Coroutine[Any, Any, None]]


def install() -> None:
    """Tell the validation which buckets are imported."""
    patches.require(stacks, "_validation_errors", "s3_bucket_name_conflict(name)", "import (")
    conflict = patches.require(provisioners, "s3_bucket_name_conflict", "already exists")
    patches.replace(provisioners, "s3_bucket_name_conflict", _unless_adopted(conflict))
    deploy = patches.require(changesets, "_deploy_stack_async", "imports: dict | None = None")
    patches.replace(changesets, "_deploy_stack_async", _adopting(deploy))


def _unless_adopted(conflict: Callable[[str], str | None]) -> Callable[[str], str | None]:
    def bucket_name_conflict(name: str) -> str | None:
        return None if name in _ADOPTED.get() else conflict(name)

    return bucket_name_conflict


def _adopting(deploy: Deploy) -> Deploy:
    async def deploy_stack(*arguments: Any, imports: dict[str, dict[str, str]] | None = None, **named: Any) -> None:
        """A task of its own, so what is set here ends with it."""
        _ADOPTED.set(frozenset(found["BucketName"] for found in (imports or {}).values() if "BucketName" in found))
        await deploy(*arguments, imports=imports, **named)

    return deploy_stack
