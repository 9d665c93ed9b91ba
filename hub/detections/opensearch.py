"""OpenSearch domains, whose event source is still Elasticsearch's."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with

_ANSWERS = ("domainStatus.vPCOptions.vPCId", "domainConfig.vPCOptions.options.vPCId")


def _is_in_a_network(event: CloudTrailEvent) -> bool:
    """Whether the domain stands in a VPC: a new one's call names subnets, a changed one's only the answer does."""
    return bool(event.request.texts("vPCOptions.subnetIds")) or any(map(event.response.text, _ANSWERS))


@detection(
    title="OpenSearch domain {resource} of account {account} opened to {with}",
    severity=Severity.HIGH,
    api_calls=calls(
        "es", "CreateElasticsearchDomain", "UpdateElasticsearchDomainConfig", "CreateDomain", "UpdateDomainConfig"
    ),
    resource=ResourceArn("arn:{partition}:es:{region}:{account}:domain/{id}", ("requestParameters.domainName",)),
    attack="T1530",
    lookup="open_domain",
)
def public_policy(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """The access policy allows everyone, or an account outside the organization; the domain stands outside a VPC.

    A look-up closes it where fine-grained access control asks everybody for credentials.
    False positives: domains that give public data away; partners, until trusted_accounts names their accounts.
    Response: restrict the access policy (es:UpdateDomainConfig) to your roles or addresses. Read the domain's access
    log for foreign callers; if there is none, treat the data as read and check that none were changed.
    """
    policy = policy_of(event.request.get("accessPolicies"))
    if _is_in_a_network(event):
        return False
    return Match(details={"with": "everybody"}) if policy.is_public else shared_with(let_in(policy, event, settings))
