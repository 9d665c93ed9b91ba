"""Saved questions to the hub's logs (CloudWatch Logs Insights)."""

from troposphere import Ref
from troposphere.logs import QueryDefinition

from generator.config import Config
from generator.functions import DETECTOR, HUB_FUNCTIONS, INGESTER, Function

# The functions log JSON by Powertools' Logger, and metrics as JSON in CloudWatch's embedded format, in arrays.
_QUESTIONS = {
    "Error Analysis": (
        'fields @timestamp, service, message, exception_name, exception\n| filter level in ["ERROR", "CRITICAL"]\n'
        "| sort @timestamp desc\n| limit 200"
    ),
    "Errors by function and hour": (
        'filter level in ["ERROR", "CRITICAL"]\n| stats count(*) as errors by service, message, bin(1h) as hour\n'
        "| sort errors desc"
    ),
    "Security Findings Analysis": (
        "filter ispresent(`Findings.0`)\n| stats sum(`Findings.0`) as findings, sum(`FindingsChanged.0`) as changed "
        "by service, bin(1h) as hour\n| sort hour desc"
    ),
    "Slowest calls": (
        'filter @type = "REPORT"\n| stats max(@duration) as slowest, avg(@duration) as usual, max(@maxMemoryUsed) as '
        "memory by @log\n| sort slowest desc"
    ),
}


def questions(config: Config, titles: set[str]) -> list[QueryDefinition]:
    """Return the questions, each to the logs of the functions that are in the template (`titles`: logical ids)."""
    present = [one for one in HUB_FUNCTIONS if f"{one.title}Logs" in titles]
    finding = [one for one in present if one in {DETECTOR, INGESTER}]
    return [
        QueryDefinition(
            "".join(word.title() for word in name.split()),
            Name=f"{config.aws.prefix}/{name}",
            LogGroupNames=_groups(finding if "Findings" in name else present),
            QueryString=text,
        )
        for name, text in _QUESTIONS.items()
    ]


def _groups(functions: list[Function]) -> list[Ref]:
    return [Ref(f"{one.title}Logs") for one in functions]
