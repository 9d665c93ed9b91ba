"""What other systems may look up in SSM Parameter Store. The functions do not: a call at their start costs more."""

from troposphere import GetAtt, Ref
from troposphere.ssm import Parameter

from generator.config import Config
from generator.parts.topics import ALERTS, CRITICAL_ALERTS


def parameters(config: Config) -> list[Parameter]:
    """Return the parameters, plain text: they are no secrets, and CloudFormation makes no other kind."""
    values = {
        "dynamodb-table-name": Ref("FindingsTable"),
        "state-table-name": Ref("StateTable"),
        "sns-topic-arn": Ref(ALERTS),
        "critical-sns-topic-arn": Ref(CRITICAL_ALERTS),
        "event-bus-arn": GetAtt("Bus", "Arn"),
        **({"archive-bucket-name": Ref("Archive")} if config.archive.enabled else {}),
    }
    return [
        Parameter(
            "".join(word.title() for word in name.split("-")) + "Parameter",
            Name=config.names.parameter(name),
            Type="String",
            Value=value,
        )
        for name, value in values.items()
    ]
