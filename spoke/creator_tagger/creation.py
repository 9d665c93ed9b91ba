"""What an API call creates: how its resources are named."""

from typing import Optional

import msgspec

from contract.cloudtrail import CloudTrailEvent
from contract.resource import ResourceArn

# The template of a call whose answer holds the whole ARN and whose ARN cannot be built from its other fields.
IN_EVENT = ""


class Created(msgspec.Struct, frozen=True, array_like=True):
    """A template of the ARN, and the paths of the identifier (or of the ARN itself) in the record.

    `also` is the other kind of resource that the call makes, or the other form of one call name of two APIs.
    """

    template: str
    path: str
    fallback: str = ""
    also: Optional["Created"] = None

    def arns(self, event: CloudTrailEvent) -> tuple[str, ...]:
        """Return the ARNs of what the call created, without repetition; nothing when the record names none."""
        paths = (self.path, self.fallback) if self.fallback else (self.path,)
        found = ResourceArn(self.template, paths).of(event)
        return found + self.also.arns(event) if self.also else found


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of create calls, by `source:eventName`: how they name what they make, or why it gets no tag.

    `no_creations` only look like creations.
    """

    named: dict[str, Created]
    untaggable: dict[str, str]
    no_creations: dict[str, str]
