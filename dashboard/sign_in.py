"""How people sign in, as the environment says it, and the file in which Streamlit wants to read it."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec

from contract.settings import Settings, SettingsError, read_settings
from dashboard.access import Grant

CALLBACK = "oauth2callback"
_DISCOVERY = ".well-known/openid-configuration"


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenID Connect provider, what it knows the dashboard as, and what its groups may do.

    `address` is the dashboard's own as browsers know it. The client's secret is in Secrets Manager (`secret`, an ARN),
    in a file, or in the environment.
    """

    issuer: str
    client_id: str
    address: str
    secret: str = ""
    secret_file: str = ""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    group_claim: str = "groups"
    session_hours: int = 8
    groups: tuple[Grant, ...] = ()


class SignInSettings(Settings, frozen=True, kw_only=True):
    """Of the dashboard: `SIGN_IN` is a `SignIn` in JSON, empty where nobody signs in."""

    sign_in: str = ""
    sign_in_client_secret: str = ""


def configured(environment: Mapping[str, str]) -> SignIn | None:
    """Return how people sign in, None where nobody does; `SettingsError` when that cannot be read."""
    said = read_settings(SignInSettings, environment).sign_in
    try:
        return msgspec.json.decode(said, type=SignIn) if said else None
    except msgspec.DecodeError as error:
        raise SettingsError(f"SIGN_IN: {error}") from error


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False


def client_secret(sign_in: SignIn, environment: Mapping[str, str], read_secret: Callable[[str], str]) -> str:
    """Return the client's secret: of the environment, of the file, or of Secrets Manager by `read_secret`."""
    if given := read_settings(SignInSettings, environment).sign_in_client_secret:
        return given
    if sign_in.secret_file:
        return _written(Path(sign_in.secret_file))
    if sign_in.secret:
        return read_secret(sign_in.secret).strip()
    raise SettingsError("SIGN_IN_CLIENT_SECRET: nothing says the client's secret; set it, or name its file or ARN")


def _written(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: the client's secret cannot be read: {error}") from error


def streamlit_secrets(sign_in: SignIn, secret: str) -> str:
    """Return what Streamlit reads of `secrets.toml` to let people sign in (its reference, `st.login`)."""
    auth: dict[str, Any] = {
        "redirect_uri": f"{sign_in.address.rstrip('/')}/{CALLBACK}",
        "cookie_secret": _cookie_secret(sign_in, secret),
        "client_id": sign_in.client_id,
        "client_secret": secret,
        "server_metadata_url": f"{sign_in.issuer.rstrip('/')}/{_DISCOVERY}",
    }
    client = {"scope": " ".join(sign_in.scopes)}
    return "\n".join(("[auth]", *_lines(auth), "[auth.client_kwargs]", *_lines(client), ""))


def _cookie_secret(sign_in: SignIn, secret: str) -> str:
    """The same in every copy of the dashboard and after each restart; another client's cookies are worth nothing."""
    said = f"muster dashboard\n{sign_in.issuer}\n{sign_in.client_id}"
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def _lines(values: Mapping[str, str]) -> list[str]:
    # JSON's texts are TOML's too, as long as nothing is written as a pair of surrogates.
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
