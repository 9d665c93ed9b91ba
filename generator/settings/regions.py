"""Which Regions there are, as the installed botocore knows them: no network."""

import difflib
from collections.abc import Mapping
from functools import cache

from botocore.loaders import Loader

from contract.names import GLOBAL_REGIONS


@cache
def known_regions() -> Mapping[str, str]:
    """Return every known Region and its partition."""
    # Beside its Regions a partition has a pseudo Region for global services, such as aws-global.
    return {
        region: partition["id"]
        for partition in Loader().load_data("partitions")["partitions"]
        for region in partition["regions"]
        if not region.endswith("-global")
    }


def why_not(region: str, *, allow_unknown: bool) -> str:
    """Return why Muster cannot be in a Region, and the mend; empty when it can."""
    partition = known_regions().get(region)
    if partition in GLOBAL_REGIONS or (allow_unknown and not partition):
        return ""
    if partition:
        return f"{region} is in partition {partition}; Muster runs in {', '.join(GLOBAL_REGIONS)} only"
    usable = [one for one, where in known_regions().items() if where in GLOBAL_REGIONS]
    near = " or ".join(difflib.get_close_matches(region, usable, n=2))
    mend = f"did you mean {near}? A newer Region" if near else "a newer one"
    return f"{region} is no Region that this version knows; {mend} needs aws.allow_unknown_regions = true"
