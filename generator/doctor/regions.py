"""Whether the Regions can be used, and what Muster puts there has its place."""

from botocore.exceptions import ClientError

from generator.doctor.diagnosis import Hub, Verdict, failed, warning, well
from generator.rollout.stacks import stack_status


def regions(hub: Hub) -> Verdict:
    """Look whether every Region exists and is enabled in the hub account."""
    answer = hub.client("ec2").describe_regions(AllRegions=True)["Regions"]
    status = {one["RegionName"]: one["OptInStatus"] for one in answer}
    unknown = [one for one in hub.config.regions if one not in status]
    if unknown:
        return failed(f"{', '.join(unknown)}: no such Region", "correct aws.home_region and aws.regions in muster.toml")
    off = [one for one in hub.config.regions if status[one] == "not-opted-in"]
    if off:
        commands = " and ".join(f"`aws account enable-region --region-name {one}`" for one in off)
        return failed(f"{', '.join(off)}: not enabled in the hub account", f"{commands}, in every account with a spoke")
    return well(", ".join(hub.config.regions))


def artefact_buckets(hub: Hub) -> Verdict:
    """Look whether the names of the artefact buckets are ours or free: bucket names are the world's."""
    states = {region: _bucket(hub, region) for region in hub.config.regions}
    taken = [
        hub.config.names.artefact_bucket(hub.config.aws.hub_account, one) for one in states if states[one] == "taken"
    ]
    if taken:
        return failed(
            f"{', '.join(taken)}: somebody else's, or not readable", "choose another aws.prefix in muster.toml"
        )
    ours = sum(state == "ours" for state in states.values())
    return well(f"{ours} of {len(states)} are there" if ours else "not there yet, the names are free")


def _bucket(hub: Hub, region: str) -> str:
    account = hub.config.aws.hub_account
    name = hub.config.names.artefact_bucket(account, region)
    try:
        hub.client("s3", region).head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
            return "free"
        if error.response["Error"]["Code"] in {"301", "403"}:
            return "taken"
        raise
    return "ours"


def single_hub(hub: Hub) -> Verdict:
    """Look for a hub of the same prefix in another Region: the home Region was changed after a rollout."""
    name, home = hub.config.names.hub_stack, hub.config.aws.home_region
    places = [one for one in hub.config.regions if stack_status(hub.client("cloudformation", one), name)]
    others = [one for one in places if one != home]
    if others:
        return warning(
            f"stack {name} is in {', '.join(others)} too",
            f"set aws.home_region back, or delete that stack; the home Region is {home}",
        )
    return well(f"stack {name} is in {home}" if places else "not deployed yet")
