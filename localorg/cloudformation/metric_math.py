"""Alarms on expressions over metrics, which MiniStack refuses: they are declared only, and never go off."""

from typing import Any

from localorg.cloudformation import declared


def handler(own: dict[str, Any]) -> dict[str, Any]:
    """The type's handler; `own` is MiniStack's."""
    unemulated = declared.handler("AWS::CloudWatch::Alarm")

    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        chosen = unemulated if properties.get("Metrics") else own
        return chosen["create"](logical_id, properties, stack)

    def update(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack: str, **named: Any) -> Any:
        if new.get("Metrics"):
            return unemulated["update"](physical_id, old, new, stack)
        return own["update"](physical_id, old, new, stack, **named)

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        if not properties.get("Metrics"):
            own["delete"](physical_id, properties)

    return {**own, "create": create, "update": update, "delete": delete}
