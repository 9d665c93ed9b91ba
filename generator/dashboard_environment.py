"""What the dashboard finds in its environment, on this machine and where it is hosted."""

from pathlib import Path
from typing import Any

from generator.config import Config
from generator.settings.sign_in import SignIn


def dashboard_environment(config: Config) -> dict[str, str]:
    """Return what the dashboard reads wherever it runs."""
    return {
        "FINDINGS_TABLE": config.names.findings_table,
        "STATE_TABLE": config.names.state_table,
        "ORGANIZATION_ID": config.organization.id,
        "AWS_DEFAULT_REGION": config.aws.home_region,
    }


def written_sign_in(sign_in: SignIn, folder: Path | None = None) -> dict[str, Any]:
    """Return `[web.sign_in]` as the dashboard reads it; without a folder nothing says where the secret is."""
    place = sign_in.client_secret_file
    secret = {
        "secret": sign_in.client_secret,
        "secret_file": str((folder / place).resolve()) if folder and place else "",
    }
    return {
        **sign_in.model_dump(mode="json", exclude={"client_secret", "client_secret_file", "groups"}),
        "groups": [{"group": one.name, "role": one.role, "units": list(one.units)} for one in sign_in.groups],
        **(secret if folder else {}),
    }
