"""`[web]`."""

from pydantic import Field

from generator.settings.kinds import WebAddress
from generator.settings.section import Section


class Web(Section):
    """The dashboard."""

    dashboard_url: WebAddress = Field(
        default="",
        description="address of the dashboard, for the links in messages; empty: no links",
        examples=["https://muster.example.com"],
    )
