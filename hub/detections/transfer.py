"""Transfer Family: file servers in front of buckets."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


def _is_open(event: CloudTrailEvent) -> bool:
    """Whether a server faces the Internet or speaks plain FTP; a new one faces it unless it says otherwise."""
    default = "PUBLIC" if event.name == "CreateServer" else ""
    return event.request.text("endpointType", default) == "PUBLIC" or "FTP" in event.request.texts("protocols")


@detection(
    title="File server {resource} of account {account} was opened, or got a user or a key ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls("transfer", "CreateServer", "UpdateServer", "CreateUser", "ImportSshPublicKey"),
    resource=ResourceArn(
        "arn:{partition}:transfer:{region}:{account}:server/{id}",
        ("requestParameters.serverId", "responseElements.serverId"),
    ),
    attack="T1537",
)
def server_created(event: CloudTrailEvent) -> bool:
    """Files of a bucket can be fetched from outside AWS, by whoever holds the user's key, past IAM and its logs.

    False positives: planned exchange of files with partners.
    Response: ask the actor; see which bucket and role the user has; delete the user or stop the server if nobody knows
    it, and read the server's log for what was fetched.
    """
    return _is_open(event) if event.name in {"CreateServer", "UpdateServer"} else True
