"""The instances' half of the Coverage page: who has the security agent, who lacks it and why; one instance whole."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
import streamlit as st

from contract.agent_mends import explained, in_words, last_lines, mend
from contract.agents import LACKING, AgentState, Reason
from contract.resource import short_name
from dashboard import charts
from dashboard.filtering import WHICH
from dashboard.filters import Filters
from dashboard.instances import INSTANCE_COLUMNS, Instances, Share, Which, instance, instance_row, instances, listed
from dashboard.links import account_address, findings_address, page_address
from dashboard.markup import (
    ABSENT,
    NOTHING,
    Html,
    age,
    ago,
    breakable,
    card,
    empty,
    facts,
    grid,
    joined,
    link,
    number,
    second_line,
    text,
    tile,
)
from dashboard.organization import Organization
from dashboard.views import exporting, tables
from hub.store.agents import KnownInstance

_LISTED = 50
_DAYS = 30
_INSTANCE, _BUTTONS = "instance", "which instances"
_NO_AGENT = "[agent] in muster.toml switches the installer on; instances are reported within a day."
_COLUMNS = ("Instance", "Account", "State", "What it means, and what to do", "For")


def show_chosen(organization: Organization, filters: Filters, now: datetime) -> None:
    """Show all that is known of the instance that the address names, if it names one."""
    if chosen := st.query_params.get(_INSTANCE):
        _show_one(instance(organization, chosen), chosen, organization, filters, now)


def show(organization: Organization, filters: Filters, now: datetime) -> None:
    """Show the numbers that the hub counted, and below them instances as they stand now."""
    known = instances(organization, is_all=not filters.names_accounts)
    if not known.accounts:
        st.html(card("Security agent on instances", empty("No instance was counted", _NO_AGENT)))
        return
    wanted = known.states[AgentState.INSTALLED] + known.lacking
    tiles = [
        tile("With the agent", number(known.states[AgentState.INSTALLED]), f"of {wanted:,} that should have it"),
        tile("Failed", number(known.states[AgentState.FAILED]), "the script or its way there"),
        tile("Out of reach", number(known.states[AgentState.UNMANAGED]), "not in Systems Manager"),
        tile("Left out", number(known.states[AgentState.EXCLUDED]), "by tags, scope or account"),
        tile("Removed", number(known.states[AgentState.REMOVED]), "by command"),
    ]
    regions = " Of all Regions: the count knows none." if filters.region else ""
    when = joined((text("The hub counts every hour, last "), ago(known.counted_at, now), text(f".{regions}")))
    st.html(joined((grid(tiles, "tiles"), Html(f'<p class="m-hint">{when}</p>'))))
    _show_instances(known, organization, filters, now)
    st.html(grid([_reasons(known), _trend(known)]))
    shares = _shares(known, organization, filters)
    st.html(grid([_shares_card(title, rows, name) for title, rows, name in shares]))
    for title, rows, _ in shares:
        columns = ("name", "installed", "lacking", "excluded")
        name = f"agents-{title.lower().replace(' ', '-')}"
        exporting.show(name, columns, [msgspec.structs.asdict(one) for one in rows], label=title)


def _show_instances(known: Instances, organization: Organization, filters: Filters, now: datetime) -> None:
    which = _which()
    found = listed(known, which, filters)
    title = f"{which.capitalize()}: {len(found.instances):,}{'' if found.is_whole else ' and more'}"
    if not found.instances:
        words = "None of these" if found.is_whole else "None among those that were looked at"
        st.html(card(title, empty(words, "As the instances stand now. Choose others above, or an account.")))
        return
    hint = "As they stand now. "
    hint += "" if found.is_whole else "Of the accounts with most of them: choose an account for all of its own."

    def row(one: KnownInstance) -> tuple[Html, ...]:
        return _row(one, organization, filters, now)

    st.html(tables.listed(title, _COLUMNS, found.instances, row, hint=hint, most=_LISTED, name="instances"))
    exporting.show("instances", INSTANCE_COLUMNS, [instance_row(one, organization) for one in found.instances])


def _which() -> Which:
    """Return which instances are asked for: the address is the truth, the buttons follow it."""
    said = st.query_params.get(WHICH, "")
    which = next((one for one in Which if one.value == said), Which.LACKING)
    st.session_state[_BUTTONS] = which
    st.segmented_control("Instances", tuple(Which), format_func=str.capitalize, key=_BUTTONS, on_change=_choose)
    return which


def _choose() -> None:
    st.query_params[WHICH] = st.session_state[_BUTTONS] or Which.LACKING


def _row(one: KnownInstance, organization: Organization, filters: Filters, now: datetime) -> tuple[Html, ...]:
    said = one.status
    address = page_address("coverage", filters, **{_INSTANCE: said.resource})
    name = link(address, text(said.instance_name or said.instance))
    beside = " · ".join(filter(None, (said.instance if said.instance_name else "", said.platform)))
    account = link(account_address(said.account, filters), text(organization.name(said.account)))
    why = text(in_words(said.reason, said.exit_code))
    state = Html(f'<span class="m-silent">{why}</span>') if one.is_lacking else why
    lines = (Html(f'<div class="m-code m-sub">{text(line)}</div>') for line in last_lines(said.output, 2))
    return (
        joined((name, second_line(beside) if beside else NOTHING)),
        joined((account, second_line(said.region))),
        joined((state, second_line(said.state))),
        joined((text(explained(said.reason, said.details)), *(lines if one.is_lacking else ()))),
        age(one.missing_since, now) if one.missing_since else ABSENT,
    )


def _show_one(
    one: KnownInstance | None, chosen: str, organization: Organization, filters: Filters, now: datetime
) -> None:
    title = f"Instance {short_name(chosen)}"
    close = link(page_address("coverage", filters), text("Close"))
    if one is None:
        words = "It is gone, was never reported, or is of an account that these filters leave out."
        st.html(card(title, empty("Nothing is known of it", words), aside=close))
        return
    said = one.status
    lacks = joined((text("since "), ago(one.missing_since, now))) if one.missing_since else NOTHING
    pairs = (
        ("Name", text(said.instance_name)),
        ("Account", link(account_address(said.account, filters), text(organization.label(said.account)))),
        ("Region", text(said.region)),
        ("Owner", text(organization.owner(said.account))),
        ("Platform", text(said.platform)),
        ("State", text(said.state)),
        ("Reason", text(in_words(said.reason, said.exit_code))),
        ("Lacks the agent", lacks),
        ("Agent", text(f"{said.agent} {said.agent_version}".strip())),
        ("Reported", joined((ago(said.at, now), text(f", by {said.via}")))),
        ("Command", breakable(said.command)),
        ("Findings", _findings(one)),
    )
    output = Html(f'<pre class="m-code m-output">{text(said.output)}</pre>') if said.output else NOTHING
    body = joined((Html(f"<p>{text(explained(said.reason, said.details))}</p>"), facts(pairs), output))
    st.html(card(title, body, aside=close))


def _findings(one: KnownInstance) -> Html:
    """Return the way to the finding that an instance has which lacks the agent for long enough."""
    words = "of this instance, once it lacks the agent for agent.missing_days"
    return link(findings_address(Filters(resource=one.status.resource)), text(words)) if one.is_lacking else NOTHING


def _reasons(known: Instances) -> Html:
    title = "Why it is lacking"
    if not known.reasons:
        return card(title, Html('<p class="m-good">Every instance that should have the agent has it.</p>'))

    def row(counted: tuple[Reason, int]) -> tuple[Html, ...]:
        reason, count = counted
        return joined((text(in_words(reason)), second_line(mend(reason)))), number(count)

    ranked = known.reasons.most_common()
    return tables.listed(title, ("Reason", "Instances"), ranked, row, most=len(ranked))


def _trend(known: Instances) -> Html:
    title = "Instances without the agent, by day"
    days = [(one.day, sum(one.states.get(state, 0) for state in LACKING)) for one in known.days[-_DAYS:]]
    if len(days) < 2:
        return card(
            title, empty("No history to show", "Days are those of the whole organization; a second one comes tomorrow.")
        )
    return card(title, charts.columns(days, title))


def _shares(
    known: Instances, organization: Organization, filters: Filters
) -> list[tuple[str, list[Share], Callable[[str], Html]]]:
    """Return the shares by account, unit and owner; each with how its name is shown."""

    def account(name: str) -> Html:
        return link(account_address(name, filters), text(organization.name(name)))

    return [
        ("By account", known.shares(str), account),
        ("By unit", known.shares(lambda one: organization.path(one) or "unknown"), text),
        ("By owner", known.shares(lambda one: organization.owner(one) or "nobody"), text),
    ]


def _shares_card(title: str, shares: Sequence[Share], name: Callable[[str], Html]) -> Html:
    shown = [one for one in shares if one.wanted]
    if not shown:
        return card(title, empty("No instance should have the agent", "agent.scope and its tags say which should."))

    def row(one: Share) -> tuple[Html, ...]:
        bar = charts.share(one.installed, one.wanted, "With the agent")
        return name(one.name), bar, number(one.lacking), number(one.wanted)

    columns = (title.removeprefix("By ").capitalize(), "With the agent", "Lack it", "Of")
    return tables.listed(title, columns, shown, row)
