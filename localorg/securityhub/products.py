"""What is on in an account's Security Hub: products whose findings it takes, and standards."""

from ministack.core.responses import get_account_id, get_region

from localorg.answers import ApiError
from localorg.organization import PARTITION
from localorg.securityhub.hubs import Body, hub_here

# https://docs.aws.amazon.com/securityhub/latest/userguide/standards-reference.html
STANDARDS = {
    "ruleset/cis-aws-foundations-benchmark/v/1.2.0": "CIS AWS Foundations Benchmark v1.2.0",
    "standards/cis-aws-foundations-benchmark/v/1.4.0": "CIS AWS Foundations Benchmark v1.4.0",
    "standards/cis-aws-foundations-benchmark/v/3.0.0": "CIS AWS Foundations Benchmark v3.0.0",
    "standards/cis-aws-foundations-benchmark/v/5.0.0": "CIS AWS Foundations Benchmark v5.0.0",
    "standards/aws-foundational-security-best-practices/v/1.0.0": "AWS Foundational Security Best Practices v1.0.0",
}


def enable_product(body: Body) -> Body:
    """EnableImportFindingsForProduct."""
    product = str(body.get("ProductArn", ""))
    if f":securityhub:{get_region()}:" not in product or ":product/" not in product:
        raise ApiError("InvalidInputException", f"{product} is no product of this Region")
    hub_here().products.add(product)
    return {"ProductSubscriptionArn": _arn(f"product-subscription/{product.partition(':product/')[2]}")}


def list_products(_body: Body) -> Body:
    """ListEnabledProductsForImport."""
    products = sorted(hub_here().products)
    return {"ProductSubscriptions": [_arn(f"product-subscription/{one.partition(':product/')[2]}") for one in products]}


def describe_standards(_body: Body) -> Body:
    """DescribeStandards: what may be enabled in this Region."""
    hub_here()
    return {"Standards": [{"StandardsArn": _standard(name), "Name": title} for name, title in STANDARDS.items()]}


def enable_standards(body: Body) -> Body:
    """BatchEnableStandards."""
    asked = [one["StandardsArn"] for one in body.get("StandardsSubscriptionRequests") or []]
    known = {_standard(name) for name in STANDARDS}
    if not asked or not known.issuperset(asked):
        raise ApiError("InvalidInputException", f"no standards of this Region: {sorted({*asked} - known)}")
    for one in asked:
        name = one.partition("standards/")[2] or one.partition("ruleset/")[2]
        hub_here().standards[one] = _arn(f"subscription/{name}")
    return {"StandardsSubscriptions": _subscriptions(asked)}


def disable_standards(body: Body) -> Body:
    """BatchDisableStandards."""
    gone = set(body.get("StandardsSubscriptionArns") or [])
    ended = [one for one, arn in hub_here().standards.items() if arn in gone]
    answer = _subscriptions(ended)
    for one in ended:
        del hub_here().standards[one]
    return {"StandardsSubscriptions": answer}


def enabled_standards(_body: Body) -> Body:
    """GetEnabledStandards."""
    return {"StandardsSubscriptions": _subscriptions(sorted(hub_here().standards))}


def _subscriptions(standards: list[str]) -> list[Body]:
    arns = hub_here().standards
    ready = {"StandardsInput": {}, "StandardsStatus": "READY"}
    return [{"StandardsArn": one, "StandardsSubscriptionArn": arns[one], **ready} for one in standards]


def _standard(name: str) -> str:
    region = "" if name.startswith("ruleset/") else get_region()
    return f"arn:{PARTITION}:securityhub:{region}::{name}"


def _arn(rest: str) -> str:
    return f"arn:{PARTITION}:securityhub:{get_region()}:{get_account_id()}:{rest}"
