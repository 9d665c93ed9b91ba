"""A digest says in few words what its numbers are."""

import msgspec
import pytest

from contract.finding import Severity
from hub.digest.words import digest
from hub.notifier.compose import Reader
from hub.notifier.notification import Notification
from hub.notifier.rendering import as_html, as_text
from tests.notifications import READER, quiet_figures
from tests.notifications import figures as busy


def said(**changes: object) -> Notification:
    return digest(msgspec.to_builtins(msgspec.structs.replace(busy(), **changes)), READER, identifier="i")


def quiet(**changes: object) -> Notification:
    return digest(msgspec.to_builtins(msgspec.structs.replace(quiet_figures(), **changes)), READER, identifier="i")


def test_the_words_are_few_and_right() -> None:
    one = said()
    assert one.subject == "Muster weekly: 3 critical open, 255 new, 112 closed, 15 overdue, 3 silent spokes"
    assert (one.title, one.place) == (
        "3 critical open, 255 new, 112 closed, 15 overdue, 3 silent spokes",
        "2026-11-13 to 2026-11-19 (UTC)",
    )
    assert one.reason == "Route everybody · 1,043 accounts"
    tables = {table.heading: table for table in one.tables}
    assert tables["Findings"].rows[:2] == (("Critical", "4 (-2)", "0", "3"), ("High", "41 (+21)", "12", "88"))
    assert tables["Findings"].note == "In brackets: how many more or fewer than the week before."
    assert tables["Open for longer than agreed"].rows == (("Critical", "7 days", "3"), ("High", "30 days", "12"))
    assert tables["Silent spokes"].columns == ("Account and Region", "Since (Europe/Berlin)")
    assert tables["Silent spokes"].rows == (("sandbox-7, eu-west-1", "2026-11-19 11:00"),)
    assert tables["Silent spokes"].note == "and 2 more"
    assert [(one.severity, one.when) for one in one.rows[2:4]] == [
        (Severity.CRITICAL, "49 days, since 2026-10-02"),
        (Severity.HIGH, "49 days, since 2026-10-02"),
    ]
    assert one.rows[0].address.startswith("https://muster.example.com/")


def test_instances_without_the_agent_are_told_with_the_accounts_where_most_lack_it() -> None:
    one = said(
        with_agent=1_250, without_agent=13, lacking=[("shop", 0, 12), ("bank", 40, 1)], silent_count=0, silent=[]
    )
    assert one.title.endswith(", 13 instances without the agent")
    (table,) = [table for table in one.tables if table.heading == "Security agent on instances"]
    assert table.columns == ("Account", "Have it", "Lack it")
    assert table.rows == (("All", "1,250", "13"), ("shop", "0", "12"), ("bank", "40", "1"))
    assert "muster agents status" in table.note


def test_where_all_have_the_agent_it_is_said_and_where_none_is_installed_it_is_not() -> None:
    well = said(with_agent=3)
    assert well.tables[-1].rows == (("All", "3", "0"),)
    assert "agent" not in well.subject
    assert all(table.heading != "Security agent on instances" for table in said().tables)


def test_tables_are_narrow_and_whole() -> None:
    for table in said().tables:
        assert 2 <= len(table.columns) <= 4
        assert all(len(row) == len(table.columns) for row in table.rows)


def test_a_day_on_which_nothing_happened_says_so_in_one_line() -> None:
    one = quiet()
    assert (one.title, one.tables, one.rows, one.pictures) == ("Nothing new, nothing open", (), (), ())
    assert one.subject == "Muster daily: nothing new, nothing open"
    assert one.place == "2026-11-19 (UTC)"


def test_a_quiet_day_still_says_what_is_open() -> None:
    one = quiet(open={"CRITICAL": 2, "LOW": 5}, silent_count=1)
    assert one.subject == "Muster daily: nothing new, 2 critical open, 1 silent spoke"
    assert one.tables[0].rows == (("Critical", "0", "0", "2"), ("Low", "0", "0", "5"))
    assert one.tables[0].note == ""


def test_counting_that_stopped_is_said_to_have_stopped() -> None:
    one = said(overdue={"CRITICAL": 3, "HIGH": 5_000}, cut=["HIGH", "LOW"])
    assert "at least 5,003 overdue" in one.subject
    (table,) = (table for table in one.tables if table.heading == "Open for longer than agreed")
    assert table.rows == (
        ("Critical", "7 days", "3"),
        ("High", "30 days", "at least 5,000"),
        ("Low", "180 days", "at least 0"),
    )
    assert table.note == "Of each severity the 5,000 oldest findings of the organization are counted."


def test_a_time_that_nobody_said_is_left_out() -> None:
    (old, *_) = busy().oldest
    unknown = msgspec.structs.replace(old, first_seen="1970-01-01T00:00:00.000000Z", days=20_777)
    assert said(oldest=[unknown]).rows[0].when == ""


def test_the_picture_has_the_numbers_in_words() -> None:
    (picture,) = said().pictures
    critical = sum(counts["CRITICAL"] for _, counts in busy().days)
    assert picture.text.startswith(f"New findings from 2026-10-20 to 2026-11-19: {critical} critical, ")
    assert picture.text in " ".join(as_text(said()).split())


def test_without_a_dashboard_there_are_no_links() -> None:
    one = digest(msgspec.to_builtins(busy()), Reader(lambda _: ()), identifier="i")
    assert one.links == ()
    assert {row.address for row in one.rows} == {""}
    assert "Since (UTC)" in {column for table in one.tables for column in table.columns}


@pytest.mark.parametrize("hostile", ["<script>x</script>\r\nBcc: y@example.com\u202e{{ 7*7 }}" * 2_000])
def test_hostile_names_stay_names(hostile: str) -> None:
    (old, *_) = busy().oldest
    bad = msgspec.structs.replace(old, title=hostile, account=hostile, region=hostile, resource=hostile)
    one = said(
        route=hostile,
        oldest=[bad],
        worst=[bad],
        accounts=[(hostile, 1)],
        detections=[(hostile, 1)],
        silent=[(hostile, hostile, "2026-11-19T10:00:00.000000Z")],
    )
    html, text = as_html(one), as_text(one)
    assert "<script" not in html
    assert "49" not in one.subject
    for shown in (html, text):
        assert "\u202e" not in shown
        assert "\nBcc" not in shown
        assert len(shown) < 40_000
    assert "\n" not in one.subject


def test_the_text_is_readable_by_itself() -> None:
    lines = as_text(said()).splitlines()
    assert lines[0] == "DIGEST: 3 critical open, 255 new, 112 closed, 15 overdue, 3 silent spokes"
    assert any(line.split() == ["High", "41", "(+21)", "12", "88"] for line in lines)
    assert max(len(line) for line in lines if not line.startswith(("New findings", "  https"))) <= 90
