"""The gateway's socket and the environment that MiniStack reads while it is imported."""

import os
import socket

LOOPBACK = "127.0.0.1"
# What MiniStack would otherwise take from the caller's shell: profiles, keys, persistence, other listeners.
INHERITED = ("AWS_", "S3_", "MINISTACK_", "PERSIST", "SMTP_", "LAMBDA_", "SFTP_")


class PortTakenError(OSError):
    """Something else listens there."""


def bind(port: int) -> socket.socket:
    """A listening loopback socket; 0 picks a free port. PortTakenError when the port is busy."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        message = f"port {port} on {LOOPBACK} is already in use; stop what listens there or choose another with --port"
        raise PortTakenError(message) from error
    return listener


def endpoint(port: int) -> str:
    """The URL under which the whole organization answers."""
    return f"http://{LOOPBACK}:{port}"


def set_environment(port: int, log_level: str) -> None:
    """Loopback only, IAM enforced, nothing from the caller's shell."""
    for name in list(os.environ):
        if name.startswith(INHERITED):
            del os.environ[name]
    os.environ.update(
        AUTH="true",
        BIND_HOST=LOOPBACK,
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        LOG_LEVEL=log_level,
        MINISTACK_HOST=LOOPBACK,
        SFTP_ENABLED="0",
        # boto3 of this process, for calls to ourselves.
        AWS_ENDPOINT_URL=endpoint(port),
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )
