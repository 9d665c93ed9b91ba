import re
import tomllib

from generator.config import Config
from generator.configuration_docs import write_configuration_docs
from generator.settings.channels import TYPES
from generator.settings.tables import tables
from generator.settings.written import heading

PAGE = write_configuration_docs()


def rows(table: str) -> dict[str, list[str]]:
    """Return the cells of a table's rows, by setting."""
    section = PAGE.split(f"## `{table}`\n")[1].split("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {one[0].strip("`"): one[1:] for one in cells}


def test_every_table_and_setting_has_its_row() -> None:
    for table in tables(Config):
        assert rows(heading(table)).keys() == {one.name for one in table.settings}


def test_a_row_says_type_default_allowed_and_what_it_does() -> None:
    assert rows("[aws]")["hub_account"] == [
        "text",
        "required",
        "12 digits",
        "Account of the hub, a delegated administrator of StackSets",
    ]
    assert rows("[findings]")["event_archive_days"][:3] == ["number", "`30`", "1 to 3650"]
    assert rows("[channels.email]")["recipients"][:3] == ["list of texts", "required", "1 to 50 email addresses"]
    assert rows("[spoke]")["trail"][:3] == ["text", '`"none"`', '"none", "organization" or "accounts"']
    assert rows("[creator]")["enabled"][:3] == ["true or false", "`true`", ""]


def test_each_table_begins_with_a_sentence() -> None:
    for name, first in re.findall(r"^## `(.+)`\n\n(.+)$", PAGE, re.MULTILINE):
        assert re.fullmatch(r"[A-Z].+\.", first), name


def test_a_channel_may_have_a_name_of_its_own() -> None:
    for kind in TYPES:
        section = PAGE.split(f"## `[channels.{kind}]`\n")[1].split("\n## ")[0]
        assert "all but the first have a name of their own and `type`." in section


def test_the_example_is_right_and_holds_every_setting() -> None:
    (example,) = re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL)
    assert Config.model_validate(tomllib.loads(example)).channels.email
    for table in tables(Config):
        assert heading(table) in example
        assert all(f"\n{one.name} = " in example for one in table.settings)
