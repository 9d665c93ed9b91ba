"""What a first rollout needs to know, in the order of asking."""

from collections.abc import Callable
from typing import Any, NamedTuple

from contract.names import partition_of
from generator.config import Config
from generator.first_settings.answers import Answers, Place, wrong
from generator.settings.mistakes import Mistake, dotted
from generator.settings.tables import tables

_SETTINGS = {(*table.path, one.name): one for table in tables(Config) for one in table.settings}
_HOME = ("aws", "home_region")
_ROOT, _OUS = ("organization", "root"), ("organization", "ous")
_SENDER = ("channels", "email", "sender")


class Question(NamedTuple):
    """A question: the settings that it fills, its option, its words, how an answer is read, and when it is asked."""

    paths: tuple[Place, ...]
    option: str
    what: str
    allowed: str
    read: Callable[[str], dict[Place, Any]]
    is_required: bool = False
    applies: Callable[[Answers], bool] = lambda _: True

    @property
    def name(self) -> str:
        """The setting, as messages call it."""
        return dotted(self.paths[0])

    def is_answered(self, answers: Answers) -> bool:
        """Return whether one of its settings is filled."""
        return any(path in answers for path in self.paths)

    def wrong(self, answers: Answers) -> list[Mistake]:
        """Return what is wrong with its answer, beside the others."""
        return wrong(answers, self.paths)


def _texts(answer: str) -> list[str]:
    return [one.strip() for one in answer.split(",") if one.strip()]


def _targets(answer: str) -> dict[Place, Any]:
    """Read a root's id, or ids of units."""
    ids = _texts(answer)
    return {_ROOT: ids[0]} if len(ids) == 1 and ids[0].startswith("r-") else {_OUS: ids}


def _question(path: Place, option: str, **more: Any) -> Question:
    setting = _SETTINGS[path]
    is_list = setting.kind.startswith("list")

    def read(answer: str) -> dict[Place, Any]:
        return {path: _texts(answer) if is_list else answer}

    separated = ", with commas between" if is_list else ""
    return Question((path,), option, setting.what, f"{setting.allowed}{separated}", read, **more)


QUESTIONS = (
    _question(("organization", "id"), "--organization-id", is_required=True),
    Question(
        (_ROOT, _OUS),
        "--root or --ou",
        "Which accounts get a spoke: the root's id for all, or ids of organizational units",
        "r-… or ou-…, with commas between",
        _targets,
        is_required=True,
    ),
    _question(("organization", "management_account"), "--management-account"),
    _question(("aws", "hub_account"), "--hub-account", is_required=True),
    _question(_HOME, "--home-region", is_required=True),
    _question(("aws", "regions"), "--region"),
    # SES is not offered in China.
    _question(_SENDER, "--sender", applies=lambda answers: partition_of(answers.get(_HOME, "")) != "aws-cn"),
    _question(
        ("channels", "email", "recipients"), "--recipient", is_required=True, applies=lambda answers: _SENDER in answers
    ),
    _question(("spoke", "trail"), "--trail"),
)


def missing(answers: Answers) -> list[Question]:
    """Return the questions without an answer that a first rollout cannot do without."""
    return [one for one in QUESTIONS if one.is_required and one.applies(answers) and not one.is_answered(answers)]
