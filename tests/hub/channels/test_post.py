"""What another side answers is said in words that mend it, and never with the address."""

import logging
import socket
import traceback
from typing import TYPE_CHECKING

import pytest

from hub.channels.channel import ChannelError, SecretRefusedError
from hub.channels.post import post_json
from tests.hub.channels.conftest import receiving

if TYPE_CHECKING:
    from tests.hub.channels.conftest import Receiver, Trusted


def test_a_document_arrives_as_json(receiver: "Receiver") -> None:
    post_json(receiver.address, {"text": "ü"})
    [(path, headers, body)] = receiver.came
    assert path == "/services/T0000/B0000/very-secret-part"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert body == '{"text":"ü"}'.encode()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b"no_service", "the Slack webhook was revoked; make a new one"),
        (403, b"invalid_token", "the Slack webhook's address is wrong or revoked"),
        (410, b"channel_is_archived", "unarchive it"),
        (404, b"channel_not_found", "the Slack channel is gone"),
        (403, b"action_prohibited", "an administrator of Slack forbids it"),
        (400, b'{"error":{"code":"WorkflowTriggerIsNotEnabled"}}', "the Teams workflow is turned off; turn it on"),
        (404, b'{"error":{"code":"WorkflowNotFound"}}', "the Teams workflow is gone; make a new one"),
        (401, b'{"error":{"code":"DirectApiAuthorizationRequired"}}', "let anyone trigger it"),
        (400, b'{"status":"invalid event","errors":["\'routing_key\' is wrong"]}', "store that of an Events API v2"),
        (401, b"", "the webhook was revoked or never was"),
        (403, b"", "the webhook was revoked or never was"),
        (404, b"<html>not here</html>", "says 404: the webhook was revoked or never was"),
        (410, b"", "the webhook was revoked or never was"),
        (400, b"what?", "says 400 (what?): it does not take the message"),
    ],
)
def test_a_refusal_says_what_mends_it_and_may_be_the_secrets_fault(
    receiver: "Receiver", status: int, body: bytes, said: str
) -> None:
    receiver.status, receiver.body = status, body
    with pytest.raises(SecretRefusedError) as caught:
        post_json(receiver.address, {})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (
            429,
            {"Retry-After": "30"},
            "too many messages, it takes none of the next 30 seconds; lower messages_per_hour",
        ),
        (429, {"Retry-After": "<b>"}, "too many messages, it takes none for now"),
        (500, {}, "it has trouble of its own; it is tried again"),
        (503, {}, "it has trouble of its own; it is tried again"),
        (422, {}, "it does not take the message"),
    ],
)
def test_a_trouble_that_no_other_secret_mends_is_told_apart(
    receiver: "Receiver", status: int, headers: dict[str, str], said: str
) -> None:
    receiver.status, receiver.headers = status, headers
    with pytest.raises(ChannelError) as caught:
        post_json(receiver.address, {})
    assert said in str(caught.value)
    assert type(caught.value) is ChannelError
    # Trying again is the queue's affair.
    assert len(receiver.came) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver: "Receiver", status: int) -> None:
    receiver.status, receiver.headers = status, {"Location": receiver.address}
    with pytest.raises(ChannelError, match="store the address where it leads"):
        post_json(receiver.address, {})
    assert len(receiver.came) == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/very-secret-part",
        "ftp://example.com/very-secret-part",
        "file:///very-secret-part",
        "http://169.254.169.254/very-secret-part",
        "//example.com/very-secret-part",
        "https:///very-secret-part",
        "https://[::1/very-secret-part",
        "https://example.com:99999/very-secret-part",
        "https://example.com/\r\nHost: very-secret-part",
        "https://example.com/very-secret-part and more",
        "very-secret-part",
        "",
    ],
)
def test_what_is_no_address_of_https_is_refused_unsaid(address: str) -> None:
    with pytest.raises(ChannelError, match="no address that begins with https://") as caught:
        post_json(address, {})
    assert "very-secret-part" not in "".join(traceback.format_exception(caught.value))


def test_neither_errors_nor_logs_say_the_address(receiver: "Receiver", caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    # Put together, so that a traceback's source lines do not say it.
    key = "0123456789" + "abcdef"
    receiver.status = 400
    receiver.body = f"you posted {{key: {key}}} to /services/T0000/B0000/very-secret-part".encode()
    with pytest.raises(ChannelError) as caught:
        post_json(receiver.address, {}, hidden=key)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "you posted {key: …} to" in told
    assert "very-secret-part" not in told
    assert key not in told


def test_a_host_that_is_not_there_is_said_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    secret = "very-secret" + "-path"
    with pytest.raises(ChannelError, match=r"127\.0\.0\.1 could not be reached \(NewConnectionError\)") as caught:
        post_json(f"http://127.0.0.1:{port}/{secret}", {})
    assert secret not in "".join(traceback.format_exception(caught.value)) + caplog.text
    # Whatever text an error of the library has: nobody sees it.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_certificate_that_nobody_vouches_for_is_refused(trusted: "Trusted") -> None:
    with (
        receiving(trusted.server) as receiver,
        pytest.raises(ChannelError, match="shows a certificate that nobody vouches for"),
    ):
        post_json(receiver.address, {})
    assert receiver.came == []


def test_of_a_long_answer_little_is_read(receiver: "Receiver") -> None:
    receiver.status, receiver.body = 500, b"x" * 5_000_000
    with pytest.raises(ChannelError) as caught:
        post_json(receiver.address, {})
    assert len(str(caught.value)) < 400
