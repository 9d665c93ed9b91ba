"""Each check names what is wrong and the mend; none hides the others."""

from collections.abc import Callable
from typing import Any

import pytest

from generator.config import Override, Trail
from generator.doctor.diagnosis import Diagnosis, Hub, State
from generator.doctor.examination import CHECKS, examined
from generator.settings.feeds import SecurityHub

MakeHub = Callable[..., Hub]
ORGANIZATION = {"Id": "o-exampleorg1", "MasterAccountId": "999999999999", "FeatureSet": "ALL"}
REFUSED = "You don't have permissions to access this resource."


def diagnosis(hub: Hub, name: str) -> Diagnosis:
    (found,) = [one for one in examined(hub) if one.name == name]
    return found


def test_a_hub_that_has_everything_is_well(hub: MakeHub) -> None:
    found = list(examined(hub()))
    assert [one.name for one in found] == list(CHECKS)
    assert [one for one in found if one.state is not State.WELL or one.mend] == []


def test_anothers_credentials_end_the_examination(hub: MakeHub, aws: Any) -> None:
    aws.answers["get_caller_identity"] = {"Account": "444455556666"}
    (found,) = examined(hub())
    assert (found.name, found.state) == ("credentials", State.FAILED)
    assert found.detail == "of account 444455556666, aws.hub_account is 111122223333"


@pytest.mark.parametrize(
    ("found", "settings", "detail", "mend"),
    [
        ({"Id": "o-another0000"}, {}, "organization.id is o-exampleorg1", 'set id = "o-another0000"'),
        ({"MasterAccountId": "111122223333"}, {}, "is the management account", "choose a member account"),
        ({"FeatureSet": "CONSOLIDATED_BILLING"}, {}, "consolidated billing only", "enable-all-features"),
        (
            {},
            {"management_account": "222233334444"},
            "organization.management_account is another",
            'management_account = "999999999999"',
        ),
    ],
)
def test_another_organization_than_that_of_the_settings_fails(
    hub: MakeHub, aws: Any, *, found: dict[str, str], settings: dict[str, str], detail: str, mend: str
) -> None:
    aws.answers["describe_organization"] = {"Organization": ORGANIZATION | found}
    one = diagnosis(hub(organization=settings), "organization")
    assert one.state is State.FAILED
    assert detail in one.detail
    assert mend in one.mend


def test_an_account_in_no_organization_is_named(hub: MakeHub, aws: Any) -> None:
    aws.refuse("describe_organization", "AWSOrganizationsNotInUseException")
    assert diagnosis(hub(), "organization").detail == "the hub account is in none"


def test_without_delegation_everything_leads_to_muster_delegate(hub: MakeHub, aws: Any) -> None:
    for call in ("list_delegated_services_for_account", "list_roots", "list_accounts", "list_tags_for_resource"):
        aws.refuse(call, "AccessDeniedException", REFUSED)
    aws.refuse("describe_organizations_access", "ValidationError", "Account used is not a delegated administrator")
    found = {one.name: one for one in examined(hub())}
    for name in ("delegated administrator", "trusted access", "reading the organization"):
        assert found[name].state is State.FAILED, name
        assert "`muster delegate`" in found[name].mend
    for name in ("units", "accounts"):
        assert found[name].state is State.WARNING
        assert found[name].detail == "could not look: the hub may not read the organization yet"


def test_a_trail_of_the_organization_needs_its_administrator(hub: MakeHub) -> None:
    one = diagnosis(hub(spoke={"trail": Trail.ORGANIZATION}), "delegated administrator")
    assert one.detail == "111122223333 is not the delegated administrator of CloudTrail"


def test_credentials_without_a_permission_are_no_lack_of_delegation(hub: MakeHub, aws: Any) -> None:
    text = "User: arn is not authorized to perform: organizations:ListRoots"
    aws.refuse("list_roots", "AccessDeniedException", text)
    one = diagnosis(hub(), "reading the organization")
    assert (one.state, one.detail) == (State.WARNING, f"could not look: {text}")
    assert one.mend == "let the hub's credentials call ListRoots"


def test_trusted_access_that_was_turned_off_fails(hub: MakeHub, aws: Any) -> None:
    aws.answers["describe_organizations_access"] = {"Status": "DISABLED"}
    assert "is DISABLED" in diagnosis(hub(), "trusted access").detail


@pytest.mark.parametrize("field", ["ous", "excluded_ous", "canary_ous"])
def test_a_misspelt_unit_is_named_with_the_one_that_is_meant(hub: MakeHub, field: str) -> None:
    one = diagnosis(hub(organization={field: ("ou-exam-workload2",)}), "units")
    assert one.state is State.FAILED
    wanted = f"organization.{field}: ou-exam-workload2 is no unit, did you mean ou-exam-workload1 (Root/Workloads)?"
    assert one.detail == wanted


def test_units_and_accounts_of_overrides_are_looked_for(hub: MakeHub, aws: Any) -> None:
    override = Override(accounts=("222222222222",), ous=("ou-exam-nowhere0",))
    whole = hub()
    changed = Hub(whole.config.model_copy(update={"overrides": (override,)}), aws)
    assert "overrides.ous: ou-exam-nowhere0 is no unit" in diagnosis(changed, "units").detail
    assert diagnosis(changed, "accounts").detail == "overrides.accounts: 222222222222 is not in the organization"


@pytest.mark.parametrize(
    ("settings", "detail"),
    [
        ({"ous": ("ou-exam-workload1",), "canary_ous": ("ou-exam-sandbox01",)}, "lies in none of organization.ous"),
        ({"excluded_ous": ("r-exam",), "canary_ous": ("ou-exam-sandbox01",)}, "lies in organization.excluded_ous"),
    ],
)
def test_a_canary_without_spokes_fails(hub: MakeHub, settings: dict[str, Any], detail: str) -> None:
    one = diagnosis(hub(organization=settings), "canaries")
    assert (one.state, detail in one.detail) == (State.FAILED, True)
    assert "Root/Sandbox" in one.detail


def test_a_canary_below_a_target_is_well(hub: MakeHub) -> None:
    one = diagnosis(hub(organization={"canary_ous": ("ou-exam-sandbox01",)}), "canaries")
    assert (one.state, one.detail) == (State.WELL, "Root/Sandbox")


@pytest.mark.parametrize(
    ("region", "status", "detail", "mend"),
    [
        ("eu-middle-1", "", "eu-middle-1: no such Region", "aws.regions"),
        ("af-south-1", "not-opted-in", "not enabled in the hub account", "enable-region --region-name af-south-1"),
    ],
)
def test_a_region_that_cannot_be_used_fails(
    hub: MakeHub, aws: Any, *, region: str, status: str, detail: str, mend: str
) -> None:
    if status:
        aws.answers["describe_regions"]["Regions"] = [
            *aws.answers["describe_regions"]["Regions"],
            {"RegionName": region, "OptInStatus": status},
        ]
    one = diagnosis(hub(aws={"regions": (region,)}), "Regions")
    assert one.state is State.FAILED
    assert detail in one.detail
    assert mend in one.mend


@pytest.mark.parametrize(
    ("trails", "setting", "state", "detail"),
    [
        (["audit"], Trail.NONE, State.WELL, "audit logs management events of the organization"),
        (["audit"], Trail.ORGANIZATION, State.WARNING, "costs a second time"),
        (["muster-organization-trail"], Trail.ORGANIZATION, State.WELL, "Muster makes it: organization"),
        ([], Trail.ACCOUNTS, State.WELL, "Muster makes it: accounts"),
        ([], Trail.NONE, State.FAILED, "none logs management events in eu-central-1, eu-west-1, us-east-1"),
    ],
)
def test_the_trails_that_are_there_are_compared_with_the_setting(
    hub: MakeHub, aws: Any, *, trails: list[str], setting: Trail, state: State, detail: str
) -> None:
    (usual,) = aws.answers["describe_trails"]["trailList"]
    aws.answers["describe_trails"] = {"trailList": [usual | {"Name": name} for name in trails]}
    one = diagnosis(hub(spoke={"trail": setting}), "trail")
    assert one.state is state
    assert detail in one.detail


def test_a_trail_of_one_account_says_nothing_of_the_others(hub: MakeHub, aws: Any) -> None:
    (usual,) = aws.answers["describe_trails"]["trailList"]
    aws.answers["describe_trails"] = {"trailList": [usual | {"IsOrganizationTrail": False}]}
    assert diagnosis(hub(), "trail").state is State.WARNING


def test_a_verified_domain_stands_for_its_addresses(hub: MakeHub, aws: Any) -> None:
    verified = {"example.com": True, "muster@example.com": False}
    aws.answers["get_email_identity"] = lambda EmailIdentity: {"VerifiedForSendingStatus": verified[EmailIdentity]}  # noqa: N803 - boto's name
    assert diagnosis(hub(), "email sender").detail == "example.com is verified in SES"


def test_a_sender_that_nobody_verified_fails(hub: MakeHub, aws: Any) -> None:
    aws.refuse("get_email_identity", "NotFoundException")
    one = diagnosis(hub(), "email sender")
    assert one.state is State.FAILED
    assert "create-email-identity --email-identity muster@example.com --region eu-central-1" in one.mend


def test_the_sandbox_fails_for_recipients_that_get_nothing(hub: MakeHub, aws: Any) -> None:
    aws.answers["get_account"] = {"SendingEnabled": True, "ProductionAccessEnabled": False}
    assert diagnosis(hub(), "email sandbox").state is State.WARNING
    aws.refuse("get_email_identity", "NotFoundException")
    one = diagnosis(hub(), "email sandbox")
    assert one.state is State.FAILED
    assert "security@example.com, oncall@example.com would get nothing" in one.detail


def test_email_that_nobody_wants_is_no_failure(hub: MakeHub) -> None:
    for name in ("email sender", "email sandbox"):
        assert diagnosis(hub(channels={"email": None}), name).state is State.WARNING


def test_addresses_that_have_not_confirmed_are_named(hub: MakeHub, aws: Any) -> None:
    found = [
        {"Protocol": "email", "Endpoint": "security@example.com", "SubscriptionArn": "arn"},
        {"Protocol": "email", "Endpoint": "oncall@example.com", "SubscriptionArn": "PendingConfirmation"},
    ]
    aws.answers["list_subscriptions_by_topic"] = {"Subscriptions": found}
    one = diagnosis(hub(), "subscriptions")
    assert (one.state, one.detail) == (State.WARNING, "not confirmed: oncall@example.com")


def test_before_the_first_deploy_nothing_is_missing(hub: MakeHub, aws: Any) -> None:
    aws.refuse("list_subscriptions_by_topic", "NotFoundException")
    aws.refuse("head_bucket", "404")
    aws.refuse("describe_stacks", "ValidationError", "Stack with id muster-hub does not exist")
    found = {one.name: one for one in examined(hub())}
    for name in ("subscriptions", "artefact buckets", "one hub"):
        assert found[name].state is State.WELL, name
    assert found["artefact buckets"].detail == "not there yet, the names are free"


def test_security_hub_that_is_off_is_well_where_no_setting_needs_it(hub: MakeHub, aws: Any) -> None:
    aws.refuse("describe_hub", "InvalidAccessException", "Account is not subscribed to AWS Security Hub")
    one = diagnosis(
        hub(findings={"publish_to_security_hub": False}, feeds={"security_hub": SecurityHub.OFF}), "Security Hub"
    )
    assert (one.state, one.mend) == (State.WELL, "")


@pytest.mark.parametrize(("read", "state"), [(SecurityHub.BESIDE, State.WARNING), (SecurityHub.ALL, State.FAILED)])
def test_security_hub_that_is_off_is_told_where_it_is_read(
    hub: MakeHub, aws: Any, read: SecurityHub, state: State
) -> None:
    aws.refuse("describe_hub", "InvalidAccessException", "Account is not subscribed to AWS Security Hub")
    one = diagnosis(hub(findings={"publish_to_security_hub": False}, feeds={"security_hub": read}), "Security Hub")
    assert one.state is state
    assert "enable-security-hub --region eu-central-1" in one.mend


def test_security_hub_that_is_off_fails_where_it_should_take_findings(hub: MakeHub, aws: Any) -> None:
    aws.refuse("describe_hub", "InvalidAccessException", "Account is not subscribed to AWS Security Hub")
    one = diagnosis(hub(findings={"publish_to_security_hub": True}), "Security Hub")
    assert one.state is State.FAILED
    assert "enable-security-hub --region eu-central-1" in one.mend


def test_a_bucket_of_somebody_else_fails(hub: MakeHub, aws: Any) -> None:
    aws.refuse("head_bucket", "403")
    one = diagnosis(hub(), "artefact buckets")
    assert one.state is State.FAILED
    assert "muster-artefacts-111122223333-eu-west-1" in one.detail


def test_a_second_hub_is_named(hub: MakeHub, aws: Any) -> None:
    aws.answers["describe_stacks"] = {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}
    one = diagnosis(hub(), "one hub")
    assert (one.state, one.detail) == (State.WARNING, "stack muster-hub is in eu-west-1, us-east-1 too")


def test_an_interpreter_that_is_not_there_is_a_warning(hub: MakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.doctor.machine.installed", lambda _version: "")
    one = diagnosis(hub(), "interpreter")
    assert (one.state, "`uv python install 3.13`" in one.mend) == (State.WARNING, True)


def test_a_check_that_breaks_hides_no_other(hub: MakeHub, aws: Any) -> None:
    aws.answers["describe_regions"] = {}
    found = list(examined(hub()))
    assert len(found) == len(CHECKS)
    (broken,) = [one for one in found if one.name == "Regions"]
    assert (broken.state, broken.detail) == (State.WARNING, "could not look: KeyError: 'Regions'")
