"""Settings: what is deployed, who hears of what, how the channels are, what is accepted and until when."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st

from contract.clock import iso
from dashboard import data, deployment
from dashboard.deployment import Channels
from dashboard.markup import (
    NOTHING,
    Html,
    ago,
    breakable,
    card,
    chip,
    empty,
    exact,
    joined,
    number,
    second_line,
    table,
    text,
)
from dashboard.views import exporting, tables
from dashboard.views.parts import part
from hub.store.deployed import Channel, Deployed, DeployedRoute, Section
from hub.store.suppressions import Suppression

_SOON = timedelta(days=14)
_LISTED = 25
_FIND = "settings_find"
_CHANGE = "They are changed in muster.toml and by make deploy; nothing here changes them."
_NO_ROUTES = "Name channels in muster.toml; muster route test says who would hear of a finding."
_NO_SUPPRESSIONS = "Suppress a finding, or write [[suppressions]] in muster.toml."


def show() -> None:
    """Show channels and suppressions first, which change by themselves, then the settings."""
    st.html(f'<div class="m-head"><h1>Settings</h1><p>{_CHANGE}</p></div>')
    now = data.present()
    with part("What is deployed"):
        known = deployment.deployed()
        st.html(_about(known, now))
        with part("Channels"):
            st.html(_channels(known, deployment.channels(), now))
        st.html(_routes(known))
    with part("Suppressions"):
        found = deployment.suppressions()
        st.html(_suppressions(found, now))
        if found:
            exporting.show("suppressions", _SUPPRESSED, [_suppression_row(one, now) for one in found])
    with part("Settings"):
        _show_sections(deployment.sections())


def _about(known: Deployed, now: datetime) -> Html:
    return Html(
        f'<p class="m-hint">Muster {text(known.version)}, settings {text(known.digest)}, deployed '
        f"{ago(known.at, now)} ({text(exact(known.at))}).</p>"
    )


def _channels(known: Deployed, channels: Channels, now: datetime) -> Html:
    title = "Channels"
    if not known.channels:
        return card(title, empty("There is no channel", "Name one in muster.toml: nobody is told of findings."))
    troubles = {one.channel: one.text for one in data.troubles()}

    def row(one: Channel) -> tuple[Html, ...]:
        targets = [name for name in channels.states if name == one.name or name.startswith(f"{one.name}/")]
        states = [channels.states[name] for name in targets]
        failing = next((state for state in states if state.failing_since), None)
        waiting = sum(channels.waiting[name] for name in targets)
        sent = max((state.last_sent_at for state in states), default="")
        said = failing.failure if failing else troubles.get(one.name, "")
        return (
            joined((text(one.name), second_line(one.kind))),
            text(f"{one.minimum_severity.capitalize()} and worse"),
            _health(bool(failing), said),
            ago(sent, now),
            _waiting(waiting, is_bad=bool(waiting and failing)),
            text(f"{one.messages_per_hour:,} an hour"),
        )

    hint = "What a channel has not taken waits; muster notify test tries one."
    columns = ("Channel", "Takes", "State", "Last sent", "Waiting", "At most")
    return tables.listed(title, columns, known.channels, row, hint=hint, most=len(known.channels))


def _waiting(count: int, *, is_bad: bool) -> Html:
    words = text(deployment.in_words(count))
    return Html(f'<span class="m-silent">{words}</span>') if is_bad else words


def _health(is_failing: bool, said: str) -> Html:
    if is_failing:
        return joined((Html('<span class="m-silent">Failing</span>'), second_line(said)))
    if said:
        return joined((text("Needs a look"), second_line(said)))
    return Html('<span class="m-good">Well</span>')


def _routes(known: Deployed) -> Html:
    title = "Routes"
    if not known.routes:
        return card(title, empty("There are no routes", _NO_ROUTES))

    def row(placed: tuple[int, DeployedRoute]) -> tuple[Html, ...]:
        place, one = placed
        return (
            number(place),
            text(one.name),
            joined(chip(name) for name in one.channels),
            joined(Html(f"<div>{text(line)}</div>") for line in one.conditions) or text("everything"),
            _besides(one),
        )

    placed = list(enumerate(known.routes, 1))
    columns, hint = ("No.", "Route", "Channels", "Takes", ""), "In this order. muster route test tries them."
    return tables.listed(title, columns, placed, row, hint=hint, most=len(placed))


def _besides(one: DeployedRoute) -> Html:
    lines = [f"where nobody owns it: {', '.join(one.otherwise)}"] if one.otherwise else []
    lines += [f"digest {' and '.join(one.digest)}"] if one.digest else []
    lines += ["later routes hear nothing of it"] if one.is_last else []
    return joined(Html(f"<div>{text(line)}</div>") for line in lines)


def _suppressions(found: Sequence[Suppression], now: datetime) -> Html:
    soon = [one for one in found if _state(one, now) == "ends soon"]
    title = f"Suppressions ({len(found):,}), {len(soon):,} end within {_SOON.days} days"
    if not found:
        return card("Suppressions", empty("Nothing is accepted by a rule", _NO_SUPPRESSIONS), _OF_RULES)
    ordered = sorted(found, key=lambda one: (_RANK[_state(one, now)], one.until or "9", one.id))

    def row(one: Suppression) -> tuple[Html, ...]:
        return (
            joined((text(one.id), second_line("muster.toml" if one.is_written else "made here"))),
            joined((breakable(one.reason), second_line(one.owner))),
            joined(Html(f"<div>{breakable(line)}</div>") for line in _scope(one)),
            _until(one, now),
        )

    columns = ("Suppression", "Why, and who", "Of what", "Until")
    return tables.listed(title, columns, ordered, row, hint=_OF_RULES, most=_LISTED, name="suppressions")


_OF_RULES = "Rules, what ends first before the others. What people suppressed one by one: Findings, by status."
_RANK = {"ends soon": 0, "holds": 1, "is over": 2}
_SUPPRESSED = (
    "id",
    "reason",
    "owner",
    "until",
    "state",
    "detections",
    "accounts",
    "ous",
    "regions",
    "resources",
    "actors",
)
_PARTS = ("detections", "accounts", "ous", "regions", "resources", "actors")


def _state(one: Suppression, now: datetime) -> str:
    if one.is_over(now) or one.ended:
        return "is over"
    return "ends soon" if one.until and one.until <= iso(now + _SOON) else "holds"


def _until(one: Suppression, now: datetime) -> Html:
    state = _state(one, now)
    if not one.until:
        return text("it was taken out of muster.toml" if one.ended else "for good")
    day = exact(one.until)[:10]
    if state == "is over":
        return joined((text(day), second_line("is over")))
    left = (datetime.fromisoformat(one.until) - now).days
    words = f"{left} day{'s' if left != 1 else ''} left"
    mark = Html(f'<span class="m-silent">{text(day)}</span>') if state == "ends soon" else text(day)
    return joined((mark, second_line(words)))


def _scope(one: Suppression) -> list[str]:
    said = [f"{name}: {', '.join(getattr(one, name))}" for name in _PARTS if getattr(one, name)]
    return said or ["everything"]


def _suppression_row(one: Suppression, now: datetime) -> dict[str, object]:
    plain = {name: " ".join(getattr(one, name)) for name in _PARTS}
    return {
        "id": one.id,
        "reason": one.reason,
        "owner": one.owner,
        "until": one.until,
        "state": _state(one, now),
        **plain,
    }


def _show_sections(found: Sequence[Section]) -> None:
    if not found:
        st.html(
            card("Settings", empty("The hub has not stored its settings yet", "It does within an hour of a rollout."))
        )
        return
    wanted = st.text_input("Find a setting", key=_FIND, placeholder="Name or value", icon=":material/search:")
    rows = [(section.name, one) for section in found for one in section.settings]
    shown = [(name, one) for name, one in rows if wanted.casefold() in f"{name}.{one.name} {one.value}".casefold()]
    if not shown:
        st.html(card("Settings", empty("No setting has that in its name or value", "Take the search away.")))
    for section in found:
        settings = [one for name, one in shown if name == section.name]
        if settings:
            changed = sum(not one.is_usual for one in settings)
            label = f"{section.name} ({len(settings):,}, {changed:,} set)"
            with st.expander(label, expanded=bool(wanted)):
                lines = [
                    (
                        Html(f'<span class="m-code">{breakable(one.name)}</span>'),
                        breakable(one.value) or Html('<span class="m-hint">empty</span>'),
                        NOTHING if one.is_usual else chip("set", "open"),
                    )
                    for one in settings
                ]
                st.html(table(("Setting", "Value", ""), lines, section.name))
    columns = ("section", "setting", "value", "is_usual")
    file = [{"section": name, "setting": one.name, "value": one.value, "is_usual": one.is_usual} for name, one in shown]
    if file:
        exporting.show("settings", columns, file)
