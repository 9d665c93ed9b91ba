"""What a stack set deploys: template, parameters and capabilities, checked before anything is deployed."""

from typing import Any

from ministack.services.cloudformation import engine, handlers, helpers

from localorg import templates
from localorg.stacksets.model import StackSet
from localorg.stacksets.wire import StackSetError


def template_of(given: dict[str, Any]) -> str:
    """The request's template; StackSetError if there is none, two, or one too large."""
    body, url = given.get("TemplateBody"), given.get("TemplateURL")
    if bool(body) == bool(url):
        raise StackSetError("ValidationError", "Either Template URL or Template Body must be specified.")
    if url:
        try:
            return templates.read(url)
        except templates.TemplateError as error:
            raise StackSetError("ValidationError", str(error)) from error
    problem = helpers._template_body_problem(body)
    if problem:
        raise StackSetError("ValidationError", helpers.validation_error_message([problem]))
    return str(body)


def parsed(body: str) -> dict[str, Any]:
    """The template as a document; StackSetError if it is none, or holds what service-managed stack sets may not."""
    try:
        template: dict[str, Any] = engine._parse_template(body)
    except Exception as error:  # the parser raises whatever its YAML loader does
        raise StackSetError("ValidationError", f"Template format error: {error}") from error
    types = {resource.get("Type") for resource in template.get("Resources", {}).values()}
    if "AWS::CloudFormation::Stack" in types or template.get("Transform"):
        message = "Nested stacks and transforms are not supported by SERVICE_MANAGED stack sets"
        raise StackSetError("ValidationError", message)
    return template


def check(one: StackSet) -> None:
    """StackSetError if a stack of this stack set would be refused at once."""
    template = parsed(one.template)
    check_parameters(template, one.parameters)
    required = handlers._required_capabilities(template, strict=True)[0]
    missing = handlers._missing_capabilities(set(one.capabilities), required)
    if missing:
        message = handlers._insufficient_capabilities_message(missing)
        raise StackSetError("InsufficientCapabilitiesException", message)


def check_parameters(template: dict[str, Any], values: dict[str, str]) -> None:
    """StackSetError for unknown or missing parameters and for values against their constraints."""
    given = [{"Key": key, "Value": value, "UsePreviousValue": False} for key, value in values.items()]
    try:
        engine._resolve_parameters(template, given)
    except ValueError as error:
        raise StackSetError("ValidationError", str(error)) from error


def parameters(given: list[dict[str, Any]], previous: dict[str, str]) -> dict[str, str]:
    """Parameter values by key; UsePreviousValue takes what the stack set had."""
    values = {}
    for entry in given:
        key = entry.get("ParameterKey", "")
        if not entry.get("UsePreviousValue"):
            values[key] = entry.get("ParameterValue", "")
        elif key in previous:
            values[key] = previous[key]
    return values


def tags(given: list[dict[str, str]]) -> dict[str, str]:
    """Tags by key."""
    return {entry["Key"]: entry.get("Value", "") for entry in given}
