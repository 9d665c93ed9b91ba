"""Buckets are deleted only when they are empty, versions included; MiniStack would drop them with their objects."""

from typing import Any

from ministack.services import s3

from localorg.cloudformation.answers import ResourceError


def handler(own: dict[str, Any]) -> dict[str, Any]:
    """The type's handler; `own` is MiniStack's."""

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        bucket = s3._buckets.get(physical_id)
        if bucket and (bucket["objects"] or s3._bucket_has_versions(physical_id)):
            raise ResourceError(f"The bucket you tried to delete is not empty: {physical_id}")
        own["delete"](physical_id, properties)

    return {**own, "delete": delete}
