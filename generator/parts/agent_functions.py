"""The agent installer's functions in a spoke, and the queue of what they could not handle or report."""

from troposphere import AWSObject, GetAtt, Sub

from contract.account_settings import settings_key
from generator import iam
from generator.config import Config
from generator.functions import AGENT_CAPTURE, AGENT_CHECK, AGENT_INSTALL, AGENT_RESULT, AGENT_SCAN, Function
from generator.parts.forwarding import hub_bus, own_rules
from generator.parts.function import Site, function
from generator.parts.queues import dead_letters, retried
from spoke.agent_installer.parameters import FOLDER

QUEUE = "AgentResultDeadLetters"


def agent_functions(site: Site) -> list[AWSObject]:
    """Return the five functions, each with a role of its own, and the queue of what failed.

    Only events call one of them asynchronously; the state machines wait for the others and try them again.
    """
    config = site.config
    name = AGENT_RESULT.full_name(config.names)
    return [
        *dead_letters(QUEUE, f"{name}-dlq", {"events": [own_rules(config)]}),
        *_function(AGENT_SCAN, site, [*_rules(config), iam.describe_instances()]),
        *_function(AGENT_CAPTURE, site, [*_rules(config), iam.describe_instances()]),
        *_function(AGENT_CHECK, site, [iam.describe_nodes(), iam.describe_instances()]),
        *_function(
            AGENT_INSTALL, site, [_parameters(config), iam.send_commands(*_documents(config)), iam.describe_instances()]
        ),
        *_function(
            AGENT_RESULT,
            site,
            [iam.read_commands(), iam.describe_instances(), iam.start_executions(*machine_arns(config))],
        ),
        retried(AGENT_RESULT, QUEUE),
    ]


def machine_arns(config: Config) -> tuple[Sub, Sub]:
    """Return the ARNs of the scan and the start machine, by their names: functions and machines name each other."""
    scan, start = (config.names.agent_machine(one) for one in ("scan", "start"))
    here = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine"
    return Sub(f"{here}:{scan}"), Sub(f"{here}:{start}")


def _function(what: Function, site: Site, statements: list[iam.Statement]) -> list[AWSObject]:
    told = [iam.put_events(hub_bus(site.config)), iam.send_messages(GetAtt(QUEUE, "Arn"))]
    return function(what, site, [*statements, *told], site.config.agent.log_retention_days)


def _rules(config: Config) -> list[iam.Statement]:
    bucket = config.names.artefact_bucket(config.aws.hub_account, "${AWS::Region}")
    own = Sub(f"arn:${{AWS::Partition}}:s3:::{bucket}/{settings_key('${AWS::AccountId}')}")
    return [_parameters(config), iam.read_objects([own])]


def _parameters(config: Config) -> iam.Statement:
    path = f"arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter{config.names.parameter(FOLDER)}"
    return iam.read_parameters(Sub(path), Sub(f"{path}/*"))


def _documents(config: Config) -> list[Sub]:
    names = (config.names.agent_document(), config.names.agent_document(uninstalls=True))
    return [Sub(f"arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:document/{one}") for one in names]
