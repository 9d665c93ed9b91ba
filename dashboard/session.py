"""Who is at the page, and whether they may come in."""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import streamlit as st
from streamlit import runtime

from contract.clock import now
from dashboard.access import LOCAL, Access, granted, person_of
from dashboard.problems import DataError
from dashboard.sign_in import SignIn, configured, is_loopback


class NotAdmittedError(DataError):
    """Somebody who may not see anything, at least not yet."""


class SignedOutError(NotAdmittedError):
    """Nobody signed in."""


class ExpiredError(NotAdmittedError):
    """They signed in too long ago."""


class NoGroupError(NotAdmittedError):
    """They signed in, and no group of theirs may see anything; `person` is who they are."""

    def __init__(self, person: str, group_claim: str) -> None:
        """Say which claim was looked at."""
        super().__init__(
            f"{person} is in no group that may see the dashboard",
            f"Whoever runs Muster gives your group a role in [web.sign_in] (it looks at the claim {group_claim}); "
            "after a change of your groups sign out and in again.",
        )
        self.person = person


class ExposedError(NotAdmittedError):
    """Without a sign-in, others than this machine could reach the page."""


def access() -> Access:
    """Return who is at this page and what they may; a `NotAdmittedError` says why nothing."""
    sign_in = configured(os.environ)
    if sign_in is None:
        _refuse_others()
        return LOCAL
    return admitted(sign_in, claims(), now())


def claims() -> Mapping[str, Any]:
    """Return what the identity provider said of who is at this page; Streamlit keeps it in a signed cookie."""
    return st.user.to_dict()


def admitted(sign_in: SignIn, identity: Mapping[str, Any], at: datetime) -> Access:
    """Return what an identity may do; a `NotAdmittedError` says why nothing."""
    if not identity.get("is_logged_in"):
        raise SignedOutError("nobody signed in", "Sign in.")
    # Streamlit's cookie lives for 30 days, with the groups that somebody had then.
    issued = identity.get("iat")
    is_fresh = isinstance(issued, int | float) and at.timestamp() < issued + _span(sign_in).total_seconds()
    if not is_fresh:
        raise ExpiredError("the session is over", f"Sign in again; a session lasts {_hours(sign_in)}.")
    person, grants = person_of(identity), granted(sign_in.groups, identity, sign_in.group_claim)
    if not (person and grants):
        raise NoGroupError(person or "Somebody without a name", sign_in.group_claim)
    return Access(person=person, grants=grants)


def _hours(sign_in: SignIn) -> str:
    return "an hour" if sign_in.session_hours == 1 else f"{sign_in.session_hours} hours"


def _span(sign_in: SignIn) -> timedelta:
    return timedelta(hours=sign_in.session_hours)


def _refuse_others() -> None:
    address = st.get_option("server.address")
    if runtime.exists() and not is_loopback(str(address or "")):
        raise ExposedError(
            f"it listens on {address or 'every address'} without a sign-in",
            "Start it by muster dashboard, which listens on this machine only, or set [web.sign_in].",
        )
