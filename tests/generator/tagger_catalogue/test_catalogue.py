"""The catalogue's file, what people override in it, and what is told when it changes."""

from pathlib import Path

import pytest

from generator.problems import BadInputError
from generator.tagger_catalogue import __main__ as tool
from generator.tagger_catalogue import catalogue as kept
from generator.tagger_catalogue.catalogue import (
    FILE,
    Override,
    Overrides,
    changes,
    composed,
    needless,
    read_catalogue,
    read_overrides,
    untold,
    written,
)
from generator.tagger_catalogue.derivation import Derived, Sources
from spoke.creator_tagger.creation import Catalogue, Created

QUEUE = Created("arn:{partition}:sqs:{region}:{account}:{id}", "requestParameters.queueName")
TOPIC = Created("", "responseElements.topicArn")
DERIVED = {
    "sqs.amazonaws.com:CreateQueue": Derived("sqs.amazonaws.com:CreateQueue", "sqs", 4, QUEUE),
    "sns.amazonaws.com:CreateTopic": Derived("sns.amazonaws.com:CreateTopic", "sns", 2, TOPIC),
    "new.amazonaws.com:CreateThing": Derived("new.amazonaws.com:CreateThing", "new", 4, TOPIC),
}


def test_the_file_is_what_the_tool_writes_and_holds_what_people_overrode() -> None:
    catalogue, overrides = read_catalogue(), read_overrides()
    assert FILE.read_text(encoding="utf-8") == written(catalogue)
    assert {call: catalogue.named[call] for call in overrides.named} == {
        call: one.created() for call, one in overrides.named.items()
    }
    assert (catalogue.untaggable, catalogue.no_creations) == (
        dict(sorted(overrides.untaggable.items())),
        dict(sorted(overrides.no_creations.items())),
    )


def test_trusted_calls_of_services_that_can_be_tagged_are_taken() -> None:
    assert composed(DERIVED, Overrides()).named == {"sqs.amazonaws.com:CreateQueue": QUEUE}
    assert untold(DERIVED, Overrides()) == ["new.amazonaws.com:CreateThing"]


def test_an_override_wins_and_adds_and_puts_aside() -> None:
    overrides = Overrides(
        named={"sns.amazonaws.com:CreateTopic": Override(path="responseElements.topicArn")},
        untaggable={"sqs.amazonaws.com:CreateQueue": "for a test"},
        no_creations={"new.amazonaws.com:CreateThing": "for a test"},
    )
    catalogue = composed(DERIVED, overrides)
    assert catalogue.named == {"sns.amazonaws.com:CreateTopic": TOPIC}
    assert catalogue.untaggable == {"sqs.amazonaws.com:CreateQueue": "for a test"}
    assert untold(DERIVED, overrides) == []


def test_an_override_that_the_sources_agree_with_is_told() -> None:
    same = Override(template=QUEUE.template, path=QUEUE.path)
    assert needless(DERIVED, Overrides(named={"sqs.amazonaws.com:CreateQueue": same})) == [
        "sqs.amazonaws.com:CreateQueue"
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[named", "overrides.toml"),
        ('[named]\n"a:B" = { template = "x" }', "path"),
        ('[named]\n"a:B" = { path = "x", pth = "y" }', "pth"),
        ('[named]\n"a:B" = { path = "x" }\n[untaggable]\n"a:B" = "why"', "two tables"),
    ],
)
def test_a_wrong_override_is_named(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "overrides.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=told):
        read_overrides(file)


def test_each_change_is_a_line() -> None:
    before = Catalogue(named={"a:Gone": TOPIC, "a:Kept": TOPIC, "a:Other": TOPIC}, untaggable={}, no_creations={})
    after = Catalogue(named={"a:Kept": TOPIC, "a:New": QUEUE, "a:Other": QUEUE}, untaggable={}, no_creations={})
    assert [line.split(":", 2)[:2] for line in changes(before, after)] == [
        ["- a", "Gone"],
        ["+ a", "New"],
        ["~ a", "Other"],
    ]


def test_the_file_reads_back_as_it_was(tmp_path: Path) -> None:
    also = Created(QUEUE.template, QUEUE.path, also=TOPIC)
    catalogue = Catalogue(named={"a:B": also, "a:C": QUEUE}, untaggable={"a:D": "why"}, no_creations={})
    file = tmp_path / "catalogue.json"
    file.write_text(written(catalogue), encoding="utf-8")
    assert read_catalogue(file) == catalogue


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the file that the tool writes, with sources that say what `DERIVED` says."""
    file = tmp_path / "catalogue.json"
    file.write_text(written(Catalogue(named={}, untaggable={}, no_creations={})), encoding="utf-8")
    monkeypatch.setattr(tool, "installed_sources", lambda: None)
    monkeypatch.setattr(tool, "derive", lambda _: DERIVED)
    monkeypatch.setattr(tool, "read_overrides", Overrides)
    monkeypatch.setattr(tool, "read_catalogue", lambda: kept.read_catalogue(file))
    monkeypatch.setattr(tool, "FILE", file)
    return file


def test_the_tool_writes_the_file_and_prints_what_changed(sources: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(["--check"]) == 1
    assert tool.main([]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("+ sqs.amazonaws.com:CreateQueue: ")
    assert told[1].startswith("? new.amazonaws.com:CreateThing: ")
    assert told[-1] == "1 create calls of 1 event sources"
    assert "sqs.amazonaws.com:CreateQueue" in kept.read_catalogue(sources).named
    assert tool.main(["--check"]) == 0


def test_a_missing_source_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def missing() -> Sources:
        raise BadInputError("policy_sentry is not installed; run make tagger-catalogue")

    monkeypatch.setattr(tool, "installed_sources", missing)
    assert tool.main([]) == 2
    assert "policy_sentry" in capsys.readouterr().err
