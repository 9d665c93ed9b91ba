"""Documents of Systems Manager, by its API and in stacks."""

import json
from typing import Any

import pytest

from tests.localorg.lambdas import MEMBER, OTHER, Functions
from tests.localorg.nodes import NUMBERS, Nodes, content, shell, step
from tests.localorg.running import Eventually, Organization, refused

pytestmark = pytest.mark.slow
GREETING = content(shell("echo {{ Word }}"), Word={"type": "String", "default": "hello", "description": "Said"})


@pytest.fixture
def ssm(organization: Organization) -> Any:
    return organization.client("ssm", MEMBER)


@pytest.fixture
def name() -> str:
    return f"words-{next(NUMBERS)}"


def create(ssm: Any, name: str, body: Any = GREETING, **more: Any) -> Any:
    return ssm.create_document(Name=name, DocumentType="Command", Content=json.dumps(body), **more)


def test_a_document_is_described_as_it_was_written(ssm: Any, name: str) -> None:
    made = create(ssm, name, Tags=[{"Key": "team", "Value": "security"}])["DocumentDescription"]
    described = ssm.describe_document(Name=name)["Document"]
    assert described["Hash"] == made["Hash"]
    assert (described["Owner"], described["DocumentType"], described["SchemaVersion"]) == (MEMBER, "Command", "2.2")
    assert described["PlatformTypes"] == ["Linux", "MacOS"]
    assert described["Parameters"] == [
        {"Name": "Word", "Type": "String", "Description": "Said", "DefaultValue": "hello"}
    ]
    assert json.loads(ssm.get_document(Name=name)["Content"]) == GREETING
    listed = ssm.list_documents(Filters=[{"Key": "Owner", "Values": ["Self"]}, {"Key": "Name", "Values": [name]}])
    assert [one["Name"] for one in listed["DocumentIdentifiers"]] == [name]


def test_a_name_is_taken_once_and_free_again_after_deletion(ssm: Any, name: str) -> None:
    create(ssm, name)
    assert refused(create, ssm, name) == "DocumentAlreadyExists"
    ssm.delete_document(Name=name)
    assert refused(ssm.get_document, Name=name) == "InvalidDocument"
    assert create(ssm, name)


def test_a_document_belongs_to_its_account_and_region(organization: Organization, ssm: Any, name: str) -> None:
    create(ssm, name)
    for account, region in ((OTHER, "us-east-1"), (MEMBER, "eu-west-1")):
        other = organization.client("ssm", account, region)
        assert refused(other.describe_document, Name=name) == "InvalidDocument"
        assert refused(other.describe_document, Name=f"arn:aws:ssm:us-east-1:{MEMBER}:document/{name}")


def test_a_new_version_is_the_default_only_when_it_is_made_so(ssm: Any, name: str) -> None:
    create(ssm, name)
    changed = json.dumps({**GREETING, "description": "Another"})
    assert refused(ssm.update_document, Name=name, Content=json.dumps(GREETING)) == "DuplicateDocumentContent"
    made = ssm.update_document(Name=name, Content=changed, DocumentVersion="$LATEST")["DocumentDescription"]
    assert (made["LatestVersion"], made["DefaultVersion"]) == ("2", "1")
    assert json.loads(ssm.get_document(Name=name)["Content"]) == GREETING
    ssm.update_document_default_version(Name=name, DocumentVersion="2")
    assert ssm.get_document(Name=name)["Content"] == changed
    assert refused(ssm.get_document, Name=name, DocumentVersion="3") == "InvalidDocumentVersion"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({**GREETING, "schemaVersion": "1.2"}, "InvalidDocumentContent"),
        (content(), "InvalidDocumentContent"),
        (content(shell("true"), shell("true")), "InvalidDocumentContent"),
        (content(shell("echo {{ Undeclared }}")), "InvalidDocumentContent"),
        (content(shell("true", name="has space")), "InvalidDocumentContent"),
        (content(step("run", "runDocument")), "InvalidDocumentContent"),
        (content(shell("true"), Word={"type": "Text"}), "InvalidDocumentContent"),
        (content(shell("true"), Word={"type": "String", "allowedPattern": "("}), "InvalidDocumentContent"),
        (content(shell("true"), Word={"type": "String", "allowedPattern": "^a$", "default": "b"}), ""),
        (content(step("run", "runShellScript", {"StringLike": ["a", "b"]})), "InvalidDocumentContent"),
        (content(shell("#" * 70_000)), "MaxDocumentSizeExceeded"),
    ],
)
def test_what_is_no_document_is_refused(ssm: Any, name: str, wrong: Any, code: str) -> None:
    assert refused(create, ssm, name, wrong) == (code or "InvalidDocumentContent")


@pytest.mark.parametrize("wrong", ["aws-words", "Amazon.words", "AMZN_words", "with space"])
def test_names_that_aws_keeps_for_itself_are_refused(ssm: Any, wrong: str) -> None:
    assert refused(create, ssm, wrong) == "ValidationException"


def test_amazons_own_documents_are_there_and_stay(ssm: Any) -> None:
    assert ssm.describe_document(Name="AWS-RunShellScript")["Document"]["Owner"] == "Amazon"
    assert refused(ssm.delete_document, Name="AWS-RunShellScript") == "InvalidDocumentOperation"


def test_permissions_are_for_the_document(organization: Organization, ssm: Any, name: str) -> None:
    allowed = {"Action": "ssm:GetDocument", "Resource": f"arn:aws:ssm:us-east-1:{MEMBER}:document/{name}"}
    acting = Functions(organization.client, MEMBER).acting(f"reader-{name}", allowed).aws("ssm")
    create(ssm, name)
    create(ssm, f"{name}-other")
    assert acting.get_document(Name=name)
    assert refused(acting.get_document, Name=f"{name}-other") == "AccessDeniedException"
    assert refused(acting.delete_document, Name=name) == "AccessDeniedException"


def template(name: str, body: Any, method: str = "NewVersion") -> str:
    properties = {"Name": name, "DocumentType": "Command", "Content": body, "UpdateMethod": method}
    return json.dumps({"Resources": {"Document": {"Type": "AWS::SSM::Document", "Properties": properties}}})


class Stack:
    """One stack of the member's, by its name."""

    def __init__(self, organization: Organization, eventually: Eventually, name: str) -> None:
        self.client, self.eventually, self.name = organization.client("cloudformation", MEMBER), eventually, name

    def do(self, call: str, body: str) -> str:
        """Create or update it; its status at the end."""
        getattr(self.client, call)(StackName=self.name, TemplateBody=body)
        return str(self.eventually(self.status))

    def status(self) -> str:
        (stack,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return "" if stack["StackStatus"].endswith("_IN_PROGRESS") else str(stack["StackStatus"])

    def reasons(self) -> str:
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        return " ".join(str(event.get("ResourceStatusReason", "")) for event in events)


def test_a_condition_sees_a_documents_tags(organization: Organization, ssm: Any, name: str) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "security"}}
    allowed = {"Action": "ssm:GetDocument", "Resource": "*", "Condition": condition}
    acting = Functions(organization.client, MEMBER).acting(f"tagged-{name}", allowed).aws("ssm")
    create(ssm, name, Tags=[{"Key": "team", "Value": "security"}])
    create(ssm, f"{name}-other")
    assert acting.get_document(Name=name)
    assert refused(acting.get_document, Name=f"{name}-other") == "AccessDeniedException"


def test_a_stack_makes_a_document_and_new_content_is_its_default_version(
    organization: Organization, eventually: Eventually, ssm: Any, name: str
) -> None:
    stack = Stack(organization, eventually, name)
    assert stack.do("create_stack", template(name, GREETING)) == "CREATE_COMPLETE"
    changed = {**GREETING, "description": "Another"}
    assert stack.do("update_stack", template(name, changed)) == "UPDATE_COMPLETE"
    assert json.loads(ssm.get_document(Name=name)["Content"]) == changed
    stack.client.delete_stack(StackName=name)
    assert eventually(lambda: name not in json.dumps(ssm.list_documents()["DocumentIdentifiers"], default=str))


def test_a_stack_that_would_replace_a_named_document_fails(
    organization: Organization, eventually: Eventually, name: str
) -> None:
    stack = Stack(organization, eventually, name)
    stack.do("create_stack", template(name, GREETING, "Replace"))
    changed = {**GREETING, "description": "Another"}
    assert stack.do("update_stack", template(name, changed, "Replace")) == "UPDATE_ROLLBACK_COMPLETE"
    assert "custom-named resource requires replacing" in stack.reasons()


def test_a_stack_with_a_wrong_or_taken_document_fails(
    organization: Organization, eventually: Eventually, ssm: Any, name: str
) -> None:
    broken = Stack(organization, eventually, f"{name}-broken")
    assert broken.do("create_stack", template(name, content(shell("{{ Nothing }}")))) == "ROLLBACK_COMPLETE"
    assert "undefined parameters: Nothing" in broken.reasons()
    create(ssm, name)
    taken = Stack(organization, eventually, f"{name}-taken")
    assert taken.do("create_stack", template(name, GREETING)) == "ROLLBACK_COMPLETE"
    assert "already exists" in taken.reasons()
    assert ssm.get_document(Name=name)


def test_parameter_store_still_answers(organization: Organization, name: str) -> None:
    nodes = Nodes(organization, MEMBER)
    nodes.ssm.put_parameter(Name=f"/{name}", Type="String", Value="x")
    assert nodes.ssm.get_parameter(Name=f"/{name}")["Parameter"]["Value"] == "x"


def test_parameters_below_a_path_take_the_right_to_that_path(organization: Organization, ssm: Any) -> None:
    number = next(NUMBERS)
    ssm.put_parameter(Name=f"/ours-{number}/agent/scope", Value="all", Type="String")
    allowed = f"arn:aws:ssm:us-east-1:{MEMBER}:parameter/ours-{number}/agent/*"
    reader = Functions(organization.client, MEMBER).acting(
        f"reader-{number}", {"Action": "ssm:GetParametersByPath", "Resource": allowed}
    )
    found = reader.aws("ssm").get_parameters_by_path(Path=f"/ours-{number}/agent/")["Parameters"]
    assert [(one["Name"], one["Value"]) for one in found] == [(f"/ours-{number}/agent/scope", "all")]
    assert refused(reader.aws("ssm").get_parameters_by_path, Path=f"/ours-{number}/") == "AccessDeniedException"


def test_parameters_that_are_named_take_the_right_to_them(organization: Organization, ssm: Any) -> None:
    number = next(NUMBERS)
    names = [f"/ours-{number}/image", f"other-{number}"]
    for one in names:
        ssm.put_parameter(Name=one, Value="ami-0abcdef1234567890", Type="String")
    allowed = f"arn:aws:ssm:us-east-1:{MEMBER}:parameter/ours-{number}/*"
    reader = Functions(organization.client, MEMBER).acting(
        f"namer-{number}", {"Action": "ssm:GetParameters", "Resource": allowed}
    )
    (found,) = reader.aws("ssm").get_parameters(Names=names[:1])["Parameters"]
    assert found["Name"] == names[0]
    assert refused(reader.aws("ssm").get_parameters, Names=names[1:]) == "AccessDeniedException"
