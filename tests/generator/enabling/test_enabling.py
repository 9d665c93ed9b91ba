"""AWS's security services: what is there is left alone, what lacks is asked for in AWS's own words, once."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from generator.config import Config
from generator.enabling.parts import done, lacking
from generator.enabling.services import parts
from generator.snapshots import sample
from hub.store.accounts import Account

HUB, MEMBER, OTHER = "111122223333", "444455556666", "777788889999"
ACCOUNTS = [Account(id=one, name=one, email=f"{one}@example.com") for one in (HUB, MEMBER, OTHER)]
MODELS = botocore.session.get_session()


class Service:
    """A service of one Region in memory; every changing call is checked against AWS's model and remembered."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.changes: list[str] = []
        self.refuses: set[str] = set()
        self.has = dict[str, Any]()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method = getattr(type(self), f"on_{operation}", None)
        if method is None:
            raise AttributeError(operation)

        def call(**arguments: Any) -> Any:
            shape = self._model(operation).input_shape
            validate_parameters(arguments, shape)
            if operation in self.refuses:
                raise refusal("AccessDeniedException", f"{operation} is refused")
            if not operation.startswith(("list", "get", "describe", "batch_get")):
                self.changes.append(operation)
            return method(self, **arguments) or {}

        return call

    def _model(self, operation: str) -> Any:
        model = MODELS.get_service_model(self.name)
        return model.operation_model("".join(word.title() for word in operation.split("_")))

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **asked: iter([getattr(self, operation)(**asked)]))


def refusal(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")


class GuardDuty(Service):
    def on_list_detectors(self) -> Any:
        return {"DetectorIds": ["d1"] if "detector" in self.has else []}

    def on_create_detector(self, **asked: Any) -> None:
        self.has["detector"] = asked

    def on_describe_organization_configuration(self, **_: Any) -> Any:
        return {"AutoEnableOrganizationMembers": self.has.get("members", "NONE")}

    def on_update_organization_configuration(self, **asked: Any) -> None:
        self.has["members"] = asked["AutoEnableOrganizationMembers"]


class Inspector(Service):
    def on_batch_get_account_status(self, accountIds: list[str]) -> Any:  # noqa: N803 - boto's name
        on = self.has.setdefault("on", {})
        state = {"ec2": {"status": "ENABLED"}, "ecr": {"status": "ENABLED"}, "lambda": {"status": "ENABLED"}}
        return {"accounts": [{"accountId": one, "resourceState": state} for one in accountIds if one in on]}

    def on_enable(self, **asked: Any) -> Any:
        failed = {one: self.has["fails"][one] for one in asked["accountIds"] if one in self.has.get("fails", {})}
        self.has["on"] |= {one: asked["resourceTypes"] for one in asked["accountIds"] if one not in failed}
        told = [{"accountId": one, "errorCode": code, "errorMessage": "why"} for one, code in failed.items()]
        return {"failedAccounts": told}

    def on_describe_organization_configuration(self) -> Any:
        return {"autoEnable": self.has.get("automatic", {"ec2": True, "ecr": False})}

    def on_update_organization_configuration(self, **asked: Any) -> None:
        self.has["automatic"] = asked["autoEnable"]

    def on_list_members(self, **_: Any) -> Any:
        return {"members": [{"accountId": one} for one in self.has.get("members", [])]}

    def on_associate_member(self, accountId: str) -> None:  # noqa: N803 - as above
        self.has.setdefault("members", []).append(accountId)


class Macie(Service):
    def on_get_macie_session(self) -> None:
        if "session" not in self.has:
            raise refusal("AccessDeniedException", "Macie is not enabled")

    def on_enable_macie(self, **asked: Any) -> None:
        self.has["session"] = asked

    def on_describe_organization_configuration(self) -> Any:
        return {"autoEnable": "automatic" in self.has}

    def on_update_organization_configuration(self, **asked: Any) -> None:
        self.has["automatic"] = asked

    def on_list_members(self, **_: Any) -> Any:
        return {"members": [{"accountId": one} for one in self.has.get("members", [])]}

    def on_create_member(self, **asked: Any) -> None:
        if asked["account"]["accountId"] in self.has.get("fails", ()):
            raise refusal("ConflictException", "it has another administrator")
        self.has.setdefault("members", []).append(asked["account"]["accountId"])


class SecurityHub(Service):
    def on_describe_hub(self) -> None:
        if "hub" not in self.has:
            raise refusal("InvalidAccessException")

    def on_enable_security_hub(self, **asked: Any) -> None:
        self.has["hub"] = asked

    def on_list_finding_aggregators(self) -> Any:
        return {"FindingAggregators": [{"FindingAggregatorArn": "arn"}] if "aggregator" in self.has else []}

    def on_get_finding_aggregator(self, **_: Any) -> Any:
        return {"FindingAggregatorArn": "arn", **self.has["aggregator"]}

    def on_create_finding_aggregator(self, **asked: Any) -> None:
        self.has["aggregator"] = asked

    def on_update_finding_aggregator(self, **asked: Any) -> None:
        self.has["aggregator"] = {name: asked[name] for name in ("RegionLinkingMode", "Regions")}

    def on_describe_organization_configuration(self) -> Any:
        waits = self.has.get("waits", 0)
        self.has["waits"] = max(waits - 1, 0)
        if "central" not in self.has:
            automatic = self.has.get("automatic", False)
            return {"AutoEnable": automatic, "OrganizationConfiguration": {"ConfigurationType": "LOCAL"}}
        return {
            "OrganizationConfiguration": {"ConfigurationType": "CENTRAL", "Status": "PENDING" if waits else "ENABLED"}
        }

    def on_update_organization_configuration(self, **asked: Any) -> None:
        self.has["central"] = asked

    def on_list_configuration_policies(self) -> Any:
        found = [{"Id": "p1", "Name": self.has["policy"]["Name"]}] if "policy" in self.has else []
        return {"ConfigurationPolicySummaries": found}

    def on_get_configuration_policy(self, **_: Any) -> Any:
        return self.has["policy"]

    def on_create_configuration_policy(self, **asked: Any) -> None:
        self.has["policy"] = asked

    def on_update_configuration_policy(self, **asked: Any) -> None:
        self.has["policy"] = {**self.has["policy"], "ConfigurationPolicy": asked["ConfigurationPolicy"]}

    def on_get_configuration_policy_association(self, **asked: Any) -> Any:
        (target,) = asked["Target"].values()
        if target not in self.has.setdefault("targets", {}):
            raise refusal("ResourceNotFoundException")
        return {"AssociationType": "APPLIED", "AssociationStatus": "SUCCESS"}

    def on_start_configuration_policy_association(self, **asked: Any) -> None:
        (target,) = asked["Target"].values()
        self.has["targets"][target] = asked["ConfigurationPolicyIdentifier"]


KINDS = {"guardduty": GuardDuty, "inspector2": Inspector, "macie2": Macie, "securityhub": SecurityHub}
SWITCHES = {"guardduty": "guardduty", "inspector2": "inspector", "macie2": "macie", "securityhub": "security_hub"}


class World:
    """Every service in every Region."""

    def __init__(self) -> None:
        self.services: dict[tuple[str, str], Any] = {}

    def __call__(self, service: str, region: str) -> Any:
        return self.services.setdefault((service, region), KINDS[service](service))

    def changes(self) -> list[str]:
        found = [change for one in self.services.values() for change in one.changes]
        for one in self.services.values():
            one.changes.clear()
        return found


@pytest.fixture
def world() -> World:
    return World()


def settings(*services: str, **more: Any) -> Config:
    raw = sample().model_dump()
    raw["enable"] |= {**dict.fromkeys((SWITCHES[one] for one in services), True), **more}
    return Config.model_validate(raw)


def work(config: Config, world: World) -> Iterator[tuple[str, str]]:
    for step in done(parts(config, world, ACCOUNTS)):
        yield step.what, step.state


@pytest.mark.parametrize("service", KINDS)
def test_a_service_is_switched_on_once(world: World, service: str) -> None:
    config = settings(service)
    before = list(lacking(parts(config, world, ACCOUNTS)))
    assert before
    assert world.changes() == []
    assert {state for _, state in work(config, world)} == {"enabled"}
    assert world.changes() != []
    assert list(lacking(parts(config, world, ACCOUNTS))) == []
    assert {state for _, state in work(config, world)} == {"unchanged"}
    assert world.changes() == []


def test_without_a_setting_nobody_is_asked(world: World) -> None:
    assert list(work(settings(), world)) == []
    assert world.services == {}


def test_one_that_fails_stops_no_other(world: World) -> None:
    config = settings("guardduty", "macie2")
    world("guardduty", config.aws.home_region).refuses = {"create_detector"}
    steps = dict(work(config, world))
    assert steps[f"GuardDuty in {config.aws.home_region}"] == "failed"
    assert {state for what, state in steps.items() if what.startswith("Macie")} == {"enabled"}


def test_a_failure_names_the_setting_and_the_mend(world: World) -> None:
    config = settings("guardduty")
    world("guardduty", config.aws.home_region).refuses = {"describe_organization_configuration"}
    (failed,) = (one for one in done(parts(config, world, ACCOUNTS)) if one.is_failure)
    assert "describe_organization_configuration is refused" in failed.detail
    assert "enable.guardduty of muster.toml" in failed.detail
    assert "the management account runs `muster delegate`" in failed.detail


def test_a_member_that_is_refused_stops_no_other(world: World) -> None:
    config = settings("macie2")
    home = world("macie2", config.aws.home_region)
    home.has["fails"] = {MEMBER}
    (failed,) = (one for one in done(parts(config, world, ACCOUNTS)) if one.is_failure)
    assert failed.what == f"Macie's members in {config.aws.home_region}"
    assert "another administrator" in failed.detail
    assert home.has["members"] == [OTHER]


def test_accounts_that_inspector_refuses_in_a_good_answer_are_failures(world: World) -> None:
    config = settings("inspector2")
    home = world("inspector2", config.aws.home_region)
    home.has["fails"] = {MEMBER: "SSM_UNAVAILABLE", OTHER: "ENABLE_IN_PROGRESS"}
    (failed,) = (one for one in done(parts(config, world, ACCOUNTS)) if one.is_failure)
    assert failed.what == f"Inspector of accounts in {config.aws.home_region}"
    assert failed.detail.startswith(f"{MEMBER}: SSM_UNAVAILABLE why; enable.inspector of muster.toml")


def test_of_many_reasons_the_first_ones_are_told(world: World) -> None:
    config = settings("inspector2")
    many = [f"{number:012}" for number in range(1, 6)]
    world("inspector2", config.aws.home_region).has["fails"] = dict.fromkeys(many, "ACCESS_DENIED")
    accounts = [Account(id=one, name=one, email=f"{one}@example.com") for one in many]
    (failed,) = (one for one in done(parts(config, world, accounts)) if one.is_failure)
    assert failed.detail.count("ACCESS_DENIED") == 3
    assert "(and 2 more)" in failed.detail


def test_members_are_those_that_muster_covers_but_the_hub(world: World) -> None:
    config = settings("inspector2", "macie2")
    list(work(config, world))
    for service in ("inspector2", "macie2"):
        assert world(service, config.aws.home_region).has["members"] == [MEMBER, OTHER]
    assert world("inspector2", config.aws.home_region).has["on"].keys() == {HUB, MEMBER, OTHER}
    automatic = world("inspector2", config.aws.home_region).has["automatic"]
    assert automatic == {"ec2": True, "ecr": True, "lambda": True}


def test_the_policy_holds_the_standards_of_the_settings(world: World) -> None:
    config = settings("securityhub", standards=("fsbp", "cis-1.4.0"))
    list(work(config, world))
    hub = world("securityhub", config.aws.home_region)
    region = config.aws.home_region
    chosen = hub.has["policy"]["ConfigurationPolicy"]["SecurityHub"]["EnabledStandardIdentifiers"]
    assert chosen == [
        f"arn:aws:securityhub:{region}::standards/aws-foundational-security-best-practices/v/1.0.0",
        f"arn:aws:securityhub:{region}::standards/cis-aws-foundations-benchmark/v/1.4.0",
    ]
    assert set(hub.has["targets"]) == set(config.organization.ous or [config.organization.root])
    assert hub.has["hub"]["EnableDefaultStandards"] is False
    world.changes()
    other = settings("securityhub")
    assert dict(work(other, world))["Security Hub's policy muster"] == "enabled"
    assert world.changes() == ["update_configuration_policy"]
    after = hub.has["policy"]["ConfigurationPolicy"]["SecurityHub"]["EnabledStandardIdentifiers"]
    assert {*chosen} < {*after}
    assert len(after) == 3


def test_standards_that_people_added_to_the_policy_stay(world: World) -> None:
    config = settings("securityhub", standards=("fsbp",))
    list(work(config, world))
    world.changes()
    hub = world("securityhub", config.aws.home_region)
    hub.has["policy"]["ConfigurationPolicy"]["SecurityHub"]["EnabledStandardIdentifiers"].append("theirs")
    assert list(lacking(parts(config, world, ACCOUNTS))) == []
    assert {state for _, state in work(config, world)} == {"unchanged"}
    assert world.changes() == []


def test_a_policy_that_switches_security_hub_off_is_mended(world: World) -> None:
    config = settings("securityhub", standards=("fsbp",))
    list(work(config, world))
    hub = world("securityhub", config.aws.home_region)
    hub.has["policy"]["ConfigurationPolicy"] = {"SecurityHub": {"ServiceEnabled": False}}
    assert dict(work(config, world))["Security Hub's policy muster"] == "enabled"
    mended = hub.has["policy"]["ConfigurationPolicy"]["SecurityHub"]
    assert mended["ServiceEnabled"]
    assert len(mended["EnabledStandardIdentifiers"]) == 1
    assert mended["SecurityControlsConfiguration"] == {"DisabledSecurityControlIdentifiers": []}


def test_automatic_enablement_beyond_the_units_is_not_ended(world: World) -> None:
    units = settings("securityhub").model_dump()
    units["organization"] |= {"ous": ("ou-exam-11111111",), "canary_ous": ()}
    config = Config.model_validate(units)
    world("securityhub", "eu-west-1").has["automatic"] = True
    steps = {one.what: one for one in done(parts(config, world, ACCOUNTS))}
    refused = steps["Security Hub's central configuration"]
    assert refused.state == "failed"
    assert "--no-auto-enable --region eu-west-1" in refused.detail
    assert "central" not in world("securityhub", config.aws.home_region).has
    assert refused.what in lacking(parts(config, world, ACCOUNTS))


def test_with_the_root_automatic_enablement_gives_way_to_the_policy(world: World) -> None:
    config = settings("securityhub")
    assert config.organization.targets[0].startswith("r-")
    world("securityhub", config.aws.home_region).has["automatic"] = True
    assert dict(work(config, world))["Security Hub's central configuration"] == "enabled"


def test_controls_that_people_switched_off_stay_off(world: World) -> None:
    config = settings("securityhub", standards=("fsbp",))
    list(work(config, world))
    hub = world("securityhub", config.aws.home_region)
    there = hub.has["policy"]["ConfigurationPolicy"]["SecurityHub"]
    there["SecurityControlsConfiguration"] = {"DisabledSecurityControlIdentifiers": ["IAM.6"]}
    list(work(settings("securityhub"), world))
    kept = hub.has["policy"]["ConfigurationPolicy"]["SecurityHub"]["SecurityControlsConfiguration"]
    assert kept == {"DisabledSecurityControlIdentifiers": ["IAM.6"]}


def test_a_unit_that_follows_another_policy_keeps_it(world: World) -> None:
    config = settings("securityhub")
    (target, *_) = config.organization.ous or (config.organization.root,)
    world("securityhub", config.aws.home_region).has["targets"] = {target: "theirs"}
    list(work(config, world))
    assert world("securityhub", config.aws.home_region).has["targets"][target] == "theirs"


@pytest.mark.parametrize(
    ("there", "after"),
    [
        ({"RegionLinkingMode": "ALL_REGIONS"}, None),
        (
            {"RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": ["ap-south-1"]},
            {"ap-south-1", "eu-west-1", "us-east-1"},
        ),
        ({"RegionLinkingMode": "ALL_REGIONS_EXCEPT_SPECIFIED", "Regions": ["us-east-1", "sa-east-1"]}, {"sa-east-1"}),
    ],
)
def test_regions_that_others_linked_stay_linked(world: World, there: Any, after: set[str] | None) -> None:
    config = settings("securityhub")
    assert set(config.regions) == {config.aws.home_region, "eu-west-1", "us-east-1"}
    hub = world("securityhub", config.aws.home_region)
    hub.has["aggregator"] = there
    list(work(config, world))
    assert hub.has["aggregator"] == ({**there, "Regions": sorted(after)} if after else there)


def test_a_configuration_that_is_still_coming_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    config = settings("securityhub")
    hub = world("securityhub", config.aws.home_region)
    hub.has |= {"central": {}, "waits": 3}
    from generator.enabling.security_hub import security_hub  # noqa: PLC0415 - with a clock of its own

    list(done(security_hub(config, world, waited.append)))
    assert waited == [2.0, 2.0]
    assert "policy" in hub.has
