"""Operations: whether the hub itself works, and what it costs."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from contract.links import finding_address
from dashboard import charts, data, deployment, filtering, operations
from dashboard.deployment import Channels
from dashboard.filters import Filters
from dashboard.links import page_address
from dashboard.markup import (
    Html,
    ago,
    breakable,
    card,
    chip,
    empty,
    grid,
    joined,
    link,
    number,
    second_line,
    seconds,
    text,
)
from dashboard.operations import Letters, Log
from dashboard.organization import Organization
from dashboard.problems import DataError
from dashboard.spending import Spent, monthly
from dashboard.views import exporting, tables
from dashboard.views.parts import part
from hub.store.event_counts import DayOfEvents
from hub.store.outbox import Sent
from hub.store.outgoing import TargetState

_SAID = "redriven"
_NO_EVENTS = "Events are counted as they come; muster status says whether every account's spoke works."
_NOTHING_SENT = "Findings are sent as channels in muster.toml ask; muster notify test tries one."
_LETTERS = (
    "What could not be done lies here until somebody has mended the cause. Spokes tell of their own queues in their "
    "heartbeats: Overview names those that are unwell, and muster redrive --account reaches them."
)


def show() -> None:
    """Show dead letters first, which somebody has to look after, then events, messages and money."""
    whole, filters = data.organization(), filtering.current().of_every_page
    organization, days, now = whole.narrowed(filters), operations.days_of(filters.days), data.present()
    words = f"Whether the hub itself works, in the last {days} days."
    if filters.names_accounts:
        words += " Events are those of the accounts that are chosen; queues, messages and money are the whole hub's."
    words += filtering.without_effect(filters, ("severity", "region"))
    st.html(f'<div class="m-head"><h1>Operations</h1><p>{words}</p></div>')
    with part("Dead letters"):
        _show_letters(operations.letters())
    with part("Events"):
        found = operations.events(organization, days, is_all=not filters.names_accounts)
        st.html(grid([_events(found), _accounts(found, organization)], "wide"))
        if any(one.by_account for one in found):
            exporting.show("events", ("day", "account", "name", "events"), _event_rows(found, organization))
    with part("Messages"):
        log = operations.log(days)
        st.html(grid([_sent(log, now), _waiting(deployment.channels(), now)], "wide m-grid-top"))
        if log.sent:
            columns = ("at", "target", "kind", "subject", "count", "findings")
            exporting.show("messages", columns, _sent_rows(log))
    with part("Spending"):
        lines, spent_days = operations.spending(whole, days)
        st.html(_spending(lines, spent_days))
        exporting.show("spending", ("what", "how", "dollars"), [_spent_row(one) for one in lines])


def _show_letters(found: Sequence[Letters]) -> None:
    full = [one for one in found if one.messages]
    unseen = [one for one in found if one.messages is None]
    title = f"Dead letters: {sum(one.messages or 0 for one in found):,} in {len(full):,} of {len(found):,} queues"
    if not full and not unseen:
        body = Html(f'<p class="m-good">All {len(found):,} queues of dead letters are empty.</p>')
        st.html(card("Dead letters", body, _LETTERS))
    else:
        columns, some = ("Queue", "Letters", "What they are", "Mend the cause, then"), [*full, *unseen]
        st.html(tables.listed(title, columns, some, _letter, hint=_LETTERS, most=len(some), name="letters"))
    _show_redrive([one for one in full if one.is_movable])
    rows = [
        {"queue": one.queue.name, "kind": one.queue.kind, "for": one.queue.handler, "messages": one.messages}
        for one in found
    ]
    exporting.show("dead-letters", ("queue", "kind", "for", "messages"), rows)


_KINDS = {
    "work": "messages that a function gave up",
    "calls": "calls of a function that failed",
    "changes": "places in the stream that were given up",
    "events": "events that reached no bus",
}


def _letter(one: Letters) -> tuple[Html, ...]:
    count = (
        text(one.remark)
        if one.messages is None
        else Html(f'<span class="m-silent m-number">{number(one.messages)}</span>')
    )
    what = joined((text(_KINDS.get(one.queue.kind, one.queue.kind)), second_line(one.queue.handler)))
    return breakable(one.queue.name), count, what, chip(f"muster redrive --queue {one.queue.name}", "code")


def _show_redrive(movable: Sequence[Letters]) -> None:
    if said := st.session_state.pop(_SAID, ""):
        st.html(f'<p role="status">{text(said)}</p>')
    if not movable or not data.may_operate():
        return
    with st.container(horizontal=True, key="redrive"):
        for one in movable:
            label = f"Redrive {one.queue.name} ({one.messages:,})"
            st.button(label, icon=":material/replay:", key=f"redrive-{one.queue.name}", on_click=_redrive, args=(one,))


def _redrive(one: Letters) -> None:
    try:
        operations.redrive(one.queue)
    except DataError as error:
        st.session_state[_SAID] = f"{one.queue.name} was not redriven: {error}. {error.mend}"
        return
    st.session_state[_SAID] = f"SQS moves what is in {one.queue.name} back; Refresh says how far it is."


def _events(found: Sequence[DayOfEvents]) -> Html:
    title = "Events a day"
    days = [(one.day, sum(one.by_account.values())) for one in found]
    if not any(count for _, count in days):
        return card(title, empty("No event was counted in these days", _NO_EVENTS))
    late = [one.late_seconds for one in found if one.late_seconds is not None]
    lag = f" From the call to the hub they took {seconds(sum(late) / len(late))} on average." if late else ""
    total = sum(count for _, count in days)
    return card(title, charts.columns(days, title), f"{total:,} events.{lag}")


def _accounts(found: Sequence[DayOfEvents], organization: Organization) -> Html:
    title = "Busiest accounts"
    totals: Counter[str] = Counter()
    for one in found:
        totals.update(one.by_account)
    if not totals:
        return card(title, empty("No account sent events", _NO_EVENTS))

    def row(counted: tuple[str, int]) -> tuple[Html, ...]:
        account, count = counted
        by_day = [one.by_account.get(account, 0) for one in found]
        name = link(page_address("operations", Filters(account=(account,))), text(organization.name(account)))
        label = joined((name, second_line(organization.path(account))))
        return label, number(count), charts.sparkline(by_day, "Events a day")

    hint = "What they sent costs; docs/cost.md says what."
    return tables.listed(title, ("Account", "Events", ""), totals.most_common(), row, hint=hint)


def _sent(log: Log, now: datetime) -> Html:
    title = "What people were told"
    if not log.sent:
        return card(title, empty("Nothing was sent in these days", _NOTHING_SENT))

    def row(one: Sent) -> tuple[Html, ...]:
        return (
            ago(one.at, now),
            breakable(one.target),
            joined((breakable(one.subject), second_line(one.kind))),
            _findings(one.findings, one.count),
        )

    channels = Counter(one.target.partition("/")[0] for one in log.sent)
    by_channel = ", ".join(f"{count:,} to {name}" for name, count in channels.most_common())
    hint = f"{len(log.sent):,}{'' if log.is_whole else ' and more'} messages: {by_channel}."
    return tables.listed(title, ("When", "To", "What", "Findings"), log.sent, row, hint=hint)


def _findings(findings: Sequence[str], count: int) -> Html:
    if not findings:
        return number(count)
    label = number(count or len(findings))
    return link(finding_address(findings[0]), label) if len(findings) == 1 else label


def _waiting(channels: Channels, now: datetime) -> Html:
    title = "Held back, or failing"
    held = [
        (name, state, channels.waiting[name])
        for name, state in sorted(channels.states.items())
        if state.failing_since or channels.waiting[name]
    ]
    if not held:
        return card(title, Html('<p class="m-good">Nothing waits, and no channel fails.</p>'))

    def row(one: tuple[str, TargetState, int]) -> tuple[Html, ...]:
        name, state, count = one
        if state.failing_since:
            why = joined(
                (
                    Html('<span class="m-silent">fails since </span>'),
                    ago(state.failing_since, now),
                    second_line(state.failure),
                )
            )
        elif state.overflow_since:
            why = joined((text("more than its hour takes, since "), ago(state.overflow_since, now)))
        else:
            why = text("merged with what comes within minutes")
        return breakable(name), text(deployment.in_words(count)), why

    return tables.listed(title, ("To", "Waiting", "Why"), held, row, most=len(held))


def _spending(lines: Sequence[Spent], days: int) -> Html:
    within = f"in {days} days" if days > 1 else "today"
    title = f"Estimated: {_dollars(sum(one.dollars for one in lines))} {within}"

    def row(one: Spent) -> tuple[Html, ...]:
        dollars = Html(f'<span class="m-number">{text(_dollars(one.dollars))}</span>')
        return joined((text(one.what), second_line(one.how))), dollars

    month = _dollars(monthly(list(lines), days))
    hint = (
        f"Of the whole organization, at AWS's list prices in us-east-1, from what was counted: some {month} a month. "
        "Not in it: the agent's installer, AWS's own security services, Athena, emails. The bill is in Cost Explorer."
    )
    return tables.listed(title, ("What", "Dollars"), lines, row, hint=hint, most=len(lines), name="spending")


def _dollars(value: float) -> str:
    return f"${value:,.2f}" if value >= 0.01 or value == 0 else "under $0.01"


def _event_rows(found: Sequence[DayOfEvents], organization: Organization) -> list[dict[str, object]]:
    return [
        {"day": one.day, "account": account, "name": organization.name(account), "events": count}
        for one in found
        for account, count in sorted(one.by_account.items())
    ]


def _sent_rows(log: Log) -> list[dict[str, object]]:
    names = ("at", "target", "kind", "subject", "count")
    return [{**{name: getattr(one, name) for name in names}, "findings": " ".join(one.findings)} for one in log.sent]


def _spent_row(one: Spent) -> dict[str, object]:
    return {"what": one.what, "how": one.how, "dollars": round(one.dollars, 4)}
