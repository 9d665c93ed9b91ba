"""A message says the same as text and as HTML, can be read, and nothing in it becomes markup."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser

import pytest

from contract.finding import Finding
from hub.notifier.notification import Notification
from hub.notifier.rendering import COLOURS, DARK_COLOURS, as_html, as_text
from tests.hostile import hostile_of_each
from tests.hub.notifier.conftest import full, made
from tests.notifications import one_of_each

Make = Callable[..., Finding]
KINDS = one_of_each()
HOSTILE_KINDS = hostile_of_each()
HARMLESS_KINDS = hostile_of_each("b" * 100_000)


@pytest.mark.parametrize(
    "said",
    [
        "Access key created for alice",
        "shop-production",
        "Root/Workloads/Shop",
        "Team Shop",
        "111122223333",
        "us-east-1",
        "arn:aws:iam::111122223333:user/alice",
        "arn:second",
        "bob (sso)",
        "Admins",
        "iam.amazonaws.com:CreateAccessKey",
        "2026-11-20 09:00:00 UTC (10:00 Europe/Berlin)",
        "2026-11-19 23:30:00 UTC (2026-11-20 00:30 Europe/Berlin)",
        "203.0.113.77",
        "aws-cli/2",
        "iam.access_key_created",
        "iam.other",
        "New finding",
        "A long-lived secret was made.",
        "a rotation by its owner.",
        "delete the key.",
        "T1098.001",
        "https://muster.example.com/findings?finding=f1",
        "https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1#/events/e-1",
    ],
)
def test_text_and_html_both_say(finding: Make, said: str) -> None:
    one = made([full(finding, first_seen="2026-11-19T23:30:00.000000Z")])
    assert said in as_text(one)
    assert said in as_html(one)


class Tags(HTMLParser):
    """The tags with their attributes' names, and the addresses of a page; what is not closed in order is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, ...]] = []
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, *(name for name, _ in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag not in {"meta", "br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags_of(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert not tags.open
    return tags


@pytest.mark.parametrize("kind", HOSTILE_KINDS)
def test_no_value_becomes_markup(kind: str) -> None:
    html = as_html(HOSTILE_KINDS[kind])
    assert "&lt;script&gt;" in html
    # What only harmless letters say has the same tags with the same attributes, in the same order.
    harmless = tags_of(as_html(HARMLESS_KINDS[kind]))
    found = tags_of(html)
    assert found.seen == harmless.seen
    assert all(one.startswith(("https://muster.example.com", "cid:new-findings")) for one in found.addresses)


@pytest.mark.parametrize("kind", HOSTILE_KINDS)
@pytest.mark.parametrize("form", [as_html, as_text])
def test_no_template_within_a_value_is_filled_in(kind: str, form: Callable[[Notification], str]) -> None:
    said = form(HOSTILE_KINDS[kind])
    assert "{{ 7*7 }}" in said.replace("\n  ", " ")
    assert "{% raw %}" in said.replace("\n  ", " ")
    assert not [one for one in said if unicodedata.category(one) in {"Cf", "Zl", "Zp"} or (one < " " and one != "\n")]


@pytest.mark.parametrize("kind", HOSTILE_KINDS)
def test_no_value_looks_like_a_line_of_ours(kind: str) -> None:
    begun, harmless = (at_the_left(kinds[kind]) for kinds in (HOSTILE_KINDS, HARMLESS_KINDS))
    assert len(begun) == len(harmless)
    assert not [line for line in begun if line.startswith(("Bcc", "--=", "http"))]


def at_the_left(one: Notification) -> list[str]:
    return [line for line in as_text(one).splitlines() if line and not line.startswith(" ")]


def test_the_text_has_78_columns_but_for_what_has_no_spaces() -> None:
    for one in KINDS.values():
        long = [line.removesuffix(" ·") for line in as_text(one).splitlines() if len(line) > 78]
        # Behind its label at most.
        assert [line for line in long if " " in line[14:].strip()] == []


def test_links_stand_on_their_own_lines() -> None:
    for one in KINDS.values():
        assert all(f"\n{link.label}:\n  {link.address}\n" in as_text(one) for link in one.links)


def test_a_line_breaks_between_parts_not_within_or_before_a_dot() -> None:
    lines = as_text(KINDS["alert"]).splitlines()
    assert lines[1:3] == [
        "prod-payments · Root/Workloads/Production · 111122223333 · eu-central-1 ·",
        "  owner payments@example.com",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_loaded_from_outside(kind: str) -> None:
    html = as_html(KINDS[kind])
    assert not re.search(r"<(link|script|iframe|form)|url\(|@import|@font-face", html)
    assert all(address.startswith("cid:") for address in re.findall(r'src="([^"]*)"', html))


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def inverted(colour: str) -> str:
    """Return what a client makes of a colour that knows no dark mode but inverts."""
    return f"#{0xFFFFFF - int(colour[1:], 16):06x}"


def contrast(pair: Sequence[str]) -> float:
    light, dark = sorted((luminance(colour) for colour in pair), reverse=True)
    return (light + 0.05) / (dark + 0.05)


LIGHT = [
    ("#1a1d21", "#ffffff"),
    ("#5b626c", "#ffffff"),
    ("#5b626c", "#f8f9fa"),
    ("#1f5fbf", "#ffffff"),
    ("#ffffff", "#1f5fbf"),
]
DARK = [
    ("#f0f2f5", "#1e2229"),
    ("#b4bcc8", "#1e2229"),
    ("#b4bcc8", "#191d23"),
    ("#9cc4ff", "#1e2229"),
    ("#14171c", "#9cc4ff"),
]
# What is no text: lines, and paper on which nothing is written.
LINES = {"#d9dce1", "#e6e8eb", "#3a414d", "#f3f4f6"}


@pytest.mark.parametrize("pair", [*COLOURS.values(), *DARK_COLOURS.values(), *DARK, *LIGHT])
def test_every_pair_of_colours_can_be_read(pair: tuple[str, str]) -> None:
    assert contrast(pair) >= 4.5


@pytest.mark.parametrize("pair", [*COLOURS.values(), *LIGHT])
def test_inverted_colours_can_be_read_too(pair: tuple[str, str]) -> None:
    assert contrast([inverted(colour) for colour in pair]) >= 4.5


@pytest.mark.parametrize(("colours", "paper"), [(COLOURS, "#ffffff"), (DARK_COLOURS, "#1e2229")])
def test_a_severity_is_seen_on_its_paper(colours: Mapping[object, tuple[str, str]], paper: str) -> None:
    # WCAG 2.2, 1.4.11; yellow cannot on white, and has dark letters on it.
    assert all(contrast((bar, paper)) >= 3 or bar == "#f2a900" for bar, _ in colours.values())


@pytest.mark.parametrize("kind", KINDS)
def test_no_other_colours_are_used(kind: str) -> None:
    known = {colour for pair in [*COLOURS.values(), *DARK_COLOURS.values(), *DARK, *LIGHT] for colour in pair}
    assert set(re.findall(r"#[0-9a-f]{6}\b", as_html(KINDS[kind]))) <= known | LINES
