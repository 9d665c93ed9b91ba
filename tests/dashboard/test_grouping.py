from contract.finding import Severity
from dashboard.activity import Tallies
from dashboard.filters import Filters, Group, State
from dashboard.grouping import counted, grouped
from dashboard.listing import Listing
from dashboard.organization import Organization
from hub.store.accounts import Account
from tests.dashboard.conftest import PAYMENTS, SANDBOX, made

NOBODY = Organization(id="o-example", read_at="")
TALLIES = Tallies(
    open={PAYMENTS: {Severity.HIGH: 90}, SANDBOX: {Severity.LOW: 5}}, by_detection={"iam.user_created": 95, "other": 2}
)
CUT = Listing(findings=(made("one"), made("two", account=SANDBOX)), looked_at=2, has_more=True)


def test_counters_say_how_many_where_the_list_goes_on() -> None:
    known = counted(Filters(group=Group.DETECTION), TALLIES, NOBODY)
    first, second = grouped(CUT, Group.DETECTION, NOBODY, known)
    assert (first.key, first.number, first.accounts, first.is_partial) == ("iam.user_created", 95, 2, True)
    assert (second.key, second.number, second.oldest) == ("other", 2, "")


def test_a_list_that_ends_needs_no_counters() -> None:
    whole = Listing(findings=CUT.findings, looked_at=2)
    (group,) = grouped(whole, Group.DETECTION, NOBODY, {"iam.user_created": 95})
    assert (group.number, group.is_partial) == (2, False)


def test_counters_rank_accounts_by_the_worst_severity() -> None:
    groups = grouped(CUT, Group.ACCOUNT, NOBODY, counted(Filters(group=Group.ACCOUNT), TALLIES, NOBODY))
    assert [(group.key, group.number) for group in groups] == [(PAYMENTS, 90), (SANDBOX, 5)]


def test_owners_add_up_their_accounts() -> None:
    accounts = {one: Account(id=one, name=one, owner="team") for one in (PAYMENTS, SANDBOX)}
    organization = Organization(id="o-example", read_at="", accounts=accounts)
    assert counted(Filters(group=Group.OWNER), TALLIES, organization) == {"team": {Severity.HIGH: 90, Severity.LOW: 5}}


def test_what_counters_do_not_count_is_not_asked_of_them() -> None:
    by_account = Filters(group=Group.ACCOUNT)
    asked = [
        Filters(group=Group.ACCOUNT, text="alice"),
        Filters(group=Group.ACCOUNT, region=("eu-west-1",)),
        Filters(group=Group.ACCOUNT, days=7),
        Filters(group=Group.ACCOUNT, status=State.CLOSED),
        Filters(group=Group.RESOURCE),
    ]
    assert counted(by_account, TALLIES, NOBODY)
    assert not any(counted(one, TALLIES, NOBODY) for one in asked)
