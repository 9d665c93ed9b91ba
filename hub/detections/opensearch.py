"""OpenSearch domains, whose event source is still Elasticsearch's."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="OpenSearch domain {resource} of account {account} lets everybody in",
    severity=Severity.HIGH,
    api_calls=calls(
        "es", "CreateElasticsearchDomain", "UpdateElasticsearchDomainConfig", "CreateDomain", "UpdateDomainConfig"
    ),
    resource=ResourceArn("arn:{partition}:es:{region}:{account}:domain/{id}", ("requestParameters.domainName",)),
    attack="T1530",
    lookup="open_domain",
)
def public_policy(event: CloudTrailEvent) -> bool:
    """The access policy allows everyone, and the domain stands outside a VPC.

    A look-up closes it where fine-grained access control asks everybody for credentials.
    False positives: domains that give public data away.
    Response: restrict the access policy (es:UpdateDomainConfig) to your roles or addresses. Read the domain's access
    log for foreign callers; if there is none, treat the data as read and check that none were changed.
    """
    return policy_of(event.request.get("accessPolicies")).is_public and "vPCOptions" not in event.request
