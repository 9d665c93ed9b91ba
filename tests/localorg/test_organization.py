"""The Organizations API of the emulated organization."""

import pytest

from tests.localorg.running import Organization, refused

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
