"""The hub's event bus: where every spoke's alerts and reports arrive."""

from typing import Any

from troposphere import AWSObject, GetAtt, Ref, Sub
from troposphere.events import Archive, EventBus, EventBusPolicy

from generator.config import Config


def central_bus(config: Config) -> list[AWSObject]:
    """Return the bus, its policy (the spokes of the organization put events on it, nobody else) and its archive."""
    bus = EventBus("Bus", Name=config.names.bus)
    return [
        bus,
        EventBusPolicy("BusPolicy", EventBusName=Ref(bus), StatementId="Spokes", Statement=_statement(bus, config)),
        Archive(
            "BusArchive",
            ArchiveName=config.names.bus,
            SourceArn=GetAtt(bus, "Arn"),
            RetentionDays=config.findings.event_archive_days,
        ),
    ]


def _statement(bus: EventBus, config: Config) -> dict[str, Any]:
    """A member account's other principals may not report in its spoke's name."""
    spokes = Sub(f"arn:${{AWS::Partition}}:iam::*:role/{config.aws.prefix}-spoke-*")
    return {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": GetAtt(bus, "Arn"),
        "Condition": {
            "StringEquals": {"aws:PrincipalOrgID": config.organization.id},
            "ArnLike": {"aws:PrincipalArn": spokes},
        },
    }
