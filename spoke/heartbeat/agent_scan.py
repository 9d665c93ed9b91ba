"""A spoke that is deployed has its instances scanned for the agent; CloudFormation waits for none of it."""

from botocore.exceptions import BotoCoreError, ClientError

from contract.agents import Via
from contract.spoke_events import LONGEST_TEXT
from spoke.clients import Clients


def scan(machine: str, clients: Clients) -> str:
    """Start a scan and return what kept it from starting; nothing is started where there is no machine.

    The stack must not fail for it: the sweep finds within a day what was missed.
    """
    if not machine:
        return ""
    # arn:partition:states:region:account:stateMachine:name
    region = machine.split(":")[3]
    try:
        clients("stepfunctions", region).start_execution(stateMachineArn=machine, input=f'{{"via": "{Via.SCAN}"}}')
    except (BotoCoreError, ClientError) as error:
        return f"could not start: {error}"[:LONGEST_TEXT]
    return ""
