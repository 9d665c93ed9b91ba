"""`docs/creator-tags.md`: which creations are tagged, beside other taggers, and which cannot be."""

from collections import Counter

from generator.markdown import row
from spoke.creator_tagger.resources import CATALOGUE
from spoke.creator_tagger.services import OWN_CALLS, SERVICES

_PAGE = """\
# Creators' tags

Whoever creates something finds `CreatedBy` on it a moment later: the name that people know (`docs/adr/0010`), never
over a value that is there already. `[creator]` in `muster.toml` adds when, how and under which role it was created,
fixed tags, other keys, and hashes e-mail addresses ([configuration](configuration.md)). `muster explain` says of any
event what would be tagged; `muster tags coverage` says what was, and what could not be. `make tagger-catalogue` derives
these calls from what AWS publishes (`docs/adr/0045`).

| | event sources | create events |
|---|---|---|
{compared}

| what it belongs to | is tagged like it |
|---|---|
| volumes and network interfaces of an instance | once the instance runs |
| snapshots of an image | once the image is available |
| what Auto Scaling, EKS, fleets and EMR launch | by who made the group, node group, fleet or cluster |
| what CloudFormation creates with a stack's own role | by who made the stack; without such a role the event says it |

IAM does not see which tags a bucket's are: a further tag of `[creator]` may replace one that a bucket got between its
creation and the tagger's call. `CreatedBy` never does.

Terraform removes tags that it does not know at its next run: name the keys in the provider's `ignore_tags`.

## By event source

The Resource Groups Tagging API writes most tags; a service that it does not know is asked itself.

| event source | create events | tagged by |
|---|---|---|
{sources}

## What cannot be tagged

The hub is told of each with its creator.

| API call | why |
|---|---|
{untaggable}
"""


def write_tagging_docs() -> str:
    """Return the page."""
    events = Counter(call.partition(":")[0] for call in CATALOGUE.named)
    compared = [
        ("Muster", f"{len(events)}", f"{len(CATALOGUE.named):,}"),
        ("GorillaStack/auto-tag", "", "about 40"),
        ("the design that Muster began with", "8", "8"),
    ]
    sources = [(source, str(count), _tagged_by(source)) for source, count in sorted(events.items())]
    return _PAGE.format(
        compared="\n".join(map(row, compared)),
        sources="\n".join(map(row, sources)),
        untaggable="\n".join(row((f"`{call}`", why)) for call, why in CATALOGUE.untaggable.items()),
    )


def _tagged_by(source: str) -> str:
    if source == "autoscaling.amazonaws.com":
        return "`autoscaling:CreateOrUpdateTags`, also for instances to come"
    service = SERVICES[source]
    own = [service.own] if service.own else []
    own += [one for call, one in OWN_CALLS.items() if call.startswith(f"{source}:")]
    clients = dict.fromkeys(f"`{one.client}`" for one in own)
    return ", ".join([*([] if service.own else ["tagging API"]), *clients])
