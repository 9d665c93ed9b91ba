import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from generator.reading import InputError, Item, event_files, read_items

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
