"""Whether whoever a domain's policy lets in still needs credentials of the domain's own."""

from contract.policy import policy_of
from hub.lookups.lookup import Answer, Clients, Lookup, Question, confirmed, refuted


def open_domain(question: Question, clients: Clients) -> Answer:
    """Answer by the domain's network, then by its fine-grained access control, neither of which is ever taken back."""
    domain = clients("opensearch").describe_domain(DomainName=question.name)["DomainStatus"]
    if network := domain.get("VPCOptions", {}).get("VPCId"):
        return refuted(f"the domain stands in {network}: only its network reaches it")
    security = domain.get("AdvancedSecurityOptions", {})
    if security.get("AnonymousAuthEnabled"):
        return confirmed("outside a VPC; fine-grained access control still lets anonymous callers in")
    if security.get("Enabled"):
        said = "fine-grained access control asks everybody for credentials"
        # An account that is let in by name may have been given some.
        return refuted(said) if policy_of(question.fact("policy")).is_public else confirmed(said)
    return confirmed("outside a VPC, without fine-grained access control")


OPEN_DOMAIN = Lookup(
    answer=open_domain,
    doc="closed when the domain stands in a VPC, or asks whoever its policy lets in for credentials",
    actions=("es:DescribeDomain",),
    facts={"policy": "requestParameters.accessPolicies"},
)
