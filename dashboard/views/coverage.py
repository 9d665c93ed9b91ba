"""Coverage: whether each account is watched in each Region, and each instance has the agent; and if not, why."""

from collections.abc import Callable, Sequence
from datetime import datetime

import streamlit as st

from contract.agent_mends import explained, mend
from contract.agents import LACKING, AgentState
from dashboard import charts, data, filtering
from dashboard.filters import Filters
from dashboard.instances import INSTANCE_COLUMNS, Instances, Lacking, Share, instance_row, instances, lacking
from dashboard.links import account_address, findings_address
from dashboard.markup import Html, ago, card, empty, grid, joined, link, number, second_line, table, text, tile
from dashboard.organization import Organization
from dashboard.views import exporting
from dashboard.views.parts import part
from dashboard.watched import COLUMNS, Watched, watched, watched_row
from dashboard.watched import State as SpokeState
from hub.store.agents import KnownInstance

_LISTED = 50
_SHARES = 15
_DAYS = 30
_NO_SPOKE = "muster deploy rolls spokes out; each reports within an hour."
_NO_AGENT = "[agent] in muster.toml switches the installer on; instances are reported within a day."


def show() -> None:
    """Show the spokes that are missing or not well, then the instances without the agent."""
    whole, filters, now = data.organization(), filtering.current().of_every_page, data.present()
    organization = whole.narrowed(filters)
    words = "Whether each account is watched in each Region, and each instance has the security agent."
    st.html(Html(f'<div class="m-head"><h1>Coverage</h1><p>{text(words)}</p></div>'))
    with part("Spokes"):
        _show_spokes(watched(organization, now), organization, filters, now)
    with part("Security agent"):
        known = instances(organization, is_all=not filters.names_accounts)
        _show_agents(known, organization, filters, now)


def _show_spokes(rows: list[Watched], organization: Organization, filters: Filters, now: datetime) -> None:
    if not rows:
        st.html(card("Spokes", empty("No account is known that matches", _NO_SPOKE)))
        return
    counts = {state: sum(one.state is state for one in rows) for state in SpokeState}
    expected = len(rows) - counts[SpokeState.WITHOUT]
    tiles = [
        tile("Spokes that report", number(counts[SpokeState.WELL] + counts[SpokeState.UNWELL]), f"of {expected:,}"),
        tile("Silent", number(counts[SpokeState.SILENT]), "heartbeats stopped"),
        tile("Never heard of", number(counts[SpokeState.NEVER]), "a spoke should be there"),
        tile("Not well", number(counts[SpokeState.UNWELL]), "they say what is wrong"),
        tile("Accounts not watched", number(counts[SpokeState.WITHOUT]), "left out, and why"),
    ]
    st.html(grid(tiles, "tiles"))
    wrong = [one for one in rows if one.state is not SpokeState.WELL]
    st.html(_spokes(wrong, organization, filters, now))
    exporting.show("spokes", COLUMNS, [watched_row(one, organization) for one in rows])


def _spokes(wrong: Sequence[Watched], organization: Organization, filters: Filters, now: datetime) -> Html:
    title = "What is not watched, and why"
    if not wrong:
        return card(title, Html('<p class="m-good">Every spoke reports, and every check is well.</p>'))
    rows = [
        (
            joined(
                (
                    _account(one.account, organization, filters),
                    second_line(one.region or organization.path(one.account)),
                )
            ),
            Html(f'<span class="m-silent">{text(one.state.value)}</span>'),
            text(one.why),
            text(one.version),
            ago(one.seen_at, now) if one.seen_at else text("never"),
        )
        for one in wrong[:_LISTED]
    ]
    hint = f"The first {_LISTED} of {len(wrong):,}; the file has them all." if len(wrong) > _LISTED else ""
    return card(title, table(("Account", "State", "Why", "Version", "Last heartbeat"), rows, title), hint)


def _account(account: str, organization: Organization, filters: Filters) -> Html:
    return link(account_address(account, filters), text(organization.name(account)))


def _show_agents(known: Instances, organization: Organization, filters: Filters, now: datetime) -> None:
    if not known.accounts:
        st.html(card("Security agent on instances", empty("No instance was counted", _NO_AGENT)))
        return
    installed = known.states[AgentState.INSTALLED]
    wanted = installed + known.lacking
    tiles = [
        tile("Instances with the agent", number(installed), f"of {wanted:,} that should have it"),
        tile("Failed", number(known.states[AgentState.FAILED]), "the script or its way there"),
        tile("Out of reach", number(known.states[AgentState.UNMANAGED]), "not in Systems Manager"),
        tile("Left out", number(known.states[AgentState.EXCLUDED]), "by tags, scope or account"),
    ]
    st.html(grid(tiles, "tiles"))
    st.html(grid([_reasons(known, filters), _trend(known)]))
    st.html(grid([_shares(title, known.shares(name)) for title, name in _names(organization)]))
    if known.lacking:
        _show_lacking(lacking(known, filters), organization, filters, now)


def _names(organization: Organization) -> list[tuple[str, Callable[[str], str]]]:
    return [
        ("By account", organization.name),
        ("By unit", lambda account: organization.path(account) or "unknown"),
        ("By owner", lambda account: organization.owner(account) or "nobody"),
    ]


def _reasons(known: Instances, filters: Filters) -> Html:
    title = "Why it is lacking"
    hint = "Counted in all Regions." if filters.region else "The hub counts every hour."
    if not known.reasons:
        return card(title, Html('<p class="m-good">Every instance that should have the agent has it.</p>'), hint)
    rows = [
        (joined((text(reason.replace("_", " ")), second_line(mend(reason)))), number(count))
        for reason, count in known.reasons.most_common()
    ]
    return card(title, table(("Reason", "Instances"), rows, title), hint)


def _trend(known: Instances) -> Html:
    title = "Instances without the agent, by day"
    days = [(one.day, sum(one.states.get(state, 0) for state in LACKING)) for one in known.days[-_DAYS:]]
    if len(days) < 2:
        return card(
            title, empty("No history to show", "Days are those of the whole organization; a second one comes tomorrow.")
        )
    return card(title, charts.columns(days, title))


def _shares(title: str, shares: Sequence[Share]) -> Html:
    shown = [one for one in shares if one.wanted][:_SHARES]
    if not shown:
        return card(title, empty("No instance should have the agent", "agent.scope and its tags say which should."))
    rows = [
        (text(one.name), charts.share(one.installed, one.wanted, one.name), number(one.lacking), number(one.wanted))
        for one in shown
    ]
    return card(title, table((title.removeprefix("By ").capitalize(), "With the agent", "Lack it", "Of"), rows, title))


def _show_lacking(found: Lacking, organization: Organization, filters: Filters, now: datetime) -> None:
    title = "Instances without the agent, the longest first"
    rows = [_lacking_row(one, organization, filters, now) for one in found.instances[:_LISTED]]
    hint = "" if found.is_whole else "Of the accounts where most lack it; choose an account for all of its own. "
    if len(found.instances) > _LISTED:
        hint += f"The first {_LISTED} of {len(found.instances):,}; the file has them all."
    if not rows:
        st.html(card(title, empty("None in these Regions", "Take the Region away to see the others.")))
        return
    st.html(card(title, table(("Instance", "Account", "Why, and what to do", "For"), rows, title), hint))
    exporting.show("instances", INSTANCE_COLUMNS, [instance_row(one, organization) for one in found.instances])


def _lacking_row(one: KnownInstance, organization: Organization, filters: Filters, now: datetime) -> tuple[Html, ...]:
    said = one.status
    name = link(findings_address(Filters(resource=said.resource)), text(said.instance_name or said.instance))
    return (
        joined((name, second_line(f"{said.instance} · {said.platform}" if said.platform else said.instance))),
        joined((_account(said.account, organization, filters), second_line(said.region))),
        joined((text(said.reason.replace("_", " ")), second_line(explained(said.reason, said.details)))),
        ago(one.missing_since, now),
    )
