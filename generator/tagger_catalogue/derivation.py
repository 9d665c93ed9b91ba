"""One create call after the other: whether what it makes takes tags, and how it is named."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from botocore.model import ServiceModel, StructureShape

from generator.tagger_catalogue.authorization import Kind, Reference, variables
from generator.tagger_catalogue.members import ARN, ID, NAME, REQUEST, RESPONSE, Members
from generator.tagger_catalogue.naming import (
    EVENT_NAMES,
    EVENT_SOURCES,
    IAM_PREFIXES,
    LEFT_OUT,
    PREFERRED,
    TAGS,
    normal,
    noun_of,
)
from generator.tagger_catalogue.schemas import Schemas
from spoke.creator_tagger.creation import Created

# A call is in the catalogue when so many of four witnesses say that what it makes takes tags, and the event names it:
# the request's tags, the CloudFormation type, the action's condition keys, the resource's condition keys.
WITNESSES = 3
_EC2 = "ec2"
_WIDEST = 40


class Derived(msgspec.Struct, frozen=True):
    """What the sources say of a call: how many witnesses, and how its resources are named; None: not by the event."""

    call: str
    service: str
    witnesses: int
    created: Created | None

    @property
    def is_trusted(self) -> bool:
        """Whether the catalogue takes it without anybody's word."""
        return self.witnesses >= WITNESSES and self.created is not None


class Sources(msgspec.Struct, frozen=True):
    """What AWS publishes: API models, the authorization reference, CloudFormation's schemas."""

    models: Mapping[str, ServiceModel]
    reference: Reference
    schemas: Schemas


def derive(sources: Sources) -> dict[str, Derived]:
    """Return every create call by `source:eventName`; of services that record the same call, the best one."""
    found: dict[str, list[Derived]] = defaultdict(list)
    for service, model in sources.models.items():
        if service not in LEFT_OUT:
            for one in _of_service(service, model, sources):
                found[one.call].append(one)
    return {call: min(ones, key=_rank) for call, ones in sorted(found.items())}


def _rank(one: Derived) -> tuple[bool, int]:
    return one.service not in PREFERRED, -one.witnesses


def _of_service(service: str, model: ServiceModel, sources: Sources) -> Iterator[Derived]:
    source = EVENT_SOURCES.get(service) or model.metadata.get("signingName") or model.metadata["endpointPrefix"]
    prefix = IAM_PREFIXES.get(service) or sources.reference.prefix(
        (str(model.metadata.get("signingName")), service, model.metadata["endpointPrefix"]),
        frozenset(model.operation_names),
    )
    for operation in model.operation_names:
        found = noun_of(operation)
        if not found:
            continue
        noun, is_sure = found
        members = Members(service, model, operation, noun)
        witnesses, kind = _witnesses(prefix, operation, noun, members, sources)
        if not is_sure and not (_takes_tags(members) or sources.reference.is_tagged_by(prefix, operation)):
            continue
        created = _created(service, members, kind)
        for name in EVENT_NAMES.get((service, operation), (operation,)):
            yield Derived(f"{source}.amazonaws.com:{name}", service, witnesses, created)


def _witnesses(prefix: str, operation: str, noun: str, members: Members, sources: Sources) -> tuple[int, Kind | None]:
    arn, path = members.answered(ARN), members.answered((*ID, *NAME)) or members.requested((*NAME, *ID))
    kind = sources.reference.kind(prefix, operation, noun, path[-1].name if path and not arn else "")
    told = (
        _takes_tags(members),
        sources.schemas.is_taggable(f"{prefix}:{operation}", noun),
        sources.reference.is_tagged_by(prefix, operation),
        bool(kind and kind.has_tags),
    )
    return sum(told), kind


def _takes_tags(members: Members) -> bool:
    shape = members.operation.input_shape
    if shape is None:
        return False
    return any(TAGS.fullmatch(normal(name)) or _holds_tags(name, one) for name, one in shape.members.items())


def _holds_tags(name: str, shape: object) -> bool:
    if not isinstance(shape, StructureShape) or len(shape.members) >= _WIDEST or normal(name) == "filter":
        return False
    return any(TAGS.fullmatch(normal(inner)) for inner in shape.members)


def _created(service: str, members: Members, kind: Kind | None) -> Created | None:
    """Return how an event names what was created: by an ARN, or by what its ARN's format needs."""
    arn = members.answered(ARN) if service != _EC2 else None
    ids = list(_identifiers(kind, members))
    template = _template(kind, ids, members) if kind and ids else ""
    if arn:
        path = members.rendered(arn, RESPONSE)
        # Where the answer's ARN is missing, the rest of the answer mostly is, too.
        return Created(template, path, ids[-1]) if template else Created("", path)
    return Created(template, ids[0], ids[1] if len(ids) > 1 else "") if template else None


def _identifiers(kind: Kind | None, members: Members) -> Iterator[str]:
    """Yield where the event has what the last variable of the ARN's format stands for, the answer's first."""
    if kind is None or not kind.is_sure or not variables(kind.arn):
        return
    variable = normal(variables(kind.arn)[-1])
    is_name, is_id = variable.endswith("name"), variable.endswith(ID)
    kinds = NAME if is_name else ID if is_id else (*ID, *NAME)
    if path := members.answered(kinds):
        yield members.rendered(path, RESPONSE)
    path = members.requested((*kinds, *ID))
    # AWS makes ids up, unless the request has the variable itself; names are people's.
    is_given = is_name or not (is_id or members.answered(ARN))
    if path and not any(step.is_list for step in path) and (is_given or normal(path[-1].name) == variable):
        yield members.rendered(path, REQUEST)


def _template(kind: Kind, ids: Sequence[str], members: Members) -> str:
    """Return the ARN's template, its places filled from the event; empty where one cannot be told."""
    arn = kind.arn.replace("${Partition}", "{partition}").replace("${Region}", "{region}")
    arn = arn.replace("${AccountId}", "{account}").replace("${Account}", "{account}")
    *others, last = variables(kind.arn)
    for name in others:
        filled = _filling(normal(name), members)
        if not filled or filled in ids:
            return ""
        arn = arn.replace(f"${{{name}}}", f"{{{filled}}}")
    return arn.replace(f"${{{last}}}", "{id}")


def _filling(variable: str, members: Members) -> str:
    """Return the path of the event's value that stands for a variable of an ARN's format; empty: none does."""
    known = members.by_name()
    exact = [at for leaf, at, _ in known if leaf == variable]
    near = [at for leaf, at, _ in known if (variable.endswith(leaf) and len(leaf) > 4) or leaf.endswith(variable)]
    return next(iter([*exact, *near]), "")
