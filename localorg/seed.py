"""The accounts that the emulated organization starts with: documentation ids first."""

from dataclasses import dataclass

MANAGEMENT = "999999999999"
HUB = "111122223333"


@dataclass(frozen=True)
class Seed:
    """One account: where it stands below the root, and whose it is."""

    id: str
    name: str
    path: tuple[str, ...]
    team: str
    environment: str

    @property
    def tags(self) -> dict[str, str]:
        """The account's tags in Organizations."""
        return {"Owner": f"{self.team}@example.com", "Environment": self.environment}


SECURITY = Seed(HUB, "security-tooling", ("Security",), "security", "production")
MEMBERS = (
    Seed("444455556666", "shop-production", ("Workloads", "Production", "EU"), "shop", "production"),
    Seed("777788889999", "shop-development", ("Workloads", "Development"), "shop", "development"),
    Seed("123456789012", "payments-production", ("Workloads", "Production"), "payments", "production"),
    Seed("222222222222", "data-platform", ("Workloads", "Production", "EU"), "data", "production"),
    Seed("333333333333", "sandbox", ("Sandbox",), "platform", "sandbox"),
)
SPREAD = (("Workloads", "Production"), ("Workloads", "Production", "EU"), ("Workloads", "Development"))


def seeds(members: int) -> list[Seed]:
    """The hub and the first `members` member accounts; beyond the named ones they are generated."""
    return [SECURITY, *MEMBERS[:members], *(generated(number) for number in range(len(MEMBERS) + 1, members + 1))]


def generated(number: int) -> Seed:
    """The member account with this number."""
    path = SPREAD[number % len(SPREAD)]
    environment = "development" if "Development" in path else "production"
    return Seed(f"5555{number:08d}", f"member-{number}", path, f"team-{number % 7}", environment)
