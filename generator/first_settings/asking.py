"""Asks a person: a wrong answer says what is allowed and is asked again at once."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from generator.first_settings.answers import Answers, Place, wrong
from generator.first_settings.questions import QUESTIONS, Question
from generator.problems import BadInputError

_LEAVE_OUT = "-"


def ask_all(console: Console, answers: Answers, suggestions: Answers) -> Answers:
    """Return the answers with those to every open question, in the order of the catalogue."""
    for question in QUESTIONS:
        if question.applies(answers) and not question.is_answered(answers):
            answers = {**answers, **ask(console, question, answers, suggestions)}
    return _mended(console, answers)


def ask(console: Console, question: Question, answers: Answers, suggestions: Answers) -> dict[Place, Any]:
    """Return the settings that an answer fills, none when it leaves them out."""
    suggested = {path: suggestions[path] for path in question.paths if path in suggestions}
    _introduce(console, question, suggested)
    while True:
        given = _given(line(console, question.option, suggested), question, suggested)
        found = question.wrong({**answers, **given})
        if not found:
            return given
        for one in found:
            console.print(f"  {one.text}", style="red", markup=False)


def line(console: Console, option: str, suggested: Mapping[Place, Any]) -> str:
    """Return a line that a person wrote; `option` is what to give where nobody writes."""
    texts = [one if isinstance(one, str) else ", ".join(one) for one in suggested.values()]
    try:
        return console.input(f"[{', '.join(texts)}] > " if texts else "> ", markup=False).strip()
    except EOFError as error:
        raise BadInputError(f"nobody answers; give {option}, or --yes to take what AWS tells") from error


def _introduce(console: Console, question: Question, suggested: Mapping[Place, Any]) -> None:
    console.print(f"\n{question.name}", style="bold", markup=False)
    console.print(f"{question.what} ({question.allowed}).", markup=False)
    if suggested:
        leave = "" if question.is_required else f"; {_LEAVE_OUT} leaves it out"
        console.print(f"Enter takes what is in brackets{leave}.", style="dim", markup=False)
    elif not question.is_required:
        console.print("Enter leaves it out.", style="dim")


def _given(answer: str, question: Question, suggested: dict[Place, Any]) -> dict[Place, Any]:
    if not answer:
        return suggested
    return {} if answer == _LEAVE_OUT else question.read(answer.replace('"', ""))


def _mended(console: Console, answers: Answers) -> Answers:
    """Return the answers after those that contradict each other were asked for again."""
    while found := wrong(answers):
        console.print(f"\n{found[0].line}", style="red", markup=False)
        again = [one for one in QUESTIONS if one.wrong(answers)]
        if not again:
            raise BadInputError(found[0].line)
        kept = {path: value for path, value in answers.items() if path not in again[0].paths}
        answers = {**kept, **ask(console, again[0], kept, {})}
    return answers
