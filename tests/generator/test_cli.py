import json
import re
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from generator import cli
from generator.commands.rollout import takes
from generator.demo.recorded import EVENTS
from generator.local.problems import BadStartError, LocalError
from generator.local.process import start
from generator.matcher import PatternError
from generator.parts.function import TemplateError
from generator.rollout.step import RolloutError
from generator.watching import usual_rules
from hub.detections.settings import DetectionSettingsError

GOLDEN = Path(__file__).parents[1] / "events"
Run = Callable[..., tuple[int, str, str]]

CONFIG = """[organization]
id = "o-exampleorg1"
root = "r-exam"
[aws]
hub_account = "111122223333"
home_region = "eu-central-1"
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line; return its exit code, its output and what it said on standard error."""

    def ran(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["muster", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return ran


def test_malformed_settings_are_one_line_and_bad_input(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "muster.toml"
    file.write_text(CONFIG.replace("111122223333", "1111"))
    for command in ("generate", "plan", "deploy", "status", "dashboard"):
        code, _, said = run(command, "--config", str(file))
        assert code == 2
        assert said.startswith(f"error: {file}:5: aws.hub_account:")
        assert said.count("\n") == 1


def test_each_thing_that_is_wrong_is_a_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "muster.toml"
    file.write_text(CONFIG.replace("111122223333", "1111").replace("eu-central-1", "eu-centrall-1").replace("o-e", "e"))
    code, printed, said = run("plan", "--config", str(file))
    assert (code, printed) == (2, "")
    assert [line.split(": ")[:3] for line in said.splitlines()] == [
        ["error", f"{file}:2", "organization.id"],
        ["error", f"{file}:5", "aws.hub_account"],
    ]


def test_missing_settings_are_named(run: Run, tmp_path: Path) -> None:
    code, _, said = run("status", "--config", str(tmp_path / "none.toml"))
    assert (code, said.count("\n")) == (2, 1)
    assert "none.toml: no such file; write one with `muster init`" in said


def test_a_missing_file_of_events_is_bad_input(run: Run, tmp_path: Path) -> None:
    code, _, said = run("explain", str(tmp_path / "none.json"))
    assert (code, said.count("\n")) == (2, 1)
    assert "give an existing file or directory" in said


def test_explain_prints_a_line_for_each_event(run: Run) -> None:
    code, printed, _ = run("explain", "--json", str(EVENTS))
    lines = [json.loads(line) for line in printed.splitlines()]
    assert code == 0
    assert [line["index"] for line in lines] == list(range(55))


def test_explain_follows_the_settings(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "muster.toml"
    file.write_text(f'{CONFIG}[creator]\ncreated_by_key = "Creator"\n')
    _, printed, _ = run("explain", "--json", "--config", str(file), str(EVENTS / "08-create-topic.json"))
    assert list(json.loads(printed)["creates"][0]["tags"]) == ["Creator"]


def test_explain_tells_a_person_rule_finding_and_tag(run: Run) -> None:
    _, printed, _ = run("explain", str(EVENTS / "08-create-topic.json"), str(EVENTS / "23-stop-logging.json"))
    assert "   tag arn:aws:sns:" in printed
    assert "   forwarded by rule" in printed
    assert "(cloudtrail.logging_stopped" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("replay", "--since", "soon"), "--since: 'soon' is no time; give ISO 8601"),
        (("replay", "--since", "31d"), "--since: 31d is longer ago than findings.event_archive_days = 30 keeps events"),
        (("replay", "--since", "1h", "--until", "2h"), "--until: "),
        (("redrive", "--queue", "none"), "--queue: none is no dead-letter queue of the hub; give muster-detector-dlq"),
        (("redrive", "--profile", "shop"), "--account: --region and --profile are of an account's spokes"),
    ],
)
def test_what_cannot_be_recovered_is_bad_input_before_anything_happens(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "muster.toml"
    file.write_text(CONFIG)
    code, printed, line = run(*arguments, "--config", str(file))
    assert (code, printed, line.count("\n")) == (2, "", 1)
    assert line.startswith(f"error: {said}")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadStartError("port taken"), 2),
        (DetectionSettingsError("no JSON"), 2),
        (LocalError("gone"), 1),
        (PatternError("operator"), 1),
        (RolloutError("stack"), 1),
        (TemplateError("value"), 2),
        (NoCredentialsError(), 2),
        (ClientError({}, "GetRole"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_what_a_person_can_mend_is_a_line_and_a_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    ended, printed, said = run()
    assert (ended, printed, said.count("\n")) == (code, "", 1)
    assert said.startswith("error: ")


def test_a_busy_port_is_bad_input_of_one_line(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("generator.commands.local.start", partial(start, folder=tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, said = run("local", "up", "--port", str(taken.getsockname()[1]))
    assert (code, said.count("\n")) == (2, 1)
    assert "port" in said


def test_backtest_reports_a_history_and_says_one_when_a_file_is_damaged(run: Run, tmp_path: Path) -> None:
    events = [json.loads(path.read_text())["detail"] for path in sorted(EVENTS.glob("??-stop-logging.json"))]
    (tmp_path / "log.json").write_text(json.dumps({"Records": events}))
    code, printed, _ = run("backtest", "--json", str(tmp_path))
    assert code == 0
    assert json.loads(printed)["detections"][0]["detection"] == "cloudtrail.logging_stopped"
    (tmp_path / "broken.json").write_text('{"Records": [')
    code, printed, said = run("backtest", str(tmp_path))
    assert (code, said) == (1, "")
    assert f"Damaged: {tmp_path / 'broken.json'}: not JSON" in printed
    assert "cloudtrail.logging_stopped" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "soon"), "--from: 'soon' is no time"),
        (("--from", "1d", "--to", "2d"), "--to: 2d is not after --from 1d"),
        (("--org", "none.json"), "--org: cannot read none.json"),
    ],
)
def test_backtest_names_the_option_that_it_cannot_use(run: Run, arguments: tuple[str, ...], said: str) -> None:
    code, _, told = run("backtest", *arguments, str(EVENTS))
    assert code == 2
    assert told.startswith(f"error: {said}")


def accounts_file(folder: Path, value: object) -> str:
    (folder / "accounts.json").write_text(json.dumps(value))
    return str(folder / "accounts.json")


@pytest.mark.parametrize("stranger", [True, False])
def test_the_account_list_says_who_is_a_stranger(run: Run, tmp_path: Path, stranger: bool) -> None:
    listed = [{"Id": "111122223333", "Status": "ACTIVE"}, *([] if stranger else [{"Id": "777788889999"}])]
    event = GOLDEN / "ec2.snapshot_shared_external" / "fires-added.json"
    for command in ("explain", "backtest"):
        _, printed, _ = run(command, "--json", "--org", accounts_file(tmp_path, {"Accounts": listed}), str(event))
        assert ("ec2.snapshot_shared_external" in printed) is stranger


def test_explain_gives_a_line_to_each_quiet_one_of_many_events(run: Run) -> None:
    _, short, _ = run("explain", str(EVENTS))
    _, full, _ = run("explain", "--verbose", str(EVENTS))
    (quiet,) = re.findall(r"^\S+\.json: ec2\.amazonaws\.com:DescribeInstances by datadog", full, re.MULTILINE)
    assert len([line for line in short.splitlines() if line.startswith(quiet)]) == 1
    assert "no detection names ec2.amazonaws.com:DescribeInstances, a read-only call" in short
    assert f"{quiet} (" in full
    assert full.count("\n") > short.count("\n")
    assert short.splitlines()[-1].startswith("55 events: ")


def test_explain_of_one_detection_tells_only_of_its_events(run: Run) -> None:
    _, printed, _ = run("explain", "--detection", "cloudtrail.logging_stopped", str(EVENTS))
    headings = [line for line in printed.splitlines() if not line.startswith(" ")]
    assert all("StopLogging" in line for line in headings[:-2])
    assert "other events: cloudtrail.logging_stopped looks at cloudtrail.amazonaws.com:StopLogging" in headings[-1]
    code, _, said = run("explain", "--detection", "cloudtrail.loging_stopped", str(EVENTS))
    assert code == 2
    assert said == (
        "error: --detection: cloudtrail.loging_stopped is no detection's id; did you mean cloudtrail.logging_stopped?\n"
    )


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_explain_names_the_files_in_which_nothing_can_be_read_and_goes_on(
    run: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    (tmp_path / "a.json").write_text("")
    (tmp_path / "b.json").write_text("oops")
    (tmp_path / "c.json").write_text('{"journalSignature": 1}')
    (tmp_path / "d.json").write_bytes((GOLDEN / "iam.user_created" / "quiet-refused.json").read_bytes())
    code, printed, said = run("explain", *options, str(tmp_path))
    assert code == 0
    assert said.splitlines() == [
        f"warning: {tmp_path}/a.json: no event in it",
        f"warning: {tmp_path}/b.json: nothing in it could be read",
        f"warning: {tmp_path}/c.json: nothing in it could be read",
    ]
    assert printed.count("error") >= 2


def test_explain_of_nothing_says_so(run: Run, tmp_path: Path) -> None:
    code, printed, said = run("explain", str(tmp_path))
    assert (code, said) == (0, f"warning: {tmp_path}: no event in it\n")
    assert printed.startswith("0 events: ")


def test_explain_says_in_which_file_and_line_an_event_stands(run: Run, tmp_path: Path) -> None:
    event = json.loads((GOLDEN / "iam.user_created" / "quiet-refused.json").read_text())
    (tmp_path / "events.jsonl").write_text(f"{json.dumps(event)}\noops\n")
    _, printed, _ = run("explain", str(tmp_path / "events.jsonl"))
    assert printed.startswith(f"{tmp_path}/events.jsonl:1: iam.amazonaws.com:")
    assert f"{tmp_path}/events.jsonl:2: error: not JSON" in printed


def test_the_arn_of_a_secret_is_printed_as_it_is(run: Run) -> None:
    _, printed, _ = run("explain", str(GOLDEN / "secretsmanager.policy_public"))
    assert ":secret:" in printed


@pytest.mark.parametrize(
    ("given", "mend"),
    [
        ("iam.*", "is no detection's id; give one id, in full"),
        ("muster.spoke_silent", "is what Muster finds about itself"),
    ],
)
def test_a_detection_that_cannot_be_asked_says_why(run: Run, given: str, mend: str) -> None:
    code, _, said = run("explain", "--detection", given, str(EVENTS))
    assert code == 2
    assert said.startswith(f"error: --detection: {given} {mend}")


def test_every_alert_rule_says_what_it_takes() -> None:
    assert all(takes(rule.name) for rule in usual_rules())
