"""The hub's event bus: where every spoke's alerts and reports arrive."""

from troposphere import AWSObject, GetAtt, Ref
from troposphere.events import Archive, EventBus, EventBusPolicy

from generator.config import Config


def central_bus(config: Config) -> list[AWSObject]:
    """Return the bus, its policy (the organization's accounts put events on it, nobody else) and its archive."""
    bus = EventBus("Bus", Name=config.names.bus)
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": GetAtt(bus, "Arn"),
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": config.organization.id}},
    }
    return [
        bus,
        EventBusPolicy("BusPolicy", EventBusName=Ref(bus), StatementId="Organization", Statement=statement),
        Archive(
            "BusArchive",
            ArchiveName=config.names.bus,
            SourceArn=GetAtt(bus, "Arn"),
            RetentionDays=config.findings.event_archive_days,
        ),
    ]
