"""Whether people will be told."""

from generator.doctor.diagnosis import Hub, Verdict, failed, warning, well
from generator.parts.topics import topic_names
from generator.settings.channels import Email
from generator.settings.feeds import SecurityHub

_OFF = "no [channels.email] in muster.toml: nobody is told by email"


def sender(hub: Hub) -> Verdict:
    """Look whether SES lets the sender send: the address or its domain is verified."""
    email = hub.config.channels.email
    if email is None:
        return warning(_OFF)
    domain = email.sender.rpartition("@")[2]
    verified = [one for one in (email.sender, domain) if _is_verified(hub, one)]
    if verified:
        return well(f"{verified[0]} is verified in SES")
    region = hub.config.aws.home_region
    return failed(
        f"neither {email.sender} nor {domain} is verified in SES in {region}",
        f"`aws sesv2 create-email-identity --email-identity {email.sender} --region {region}`, then follow the link "
        "in the email",
    )


def sandbox(hub: Hub) -> Verdict:
    """Look whether SES sends to anybody, or in its sandbox only to verified addresses."""
    email = hub.config.channels.email
    if email is None:
        return warning(_OFF)
    account = hub.client("sesv2").get_account()
    if not account.get("SendingEnabled"):
        return failed("SES has stopped sending for this account", "see the SES console for the reason")
    if account.get("ProductionAccessEnabled"):
        return well("SES sends to anybody")
    return _in_sandbox(hub, email)


def _in_sandbox(hub: Hub, email: Email) -> Verdict:
    strangers = [
        one for one in email.recipients if not any(_is_verified(hub, of) for of in (one, one.rpartition("@")[2]))
    ]
    leave = "ask for production access: SES console, Account dashboard"
    if strangers:
        return failed(f"SES is in its sandbox, where {', '.join(strangers)} would get nothing: not verified", leave)
    return warning("SES is in its sandbox: 200 messages a day to verified addresses", leave)


def _is_verified(hub: Hub, identity: str) -> bool:
    client = hub.client("sesv2")
    try:
        return bool(client.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"])
    except client.exceptions.NotFoundException:
        return False


def subscriptions(hub: Hub) -> Verdict:
    """Look for addresses that have not confirmed that they want the hub's alarms; nothing before the first deploy."""
    client, aws = hub.client("sns"), hub.config.aws
    pages = client.get_paginator("list_subscriptions_by_topic")
    endpoints: list[tuple[str, bool]] = []
    for name in topic_names(hub.config).values():
        topic = f"arn:{hub.config.partition}:sns:{aws.home_region}:{aws.hub_account}:{name}"
        try:
            found = [one for page in pages.paginate(TopicArn=topic) for one in page["Subscriptions"]]
        except client.exceptions.NotFoundException:
            return well("the topics are not deployed yet")
        endpoints += [(one["Endpoint"], one["SubscriptionArn"] == "PendingConfirmation") for one in found]
    waiting = sorted({endpoint for endpoint, is_pending in endpoints if is_pending})
    if waiting:
        return warning(
            f"not confirmed: {', '.join(waiting)}",
            "follow the link in the email `AWS Notification - Subscription Confirmation`; it holds for three days",
        )
    return well(f"{len(endpoints)} confirmed" if endpoints else "the topics have none")


def security_hub(hub: Hub) -> Verdict:
    """Look whether Security Hub is on in the home Region."""
    client, region = hub.client("securityhub"), hub.config.aws.home_region
    feeds = hub.config.feeds
    try:
        client.describe_hub()
    except (client.exceptions.InvalidAccessException, client.exceptions.ResourceNotFoundException):
        mend = f"`aws securityhub enable-security-hub --region {region}`"
        if hub.config.findings.publish_to_security_hub:
            return failed(f"off in {region}: it takes no findings, and findings.publish_to_security_hub is true", mend)
        if feeds.security_hub is SecurityHub.ALL:
            return failed(f"off in {region}, and feeds.security_hub leaves GuardDuty and others to it", mend)
        if feeds.reads_security_hub:
            return warning(f"off in {region}: there are no findings of controls", mend)
        return well(f"off in {region}; no setting needs it")
    return well(f"on in {region}")
