import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import json_window
from generator.reading import InputError, Item, event_files, items_of, read_items

TWO = [{"a": 1}, {"a": 2}]
LINES = "".join(json.dumps(one) + "\n" for one in TWO).encode()


def read(path: Path, key: str | None = None) -> list[Item]:
    return list(read_items([str(path)], key))


def values(path: Path) -> list[Any]:
    return [one.value for one in read(path)]


@pytest.mark.parametrize(
    "body",
    [
        LINES,
        json.dumps(TWO).encode(),
        json.dumps({"Records": TWO}, indent=2).encode(),
        b"\n" + LINES,
        gzip.compress(LINES),
        gzip.compress(json.dumps({"Records": TWO}).encode()),
    ],
    ids=["lines", "list", "log", "blank-line-first", "packed-lines", "packed-log"],
)
def test_every_form_gives_the_same_items_in_order(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "events").write_bytes(body)
    assert values(tmp_path / "events") == TWO


def test_a_line_that_is_no_json_is_an_error_between_two_items(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(b'{"a": 1}\nnot json\n\n{"a": 2}\n')
    first, broken, last = read(tmp_path / "events")
    assert (first.value, last.value) == tuple(TWO)
    assert broken.error.startswith("not JSON")


def test_a_first_line_that_is_no_json_does_not_hide_the_second(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(b'{"a": \n{"a": 2}\n')
    broken, second = read(tmp_path / "events")
    assert broken.error
    assert second.value == {"a": 2}


def test_the_key_takes_the_item_from_each_line(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(b'{"event": 1}\n{"other": 2}\n3\n')
    found = read(tmp_path / "events", "event")
    assert [one.value for one in found] == [1, None, None]
    assert [one.error for one in found] == ["", "no key 'event' in this line", "no key 'event' in this line"]


@pytest.mark.parametrize(
    ("body", "places"),
    [
        (b'{"a": 1}\n\n{"a": 2}\n', [":1", ":3"]),
        (b'\n\n{"a": 1}\nno\n{"a": 2}', [":3", ":4", ":5"]),
        (b'{"a": \n{"a": 2}\n', [":1", ":2"]),
        (json.dumps({"Records": TWO}).encode(), [", record 1", ", record 2"]),
        (json.dumps(TWO, indent=1).encode(), [", record 1", ", record 2"]),
        (json.dumps(TWO[0], indent=1).encode(), [""]),
        (b'{"a": 1}\n[{"a": 2}, {"a": 3}]\n', [":1", ":2, record 1", ":2, record 2"]),
    ],
)
def test_an_item_knows_where_it_stands(tmp_path: Path, body: bytes, places: list[str]) -> None:
    (tmp_path / "events").write_bytes(body)
    found = read(tmp_path / "events")
    assert [one.place for one in found] == places
    assert {one.file for one in found} == {str(tmp_path / "events")}


@pytest.mark.parametrize("indent", [None, 4])
def test_what_lookup_events_prints_is_its_records(tmp_path: Path, indent: int | None) -> None:
    looked_up = [{"EventId": "x", "CloudTrailEvent": json.dumps(one)} for one in TWO]
    (tmp_path / "events").write_text(json.dumps({"Events": looked_up, "NextToken": "y"}, indent=indent))
    assert values(tmp_path / "events") == TWO
    assert [one.value for one in read(tmp_path / "events", "CloudTrailEvent")] == TWO
    (tmp_path / "events").write_text(json.dumps({"CloudTrailEvent": "{"}))
    assert read(tmp_path / "events")[0].error.startswith("not JSON")


def test_files_and_directories_that_hold_nothing_are_told(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "empty.json").write_bytes(b"")
    (tmp_path / "full.json").write_bytes(LINES)
    told: list[str] = []
    paths = [str(tmp_path / name) for name in ("none", "empty.json", "full.json")]
    assert [one.value for one in read_items(paths, empty=told.append)] == TWO
    assert told == paths[:2]


def test_a_truncated_gzip_keeps_what_could_be_read(tmp_path: Path) -> None:
    (tmp_path / "events.gz").write_bytes(gzip.compress(LINES)[:-4])
    found = read(tmp_path / "events.gz")
    assert found[-1].error.startswith("damaged gzip data")


def test_damaged_compressed_data_is_an_item_with_an_error(tmp_path: Path) -> None:
    body = gzip.compress(LINES)
    for place in range(10, len(body)):
        (tmp_path / "events.gz").write_bytes(body[:place] + bytes([body[place] ^ 0xFF]) + body[place + 1 :])
        assert read(tmp_path / "events.gz")[-1].error


def test_a_directory_is_its_event_files_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('{"a": 2}')
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n')
    (tmp_path / "b.before.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("x")
    assert [file.name for file in event_files(str(tmp_path))] == ["a.jsonl", "b.json"]
    assert values(tmp_path) == TWO


def test_a_missing_file_is_named_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give an existing file or directory"):
        read(tmp_path / "none.json")


def test_no_path_and_a_dash_are_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for paths in ([], ["-"]):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(LINES))))
        assert [one.value for one in read_items(paths)] == TWO


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"\n \n")
    assert read(tmp_path / "empty") == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.lists(json_values, max_size=4), min_size=1, max_size=3), st.integers(1, 50), st.sampled_from([None, 1])
)
def test_log_files_that_follow_each_other_are_read_whole_through_any_window(
    logs: list[list[Any]], chunk: int, indent: int | None
) -> None:
    body = "".join(json.dumps({"Records": log, "more": 1}, indent=indent, ensure_ascii=False) for log in logs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_window, "_CHUNK", chunk)
        found = list(items_of(io.BufferedReader(io.BytesIO(body.encode()))))
    assert [(one.value, one.error) for one in found] == [(one, "") for log in logs for one in log]


def test_a_damaged_log_keeps_what_stands_before_the_damage_and_the_logs_of_other_lines(tmp_path: Path) -> None:
    broken = b'{"Records": [{"a": 1}, {"a": oops}, {"a": 3}]}\n'
    (tmp_path / "events").write_bytes(broken + json.dumps({"Records": TWO}).encode() + b'\n{"b": 1}\n')
    first, damage, *rest = read(tmp_path / "events")
    assert first.value == {"a": 1}
    assert damage.error.startswith("not JSON")
    assert [one.value for one in rest] == [*TWO, {"b": 1}]


def test_a_log_nested_beyond_the_stack_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(b'{"Records": [' + b"[" * 100_000)
    (found,) = read(tmp_path / "events")
    assert found.error
