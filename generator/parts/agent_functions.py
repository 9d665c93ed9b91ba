"""The agent installer's functions, each with a role of its own, and the one queue of what they could not tell."""

from troposphere import AWSObject, GetAtt, Sub

from contract.account_settings import settings_key
from generator import iam
from generator.functions import AGENT_CAPTURE, AGENT_CHECK, AGENT_INSTALL, AGENT_RESULT, AGENT_SCAN
from generator.parts.forwarding import hub_bus, own_rules
from generator.parts.function import Site, function
from generator.parts.queues import dead_letters, retried

DEAD_LETTERS = "AgentResultDeadLetters"


def agent_functions(site: Site) -> list[AWSObject]:
    """Return the functions; machines call all but the last, rules the last."""
    config, days = site.config, site.config.agent.log_retention_days
    name = AGENT_RESULT.full_name(config.names)
    told = [iam.put_events(hub_bus(config)), iam.send_messages(GetAtt(DEAD_LETTERS, "Arn"))]
    looking = [*told, iam.see_instances()]
    choosing = [*looking, iam.read_parameters(config.names.agent_parameter("")[:-1]), _own_settings(site)]
    documents = [_document(config.names.agent_document(what)) for what in ("install", "uninstall")]
    machines = [machine_arn(config.names.agent_machine(what)) for what in ("scan", "start")]
    return [
        *dead_letters(DEAD_LETTERS, f"{name}-dlq", {"events": [own_rules(config)]}),
        *function(AGENT_SCAN, site, [*choosing, iam.start_executions(machines[0])], days),
        *function(AGENT_CAPTURE, site, choosing, days),
        *function(AGENT_CHECK, site, [*looking, iam.see_nodes()], days),
        *function(
            AGENT_INSTALL,
            site,
            [*looking, iam.read_parameters(config.names.agent_parameter("")[:-1]), *iam.send_commands(documents)],
            days,
        ),
        *function(
            AGENT_RESULT,
            site,
            [*looking, iam.see_nodes(), iam.see_commands(), iam.start_executions(*machines)],
            days,
        ),
        retried(AGENT_RESULT, DEAD_LETTERS),
    ]


def machine_arn(name: str) -> Sub:
    """Return a machine's ARN by its name: what its functions need cannot wait for it, nor it for them."""
    return Sub(f"arn:${{AWS::Partition}}:states:${{AWS::Region}}:${{AWS::AccountId}}:stateMachine:{name}")


def _document(name: str) -> Sub:
    return Sub(f"arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:document/{name}")


def _own_settings(site: Site) -> iam.Statement:
    bucket = site.config.names.artefact_bucket(site.config.aws.hub_account, "${AWS::Region}")
    return iam.read_objects([Sub(f"arn:${{AWS::Partition}}:s3:::{bucket}/{settings_key('${AWS::AccountId}')}")])
