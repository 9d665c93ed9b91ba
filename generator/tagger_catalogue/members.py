"""The members of an operation's request and answer, and which of them names what was created."""

import re
from collections.abc import Iterator, Sequence

import msgspec
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

from generator.tagger_catalogue.naming import FLATTENED, normal, singular

REQUEST, RESPONSE = "requestParameters", "responseElements"
_UNSUITED = re.compile(r"error|unprocessed|fail|warning|snapshotconfig", re.IGNORECASE)
_ANOTHERS = re.compile(r"^(source|parent|upstream)|error|snapshotconfig", re.IGNORECASE)
_DEEPEST = 4
_LEAST = 60
ARN, ID, NAME = ("arn",), ("id", "identifier"), ("name",)


class Step(msgspec.Struct, frozen=True):
    """One member on the way to a text; `shape` is its structure's name, `written` how the protocol writes it."""

    name: str
    shape: str
    written: str
    is_list: bool = False


Path = tuple[Step, ...]


class Members:
    """What an operation's request and answer hold."""

    def __init__(self, service: str, model: ServiceModel, operation: str, noun: str) -> None:
        """Take an operation of a service, and the noun that it creates."""
        self.operation: OperationModel = model.operation_model(operation)
        self._service = service
        self._is_ec2 = model.metadata["protocol"] == "ec2"
        self._noun = noun

    def answered(self, kinds: Sequence[str]) -> Path | None:
        """Return the text of the answer that names the noun best; `kinds` are endings: `arn`, `id`, `name`."""
        return self._best(self.operation.output_shape, kinds, _DEEPEST)

    def requested(self, kinds: Sequence[str]) -> Path | None:
        """Return the text of the request that names the noun best; what is copied or restored is not the noun."""
        return self._best(self.operation.input_shape, kinds, 2, _ANOTHERS)

    def rendered(self, path: Path, part: str) -> str:
        """Return a path as the record writes it; lists end in `[]`."""
        shown = path[1:] if part == RESPONSE and self._service in FLATTENED and len(path) > 1 else path
        return ".".join([part, *(self._written(one) for one in shown)])

    def by_name(self) -> list[tuple[str, str, int]]:
        """Return each member outside lists: its normal name, its path in the record, its rank (the least is best)."""
        found = [
            (normal(path[-1].name), self.rendered(path, part), rank + 2 * len(path))
            # An answer may be null; the request is always there.
            for rank, part, shape in (
                (0, REQUEST, self.operation.input_shape),
                (1, RESPONSE, self.operation.output_shape),
            )
            for path in _leaves(shape, 2)
            if not any(step.is_list for step in path)
        ]
        return sorted(found, key=lambda one: one[2])

    def _written(self, step: Step) -> str:
        name = step.written if self._is_ec2 else step.name[:1].lower() + step.name[1:]
        if self._is_ec2:
            return f"{name}.items[]" if step.is_list else name
        return f"{name}[]" if step.is_list else name

    def _best(
        self, shape: Shape | None, kinds: Sequence[str], deepest: int, unsuited: re.Pattern[str] = _UNSUITED
    ) -> Path | None:
        suited = (path for path in _leaves(shape, deepest) if not any(unsuited.search(step.name) for step in path))
        scored = [(score(self._noun, path, kinds), path) for path in suited]
        best = max((one[0] for one in scored), default=0)
        return next((path for points, path in scored if points == best), None) if best > _LEAST else None


def _leaves(shape: Shape | None, deepest: int, path: Path = (), seen: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield the paths to every text below a structure, lists of structures near the top included."""
    if not isinstance(shape, StructureShape) or len(path) >= deepest or shape.name in seen:
        return
    for name, member in shape.members.items():
        written = member.serialization.get("name", name[:1].lower() + name[1:])
        if member.type_name == "string":
            yield (*path, Step(name, member.name, written))
        elif isinstance(member, StructureShape):
            yield from _leaves(member, deepest, (*path, Step(name, member.name, written)), (*seen, shape.name))
        elif isinstance(member, ListShape):
            listed = (*path, Step(name, member.name, written, is_list=True))
            if member.member.type_name == "string":
                yield listed
            elif len(path) < 2:
                yield from _leaves(member.member, deepest, listed, (*seen, shape.name))


def score(noun: str, path: Path, kinds: Sequence[str]) -> int:
    """Return how well a text names the noun: `volumeId`, or `id` in `volume`, is near 100; 0: not at all."""
    leaf = normal(path[-1].name)
    kind = next((one for one in kinds if leaf.endswith((one, f"{one}s"))), None)
    if kind is None:
        return 0
    stem = leaf.removesuffix("s") if not leaf.endswith(kind) else leaf
    points = _points(noun, stem.removesuffix(kind), path)
    return points - 2 * (len(path) - 1) - 3 * path[-1].is_list if points else 0


def _points(noun: str, stem: str, path: Path) -> int:
    plural, one = normal(noun), singular(normal(noun))
    return _bare(one, path) if not stem else _stemmed(stem, one, plural)


def _bare(noun: str, path: Path) -> int:
    """Points of a plain `arn`, `id` or `name`, by what holds it."""
    if len(path) == 1:
        return 96
    parents = [singular(normal(step.name)) for step in path[:-1]]
    if parents[-1] == noun:
        return 103
    if len(parents) == 2 and parents == [noun, "metadata"]:
        return 102
    shape = singular(normal(path[-2].shape))
    if noun.endswith(parents[-1]) or parents[-1].endswith(noun) or noun in shape:
        return 92
    return 70 if len(path) == 2 else 0


def _stemmed(stem: str, noun: str, plural: str) -> int:
    if stem in (noun, plural):
        return 100
    if noun.endswith(stem) and len(stem) > 2:
        return 88
    if stem.endswith(noun) and len(noun) > 2:
        return 84
    if stem == "resource":
        return 80
    return 72 if noun.startswith(stem) and len(stem) > 3 else 0
