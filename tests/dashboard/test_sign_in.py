"""How people sign in: what the generator writes, what Streamlit reads, and where the client's secret comes from."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

from contract.settings import SettingsError
from dashboard.__main__ import options
from dashboard.access import Grant, Role
from dashboard.places import Place, Places, browser_of
from dashboard.sign_in import SignIn, client_secret, configured, is_loopback, streamlit_secrets
from generator.dashboard_environment import written_sign_in
from generator.settings.sign_in import Group
from generator.settings.sign_in import SignIn as Written
from generator.third_party import ROOT

SIGN_IN = SignIn(
    issuer="https://login.example.com/", client_id="muster", address="https://muster.example.com/", secret_file=""
)
ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:muster/sign-in-AbCdEf"


def never(arn: str) -> str:
    raise AssertionError(arn)


def test_the_dashboard_reads_the_settings_as_the_generator_writes_them(tmp_path: Path) -> None:
    written = Written(
        issuer="https://login.example.com",
        client_id="muster",
        address="https://muster.example.com",
        client_secret_file="secret",
        groups=(Group(name="security", role="operator"), Group(name="payments", units=("ou-exam-12345678",))),
    )
    said = written_sign_in(written, tmp_path)
    assert configured({"SIGN_IN": msgspec.json.encode(said).decode()}) == SignIn(
        issuer="https://login.example.com",
        client_id="muster",
        address="https://muster.example.com",
        secret_file=str(tmp_path / "secret"),
        groups=(Grant(group="security", role=Role.OPERATOR), Grant(group="payments", units=("ou-exam-12345678",))),
    )


def test_without_the_variable_nobody_signs_in_and_a_broken_one_is_refused() -> None:
    assert configured({}) is None
    with pytest.raises(SettingsError, match="SIGN_IN"):
        configured({"SIGN_IN": '{"issuer": 1}'})
    with pytest.raises(SettingsError, match="SIGN_IN"):
        configured({"SIGN_IN": "{"})


def test_streamlit_gets_the_provider_the_way_back_and_a_secret_for_its_cookies() -> None:
    auth = tomllib.loads(streamlit_secrets(SIGN_IN, 'sec"ret\\ü'))["auth"]
    assert auth["redirect_uri"] == "https://muster.example.com/oauth2callback"
    assert auth["server_metadata_url"] == "https://login.example.com/.well-known/openid-configuration"
    assert auth["client_secret"] == 'sec"ret\\ü'
    assert auth["client_kwargs"] == {"scope": "openid email profile"}
    assert len(auth["cookie_secret"]) == 64


def test_cookies_hold_in_every_copy_and_end_with_the_client() -> None:
    def cookies(sign_in: SignIn, secret: str) -> str:
        return str(tomllib.loads(streamlit_secrets(sign_in, secret))["auth"]["cookie_secret"])

    assert cookies(SIGN_IN, "one") == cookies(SIGN_IN, "one")
    others = {cookies(SIGN_IN, "two"), cookies(msgspec.structs.replace(SIGN_IN, client_id="another"), "one")}
    assert cookies(SIGN_IN, "one") not in others
    assert len(others) == 2


def test_the_clients_secret_is_of_the_environment_a_file_or_secrets_manager(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("of-the-file\n", encoding="utf-8")
    by_file, by_arn = (msgspec.structs.replace(SIGN_IN, **one) for one in ({"secret_file": str(path)}, {"secret": ARN}))
    assert client_secret(by_file, {"SIGN_IN_CLIENT_SECRET": "given"}, never) == "given"
    assert client_secret(by_file, {}, never) == "of-the-file"
    assert client_secret(by_arn, {}, lambda arn: f"of {arn}\n") == f"of {ARN}"
    with pytest.raises(SettingsError, match="SIGN_IN_CLIENT_SECRET"):
        client_secret(SIGN_IN, {}, never)
    with pytest.raises(SettingsError, match="cannot be read"):
        client_secret(msgspec.structs.replace(SIGN_IN, secret_file=str(tmp_path / "none")), {}, never)


@pytest.mark.parametrize(
    ("address", "is_it"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("127.0.0.9", True), ("0.0.0.0", False), ("", False)],
)
def test_which_addresses_only_this_machine_reaches(address: str, is_it: bool) -> None:
    assert is_loopback(address) is is_it


def test_streamlit_takes_pages_of_the_dashboards_address_only() -> None:
    said = options("0.0.0.0", 8501, Path("/private/secrets.toml"), SIGN_IN)
    assert said[0] == "run"
    assert {"--browser.serverAddress=muster.example.com", "--browser.serverPort=443"} <= {*said}
    assert {"--server.address=0.0.0.0", "--secrets.files=/private/secrets.toml"} <= {*said}
    assert "--server.headless=true" not in options("127.0.0.1", 8501, Path("s"), None)


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "muster.example.com"])
def test_without_a_sign_in_it_listens_on_this_machine_only(address: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SIGN_IN": ""}
    command = [sys.executable, "-m", "dashboard", "--address", address]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert f"error: {address}: without a sign-in it listens on 127.0.0.1 only" in ended.stderr


def test_a_browser_is_known_by_its_token_whatever_the_mask() -> None:
    token = bytes(range(16))

    def cookie(mask: bytes) -> str:
        return f"2|{mask.hex()}|{bytes(one ^ mask[at % 4] for at, one in enumerate(token)).hex()}|1790000000"

    assert browser_of(cookie(b"abcd")) == browser_of(cookie(b"wxyz")) == token.hex()
    assert [browser_of(one) for one in ("", "nothing", "2|zz|zz|1")] == ["", "", ""]


def test_a_place_is_taken_once_and_the_oldest_are_forgotten() -> None:
    places = Places(most=2)
    for browser in ("", "one", "two", "three"):
        places.keep(browser, Place(browser, {}))
    assert places.take("") is None
    assert places.take("one") is None
    assert places.take("three") == Place("three", {})
    assert places.take("three") is None
