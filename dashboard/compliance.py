"""How accounts and controls stand with a standard: read from counters, nothing is added up from findings."""

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import streamlit as st

from contract.catalogue import DetectionText, described
from dashboard import data
from dashboard.filters import Filters
from dashboard.organization import Organization
from hub.store.compliance import ComplianceStore, Control, Standing, summed

# Of more accounts than these, the numbers of each control would be a query each and seconds of waiting.
MOST_ACCOUNTS = 300
_PARALLEL = 8
_FRESH = timedelta(minutes=1)
_STANDARD = re.compile(r"(?:standards|ruleset)/(?P<name>[a-z0-9-]+)/v/(?P<version>[\d.]+)$")
_NAMES = {
    "cis-aws-foundations-benchmark": "CIS AWS Foundations",
    "aws-foundational-security-best-practices": "AWS Foundational Security Best Practices",
    "nist-800-53": "NIST SP 800-53",
    "nist-800-171": "NIST SP 800-171",
    "pci-dss": "PCI DSS",
    "aws-resource-tagging-standard": "AWS Resource Tagging",
}
_CIS, _FSBP = "cis-aws-foundations-benchmark", "aws-foundational-security-best-practices"


class Standard(msgspec.Struct, frozen=True):
    """A standard of Security Hub's, and how each account stands with it."""

    id: str
    accounts: tuple[Standing, ...] = ()

    @property
    def title(self) -> str:
        """Its name as people say it: `CIS AWS Foundations 3.0.0`."""
        match = _STANDARD.search(self.id)
        if not match:
            return self.id
        name = _NAMES.get(match["name"]) or match["name"].replace("-", " ")
        return name if match["name"] == _FSBP else f"{name} {match['version']}"

    @property
    def cis_version(self) -> str:
        """Its version as detections name it (`3.0`), where it is CIS's benchmark."""
        match = _STANDARD.search(self.id)
        return ".".join(match["version"].split(".")[:2]) if match and match["name"] == _CIS else ""

    @property
    def total(self) -> Standing:
        """All its accounts together."""
        return summed(self.title, self.accounts)


class ControlStanding(msgspec.Struct, frozen=True):
    """A control, its number in the standard (empty: the standard has none), and how it stands."""

    control: Control
    number: str
    standing: Standing


class UnitStanding(msgspec.Struct, frozen=True):
    """How the accounts of an OU, and of those below it, stand together."""

    path: str
    accounts: int
    standing: Standing


def standards(among: Organization) -> list[Standard]:
    """Return the standards that any of the accounts follows, CIS's newest first. Raises `DataError`."""
    with data.state():
        known = _accounts_by_standard()
    kept = [Standard(name, tuple(one for one in found if one.name in among.accounts)) for name, found in known.items()]
    return sorted((one for one in kept if one.accounts), key=_order)


def controls(standard: Standard, among: Organization, filters: Filters) -> list[ControlStanding] | None:
    """Return how each control of a standard stands, the most failures first; None for too many chosen accounts."""
    found = by_control(among, filters)
    if found is None:
        return None
    with data.state():
        known = {one.id: one for one in _controls() if standard.id in one.standards}
    standing = [
        ControlStanding(known[one.name], known[one.name].standards[standard.id], one)
        for one in found
        if one.name in known
    ]
    return sorted(standing, key=lambda one: (-one.standing.failed, -one.standing.accepted, one.number, one.control.id))


def by_control(among: Organization, filters: Filters) -> list[Standing] | None:
    """Return how each control stands in the accounts that filters ask for; None for too many of them."""
    with data.state():
        if data.sees_all() and not filters.names_accounts:
            return _of_organization()
        if len(among.accounts) <= MOST_ACCOUNTS:
            return _of_accounts(tuple(sorted(among.accounts)))
    return None


def units(standard: Standard, among: Organization) -> list[UnitStanding]:
    """Return how each OU stands, those above it too, in the order of their paths."""
    members: dict[str, list[Standing]] = {}
    for one in standard.accounts:
        path = among.path(one.name)
        while path:
            members.setdefault(path, []).append(one)
            path = path.rpartition("/")[0]
    return [UnitStanding(path, len(found), summed(path, found)) for path, found in sorted(members.items())]


def watched(standard: Standard) -> list[tuple[str, DetectionText]]:
    """Return Muster's own detections that watch what a version of CIS's benchmark asks, by its numbers."""
    version = standard.cis_version
    found = [(one.cis[version], one) for one in described() if version in one.cis]
    return sorted(found, key=lambda pair: ([int(part) for part in pair[0].split(".")], pair[1].id))


def score(standing: Standing) -> float | None:
    """Return the share of what passes among what was judged, of 100; accepted failures are failures. None: nothing."""
    return 100 * standing.passed / standing.judged if standing.judged else None


def _order(standard: Standard) -> tuple[int, list[int], str]:
    match = _STANDARD.search(standard.id)
    if not match:
        return 3, [], standard.id
    rank = {_CIS: 0, _FSBP: 1}.get(match["name"], 2)
    return rank, [-int(part) for part in match["version"].split(".") if part], standard.id


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _controls() -> list[Control]:
    with data.state() as place:
        return ComplianceStore(*place).controls()


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _accounts_by_standard() -> Mapping[str, list[Standing]]:
    names = sorted({name for one in _controls() for name in one.standards})
    with data.state() as place, ThreadPoolExecutor(_PARALLEL) as pool:
        store = ComplianceStore(*place)
        return dict(zip(names, pool.map(store.by_account, names), strict=True))


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _of_organization() -> list[Standing]:
    with data.state() as place:
        return ComplianceStore(*place).by_control()


@st.cache_data(ttl=_FRESH, max_entries=20, show_spinner=False)
def _of_accounts(accounts: tuple[str, ...]) -> list[Standing]:
    with data.state() as place, ThreadPoolExecutor(_PARALLEL) as pool:
        found = list(pool.map(ComplianceStore(*place).by_control, accounts))
    return _by_name(one for some in found for one in some)


def _by_name(standings: Iterable[Standing]) -> list[Standing]:
    named: dict[str, list[Standing]] = {}
    for one in standings:
        named.setdefault(one.name, []).append(one)
    return [summed(name, found) for name, found in named.items()]
