"""Texts as messages may hold them: one line each, nothing that hides or reorders others, of bounded length."""

import unicodedata

FOOTER = "Sent by Muster, which watches over your AWS Organization."

_LONGEST = 500
# Joiners stay, for scripts and emoji need them.
_JOINERS = frozenset("\u200c\u200d")


def one_line(value: str, longest: int = _LONGEST) -> str:
    """Return a text without line ends, control and invisible characters, cut where it is too long."""
    # Whatever is cut anyway is not looked at: a hundred kilobytes of it cost nothing.
    head = value[: longest * 4]
    line = " ".join((head if head.isprintable() else _shown(head)).split())
    is_cut = len(line) > longest or len(value) > len(head)
    return f"{line[: longest - 1].rstrip()}…" if is_cut else line


def many(count: int, what: str) -> str:
    """Return how many of something, in words."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _shown(text: str) -> str:
    return "".join(" " if _is_space(one) else one for one in text if not _is_hidden(one))


def _is_hidden(character: str) -> bool:
    """Whether a character shows nothing but changes what is shown (Unicode's category Cf).

    Bidirectional controls, tags, soft hyphens and zero-width characters would show another text than the one that is
    there (Unicode Technical Report 36, "Bidirectional Text Spoofing").
    """
    return unicodedata.category(character) == "Cf" and character not in _JOINERS


def _is_space(character: str) -> bool:
    return not character.isprintable() and character not in _JOINERS
