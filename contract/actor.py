"""Who made a call: the name that people know, from CloudTrail's `userIdentity`."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from contract.fields import Fields

_MACHINE_SESSION = re.compile(
    r"(aws-(go-sdk|sdk-\w+)-\d+|(boto3?|botocore|aws-?cli)-session.*|AWSCLI-Session|GitHubActions|GitLabCI|AWSCodeBuild.*|"
    r"aws-nodejs-sdk.*|AssumeRoleSession|default_session|session|\d{6,}|"
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32,})",
    re.IGNORECASE,
)
_INSTANCE = re.compile(r"i-[0-9a-zA-Z]{8,17}")
_SERVICE_ROLE = re.compile(r":role/aws-service-role/([\w.-]+)/")
# What StackSets deploys with: named by the service, or by AWS's template for self-managed permissions.
STACK_SET_ROLES = ("stacksets-exec-", "AWSCloudFormationStackSetExecutionRole")
# Every `Actor.kind`: by CloudTrail's types of identities, and for sessions of roles by who is in them.
KINDS = (
    *("root", "iam-user", "federated-user", "identity-center-user", "samluser", "webidentityuser"),
    *("sso", "role", "role-session", "ec2-instance", "cfn-service-role", "service-linked-role"),
    *("aws-service", "aws-account", "directory", "unknown"),
)
# What CloudTrail writes for the name of a user that does not exist.
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


class Actor(msgspec.Struct, frozen=True):
    """Who made a call. `name` is what `CreatedBy` and alerts show; the rest says how they came in.

    `arn` is a session's where a role called, `role_arn` then the role's, as IAM and people know it.
    """

    name: str
    kind: str
    type: str = ""
    role: str = ""
    session: str = ""
    arn: str = ""
    role_arn: str = ""
    account_id: str = ""
    invoked_by: str = ""

    @property
    def is_root(self) -> bool:
        """Whether the account's root user called."""
        return self.type == "Root"

    @property
    def is_service(self) -> bool:
        """Whether an AWS service called on its own account, not for somebody."""
        return self.kind in {"aws-service", "service-linked-role"}

    @property
    def is_instance(self) -> bool:
        """Whether an EC2 instance called with its role."""
        return self.kind == "ec2-instance"


def actor_of(user_identity: Any, recipient_account_id: str = "") -> Actor:
    """Return the actor of a record's `userIdentity`; any shape is read, nothing raises.

    Order of truth: `sourceIdentity` (survives role chaining, cannot be changed), the identity's own name by type, then
    `aws-account-<id>`. Sources: CloudTrail's userIdentity element, real records of each type (`docs/adr/0010`).
    """
    identity = Fields(user_identity if isinstance(user_identity, dict) else {})
    role, session = _role_and_session(identity)
    name, kind = _name_and_kind(identity, role, session)
    account = identity.text("accountId") or recipient_account_id
    if not name:
        name = f"aws-account-{account}" if account else "unknown"
    source = identity.text("sessionContext.sourceIdentity")
    return Actor(
        name=source or name,
        kind=kind,
        type=identity.text("type"),
        role=role,
        session=session,
        arn=identity.text("arn"),
        role_arn=_role_arn(identity),
        account_id=account,
        invoked_by=identity.text("invokedBy"),
    )


def _role_arn(identity: Fields) -> str:
    is_role = identity.text("sessionContext.sessionIssuer.type") == "Role"
    return identity.text("sessionContext.sessionIssuer.arn") if is_role else ""


def _role_and_session(identity: Fields) -> tuple[str, str]:
    _, assumed, rest = identity.text("arn").partition(":assumed-role/")
    issuer = identity.text("sessionContext.sessionIssuer.userName")
    is_role = identity.text("sessionContext.sessionIssuer.type") == "Role"
    session = _session(identity, rest)
    if not assumed:
        return (issuer, session) if is_role else ("", "")
    return (issuer if is_role and issuer else rest.partition("/")[0]), session


def _session(identity: Fields, assumed_role: str) -> str:
    """Return a role session's name; by the whole principalId where neither it nor the ARN names the session."""
    principal = identity.text("principalId")
    return assumed_role.partition("/")[2] or _after_colon(principal) or principal


def _after_colon(principal_id: str) -> str:
    return principal_id.partition(":")[2]


def _name_and_kind(identity: Fields, role: str, session: str) -> tuple[str, str]:
    kind = identity.text("type")
    if kind == "AssumedRole" or ":assumed-role/" in identity.text("arn"):
        return _assumed_role(identity, role, session)
    read, known = _BY_TYPE.get(kind, (_named, kind.lower() or "unknown"))
    return read(identity), known


def _assumed_role(identity: Fields, role: str, session: str) -> tuple[str, str]:
    issuer = identity.text("sessionContext.sessionIssuer.arn")
    service = _SERVICE_ROLE.search(issuer)
    # By its path, which only AWS gives; by its name alone where a record says nothing of the role.
    if service or (not issuer and role.startswith("AWSServiceRoleFor")):
        return (service.group(1) if service else identity.text("invokedBy") or role), "service-linked-role"
    if role.startswith("AWSReservedSSO") or "/aws-reserved/sso.amazonaws.com/" in issuer:
        return _after_colon(identity.text("principalId")) or session, "sso"
    if role.startswith(STACK_SET_ROLES):
        return "cloudformation-stackset", "cfn-service-role"
    return _plain_session(role, session)


def _plain_session(role: str, session: str) -> tuple[str, str]:
    if _INSTANCE.fullmatch(session):
        return f"{role}/{session}", "ec2-instance"
    if session == "AWSCloudFormation":
        return role, "cfn-service-role"
    if not session or session == role or _MACHINE_SESSION.fullmatch(session):
        return role, "role"
    return session, "role-session"


def _user(identity: Fields) -> str:
    name = _named(identity)
    if name:
        return name
    arn = identity.text("arn")
    return arn.rpartition("/")[2] or arn or identity.text("principalId")


def _root(identity: Fields) -> str:
    return "root-assumed" if identity.is_true("sessionContext.assumedRoot") else "root"


def _federated(identity: Fields) -> str:
    return identity.text("arn").partition("federated-user/")[2] or _after_colon(identity.text("principalId"))


def _account(identity: Fields) -> str:
    account = identity.text("accountId")
    return f"account-{account}" if account else ""


def _named(identity: Fields) -> str:
    name = identity.text("userName")
    return "" if name == HIDDEN else name or identity.text("invokedBy")


_BY_TYPE: dict[str, tuple[Callable[[Fields], str], str]] = {
    "IAMUser": (_user, "iam-user"),
    "Root": (_root, "root"),
    "FederatedUser": (_federated, "federated-user"),
    "AWSService": (lambda identity: identity.text("invokedBy"), "aws-service"),
    "AWSAccount": (_account, "aws-account"),
    "IdentityCenterUser": (
        lambda identity: identity.text("userName") or identity.text("onBehalfOf.userId"),
        "identity-center-user",
    ),
}
