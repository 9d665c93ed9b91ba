"""How instances start, what they run as, and who gets on to them."""

import re

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection

_EC2 = "arn:{partition}:ec2:{region}:{account}:"
_INSTANCE = ResourceArn(
    _EC2 + "instance/{id}",
    (
        "responseElements.instancesSet.items[].instanceId",
        "requestParameters.instanceId",
        "requestParameters.iamInstanceProfileAssociation.instanceId",
        "responseElements.iamInstanceProfileAssociation.instanceId",
        "requestParameters.instancesSet.items[].instanceId",
    ),
)
_INTERFACE = ResourceArn(_EC2 + "network-interface/{id}", ("requestParameters.networkInterfaceId",))
_KEY_PAIR = ResourceArn(_EC2 + "key-pair/{id}", ("responseElements.keyName", "requestParameters.keyName"))
_LARGE = re.compile(
    r"(p[2-9]|g[3-9]|inf|trn|x1|x2|u-|hpc|dl|vt|f1|f2|z1d|mac).*|.*\.metal.*|.*\.(24|3[0-9]|4[0-9]|5[0-9]|[6-9][0-9]|\d{3,})xlarge"
)
_MANY = 10


@detection(
    title="Serial console of instances switched on in {region} of account {account}",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "EnableSerialConsoleAccess"),
    attack="T1021",
)
def serial_console_enabled(event: CloudTrailEvent) -> bool:
    """Instances may be reached past every network rule, by whoever may push a key to their serial console.

    False positives: the rescue of a machine that does not start.
    Response: ask the actor which machine is being rescued. Switch it off again afterwards
    (ec2:DisableSerialConsoleAccess), and look in CloudTrail for SendSerialConsoleSSHPublicKey: those are the machines
    that were entered.
    """
    return event.response.is_true("serialConsoleAccessEnabled")


@detection(
    title="{actor} sent a key for {requestParameters.instanceOSUser} to instance {resource} of account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("ec2-instance-connect", "SendSSHPublicKey", "SendSerialConsoleSSHPublicKey", "OpenTunnel"),
    resource=_INSTANCE,
    attack="T1021.004",
)
def ssh_key_pushed(_event: CloudTrailEvent) -> bool:
    """Somebody opened a way on to an instance by EC2 Instance Connect; the key is valid for a minute.

    False positives: operators who work this way every day.
    Response: ask the actor what they did there. If they do not know of it, isolate the instance (a security group
    without rules), end the actor's sessions, and read the machine's sign-in log from that minute on.
    """
    return True


@detection(
    title="Start-up script (user data) of instance {resource} of account {account} changed",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "ModifyInstanceAttribute"),
    resource=_INSTANCE,
    attack="T1059.009",
)
def user_data_changed(event: CloudTrailEvent) -> bool:
    """The script that runs as root at the next start was replaced.

    False positives: configuration by hand.
    Response: do not start the instance. Read the script (ec2:DescribeInstanceAttribute, userData) and put the former
    one back if nobody knows of it; if it has already run, isolate the machine: stop, change, start is how one is taken
    over as root.
    """
    return "userData" in event.request


@detection(
    title="{what} of account {account} may use the metadata service's first version",
    severity=Severity.MEDIUM,
    api_calls=calls("ec2", "ModifyInstanceMetadataOptions", "ModifyInstanceMetadataDefaults"),
    resource=_INSTANCE,
    attack="T1552.005",
)
def imdsv1_allowed(event: CloudTrailEvent) -> bool | Match:
    """A faulty web application on the machine may now give away the credentials of the machine's role.

    False positives: software that cannot use sessions yet.
    Response: require tokens again (ec2:ModifyInstanceMetadataOptions, HttpTokens=required). If software needs the first
    version, put the machine on the list to be updated; until then give its role as few rights as it can do with.
    """
    if event.request.text("httpTokens") != "optional":
        return False
    instance = event.request.text("instanceId")
    return Match(details={"what": f"Instance {instance}" if instance else f"New instances in {event.region}"})


@detection(
    title="Instance {resource} of account {account} started with the metadata service's first version",
    severity=Severity.LOW,
    api_calls=calls("ec2", "RunInstances"),
    resource=_INSTANCE,
    mode=Mode.MONITOR,
    attack="T1552.005",
)
def instance_launched_imdsv1(event: CloudTrailEvent) -> bool:
    """A new instance answers metadata requests without a token, as a faulty web application can be made to send.

    False positives: old images whose software cannot use sessions yet.
    Response: only in an investigation of the instance. For all to come, set HttpTokens=required where they come from:
    in the launch template, or as the account's default for the Region (ec2:ModifyInstanceMetadataDefaults).
    """
    return "optional" in event.response.texts("instancesSet.metadataOptions.httpTokens")


@detection(
    title="{resource} of account {account} got a public address",
    severity=Severity.MEDIUM,
    api_calls=calls("ec2", "RunInstances", "AssociateAddress"),
    resource=ResourceArn(_INSTANCE.template, _INSTANCE.paths, fallback=_INTERFACE),
    attack="T1133",
    lookup="public_instance",
)
def instance_public_ip(event: CloudTrailEvent) -> bool:
    """An instance, or its network interface, got an address on the Internet; closed when it turns out to have none.

    False positives: public services by design; network address translation by hand.
    Response: look at the instance's security groups: what may the world reach? Take the address away (release the
    Elastic IP, or start it again in a private subnet) if a load balancer should stand in front.
    """
    if event.name == "AssociateAddress":
        return True
    return "true" in [text.lower() for text in event.request.texts("networkInterfaceSet.associatePublicIpAddress")]


@detection(
    title="Instance profile of instance {resource} of account {account} attached or swapped",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"),
    resource=_INSTANCE,
    attempts=True,
    attack="T1098.003",
    lookup="profile_role",
)
def instance_profile_attached(event: CloudTrailEvent) -> bool:
    """A running machine got another role, and whoever is on the machine got its rights.

    MEDIUM once a look-up finds that the role is no administrator's.

    False positives: Systems Manager's default host management, which is not meant.
    Response: compare the rights of the two roles (instance profile before and after). Put the former one back if the
    new one may do more and nobody asked for it, and read in CloudTrail what the role did from this instance since.
    """
    return event.invoked_by != "ssm.amazonaws.com"


def _instance_types(event: CloudTrailEvent) -> list[str]:
    paths = (
        "instanceType",
        "launchSpecification.instanceType",
        "spotFleetRequestConfig.launchSpecifications.instanceType",
        "launchTemplateConfigs.overrides.instanceType",
    )
    return [kind for path in paths for kind in event.request.texts(path)]


def _count(event: CloudTrailEvent) -> int:
    paths = (
        "instancesSet.maxCount",
        "instanceCount",
        "spotFleetRequestConfig.targetCapacity",
        "targetCapacitySpecification.totalTargetCapacity",
    )
    asked = [number for path in paths for number in event.request.texts(path)]
    return sum(int(number) for number in asked if number.isdecimal() and len(number) < 7)


@detection(
    title="{actor} asked for {what} in {region} of account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("ec2", "RunInstances", "RequestSpotInstances", "RequestSpotFleet", "CreateFleet"),
    resource=_INSTANCE,
    attempts=True,
    attack="T1496.001",
)
def unusual_instance_type(event: CloudTrailEvent) -> list[Match]:
    """Very large or very many machines were asked for: the usual sign of mining.

    False positives: machine learning and rendering teams.
    Response: ask the actor. If nobody wants them, terminate the machines, end the actor's sessions and replace their
    keys, then look in every Region for more: mining rarely stays in one.
    """
    kinds = sorted(set(_instance_types(event)))
    count = _count(event)
    if count < _MANY and not any(_LARGE.fullmatch(kind) for kind in kinds):
        return []
    what = f"{count or 1} of type {', '.join(kinds) or 'unknown'}"
    # One finding for the call: ten machines are one decision.
    return [Match(resource=next(iter(_INSTANCE.of(event)), ""), details={"what": what})]


@detection(
    title="Key pair {resource} made in {region} of account {account}",
    severity=Severity.LOW,
    api_calls=calls("ec2", "CreateKeyPair", "ImportKeyPair"),
    resource=_KEY_PAIR,
    attack="T1098.004",
)
def key_pair_made(_event: CloudTrailEvent) -> bool:
    """A key for new machines was made or brought along.

    False positives: developers.
    Response: prefer Session Manager; delete keys that nobody claims.
    """
    return True


@detection(
    title="Termination or stop protection of instance {resource} of account {account} removed",
    severity=Severity.LOW,
    api_calls=calls("ec2", "ModifyInstanceAttribute"),
    resource=_INSTANCE,
    attack="T1489",
)
def termination_protection_removed(event: CloudTrailEvent) -> bool:
    """A machine that somebody wanted to keep may now be stopped or terminated.

    False positives: planned replacements.
    Response: ask the actor; protect it again.
    """
    return any(event.request.is_false(f"{name}.value") for name in ("disableApiTermination", "disableApiStop"))


@detection(
    title="{actor} read the Windows administrator's password of instance {resource} of account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("ec2", "GetPasswordData"),
    resource=_INSTANCE,
    attempts=True,
    attack="T1552",
)
def password_data_read(_event: CloudTrailEvent) -> bool:
    """Whoever also holds the instance's key pair can now sign in as its administrator.

    False positives: administrators on the first day of a machine.
    Response: ask the actor; change the password on the machine and read its sign-in log if nobody knows of it; one
    actor who asks for many machines is looking for a way in.
    """
    return True


@detection(
    title="{actor} read the start-up script (user data) of instance {resource} of account {account}",
    severity=Severity.LOW,
    api_calls=calls("ec2", "DescribeInstanceAttribute"),
    resource=_INSTANCE,
    only={"requestParameters": {"attribute": ["userData"]}},
    attempts=True,
    mode=Mode.MONITOR,
    attack="T1552.005",
)
def user_data_read(event: CloudTrailEvent) -> bool:
    """Start-up scripts often hold passwords and keys, which the reader has now.

    False positives: inventories and posture scanners, which read every machine's.
    Response: only in an investigation: read the script yourself and replace every secret that it holds.
    """
    return event.request.text("attribute") == "userData"


@detection(
    title="{actor} stopped or terminated {resource} of account {account} ({eventName})",
    severity=Severity.INFORMATIONAL,
    api_calls=calls("ec2", "StopInstances", "TerminateInstances"),
    resource=_INSTANCE,
    attack="T1489",
)
def instances_stopped(event: CloudTrailEvent) -> bool:
    """A machine was stopped or terminated; what scaling and other services do is not meant.

    False positives: operators and schedulers, every day.
    Response: only in an investigation: it is the trace of who took a machine, and its evidence, away.
    """
    return not event.is_by_service
