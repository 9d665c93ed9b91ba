"""One finding: everything that whoever is on call needs, on one screen."""

import json
import re
from collections.abc import Iterable, Mapping

import streamlit as st

from contract.catalogue import describe
from contract.finding import LOOK_UP, Finding
from contract.links import event_address, resource_address
from dashboard import data, filtering
from dashboard.filters import Filters
from dashboard.links import account_address, attack_address, finding_address, findings_address
from dashboard.markup import (
    NOTHING,
    Html,
    ago,
    badge,
    breakable,
    card,
    chip,
    empty,
    exact,
    facts,
    joined,
    link,
    second_line,
    text,
)
from dashboard.organization import Organization
from dashboard.problems import GONE
from dashboard.views import act
from dashboard.views.parts import part
from hub.store.history import Entry

_UNDESCRIBED = "It comes from another product, whose own console describes it, or from an older catalogue of Muster."

_OTHERS = 6
# The store's ids are hexadecimal digests; anything else in an address is never asked for.
_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


def show(chosen: str, organization: Organization) -> None:
    """Show the finding of an id, or say that there is none."""
    st.html(link(findings_address(filtering.current()), text("← Findings")))
    finding = data.finding(chosen) if _ID.fullmatch(chosen) else None
    if finding is None:
        st.html(card("No such finding", empty(f"Nothing is stored under {chosen[:64]}", GONE)))
        return
    st.html(_head(finding, organization))
    act.show(finding)
    with st.container(key="detail"):
        left, right = st.columns(2)
    left.html(_what(finding, organization))
    left.html(_who(finding))
    right.html(_meaning(finding))
    with right.container(key="panel-resource"):
        _show_resource(finding, organization)
    with right.container(key="panel-evidence"):
        _show_details(finding)
    with right.container(key="panel-history"):
        _show_history(finding)


def _head(finding: Finding, organization: Organization) -> Html:
    labels = (
        badge(finding.severity),
        chip(finding.status.capitalize(), "open" if finding.is_open else ""),
        chip(finding.detection, "code"),
    )
    title = text(organization.title(finding))
    return Html(f'<div class="m-head"><h1>{title}</h1></div><div class="m-chips">{joined(labels)}</div>')


def _what(finding: Finding, organization: Organization) -> Html:
    now = data.present()
    account = link(account_address(finding.account, Filters()), text(organization.label(finding.account)))
    pairs = (
        ("Account", account),
        ("OU", breakable(organization.path(finding.account))),
        ("Owner", text(organization.owner(finding.account))),
        ("Region", text(finding.region)),
        ("First seen", joined((ago(finding.first_seen, now), second_line(exact(finding.first_seen))))),
        ("Observed", joined((ago(finding.observed_at, now), second_line(exact(finding.observed_at))))),
        ("Confidence", breakable(finding.certainty)),
        ("Also matched", _chips(finding.also, "code")),
        ("Compliance", text(finding.compliance)),
    )
    return card("What happened, and where", facts(pairs), aside=_console(finding))


def _who(finding: Finding) -> Html:
    role, _, session = finding.actor_arn.partition(":assumed-role/")[2].partition("/")
    pairs = (
        ("Actor", breakable(finding.actor)),
        ("Kind", text(finding.actor_kind)),
        ("Role", breakable(finding.actor_role or role)),
        ("Session", breakable(session)),
        ("Source IP", _code(finding.source_ip)),
        ("API call", _code(finding.api_call)),
        ("User agent", _code(finding.user_agent)),
        ("Identity", _code(finding.actor_arn)),
        ("CloudTrail event", _event(finding)),
    )
    if not (finding.actor or finding.api_call):
        return card("Who did it", empty("No actor", "A control's finding says what is so, not who made it so."))
    return card("Who did it", facts(pairs))


def _meaning(finding: Finding) -> Html:
    known = describe(finding.detection)
    if known is None:
        return card("What it means", _said_by_provider(finding))
    return card(
        "What it means",
        joined(
            (
                _section("", known.what),
                _section("How to respond", known.response),
                _section("False positives", known.false_positives),
                _references(known.attack, known.cis),
            )
        ),
    )


def _said_by_provider(finding: Finding) -> Html:
    """Return what another product says of its own finding."""
    if not (finding.description or finding.remediation):
        return empty("No description", _UNDESCRIBED)
    more = link(finding.help_url, text("How to mend it, by its provider ↗"), is_external=True)
    help_url = more if finding.help_url.startswith("https://") else NOTHING
    standards = facts((("Standards", _chips(finding.standards)),))
    return joined(
        (_section("", finding.description), _section("How to mend it", finding.remediation), help_url, standards)
    )


def _section(title: str, words: str) -> Html:
    heading = f"<h3>{text(title)}</h3>" if title else ""
    return Html(f"{heading}<p>{text(words)}</p>") if words else NOTHING


def _references(attack: str, cis: Mapping[str, str]) -> Html:
    technique = link(attack_address(attack), text(f"ATT&CK {attack}"), is_external=True) if attack else NOTHING
    controls = _chips(f"{control} in v{version}" for version, control in sorted(cis.items(), reverse=True))
    return facts((("Technique", technique), ("CIS AWS Foundations", controls)))


def _show_resource(finding: Finding, organization: Organization) -> None:
    others = [one for one in finding.resources if one != finding.resource]
    st.html('<h2 class="m-title">Resource</h2>')
    st.code(finding.resource, language=None, wrap_lines=True)
    if others:
        st.html(_chips(others, "code"))
    with part("Other findings on it"):
        st.html(_others(finding, organization))


def _others(finding: Finding, organization: Organization) -> Html:
    """Return what else is open on the resource."""
    view = Filters(resource=finding.resource)
    found = data.listed(view, organization)
    others = [one for one in found.findings if one.id != finding.id]
    if not others:
        return Html('<p class="m-hint">Nothing else is open on it.</p>')
    now = data.present()
    items = joined(
        Html(
            f"<li>{badge(one.severity)} {link(finding_address(one.id, view), text(organization.title(one)))} "
            f'<span class="m-hint">{ago(one.first_seen, now)}</span></li>'
        )
        for one in others[:_OTHERS]
    )
    every = link(findings_address(view), text("Other findings on it"))
    count = f"{len(others):,}{'+' if found.has_more else ''} other{'s' if len(others) != 1 else ''} open on it"
    return Html(f'<h3>{text(count)}</h3><ul class="m-members">{items}</ul>{every}')


def _show_details(finding: Finding) -> None:
    st.html('<h2 class="m-title">Evidence</h2>')
    # The look-up's answer stands with the confidence.
    details = {name: value for name, value in finding.details.items() if name != LOOK_UP}
    if details:
        st.code(json.dumps(details, indent=2, ensure_ascii=False, default=str), language="json")
    else:
        st.caption("The CloudTrail event has the whole request." if finding.event_id else "Its provider sent none.")
    st.caption(f"Finding {finding.id} · updated {exact(finding.updated_at)} · product {finding.product}")


def _show_history(finding: Finding) -> None:
    st.html('<h2 class="m-title">History</h2>')
    entries = data.history(finding.id)
    if not entries:
        st.caption("Nothing changed since it was found.")
    st.html(facts((exact(entry.at), text(_told(entry))) for entry in reversed(entries)))


def _told(entry: Entry) -> str:
    changes = "; ".join(f"{_label(name)} {_shown(a)} → {_shown(b)}" for name, (a, b) in entry.changes.items())
    return f"{entry.by or 'its provider'}: {changes}"


def _label(field: str) -> str:
    return field.replace("workflow_until", "until")


def _shown(value: str) -> str:
    return value or "nothing"


def _console(finding: Finding) -> Html:
    address = resource_address(finding.resource, finding.region)
    return link(address, text("Open in the AWS console ↗"), is_external=True) if address else NOTHING


def _event(finding: Finding) -> Html:
    address = event_address(finding.event_id, finding.region)
    return link(address, _code(finding.event_id), is_external=True) if address else _code(finding.event_id)


def _code(value: str) -> Html:
    return Html(f'<span class="m-code">{breakable(value)}</span>') if value else NOTHING


def _chips(values: Iterable[str], kind: str = "") -> Html:
    chips = joined(chip(value, kind) for value in values)
    return Html(f'<div class="m-chips">{chips}</div>') if chips else NOTHING
