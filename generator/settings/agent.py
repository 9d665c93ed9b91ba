"""`[agent]`: the security agent on instances."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from generator.offered import LogRetention
from generator.settings.kinds import Form, Switch
from generator.settings.section import Broken, Section

# Keys may hold colons, as AWS's own do; what follows the last one is the value.
_PAIR = r"[^;]{1,128}:[^:;]{0,256}"
TagFilter = Annotated[
    str,
    StringConstraints(pattern=rf"^(NONE|{_PAIR}(;{_PAIR})*)$", max_length=1_024),
    Form("NONE, or key1:value1;key2:value2"),
]
OptionalTagFilter = Annotated[
    str,
    StringConstraints(pattern=rf"^({_PAIR}(;{_PAIR})*)?$", max_length=1_024),
    Form("key1:value1;key2:value2"),
]
# Relative to muster.toml.
ScriptPath = Annotated[str, StringConstraints(max_length=1_024), Form("the path of a file, from muster.toml's folder")]
# Two braces would name a parameter of the command's document.
Probe = Annotated[
    str, StringConstraints(pattern=r"^(\{?[^{])*\{?$", max_length=2_000), Form("shell commands, without {{")
]


class Scope(StrEnum):
    """Which instances get the agent: the nodes of ECS and EKS, or all."""

    ECS_EKS = "ecs-eks"
    ALL = "all"


class Kind(StrEnum):
    """Agents whose probes Muster brings along, and any other."""

    TREND = "trend"
    OTHER = "other"


class Agent(Section):
    """The security agent, which Muster installs on EC2 instances by your own scripts."""

    enabled: Switch = Field(default=False, description="whether instances get the agent")
    kind: Kind = Field(
        default=Kind.TREND,
        description="which agent it is: Trend Micro's, whose probes are known, or another, whose probes you give",
    )
    name: Annotated[str, StringConstraints(pattern=r"^[\w .()+-]{1,64}$"), Form("1 to 64 letters, digits, spaces")] = (
        Field(default="Trend Micro", description="what people call it")
    )
    linux_install: ScriptPath = Field(
        default="",
        description="the script that installs it on Linux, run by bash as root",
        examples=["agent/install.sh"],
    )
    linux_uninstall: ScriptPath = Field(
        default="", description="the script that removes it from Linux", examples=["agent/uninstall.sh"]
    )
    linux_running: Probe = Field(
        default="",
        description="shell commands that succeed when it runs already and prints its version; empty: the kind's own",
        examples=["systemctl is-active --quiet acme-agent && acme-agent --version"],
    )
    windows_install: ScriptPath = Field(
        default="",
        description="the script that installs it on Windows, run by PowerShell as SYSTEM",
        examples=["agent/install.ps1"],
    )
    windows_uninstall: ScriptPath = Field(
        default="", description="the script that removes it from Windows", examples=["agent/uninstall.ps1"]
    )
    windows_running: Probe = Field(
        default="",
        description="PowerShell that exits with 0 when it runs already and prints its version; empty: the kind's own",
        examples=["exit [int]((Get-Service acme).Status -ne 'Running')"],
    )
    tags: TagFilter = Field(
        default="NONE",
        description="tags of which an instance must have all (key1:value1;key2:value2); NONE: it needs none",
        examples=["Environment:prod;Agent:yes"],
    )
    excluded_tags: OptionalTagFilter = Field(
        default="",
        description="tags of which an instance must have none",
        examples=["Agent:no"],
    )
    scope: Scope = Field(
        default=Scope.ECS_EKS, description="which instances: the nodes of ECS and EKS clusters, or all of them"
    )
    concurrency: int = Field(default=5, ge=1, le=40, description="how many instances of a scan are looked at at once")
    wait_seconds: int = Field(
        default=70, ge=0, le=3_600, description="how long an instance that was started is left alone, in seconds"
    )
    registration_minutes: int = Field(
        default=30,
        ge=1,
        le=720,
        description="for how long a started instance is waited for until Systems Manager can reach it, in minutes",
    )
    install_minutes: int = Field(
        default=60, ge=1, le=2_880, description="how long a script may run, in minutes", examples=[60]
    )
    missing_days: int = Field(
        default=1, ge=0, le=30, description="after how many days without it an instance is a finding"
    )
    sweep: Annotated[
        str, StringConstraints(pattern=r"^(rate|cron)\(.{1,100}\)$"), Form("a rate(…) or cron(…) of EventBridge")
    ] = Field(default="rate(1 day)", description="when all instances are looked at, to find what was missed")
    log_retention_days: LogRetention = Field(
        default=LogRetention.D30, description="days for which its functions' logs are kept"
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield an agent without a script, and one of another kind without its probe."""
        if self.enabled and not (self.linux_install or self.windows_install):
            yield ("enabled",), "it needs a script: give linux_install, windows_install, or both"
        for platform in ("linux", "windows"):
            has_script = getattr(self, f"{platform}_install")
            if has_script and self.kind is Kind.OTHER and not getattr(self, f"{platform}_running"):
                yield (
                    (f"{platform}_running",),
                    "say how to tell that it runs already; an agent that runs is left alone",
                )
