"""What an alert says. Pure: a finding and what is known about it in, text out."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from contract.catalogue import DetectionText
from contract.finding import Finding, Severity
from hub.notifier.links import links_of
from hub.notifier.notice import Notice, Transition
from hub.notifier.rendering import filled_html, filled_text, one_line
from hub.store.accounts import Account

# Mail clients show about this much; RFC 5322 ends at 998.
_TITLE_LENGTH = 150

# The bar's colour and that of text on it, each pair with a contrast of at least 4.5 (WCAG 2.2, 1.4.3).
_COLOURS = {
    Severity.CRITICAL: ("#7d105c", "#ffffff"),
    Severity.HIGH: ("#b3261e", "#ffffff"),
    Severity.MEDIUM: ("#f2a900", "#1a1d21"),
    Severity.LOW: ("#1f5fbf", "#ffffff"),
    Severity.INFORMATIONAL: ("#5b626c", "#ffffff"),
}
_REASONS = {
    Transition.OPENED: "New finding",
    Transition.REOPENED: "Open again after it was closed",
    Transition.WORSENED: "More severe than before",
}


class Message(msgspec.Struct, frozen=True):
    """An alert for people: one line, and the whole as text and as HTML."""

    subject: str
    text: str
    html: str


def compose(notice: Notice, account: Account | None, description: DetectionText | None, dashboard: str) -> Message:
    """Return the alert about a notice; an account or detection that is not known (any more) costs only its lines."""
    finding = notice.finding
    name = account.name if account and account.name else finding.account
    title = finding.title.replace(f"account {finding.account}", f"account {name}")
    short = one_line(title)[:_TITLE_LENGTH]
    subject = f"[{finding.severity}] {short}" + ("" if one_line(name) in short else f" · {one_line(name)}")
    values = {
        "subject": subject,
        "severity": finding.severity.value,
        "title": title,
        "reason": _REASONS[notice.transition],
        "place": _place(finding, account),
        "id": finding.id,
    }
    facts = {label: value for label, value in _facts(finding).items() if value}
    sections = _sections(description) if description else {}
    links = links_of(finding, dashboard)
    return Message(subject, _text(values, facts, sections, links), _html(finding, values, facts, sections, links))


def _place(finding: Finding, account: Account | None) -> str:
    known = [account.name, account.ou_path] if account else []
    owner = f"owner {account.owner}" if account and account.owner else ""
    return " · ".join(part for part in (*known, finding.account, finding.region, owner) if part)


def _facts(finding: Finding) -> dict[str, str]:
    others = [one for one in finding.resources if one != finding.resource]
    return {
        "Resource": finding.resource,
        "Also": ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else ""),
        "Who": f"{finding.actor} ({finding.actor_kind})" if finding.actor_kind else finding.actor,
        "Role": finding.actor_role,
        "Identity": finding.actor_arn,
        "Call": finding.api_call,
        "Refused with": str(finding.details.get("error", "")) if finding.is_attempt else "",
        "Confidence": finding.certainty,
        "When": _moment(finding.updated_at),
        "First seen": _moment(finding.first_seen),
        "From": finding.source_ip,
        "With": finding.user_agent[:200],
        "Detection": ", ".join((finding.detection, *finding.also)),
    }


def _moment(iso: str) -> str:
    moment = datetime.fromisoformat(iso)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment.year > 1970 else ""


def _sections(description: DetectionText) -> dict[str, str]:
    sections = {
        "Why it matters": description.what,
        "When it is nothing": description.false_positives,
        "How to respond": description.response,
        "MITRE ATT&CK": description.attack,
    }
    return {heading: text for heading, text in sections.items() if text}


def _html(
    finding: Finding,
    values: Mapping[str, str],
    facts: Mapping[str, str],
    sections: Mapping[str, str],
    links: Mapping[str, str],
) -> str:
    colour, ink = _COLOURS[finding.severity]
    return filled_html(
        "alert.html",
        {**values, "preview": f"{values['place']} · {finding.actor}", "colour": colour, "ink": ink},
        facts="".join(filled_html("fact.html", {"label": label, "value": value}) for label, value in facts.items()),
        sections="".join(filled_html("section.html", {"heading": h, "text": text}) for h, text in sections.items()),
        links="".join(filled_html("link.html", {"label": label, "address": to}) for label, to in links.items()),
    )


def _text(
    values: Mapping[str, str], facts: Mapping[str, str], sections: Mapping[str, str], links: Mapping[str, str]
) -> str:
    return filled_text(
        "alert.txt",
        values,
        facts="\n".join(f"{label + ':':<14}{one_line(value)}" for label, value in facts.items()) + "\n",
        sections="".join(f"{heading}\n{one_line(text)}\n\n" for heading, text in sections.items()),
        links="".join(f"{label}: {address}\n" for label, address in links.items()),
    )
