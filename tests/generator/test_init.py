"""`muster init` as a person uses it: by options, by answers, with and without AWS."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from generator import cli
from generator.config import Config, load
from generator.first_settings.learned import _trail, _who, learn, quick_session

WHOLE = ("--organization-id=o-exampleorg1", "--root=r-exam", "--hub-account=111122223333", "--home-region=eu-central-1")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _without_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away what this machine could tell."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `muster init` with options and answers; return its exit code, its output, what it said on standard error."""

    def ran(*options: str, answers: tuple[str, ...] = ()) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["muster", "init", *options])
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{one}\n" for one in answers)))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return ran


def settings(**chosen: Any) -> Config:
    usual: dict[str, Any] = {
        "organization": {"id": "o-exampleorg1", "root": "r-exam"},
        "aws": {"hub_account": "111122223333", "home_region": "eu-central-1"},
    }
    return Config.model_validate({**usual, **chosen})


def test_with_all_that_is_needed_nobody_is_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("generator.first_settings.completion.learn")
    code, printed, said = run(*WHOLE)
    assert (code, said) == (0, "")
    assert load(Path("muster.toml")) == settings()
    assert [line.split("  ")[1] for line in printed.splitlines()[-4:]] == [
        ".venv/bin/muster doctor",
        "make generate",
        "make plan",
        "make deploy",
    ]
    assert max(map(len, printed.splitlines())) <= 80


def test_every_option_is_written(run: Run) -> None:
    more = ["--profile=hub", "--management-account=999999999999", "--trail=organization", "--ou=ou-exam-12345678"]
    more += ["--ou=ou-exam-87654321", "--region=eu-west-1", "--region=eu-west-2", "--sender=muster@example.com"]
    more += ["--recipient=security@example.com", "--recipient=oncall@example.com", "--output=other.toml"]
    code, printed, _ = run(*WHOLE, *more)
    assert code == 0
    assert "make plan CONFIG=other.toml" in printed
    assert load(Path("other.toml")) == settings(
        organization={
            "id": "o-exampleorg1",
            "root": "r-exam",
            "ous": ["ou-exam-12345678", "ou-exam-87654321"],
            "management_account": "999999999999",
        },
        aws={
            "hub_account": "111122223333",
            "home_region": "eu-central-1",
            "regions": ["eu-west-1", "eu-west-2"],
            "profile": "hub",
        },
        spoke={"trail": "organization"},
        channels={
            "email": {"sender": "muster@example.com", "recipients": ["security@example.com", "oncall@example.com"]}
        },
    )


def test_a_file_that_is_there_is_only_written_over_by_force(run: Run) -> None:
    Path("muster.toml").write_text("mine")
    code, _, said = run(*WHOLE)
    assert (code, said) == (
        2,
        "error: muster.toml exists already; --force writes over it, --output takes another file\n",
    )
    assert Path("muster.toml").read_text() == "mine"
    assert run(*WHOLE, "--force")[0] == 0
    assert load(Path("muster.toml")) == settings()


@pytest.mark.parametrize(
    ("output", "line"),
    [("none/muster.toml", "there is no folder none; make it first"), (".", ". cannot be written; --output takes ano")],
)
def test_a_file_that_cannot_be_written_is_said_before_anything_is_asked(run: Run, output: str, line: str) -> None:
    code, printed, said = run("--output", output)
    assert (code, printed, said.count("\n")) == (2, "", 1)
    assert line in said


def test_wrong_options_are_a_line_each_and_nothing_is_written(run: Run) -> None:
    code, printed, said = run("--hub-account=1", "--home-region=eu-centrall-1", "--ou=x", "--recipient=nobody")
    assert (code, printed) == (2, "")
    assert [line.split(": ")[1] for line in said.splitlines()] == ["--root or --ou", "--hub-account", "--recipient"]
    code, _, said = run(*WHOLE[:3], "--home-region=eu-centrall-1", "--sender=a@example.com")
    assert code == 2
    assert said.startswith("error: --home-region: eu-centrall-1 is no Region that this version knows; did you mean ")
    assert not Path("muster.toml").exists()


def test_options_that_contradict_each_other_are_refused(run: Run) -> None:
    code, _, said = run(*WHOLE, "--management-account=111122223333")
    assert code == 2
    assert said.startswith("error: --hub-account: 111122223333 is the management account, which StackSets never reach")


def test_a_wrong_answer_says_what_is_allowed_and_is_asked_again(run: Run) -> None:
    answers = ["o-bad", "", "o-exampleorg1", "ou-exam-12345678, r-", "r-exam", "", "1111", '"111122223333"']
    answers += ["eu-centrall-1", "eu-central-1", "eu-west-1,eu-west-1", "eu-west-1, eu-west-2"]
    answers += ["muster", "muster@example.com", "", "security@example.com", "some", "none"]
    code, printed, said = run(answers=tuple(answers))
    assert (code, said) == (0, "")
    for mend in (
        '"o-bad" cannot be used; write o- and 10 to 32 lower-case letters and digits',
        "is missing; add it: The organization's id, as",
        '"r-" cannot be used; write a unit\'s id, such as ou-exam-12345678',
        '"1111" cannot be used; write 12 digits',
        "did you mean eu-central-1 or",
        "eu-west-1 is listed twice; remove one",
        '"muster" cannot be used; write an email address',
        "is missing; add it: Who gets every notification (1 to 50 email addresses)",
        '"some" cannot be used; write "none", "organization" or "accounts"',
    ):
        assert mend in " ".join(printed.split())
    assert load(Path("muster.toml")) == settings(
        aws={"hub_account": "111122223333", "home_region": "eu-central-1", "regions": ["eu-west-1", "eu-west-2"]},
        channels={"email": {"sender": "muster@example.com", "recipients": ["security@example.com"]}},
    )


def test_only_what_no_option_says_is_asked(run: Run) -> None:
    code, printed, _ = run(*WHOLE[1:], "--sender=a@example.com", answers=("o-exampleorg1", "", "", "b@example.com", ""))
    asked = [line for line in printed.splitlines() if line.startswith(("organization.", "aws.", "channels.", "spoke."))]
    assert code == 0
    assert asked == [
        "organization.id",
        "organization.management_account",
        "aws.regions",
        "channels.email.recipients",
        "spoke.trail",
    ]


def test_in_china_nobody_is_asked_about_emails(run: Run) -> None:
    code, printed, _ = run(answers=("o-exampleorg1", "r-exam", "", "111122223333", "cn-north-1", "", ""))
    assert code == 0
    assert "channels.email" not in printed


def test_answers_that_contradict_each_other_are_asked_for_again(run: Run) -> None:
    answers = ("o-exampleorg1", "r-exam", "111122223333", "111122223333", "eu-central-1", "", "", "", "222222222222")
    code, printed, _ = run(answers=answers)
    assert code == 0
    assert "aws.hub_account: 111122223333 is the management account" in " ".join(printed.split())
    assert load(Path("muster.toml")).aws.hub_account == "222222222222"


def test_where_nobody_answers_the_option_is_named(run: Run) -> None:
    code, _, said = run()
    assert (code, said) == (2, "error: nobody answers; give --organization-id, or --yes to take what AWS tells\n")


def test_with_yes_and_without_aws_what_is_missing_is_named(run: Run) -> None:
    code, printed, said = run("--yes", "--sender=a@example.com")
    assert code == 2
    assert printed == "AWS tells nothing: Unable to locate credentials\n"
    assert [line.split(": ")[1] for line in said.splitlines()] == [
        "give --organization-id",
        "give --root or --ou",
        "give --hub-account",
        "give --home-region",
        "give --recipient",
    ]


def test_a_profile_that_there_is_not_names_those_that_there_are(run: Run, tmp_path: Path) -> None:
    (tmp_path / "aws-config").write_text("[profile hub]\nregion = eu-central-1\n")
    code, _, said = run("--profile=hup")
    assert (code, said) == (2, "error: --profile: there is no profile hup; there are hub\n")
    code, printed, _ = run(answers=("hup", "hub", "o-exampleorg1", "r-exam", "", "111122223333", "", "", "", ""))
    assert code == 0
    assert "  there is no profile hup; there are hub\n" in printed
    assert load(Path("muster.toml")) == settings(
        aws={"hub_account": "111122223333", "home_region": "eu-central-1", "profile": "hub"}
    )


@mock_aws
def test_what_aws_tells_is_suggested(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    organizations = boto3.client("organizations", "us-east-1")
    organization = organizations.create_organization()["Organization"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    code, printed, said = run("--yes", "--hub-account=111122223333", "--home-region=eu-central-1")
    assert (code, said) == (0, "")
    told = " ".join(printed.split())
    assert "That is the management account; the hub belongs into another one." in told
    assert f"{unit} (Workloads)" in told
    # Nothing logs: the trail of the organization is suggested.
    assert load(Path("muster.toml")) == settings(
        organization={"id": organization["Id"], "root": root, "management_account": organization["MasterAccountId"]},
        spoke={"trail": "organization"},
    )
    answers = ("", "", "-", "", "", "", "")
    assert run("--hub-account=111122223333", "--home-region=eu-central-1", "--force", answers=answers)[0] == 2
    answers = ("", unit, "-", "", "", "none")
    assert run("--hub-account=111122223333", "--home-region=eu-central-1", "--force", answers=answers)[0] == 0
    assert load(Path("muster.toml")) == settings(organization={"id": organization["Id"], "ous": [unit]})


def test_of_a_member_account_the_hub_is_suggested() -> None:
    learned = _who("111122223333", {"Id": "o-exampleorg1", "MasterAccountId": "999999999999"})
    assert learned.suggestions == {
        ("organization", "id"): "o-exampleorg1",
        ("organization", "management_account"): "999999999999",
        ("aws", "hub_account"): "111122223333",
    }


@pytest.mark.parametrize(
    ("trails", "is_known", "suggested"),
    [
        ([{"Name": "organization", "IsOrganizationTrail": True}], True, "none"),
        ([{"Name": "own", "IsOrganizationTrail": False}], True, "none"),
        ([], True, "organization"),
        ([], False, "none"),
    ],
)
def test_a_trail_is_suggested_only_where_there_is_none(trails: list[Any], is_known: bool, suggested: str) -> None:
    assert _trail(trails, is_known=is_known).suggestions == {("spoke", "trail"): suggested}


def test_credentials_that_may_not_ask_suggest_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        learned = learn("", "eu-central-1")
    # No organization there: describing it is refused.
    assert learned.facts == ["The credentials are of account 123456789012, which may not describe its organization."]
    assert ("organization", "id") not in learned.suggestions


def test_the_metadata_service_is_never_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object, **__: object) -> None:
        pytest.fail("asked the metadata service")

    monkeypatch.setattr("botocore.utils.InstanceMetadataFetcher.retrieve_iam_role_credentials", asked)
    assert quick_session("").get_credentials() is None


def test_an_endpoint_where_nothing_listens_costs_no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    learned = learn("", "eu-central-1")
    assert learned.suggestions == {}
    assert learned.facts[0].startswith("AWS tells nothing: Could not connect to the endpoint URL")
