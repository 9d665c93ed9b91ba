"""A firewall: AWS's rules against what is common and what is known to be bad, and so many requests from one address."""

from typing import Literal

from troposphere.wafv2 import (
    AllowAction,
    BlockAction,
    CountAction,
    DefaultAction,
    ManagedRuleGroupStatement,
    OverrideAction,
    RateBasedStatement,
    RuleAction,
    RuleActionOverride,
    Statement,
    VisibilityConfig,
    WebACL,
    WebACLRule,
)

# Of AWS's common rules: a query of more than 2,048 bytes (WAF's guide, "Baseline rule groups").
LONG_ADDRESSES = "SizeRestrictions_QUERYSTRING"
_REQUESTS_FROM_ONE_ADDRESS = 2_000  # in five minutes


def firewall(title: str, name: str, scope: Literal["REGIONAL", "CLOUDFRONT"], *counted: str) -> WebACL:
    """Return a firewall; `counted` are those of AWS's common rules that count requests and let them through."""
    rate = RateBasedStatement(Limit=_REQUESTS_FROM_ONE_ADDRESS, AggregateKeyType="IP")
    rules = [
        _managed("common", 0, "AWSManagedRulesCommonRuleSet", *counted),
        _managed("bad-inputs", 1, "AWSManagedRulesKnownBadInputsRuleSet"),
        _rule("rate", 2, Statement(RateBasedStatement=rate), Action=RuleAction(Block=BlockAction())),
    ]
    return WebACL(
        title,
        Name=name,
        Scope=scope,
        DefaultAction=DefaultAction(Allow=AllowAction()),
        VisibilityConfig=_visible(name),
        Rules=rules,
    )


def _managed(name: str, priority: int, group: str, *counted: str) -> WebACLRule:
    count = RuleAction(Count=CountAction())
    overrides = [RuleActionOverride(Name=one, ActionToUse=count) for one in counted]
    statement = ManagedRuleGroupStatement(
        VendorName="AWS", Name=group, **({"RuleActionOverrides": overrides} if overrides else {})
    )
    as_it_says = OverrideAction(**{"None": {}})
    return _rule(name, priority, Statement(ManagedRuleGroupStatement=statement), OverrideAction=as_it_says)


def _rule(name: str, priority: int, statement: Statement, **deed: RuleAction | OverrideAction) -> WebACLRule:
    return WebACLRule(Name=name, Priority=priority, Statement=statement, VisibilityConfig=_visible(name), **deed)


def _visible(name: str) -> VisibilityConfig:
    return VisibilityConfig(CloudWatchMetricsEnabled=True, SampledRequestsEnabled=True, MetricName=name)
