"""Every check, in the order in which one would mend things."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from generator.doctor import administration, channels, machine, regions, trails, units
from generator.doctor.diagnosis import Check, Diagnosis, Hub, State, Verdict, warning

CREDENTIALS = "credentials"
CHECKS: dict[str, Check] = {
    CREDENTIALS: administration.credentials,
    "organization": administration.organization,
    "delegated administrator": administration.administrator,
    "trusted access": administration.trusted_access,
    "reading the organization": administration.reading,
    "units": units.units,
    "canaries": units.canaries,
    "accounts": units.accounts,
    "Regions": regions.regions,
    "trail": trails.trail,
    "email sender": channels.sender,
    "email sandbox": channels.sandbox,
    "subscriptions": channels.subscribers,
    "channels' secrets": channels.secrets,
    "delivery": channels.delivery,
    "Security Hub": channels.security_hub,
    "artefact buckets": regions.artefact_buckets,
    "one hub": regions.single_hub,
    "interpreter": machine.interpreter,
}


def examined(hub: Hub) -> Iterator[Diagnosis]:
    """Yield every check's diagnosis; only the first one's with another account's credentials, for all would mislead.

    Without usable credentials botocore's error is raised.
    """
    first = CHECKS[CREDENTIALS](hub)
    yield _named(CREDENTIALS, first)
    if first.state is State.WELL:
        for name, check in CHECKS.items():
            if name != CREDENTIALS:
                yield _named(name, _asked(check, hub))


def _asked(check: Check, hub: Hub) -> Verdict:
    try:
        return check(hub)
    except ClientError as error:
        if administration.is_refused_by_organization(error):
            return warning("could not look: the hub may not read the organization yet", administration.DELEGATE)
        return warning(f"could not look: {_said(error)}", _mend(error))
    except Exception as error:  # noqa: BLE001 - the isolator of checks: one that cannot look must not hide the others
        return warning(f"could not look: {type(error).__name__}: {error}")


def _said(error: ClientError) -> str:
    answer = error.response["Error"]
    return answer.get("Message") or f"{error.operation_name} was answered with {answer['Code']}"


def _mend(error: ClientError) -> str:
    is_refused = error.response["Error"]["Code"].startswith(("AccessDenied", "Unauthorized"))
    return f"let the hub's credentials call {error.operation_name}" if is_refused else ""


def _named(name: str, verdict: Verdict) -> Diagnosis:
    return Diagnosis(name=name, state=verdict.state, detail=verdict.detail, mend=verdict.mend)
