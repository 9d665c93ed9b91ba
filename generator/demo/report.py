"""What a demo shows and what scripts read of it."""

from pydantic import BaseModel


class Events(BaseModel):
    """How many events were put on the accounts' buses, and how many the alert rules forward."""

    replayed: int
    forwarded: int


class Findings(BaseModel):
    """The findings in the hub's store."""

    total: int
    by_severity: dict[str, int]


class Agents(BaseModel):
    """Instances that have the security agent, and those that should have it and have not, whatever the reason."""

    installed: int = 0
    failed: int = 0


class Backups(BaseModel):
    """Images and snapshots that are kept, and those past their date with what they cost at most."""

    kept: int = 0
    past_date: int = 0
    dollars_a_month: float = 0


class AccountRow(BaseModel):
    """One account's share."""

    id: str
    name: str
    ou_path: str
    by_severity: dict[str, int] = {}
    tags: int = 0
    emails: int = 0


class DemoReport(BaseModel):
    """The demo's outcome. `problems` says what was expected and did not come; empty when nothing was lost."""

    accounts: int
    stack_instances: dict[str, int]
    events: Events
    findings: Findings
    tags: int
    agents: Agents = Agents()
    backups: Backups = Backups()
    emails: int
    dead_letters: int
    seconds: float
    rows: list[AccountRow] = []
    account_map: dict[str, str] = {}
    problems: list[str] = []

    def line(self) -> str:
        """Return the JSON that scripts read (`docs/architecture.md`, black-box interfaces)."""
        return self.model_dump_json(exclude={"backups", "rows", "account_map", "problems"})
