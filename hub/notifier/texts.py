"""Texts as messages may hold them: one line each, nothing that hides or reorders others, of bounded length."""

import unicodedata

_LONGEST = 500
# Bidirectional controls and what has no width: they would show another text than the one that is there (Unicode
# Technical Report 36, "Bidirectional Text Spoofing"). Joiners stay, for scripts need them.
_HIDDEN = frozenset("\u200b\u200e\u200f\u2060\ufeff\u061c") | {chr(one) for one in range(0x202A, 0x202F)}
_ISOLATES = frozenset(chr(one) for one in range(0x2066, 0x206A))


def one_line(value: str, longest: int = _LONGEST) -> str:
    """Return a text without line ends, control and invisible characters, cut where it is too long."""
    # Whatever is cut anyway is not looked at: a hundred kilobytes of it cost nothing.
    head = value[: longest * 4]
    line = " ".join((head if head.isprintable() else _shown(head)).split())
    is_cut = len(line) > longest or len(value) > len(head)
    return f"{line[: longest - 1].rstrip()}…" if is_cut else line


def _shown(text: str) -> str:
    return "".join(" " if _is_space(one) else one for one in text if one not in _HIDDEN and one not in _ISOLATES)


def _is_space(character: str) -> bool:
    return not character.isprintable() and unicodedata.category(character) != "Cf"
