"""Completes what the options gave: with what AWS tells, and by asking."""

import os

from rich.console import Console

from generator.first_settings.answers import Answers, wrong
from generator.first_settings.asking import ask_all, line
from generator.first_settings.learned import learn, profiles
from generator.first_settings.questions import QUESTIONS, missing
from generator.problems import BadInputError
from generator.settings.mistakes import Mistake

PROFILE = ("aws", "profile")
_HOME = ("aws", "home_region")


def completed(console: Console, given: Answers, *, asks: bool) -> Answers:
    """Return answers that make a whole `muster.toml`; `BadInputError` names each option that is wrong or missing.

    When nothing that is required is missing, neither AWS nor a person is asked.
    """
    _refuse({one.option: one.wrong(given) for one in QUESTIONS if one.is_answered(given)})
    answers = given
    if missing(given):
        answers, suggestions = _learned(console, given, asks=asks)
        answers = ask_all(console, answers, suggestions) if asks else _taken(answers, suggestions)
    if lacking := missing(answers):
        raise BadInputError("\n".join(f"give {one.option}: {one.what} ({one.allowed})" for one in lacking))
    _refuse({one.option: one.wrong(answers) for one in QUESTIONS})
    if left := wrong(answers):
        raise BadInputError("\n".join(one.line for one in left))
    return answers


def _refuse(found: dict[str, list[Mistake]]) -> None:
    if lines := [f"{option}: {one.text}" for option, several in found.items() for one in several]:
        raise BadInputError("\n".join(lines))


def _learned(console: Console, given: Answers, *, asks: bool) -> tuple[Answers, Answers]:
    """Return the answers with what no question is about, and suggestions for the questions."""
    answers = {**given, **_profile(console, given, asks=asks)}
    with console.status("Looking up the organization"):
        learned = learn(answers.get(PROFILE, ""), answers.get(_HOME, ""))
    for fact in learned.facts:
        console.print(fact, style="dim", markup=False)
    asked = {path for one in QUESTIONS for path in one.paths}
    plain = {path: value for path, value in learned.suggestions.items() if path not in asked}
    return {**plain, **answers}, learned.suggestions


def _profile(console: Console, given: Answers, *, asks: bool) -> Answers:
    """Return the profile that a person names where several could be meant."""
    known = profiles()
    there = f"there are {', '.join(known)}" if known else "there are none"
    named = given.get(PROFILE, "")
    if named and named not in known:
        raise BadInputError(f"--profile: there is no profile {named}; {there}")
    if named or not (asks and known) or os.environ.keys() & {"AWS_PROFILE", "AWS_ACCESS_KEY_ID"}:
        return {}
    console.print("\naws.profile", style="bold")
    console.print(f"Profile of the hub account ({there}). Enter goes on without.", markup=False)
    while (answer := line(console, "--profile", {})) and answer not in known:
        console.print(f"  there is no profile {answer}; {there}", style="red", markup=False)
    return {PROFILE: answer} if answer else {}


def _taken(answers: Answers, suggestions: Answers) -> Answers:
    """Return the answers with every suggestion to an open question."""
    for one in QUESTIONS:
        if one.applies(answers) and not one.is_answered(answers):
            answers = {**answers, **{path: suggestions[path] for path in one.paths if path in suggestions}}
    return answers
