"""The gateway: MiniStack's application with our parts installed and the control endpoints in front."""

import asyncio
import json
import signal
import socket
from collections.abc import Callable
from importlib import import_module

import ministack.app
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope

from localorg import control, following, listening, organization, patches, trails, waits
from localorg.options import Options

# Each part patches what it names; the order only matters where one wraps what another one put there.
PARTS = (
    "organizations",
    "workers",
    "function_code",
    "inline_code",
    "retries",
    "redelivery",
    "iam",
    "policy_variables",
    "move_tasks",
    "service_control",
    "public_access",
    "api_callers",
    "tagging",
    "eventbus",
    "templates",
    "cloudformation",
    "stacksets",
    "waits",
    "state_machines",
    "ssm",
    "ec2_states",
    "images",
    "emails",
    "trails",
    "trail_administrators",
    "securityhub",
    "settled",
    "streams",
    "mappings",
    "expiry",
    "table_import",
)


def install() -> None:
    """Check the pin, then install every part; PatchError if MiniStack is not what they were written for."""
    patches.check_version()
    for part in PARTS:
        import_module(f"localorg.{part}").install()


class Application:
    """MiniStack behind our control endpoints; says once that it is ready."""

    def __init__(self, on_ready: Callable[[], None]) -> None:
        """Call `on_ready` when requests are answered."""
        self._on_ready = on_ready

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """One ASGI connection."""
        if scope["type"] == "lifespan":
            await ministack.app.app(scope, receive, self._announcing(send))
        elif scope["type"] == "http" and scope["path"].startswith(control.PREFIX):
            await control.respond(scope, receive, send)
        else:
            await ministack.app.app(scope, receive, send)

    def _announcing(self, send: ASGISendCallable) -> ASGISendCallable:
        async def announce(message: ASGISendEvent) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._on_ready()

        return announce


def run(listener: socket.socket, options: Options) -> None:
    """Serve on `listener` until SIGTERM, SIGINT or the parent's end."""
    install()
    waits.scale(options.wait_scale)
    organization.build(options.accounts, bare=options.bare)
    if options.trail:
        trails.begin()
    control.REGIONS[:] = options.regions
    asyncio.run(_serve(listener, options))
    stop_parts()


def stop_parts() -> None:
    """Let every part that started processes end them."""
    for part in PARTS:
        stop = getattr(import_module(f"localorg.{part}"), "stop", None)
        if stop is not None:
            stop()


async def _serve(listener: socket.socket, options: Options) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if options.with_parent:
        loop.create_task(following.follow(options.with_parent, stopping))  # noqa: RUF006 - lives as long as the loop
    port = listener.getsockname()[1]
    await serve(Application(lambda: _print_ready(port)), _config(listener, options), shutdown_trigger=stopping.wait)


def _config(listener: socket.socket, options: Options) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2
    config.shutdown_timeout = 1
    config.loglevel = options.log_level
    return config


def _print_ready(port: int) -> None:
    ready = {"endpoint": listening.endpoint(port), "organization": organization.describe()}
    print(json.dumps(ready), flush=True)  # noqa: T201 - what starts the gateway reads this line
