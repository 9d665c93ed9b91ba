"""IAM Access Analyzer."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="Access Analyzer {resource} of account {account} deleted or told to archive findings ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls("access-analyzer", "DeleteAnalyzer", "CreateArchiveRule", "UpdateArchiveRule"),
    resource=ResourceArn(
        "arn:{partition}:access-analyzer:{region}:{account}:analyzer/{id}", ("requestParameters.analyzerName",)
    ),
    attack="T1562.001",
)
def deleted(_event: CloudTrailEvent) -> bool:
    """What is shared with strangers is no longer looked for, or is found and put away unread.

    False positives: the security team's own archive rules; an analyzer that moves to the delegated administrator.
    Response: read the rule's filter (`GetArchiveRule`) and delete it if the security team did not write it; create the
    analyzer again (its archive rules went with it), and go through every finding that it then shows as new.
    """
    return True
