"""`[api]`."""

from pydantic import Field

from generator.settings.kinds import Count, Switch
from generator.settings.section import Section


class Api(Section):
    """The API over findings, for callers of the hub account whom IAM allows to call it."""

    enabled: Switch = Field(default=True, description="whether there is an API")
    requests_per_second: Count = Field(default=100, description="how many requests a second it answers")
    sets_log_role: Switch = Field(
        default=True,
        description="whether API Gateway's role for logs is set, of which an account has one in a Region",
    )
