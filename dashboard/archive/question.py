"""What may be asked of the archive from a page: one query, which reads and changes nothing."""

import re

# What Trino (Athena) and DuckDB quote or leave out: texts, names, comments.
_OPAQUE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"\w+")
_READING = ("SELECT", "WITH")
# Athena takes so many characters (its quotas).
_LONGEST = 262_144


class QuestionError(ValueError):
    """It is no question that may be asked; the text says why."""


def question_of(sql: str) -> str:
    """Return a query without the semicolon at its end, or raise `QuestionError`.

    Athena's other statements (INSERT, UNLOAD, CREATE TABLE AS …) all begin with their own word.
    """
    if len(sql) > _LONGEST:
        raise QuestionError(f"the question is longer than {_LONGEST:,} characters")
    asked = sql.strip().rstrip(";").strip()
    bare = _OPAQUE.sub(lambda found: " " if found[0][:2] in {"--", "/*"} else "x", asked)
    if ";" in bare:
        raise QuestionError("ask one question at a time: there is a semicolon within it")
    word = _WORD.search(bare)
    if word is None:
        raise QuestionError("write a question: SELECT … FROM findings")
    if word[0].upper() not in _READING or bare[: word.start()].strip(" \t\r\n("):
        raise QuestionError(f"the archive is only read here: begin with SELECT or WITH, not {word[0].upper()}")
    return asked
