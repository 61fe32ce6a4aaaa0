"""Credits computed run by run are those of a build at once, whatever arrives when.

Touches and orders come in late, change and vanish between runs; after each sequence
the credits equal, row for row, those of a fresh build of what is there at the end.
"""

import datetime as dt

import duckdb
import pytest
from harness import Shop
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

SELECT = ("+int_credit_totals",)
# What a data test says of late_arrival_days where old touches have changed.
WARNING = "Got 20 results, configured to warn if != 0"
START = dt.datetime(2025, 1, 1)
# Days after START on which a run happens; each sees what has arrived by then.
RUNS = (30, 34, 60)
CHANNELS = ("email", "google_ads", "meta", "direct")
# None is a guest.
BUYERS = (0, 1, 2, 3, None)
POLICIES = (
    {},
    {"path_policy": "since_previous_conversion"},
    {"conversion_scope": "first_orders", "exclude_direct": True},
    {"collapse_repeats": True, "conversion_value": "net"},
)

hours = st.integers(0, 60 * 24)
# Within late_arrival_days, at its edge, and far beyond.
days_late = st.sampled_from([0, 0, 0, 1, 2.9, 3, 40])
touches = st.tuples(
    st.integers(0, 3),
    hours,
    days_late,
    st.sampled_from(CHANNELS),
    st.sampled_from(
        [
            *(None, None, None, "gone", "other channel", "other time"),
            *("other customer", "other campaign", "comes twice"),
        ]
    ),
    st.sampled_from([1, 2]),
)
orders = st.tuples(
    st.sampled_from(BUYERS),
    hours,
    days_late,
    st.integers(1, 300),
    st.sampled_from(["", "", "", "cancelled", "dearer", "earlier", "other customer"]),
    st.sampled_from([1, 2]),
)
refunds = st.tuples(st.integers(0, 11), st.sampled_from([1, 2]))


def moment(hour):
    """Text of a moment, in hours after START."""
    return str(START + dt.timedelta(hours=hour))


def shop_at(run, touches, orders, refunds):
    """The raw tables as run number `run` (0, 1, 2) finds them."""

    def has_come(hour, late):
        return run == len(RUNS) - 1 or hour / 24 + late <= RUNS[run]

    shop = Shop()
    # A first order that is always there.
    shop.order("o", "c9", moment(0), "1")
    for number, (customer, hour, late, channel, change, since) in enumerate(touches):
        if not has_come(hour, late):
            continue
        name, campaign = f"t{number:02d}", ""
        change = change if run >= since else None
        if change == "gone":
            continue
        if change == "other channel":
            channel = CHANNELS[(CHANNELS.index(channel) + 1) % len(CHANNELS)]
        elif change == "other time":
            hour = max(hour - 50, 0)
        elif change == "other customer":
            customer = (customer + 1) % 4
        elif change == "other campaign":
            campaign = "spring"
        elif change == "comes twice":
            shop.touch(f"c{customer}", channel, moment(hour), name)
        shop.touch(f"c{customer}", channel, moment(hour), name, campaign)
    for number, (customer, hour, late, value, change, since) in enumerate(orders):
        if not has_come(hour, late):
            continue
        status, changed = "", run >= since
        if changed and change == "cancelled":
            status = "cancelled"
        elif changed and change == "dearer":
            value += 1
        elif changed and change == "earlier":
            hour = max(hour - 30, 0)
        elif changed and change == "other customer":
            customer = BUYERS[(BUYERS.index(customer) + 1) % len(BUYERS)]
        name = "" if customer is None else f"c{customer}"
        shop.order(f"o{number:02d}", name, moment(hour), str(value), status)
    for number, since in refunds:
        if run >= since and number < len(orders) and has_come(*orders[number][1:3]):
            shop.give_back(f"o{number:02d}", moment(1440), "0.5")
    return shop.raw()


def all_rows(built):
    """Every credit, and what is summed from them."""
    return (
        built.rows("select * from marts.touchpoint_credits order by all"),
        built.rows("select * from intermediate.int_credit_totals order by all"),
    )


def reasons(built):
    """Why each conversion was computed in the last run."""
    return dict(
        built.rows("select conversion_id, reason from intermediate.int_due_conversions")
    )


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(touches, min_size=25, max_size=60),
    st.lists(orders, min_size=12, max_size=25),
    st.lists(refunds, max_size=4, unique_by=lambda refund: refund[0]),
    st.sampled_from(POLICIES),
)
def test_any_sequence_of_arrivals_ends_like_a_fresh_build(
    project, touches, orders, refunds, policy
):
    built = None
    for run in range(len(RUNS)):
        raw = shop_at(run, touches, orders, refunds)
        built = project.good(raw, vars=policy, select=SELECT, again=built)
    fresh = project.good(raw, vars=policy, select=SELECT)
    assert all_rows(built) == all_rows(fresh)


def daily_shop():
    """One order a day at noon for twenty days, each a day after its touch."""
    shop = Shop()
    for day in range(20):
        shop.touch(f"c{day}", "email", moment(24 * day - 12), f"t{day}")
        shop.order(f"o{day}", f"c{day}", moment(24 * day + 12), "100")
    return shop


@pytest.fixture
def daily(project):
    """The daily shop, built once, and a warehouse of it for each test."""
    built = project.once("daily shop", lambda: daily_shop().raw(), select=SELECT)
    return project.copy(built)


def test_a_run_computes_what_is_new_or_may_still_change(project, daily):
    assert len({row[0] for row in all_rows(daily)[0]}) == 20
    assert reasons(daily) == {}

    shop = daily_shop()
    shop.orders[2] = ("o2", "c2", moment(24 * 2 + 12), "101", "")
    shop.orders[3] = (*shop.orders[3][:4], "cancelled")
    shop.order("o20", "c5", moment(24 * 20 + 12))
    again = project.good(shop.raw(), select=SELECT, again=daily)
    # Three days before the last order's noon, that noon included.
    late = {f"o{day}": "late touches possible" for day in (16, 17, 18, 19)}
    assert reasons(again) == {
        "o2": "changed",
        "o3": "no longer a conversion",
        "o20": "new",
        **late,
    }
    assert again.rows(
        "select conversion_value from marts.touchpoint_credits"
        " where conversion_id in ('o2', 'o3')"
    ) == [(101,)]
    fresh = project.good(shop.raw(), select=SELECT)
    assert all_rows(again) == all_rows(fresh)


def test_the_oldest_touch_of_the_oldest_due_order_is_read(project):
    """Thirty days before o16, to the second; a second earlier is too old."""
    shop = daily_shop()
    shop.touch("c16", "meta", moment(24 * 16 + 12 - 720), "on time")
    shop.touch("c16", "meta", moment(24 * 16 + 12 - 720 - 1 / 3600), "too old")
    built = project.good(shop.raw(), select=SELECT)
    again = project.good(shop.raw(), select=SELECT, again=built)
    assert min(reasons(again)) == "o16"
    assert again.rows(
        "select touchpoint_id from marts.touchpoint_credits"
        " where conversion_id = 'o16' order by touch_position"
    ) == [("on time",), ("t16",)]


def test_whatever_changes_in_an_old_order_it_is_computed_anew(project, daily):
    """Its customer, its moment, its value, or the order before it."""
    shop = daily_shop()
    shop.orders[2] = ("o2", "c5", *shop.orders[2][2:])
    shop.orders[3] = (*shop.orders[3][:2], moment(24 * 3 + 11), *shop.orders[3][3:])
    shop.orders[4] = (*shop.orders[4][:3], "101", "")
    # Between t7 and o7, which is left without a touch.
    shop.order("before", "c7", moment(24 * 7 + 6))
    policy = {"path_policy": "since_previous_conversion"}
    raw = daily_shop().raw()
    built = project.good(raw, vars=policy, select=SELECT, again=daily)
    again = project.good(shop.raw(), vars=policy, select=SELECT, again=built)
    changed = {name for name, why in reasons(again).items() if why == "changed"}
    # That c5 ordered before is news for o5 too.
    assert changed == {"o2", "o3", "o4", "o5", "o7"}
    assert set(again.credits("o7")) == {"unattributed"}
    fresh = project.good(shop.raw(), vars=policy, select=SELECT)
    assert all_rows(again) == all_rows(fresh)


def test_a_guest_who_gets_a_name_is_news_and_so_is_the_reverse(project):
    def shop_of(first, second):
        shop = daily_shop()
        for name, customer in (("98", first), ("99", second)):
            shop.touch(f"c{name}", "meta", moment(24 * 9), f"t{name}")
            shop.order(f"o{name}", customer, moment(24 * 9 + 12))
        return shop.raw()

    built = project.good(shop_of("c98", ""), select=SELECT)
    again = project.good(shop_of("", "c99"), select=SELECT, again=built)
    changed = {name for name, why in reasons(again).items() if why == "changed"}
    assert changed == {"o98", "o99"}
    assert again.credits("o98") == {"unattributed": 1}
    assert again.credits("o99") == {"t99": 1}


@pytest.mark.parametrize(
    ("days", "due"),
    [
        (0, {"o19"}),
        (1.5, {"morning", "o18", "o19"}),
        (5, {"morning", *(f"o{day}" for day in range(14, 20))}),
    ],
)
def test_so_far_back_a_late_touch_may_reach(project, days, due):
    """The days of the setting before the last order, both ends included."""
    shop = daily_shop()
    shop.order("morning", "c5", moment(24 * 18))
    shop.order("too early", "c5", moment(24 * 14 + 12 - 1 / 3600))
    changed = {"late_arrival_days": days}
    built = project.good(shop.raw(), vars=changed, select=SELECT)
    again = project.good(shop.raw(), vars=changed, select=SELECT, again=built)
    assert reasons(again) == dict.fromkeys(due, "late touches possible")


def test_a_full_refresh_trusts_nothing_that_is_stored(project, daily):
    expected = all_rows(daily)
    with duckdb.connect(str(daily.warehouse)) as connection:
        connection.execute(
            "update marts.touchpoint_credits set credit_linear = 0.25"
            " where conversion_id = 'o1'"
        )
    raw = daily_shop().raw()
    kept = project.good(raw, select=SELECT, again=daily)
    assert all_rows(kept) != expected
    anew = project.good(raw, select=SELECT, again=kept, full_refresh=True)
    assert all_rows(anew) == expected


def test_what_is_history_is_judged_by_the_run_that_computed_it(project, daily):
    """Weeks later a touch comes in that was late already, and then nothing does."""
    shop = daily_shop()
    shop.touch("c17", "meta", moment(24 * 16 + 12), "late")
    shop.order("o60", "c5", moment(24 * 60))
    again = project.good(shop.raw(), select=SELECT, again=daily)
    late = {f"o{day}": "late touches possible" for day in (16, 17, 18, 19)}
    assert reasons(again) == {"o60": "new", **late}
    assert again.credits("o17") == {"t17": 0.5, "late": 0.5}
    # By now all but the last three days are history.
    settled = project.good(shop.raw(), select=SELECT, again=again)
    assert reasons(settled) == {"o60": "late touches possible"}
    assert all_rows(settled) == all_rows(project.good(shop.raw(), select=SELECT))


def test_a_late_touch_is_picked_up(project, daily):
    shop = daily_shop()
    # Before the noon of day 16 touches are history; this one is not.
    shop.touch("c17", "meta", moment(24 * 16 + 12), "late")
    again = project.good(shop.raw(), select=SELECT, again=daily)
    assert again.credits("o17") == {"t17": 0.5, "late": 0.5}
    assert "o15" not in reasons(again)


@pytest.mark.parametrize(
    "change",
    [
        "comes",
        "goes",
        {"touchpoint_id": "renamed"},
        {"customer": "c4"},
        {"channel": "meta"},
        {"campaign": "spring"},
        {"touched_at": moment(24 * 3 - 13)},
    ],
    ids=str,
)
def test_a_change_of_old_touches_builds_all_anew(project, daily, change):
    """Whatever it is in a touch that is another."""
    shop = daily_shop()
    if change == "comes":
        shop.touch("c3", "meta", moment(24 * 2), "very late")
    elif change == "goes":
        del shop.touches[3]
    else:
        columns = ("touchpoint_id", "customer", "channel", "campaign", "touched_at")
        shop.touches[3] = tuple(
            change.get(column, value)
            for column, value in zip(columns, shop.touches[3], strict=True)
        )
    assert WARNING not in daily.output
    again = project.good(shop.raw(), select=SELECT, again=daily, tests=True)
    assert WARNING in again.output
    assert len(reasons(again)) == 20
    assert set(reasons(again).values()) == {"history changed"}
    assert all_rows(again) == all_rows(project.good(shop.raw(), select=SELECT))


@pytest.mark.parametrize(
    "changed",
    [
        {"half_life_days": 3},
        {"position_weights": {"first": 1, "middle": 0.2, "last": 0.4}},
        {"position_weights": {"first": 0.4, "middle": 1, "last": 0.4}},
        {"position_weights": {"first": 0.4, "middle": 0.2, "last": 1}},
        {"lookback_days": 0.5},
        {"path_policy": "since_previous_conversion"},
        {"collapse_repeats": True},
        {"exclude_direct": True},
        {"conversion_scope": "first_orders"},
        {"conversion_value": "net"},
        {"business_timezone": "Pacific/Kiritimati"},
    ],
    ids=lambda changed: "-".join(f"{k}={v}" for k, v in changed.items()),
)
def test_other_settings_are_never_mixed_in(project, daily, changed):
    shop = daily_shop()
    shop.touch("c17", "direct", moment(24 * 16 + 20), "second")
    shop.touch("c17", "direct", moment(24 * 16 + 22), "third")
    shop.give_back("o3", moment(24 * 19), "30")
    raw = shop.raw()
    again = project.good(raw, vars=changed, select=SELECT, again=daily)
    assert set(reasons(again).values()) == {"settings changed"}
    assert "every path is built anew" in again.output
    assert all_rows(again) == all_rows(project.good(raw, vars=changed, select=SELECT))


def test_a_day_in_the_past_and_back_leaves_no_trace(project, daily):
    """As of the twelfth day there are twelve orders; then all of them again."""
    expected = all_rows(daily)
    raw = daily_shop().raw()
    past = {"as_of": str(moment(24 * 11))[:10]}
    before = project.good(raw, vars=past, select=SELECT, again=daily)
    assert before.value("select count(*) from marts.touchpoint_credits") == 12
    assert all_rows(before) == all_rows(project.good(raw, vars=past, select=SELECT))
    back = project.good(raw, select=SELECT, again=before)
    assert {"new"} <= set(reasons(back).values()) <= {"new", "late touches possible"}
    assert all_rows(back) == expected


def test_settings_that_go_back_leave_no_trace(project, daily):
    expected = all_rows(daily)
    raw = daily_shop().raw()
    changed = project.good(
        raw, vars={"lookback_days": 0.25}, select=SELECT, again=daily
    )
    assert all_rows(changed) != expected
    back = project.good(raw, select=SELECT, again=changed)
    assert set(reasons(back).values()) == {"settings changed"}
    assert all_rows(back) == expected


@pytest.mark.parametrize(
    ("meaning", "name"),
    [("channel = 'newsletter'", "newsletter"), ("is_direct = true", "email")],
    ids=["another channel", "direct"],
)
def test_another_meaning_of_channels_builds_all_anew(project, daily, meaning, name):
    with duckdb.connect(str(daily.warehouse)) as connection:
        connection.execute(
            f"update reference.channel_map set {meaning} where channel = 'email'"
        )
    again = project.good(
        daily_shop().raw(), select=SELECT, again=daily, exclude=("channel_map",)
    )
    assert set(reasons(again).values()) == {"history changed"}
    assert again.rows("select distinct channel from marts.touchpoint_credits") == [
        (name,)
    ]


def test_a_touch_that_came_and_went_leaves_no_trace(project, daily):
    """Also where the runs between build no more than the credits."""
    expected = all_rows(daily)
    shop = daily_shop()
    shop.touch("c3", "meta", moment(24 * 2), "very late")
    credits_alone = ("+touchpoint_credits",)
    with_it = project.good(shop.raw(), select=credits_alone, again=daily)
    assert set(with_it.credits("o3")) == {"t3", "very late"}
    again = project.good(daily_shop().raw(), select=credits_alone, again=with_it)
    assert set(reasons(again).values()) == {"history changed"}
    assert all_rows(again)[0] == expected[0]


@pytest.mark.parametrize(
    ("select", "full_refresh", "missing"),
    [
        (
            "touchpoint_credits",
            False,
            "int_conversions, int_touch_history, int_due_conversions, int_path_touches",
        ),
        ("int_path_touches+", True, "int_conversions, int_touch_history, "),
        ("int_touch_history+", False, "int_conversions. "),
    ],
)
def test_credits_are_never_built_by_what_another_run_found_due(
    project, daily, select, full_refresh, missing
):
    """With other settings they would be half of each kind, and say so nowhere."""
    before = all_rows(daily)
    raw = daily_shop().raw()
    other = {"half_life_days": 1, "lookback_days": 3}
    refused = project.build(
        raw, other, (select,), again=daily, full_refresh=full_refresh
    )
    assert refused.returncode != 0
    said = " ".join(refused.output.split())
    assert "goes by what the same run finds due; this one does not build" in said
    assert missing in said
    assert "Select +touchpoint_credits." in said
    assert all_rows(daily)[0] == before[0]
    again = project.good(raw, other, SELECT, again=daily)
    assert all_rows(again) == all_rows(project.good(raw, other, SELECT))


def test_a_run_without_news_computes_next_to_nothing(project, daily):
    """Nor is what had no touch, or nobody's name, news a second time."""
    shop = daily_shop()
    shop.order("touched by nothing", "c99", moment(24 * 2))
    shop.order("guest", "", moment(24 * 2))
    first = project.good(shop.raw(), select=SELECT, again=daily)
    late = {f"o{day}": "late touches possible" for day in (16, 17, 18, 19)}
    assert reasons(first) == {"touched by nothing": "new", "guest": "new", **late}
    again = project.good(shop.raw(), select=SELECT, again=first, tests=True)
    assert reasons(again) == late
    assert "configured to warn" not in again.output
    assert all_rows(again) == all_rows(project.good(shop.raw(), select=SELECT))


def test_credits_without_their_state_are_computed_anew(project, daily):
    """As an earlier version left them: nobody knows under which settings."""
    with duckdb.connect(str(daily.warehouse)) as connection:
        connection.execute("drop table intermediate.credits_state")
        connection.execute(
            "alter table marts.touchpoint_credits add column path_settings varchar"
        )
    again = project.good(daily_shop().raw(), select=SELECT, again=daily)
    assert reasons(again) == {}
    fresh = project.good(daily_shop().raw(), select=SELECT)
    columns = ", ".join(fresh.query("from marts.touchpoint_credits limit 0").columns)
    credits = f"select {columns} from marts.touchpoint_credits order by all"
    assert again.rows(credits) == fresh.rows(credits)
    assert all_rows(again)[1] == all_rows(fresh)[1]


def test_no_order_at_all_and_then_some(project, daily):
    """Every conversion goes; later they come again."""
    shop = Shop()
    shop.touches = daily_shop().touches
    shop.order("cancelled", "c0", moment(12), "1", "cancelled")
    empty = project.good(shop.raw(), select=SELECT, again=daily)
    assert all_rows(empty) == ([], [])
    again = project.good(daily_shop().raw(), select=SELECT, again=empty)
    assert all_rows(again) == all_rows(project.good(daily_shop().raw(), select=SELECT))


def test_a_run_that_was_cut_short_is_made_good(project, daily):
    expected = all_rows(daily)
    with duckdb.connect(str(daily.warehouse)) as connection:
        connection.execute(
            "delete from marts.touchpoint_credits where conversion_id in ('o1', 'o5')"
        )
    again = project.good(daily_shop().raw(), select=SELECT, again=daily)
    assert {reasons(again)[name] for name in ("o1", "o5")} == {"new"}
    assert all_rows(again) == expected
