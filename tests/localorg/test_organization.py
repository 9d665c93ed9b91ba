"""The Organizations API of the emulated organization."""

import json

import pytest

from tests.localorg.running import Organization, StartGateway, refused

pytestmark = pytest.mark.slow


def test_the_tree_has_the_documented_accounts_in_their_places(organization: Organization) -> None:
    client = organization.client("organizations", organization.management)
    names = {account["Id"]: account["Name"] for account in client.list_accounts()["Accounts"]}
    assert names[organization.hub] == "security-tooling"
    assert names["444455556666"] == "shop-production"
    europe = organization.ous["Root/Workloads/Production/EU"]
    assert client.list_parents(ChildId="444455556666")["Parents"] == [{"Id": europe, "Type": "ORGANIZATIONAL_UNIT"}]
    assert organization.id in client.describe_account(AccountId="444455556666")["Account"]["Paths"][0]


def test_accounts_carry_their_owner_and_environment(organization: Organization) -> None:
    client = organization.client("organizations", organization.hub)
    tags = client.list_tags_for_resource(ResourceId="444455556666")["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"Owner": "shop@example.com", "Environment": "production"}


def test_members_may_describe_the_organization_and_nothing_else(organization: Organization) -> None:
    client = organization.client("organizations", organization.members[0])
    assert client.describe_organization()["Organization"]["Id"] == organization.id
    assert refused(client.list_accounts) == "AccessDeniedException"
    assert refused(client.list_roots) == "AccessDeniedException"


def test_a_stranger_is_in_no_organization(organization: Organization) -> None:
    client = organization.client("organizations", "888888888888")
    assert refused(client.describe_organization) == "AWSOrganizationsNotInUseException"


def test_the_delegated_administrator_reads_but_does_not_write(organization: Organization) -> None:
    client = organization.client("organizations", organization.hub)
    found = [each["Id"] for each in client.list_delegated_administrators()["DelegatedAdministrators"]]
    assert found == [organization.hub]
    assert refused(client.create_organizational_unit, ParentId=organization.root, Name="x") == "AccessDeniedException"


def test_lists_come_in_pages(organization: Organization) -> None:
    client = organization.client("organizations", organization.management)
    first = client.list_accounts(MaxResults=3)
    assert len(first["Accounts"]) == 3
    pages = client.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 3})
    everyone = [account["Id"] for page in pages for account in page["Accounts"]]
    assert len(everyone) == len(set(everyone)) >= 7
    assert refused(client.list_accounts, NextToken="nonsense") == "InvalidInputException"


def test_moves_are_checked_against_where_the_account_is(organization: Organization) -> None:
    client = organization.client("organizations", organization.management)
    sandbox, security = organization.ous["Root/Sandbox"], organization.ous["Root/Security"]
    account = client.create_account(AccountName="mover", Email="mover@example.com")["CreateAccountStatus"]["AccountId"]
    move = {"AccountId": account, "DestinationParentId": sandbox}
    assert refused(client.move_account, SourceParentId=security, **move) == "AccountNotFoundException"
    client.move_account(SourceParentId=organization.root, **move)
    children = client.list_children(ParentId=sandbox, ChildType="ACCOUNT")["Children"]
    assert account in [child["Id"] for child in children]
    client.close_account(AccountId=account)
    assert client.describe_account(AccountId=account)["Account"]["Status"] == "SUSPENDED"
    assert refused(client.close_account, AccountId=account) == "AccountAlreadyClosedException"


def test_an_email_address_makes_one_account_only(organization: Organization) -> None:
    client = organization.client("organizations", organization.management)
    status = client.create_account(AccountName="twin", Email="sandbox@example.com")["CreateAccountStatus"]
    assert (status["State"], status["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")


def test_delegation_is_registered_once(organization: Organization) -> None:
    client = organization.client("organizations", organization.management)
    asked = {"AccountId": organization.members[0], "ServicePrincipal": "securityhub.amazonaws.com"}
    client.register_delegated_administrator(**asked)
    assert refused(client.register_delegated_administrator, **asked) == "AccountAlreadyRegisteredException"
    services = client.list_delegated_services_for_account(AccountId=organization.members[0])["DelegatedServices"]
    assert [service["ServicePrincipal"] for service in services] == ["securityhub.amazonaws.com"]
    client.deregister_delegated_administrator(**asked)
    assert (
        refused(organization.client("organizations", organization.members[0]).list_accounts) == "AccessDeniedException"
    )


def test_trusted_access_is_listed(organization: Organization) -> None:
    client = organization.client("organizations", organization.management)
    client.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    enabled = client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert {"guardduty.amazonaws.com", "member.org.stacksets.cloudformation.amazonaws.com"} <= {
        service["ServicePrincipal"] for service in enabled
    }


def test_a_role_in_the_hub_needs_the_permission_itself(organization: Organization) -> None:
    iam = organization.client("iam", organization.hub)
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
    )
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    keys = organization.client("sts", organization.hub).assume_role(RoleArn=role, RoleSessionName="session")[
        "Credentials"
    ]
    client = organization.client(
        "organizations",
        organization.hub,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert refused(client.list_accounts) == "AccessDeniedException"
    grant = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"organizations:ListAccounts","Resource":"*"}]}'
    )
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=grant)
    assert client.list_accounts()["Accounts"]
    assert refused(client.list_roots) == "AccessDeniedException"


@pytest.fixture(scope="module")
def bare(start_gateway: StartGateway) -> Organization:
    """An organization in which nothing is delegated yet."""
    return start_gateway("--bare", "--accounts", "1")


def test_a_bare_organization_trusts_and_delegates_nothing(bare: Organization) -> None:
    client = bare.client("organizations", bare.management)
    assert client.list_delegated_administrators()["DelegatedAdministrators"] == []
    assert client.list_aws_service_access_for_organization()["EnabledServicePrincipals"] == []
    assert refused(bare.client("organizations", bare.hub).list_accounts) == "AccessDeniedException"


def test_only_the_management_account_trusts_stack_sets(bare: Organization) -> None:
    management, hub = (bare.client("cloudformation", account) for account in (bare.management, bare.hub))
    assert management.describe_organizations_access()["Status"] == "DISABLED"
    assert refused(hub.activate_organizations_access) == "InvalidOperationException"
    assert refused(hub.describe_organizations_access, CallAs="DELEGATED_ADMIN") == "ValidationError"
    management.activate_organizations_access()
    assert management.describe_organizations_access()["Status"] == "ENABLED"
    roles = bare.client("iam", bare.management).list_roles(PathPrefix="/aws-service-role/")["Roles"]
    assert [role["Path"] for role in roles] == ["/aws-service-role/stacksets.cloudformation.amazonaws.com/"]
    assert refused(hub.deactivate_organizations_access) == "InvalidOperationException"
    management.deactivate_organizations_access()
    assert management.describe_organizations_access()["Status"] == "DISABLED"


def test_the_delegated_administrator_sees_whether_stack_sets_are_trusted(organization: Organization) -> None:
    hub = organization.client("cloudformation", organization.hub)
    assert hub.describe_organizations_access(CallAs="DELEGATED_ADMIN")["Status"] == "ENABLED"


def test_the_resource_policy_lets_an_account_make_just_its_calls(bare: Organization) -> None:
    management, member = (bare.client("organizations", account) for account in (bare.management, bare.members[0]))
    assert refused(management.describe_resource_policy) == "ResourcePolicyNotFoundException"
    assert refused(member.put_resource_policy, Content="{}") == "AccessDeniedException"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{bare.members[0]}:root"},
        "Action": ["organizations:ListAccounts"],
        "Resource": "*",
    }
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    management.put_resource_policy(Content=content)
    assert management.describe_resource_policy()["ResourcePolicy"]["Content"] == content
    assert member.list_accounts()["Accounts"]
    assert refused(member.list_roots) == "AccessDeniedException"
    assert refused(member.describe_resource_policy) == "AccessDeniedException"
    assert refused(bare.client("organizations", bare.hub).list_accounts) == "AccessDeniedException"
    management.delete_resource_policy()
    assert refused(member.list_accounts) == "AccessDeniedException"
    assert refused(management.delete_resource_policy) == "ResourcePolicyNotFoundException"


@pytest.mark.parametrize("content", ["no JSON", '{"Statement": [{}]}', '{"Version": "2012-10-17"}'])
def test_a_malformed_or_endless_resource_policy_is_refused(bare: Organization, content: str) -> None:
    management = bare.client("organizations", bare.management)
    assert refused(management.put_resource_policy, Content=content) == "InvalidInputException"
    assert refused(management.put_resource_policy, Content=content.ljust(40_001)) == "InvalidInputException"


def test_cloudtrail_registers_its_administrator_itself(bare: Organization) -> None:
    management, hub = (bare.client("cloudtrail", account) for account in (bare.management, bare.hub))
    register, gone = (
        management.register_organization_delegated_admin,
        management.deregister_organization_delegated_admin,
    )
    assert refused(register, MemberAccountId=bare.hub) == "CloudTrailAccessNotEnabledException"
    organizations = bare.client("organizations", bare.management)
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    asked = {"MemberAccountId": bare.hub}
    assert refused(hub.register_organization_delegated_admin, **asked) == "NotOrganizationManagementAccountException"
    assert refused(register, MemberAccountId=bare.management) == "CannotDelegateManagementAccountException"
    assert refused(register, MemberAccountId="888888888888") == "AccountNotFoundException"
    register(**asked)
    assert refused(register, **asked) == "AccountRegisteredException"
    found = organizations.list_delegated_administrators(ServicePrincipal="cloudtrail.amazonaws.com")
    assert [one["Id"] for one in found["DelegatedAdministrators"]] == [bare.hub]
    gone(DelegatedAdminAccountId=bare.hub)
    assert refused(gone, DelegatedAdminAccountId=bare.hub) == "AccountNotRegisteredException"


def test_a_role_may_register_just_the_account_and_service_that_its_policy_names(bare: Organization) -> None:
    iam = bare.client("iam", bare.management)
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="delegator", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    grant = {
        "Effect": "Allow",
        "Action": "organizations:RegisterDelegatedAdministrator",
        "Resource": f"arn:aws:organizations::{bare.management}:account/{bare.id}/{bare.hub}",
        "Condition": {"StringEquals": {"organizations:ServicePrincipal": ["config.amazonaws.com"]}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    iam.put_role_policy(RoleName="delegator", PolicyName="p", PolicyDocument=document)
    keys = bare.client("sts", bare.management).assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    client = bare.client(
        "organizations",
        bare.management,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    register = client.register_delegated_administrator
    other = {"AccountId": bare.members[0], "ServicePrincipal": "config.amazonaws.com"}
    assert refused(register, **other) == "AccessDeniedException"
    assert refused(register, AccountId=bare.hub, ServicePrincipal="ssm.amazonaws.com") == "AccessDeniedException"
    register(AccountId=bare.hub, ServicePrincipal="config.amazonaws.com")
