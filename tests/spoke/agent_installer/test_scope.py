import pytest

from contract.account_settings import AccountSettings
from contract.agents import Reason
from spoke.agent_installer.parameters import rules_of
from spoke.agent_installer.scope import Rules, exclusion, is_cluster_node, read_tags


def reason(tags: dict[str, str], rules: Rules) -> Reason | None:
    found = exclusion(tags, rules)
    return found.reason if found else None


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("NONE", {}),
        ("", {}),
        ("Environment:prod", {"Environment": "prod"}),
        ("Environment:prod;Agent:yes", {"Environment": "prod", "Agent": "yes"}),
        ("Owner:team:web;Empty:", {"Owner": "team:web", "Empty": ""}),
    ],
)
def test_tags_are_read_as_the_settings_write_them(text: str, tags: dict[str, str]) -> None:
    assert read_tags(text) == tags


@pytest.mark.parametrize(
    "key", ["aws:ecs:clusterName", "AmazonECSManaged", "eks:cluster-name", "kubernetes.io/cluster/shop"]
)
def test_nodes_of_clusters_are_known_by_their_tags(key: str) -> None:
    assert is_cluster_node({key: "x"})
    assert reason({key: "x"}, Rules()) is None


def test_without_a_clusters_tag_an_instance_is_out_of_scope() -> None:
    assert not is_cluster_node({"kubernetes.io/role": "node", "Name": "web"})
    assert reason({"Name": "web"}, Rules()) is Reason.NOT_IN_SCOPE
    assert reason({"Name": "web"}, Rules(scope="all")) is None


def test_all_tags_must_be_there() -> None:
    rules = Rules(scope="all", tags={"Environment": "prod", "Agent": "yes"})
    assert reason({"Environment": "prod", "Agent": "yes", "more": "x"}, rules) is None
    found = exclusion({"Environment": "prod", "Agent": "maybe"}, rules)
    assert found
    assert (found.reason, found.details) == (Reason.TAGS_DO_NOT_MATCH, "it lacks Agent:yes")


def test_one_excluded_tag_is_enough_and_stands_above_the_others() -> None:
    rules = Rules(excluded_tags={"Agent": "no", "Frozen": "true"}, tags={"Environment": "prod"})
    found = exclusion({"Agent": "no"}, rules)
    assert found
    assert (found.reason, found.details) == (Reason.EXCLUDED_BY_TAG, "it has Agent:no")
    assert reason({"Agent": "yes", "eks:cluster-name": "shop", "Environment": "prod"}, rules) is None


def test_an_account_that_is_left_out_has_no_exceptions() -> None:
    assert reason({"eks:cluster-name": "shop"}, Rules(is_on=False)) is Reason.ACCOUNT_EXCLUDED


def test_the_accounts_own_settings_stand_above_the_parameters() -> None:
    parameters = {"tags": "Environment:prod", "scope": "ecs-eks", "excluded-tags": "NONE"}
    usual = rules_of(parameters, AccountSettings())
    assert (usual.is_on, usual.scope, usual.tags, usual.excluded_tags) == (True, "ecs-eks", {"Environment": "prod"}, {})
    own = rules_of(parameters, AccountSettings(agent=False, agent_tags="NONE", agent_scope="all"))
    assert (own.is_on, own.scope, own.tags) == (False, "all", {})
