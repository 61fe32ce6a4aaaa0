"""Answers worked out by hand, from raw files in to marts out.

One shop holds a customer for every awkward case; it is built once for each set of
settings. Half-life 7 days and a lookback of 30 days are the defaults.
"""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from harness import ALL_MODELS, EVERYTHING, MODELS, Shop

NOON = dt.datetime(2024, 3, 31, 12)
DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)
MICROSECOND = dt.timedelta(microseconds=1)

TINY = 1e-9

# What four touches earn of one conversion when position alone decides.
POSITION_FOUR = [0.4, 0.1, 0.1, 0.4]


def at(moment):
    """A moment as the text of an export."""
    return moment.isoformat(sep=" ")


def close(numbers):
    """Approximate equality to 1e-12, for a dict or a list of numbers."""
    return pytest.approx(numbers, rel=1e-12, abs=1e-12)


def cases():
    """Raw tables of the shop with the awkward customers."""
    shop = Shop()

    # Ages 14, 7 and 0 days; ages 3.5 and 0 days.
    for days in (14, 7, 0):
        shop.touch("decay", "email", at(NOON - days * DAY))
    shop.order("decay", "decay", at(NOON))
    for days in (3.5, 0):
        shop.touch("half", "email", at(NOON - days * DAY))
    shop.order("half", "half", at(NOON))

    # Paths of one to five touches, a day apart, the last a day before the order.
    for length in (1, 2, 3, 4, 5):
        for days in range(length, 0, -1):
            shop.touch(f"path{length}", f"ch{length - days + 1}", at(NOON - days * DAY))
        shop.order(f"path{length}", f"path{length}", at(NOON), "120")

    # Around both ends of a window of 30 days.
    start = NOON - 30 * DAY
    for name, moment in {
        "w1 second before": start - SECOND,
        "w2 microsecond before": start - MICROSECOND,
        "w3 start": start,
        "w4 microsecond after": start + MICROSECOND,
        "w5 end": NOON,
        "w6 microsecond late": NOON + MICROSECOND,
        "w7 second late": NOON + SECOND,
    }.items():
        shop.touch("window", "email", at(moment), touchpoint_id=name)
    shop.order("window", "window", at(NOON))

    # Around the start of a window of a day and a half, and of a whole day.
    for name, hours in {"f1": 36, "f2": 24, "f3": 1}.items():
        moment = NOON - dt.timedelta(hours=hours)
        shop.touch("fraction", "email", at(moment - SECOND), touchpoint_id=name + "a")
        shop.touch("fraction", "email", at(moment), touchpoint_id=name + "b")
    shop.order("fraction", "fraction", at(NOON))

    # Equal timestamps: the id decides, whatever the order in the file.
    for touchpoint_id, channel in {"tie-c": "c", "tie-a": "a", "tie-b": "b"}.items():
        shop.touch("tie", channel, at(NOON - DAY), touchpoint_id=touchpoint_id)
    shop.order("tie", "tie", at(NOON))

    # Touch, order, touch, order, touch of the second order's second, order.
    shop.touch("repeat", "email", at(NOON - 10 * DAY))
    shop.order("repeat1", "repeat", at(NOON - 8 * DAY), "50")
    shop.touch("repeat", "organic", at(NOON - 4 * DAY))
    shop.touch("repeat", "referral", at(NOON - 2 * DAY))
    shop.order("repeat2", "repeat", at(NOON - 2 * DAY), "70")
    shop.order("repeat3", "repeat", at(NOON), "90")

    # Two orders in one second.
    shop.touch("twin", "email", at(NOON - DAY))
    shop.order("twin1", "twin", at(NOON), "30")
    shop.order("twin2", "twin", at(NOON), "40")

    # A touch three years old, and one a day older.
    for days in (3 * 365 + 1, 3 * 365):
        shop.touch("old", "email", at(NOON - days * DAY))
    shop.order("old", "old", at(NOON))

    # Channels as people write them.
    for number, channel in enumerate(CHANNELS_AS_WRITTEN, start=1):
        shop.touch(f"name{number}", channel, at(NOON - DAY))
        shop.order(f"name{number}", f"name{number}", at(NOON))

    # Paths that read alike when joined carelessly.
    for customer, channels in PATHS_THAT_READ_ALIKE.items():
        for days, channel in zip((3, 2, 1), channels, strict=False):
            shop.touch(customer, channel, at(NOON - days * DAY))
        shop.order(customer, customer, at(NOON), "11")

    # Direct traffic, and channels in a row.
    for customer, channels in DIRECT_PATHS.items():
        for number, channel in enumerate(channels):
            shop.touch(customer, channel, at(NOON - (len(channels) - number) * DAY))
        shop.order(customer, customer, at(NOON))

    # Cancelled, guest, free, untouched, refunded; a cancelled first order.
    shop.touch("cancel", "email", at(NOON - 20 * DAY))
    shop.order("cancel1", "cancel", at(NOON - 15 * DAY), "500", "Cancelled")
    shop.touch("cancel", "organic", at(NOON - 10 * DAY))
    shop.order("cancel2", "cancel", at(NOON - 5 * DAY), "60", "completed")
    shop.order("guest1", "", at(NOON), "75.25")
    shop.order("guest2", "", at(NOON + DAY), "24.75")
    shop.touch("free", "email", at(NOON - DAY))
    shop.order("free", "free", at(NOON), "0")
    shop.order("untouched", "untouched", at(NOON), "15")
    shop.touch("refund", "email", at(NOON - DAY))
    shop.order("refund", "refund", at(NOON), "80")
    shop.give_back("refund", at(NOON + DAY), "30.50")
    shop.give_back("refund", at(NOON + 2 * DAY), "9.50")
    # An order is numbered first by time, not by its id.
    shop.order("z-first", "number", at(NOON - DAY), "1")
    shop.order("a-second", "number", at(NOON), "2")

    # Leading zeros are part of an id.
    shop.touch("007", "organic", at(NOON - DAY))
    shop.touch("7", "email", at(NOON - DAY))
    shop.order("zero", "007", at(NOON))
    shop.order("seven", "7", at(NOON))
    return shop.raw()


CHANNELS_AS_WRITTEN = {
    "a > b": "a > b",
    'say "hi"': 'say "hi"',
    "it's": "it's",
    "🛒 shop": "🛒 shop",
    "Trailing   ": "trailing",
    "  leading": "leading",
    "MiXeD Case": "mixed case",
    "Google  Ads": "google_ads",
    "GOOGLE-ADS ": "google_ads",
    "E-Mail": "email",
    "comma, semicolon; tab\t": "comma, semicolon; tab",
    "back\\slash": "back\\slash",
    "ÉTÉ": "été",
    "Unattributed": "unattributed (as recorded)",
}
PATHS_THAT_READ_ALIKE = {
    "alike1": ["x > y", "z"],
    "alike2": ["x", "y > z"],
    "alike3": ["x", "y", "z"],
    "alike4": ["x > y > z"],
    "alike5": ["x\\", "y > z"],
    "alike6": ["x \\> y", "z"],
}
DIRECT_PATHS = {
    "direct_last": ["email", "organic", "direct"],
    "direct_middle": ["email", "direct", "email"],
    "direct_all": ["direct", "(direct)", "Direct"],
    "direct_first": ["direct", "email"],
    "row": ["email", "email", "organic", "email", "email"],
    "row_direct": ["email", "direct", "email", "direct", "organic"],
}


@pytest.fixture
def marts(project):
    """Function that builds the shop with settings, once for each set of them."""
    return lambda **settings: project.once("cases", cases, attribution=settings)


# --- Time decay ----------------------------------------------------------------


def test_time_decay_at_14_7_and_0_days_is_one_two_and_four_sevenths(marts):
    """Each half-life doubles the weight."""
    assert marts().credits("decay", "time_decay") == close(
        {"decay.1": 1 / 7, "decay.2": 2 / 7, "decay.3": 4 / 7}
    )
    root = math.sqrt(0.5)
    assert marts().credits("half", "time_decay") == close(
        {"half.1": root / (1 + root), "half.2": 1 / (1 + root)}
    )


def test_age_is_counted_in_days_of_24_hours(marts):
    """age_days is fractional days from touch to conversion."""
    ages = marts().rows(
        "select touchpoint_id, age_days from marts.touchpoint_credits"
        " where conversion_id in ('decay', 'half') order by 1"
    )
    assert dict(ages) == close(
        {"decay.1": 14, "decay.2": 7, "decay.3": 0, "half.1": 3.5, "half.2": 0}
    )


def test_a_tiny_half_life_gives_all_to_the_last_touch(marts):
    """Weights that all but vanish still share out the whole conversion."""
    tiny = marts(half_life_days=TINY, lookback_days=None)
    assert tiny.credits("path4", "time_decay") == close(
        {"path4.1": 0, "path4.2": 0, "path4.3": 0, "path4.4": 1}
    )
    assert tiny.credits("old", "time_decay") == close({"old.1": 0, "old.2": 1})
    # Equal ages share equally, however small the half-life.
    assert tiny.credits("tie", "time_decay") == close(
        {"tie-a": 1 / 3, "tie-b": 1 / 3, "tie-c": 1 / 3}
    )
    assert_credits_sum_to_one(tiny)


def test_a_tiny_half_life_within_a_window(marts):
    """The same with a limited lookback."""
    tiny = marts(half_life_days=TINY)
    assert list(tiny.credits("path5", "time_decay").values()) == close([0, 0, 0, 0, 1])
    assert_credits_sum_to_one(tiny)


def test_a_huge_half_life_is_linear(marts):
    """When nothing decays, all touches weigh the same."""
    huge = marts(half_life_days=1e9, lookback_days=None)
    for conversion in ("decay", "path5", "old", "window"):
        assert huge.credits(conversion, "time_decay") == pytest.approx(
            huge.credits(conversion, "linear"), abs=1e-6
        )
    assert_credits_sum_to_one(huge)


def test_a_touch_three_years_old_with_a_half_life_of_an_hour(marts):
    """The only old touches take the whole conversion: no 0/0, no NaN."""
    hour = marts(half_life_days=1 / 24, lookback_days=None)
    # A day is 24 half-lives: the older touch weighs 2^-24 of the newer.
    assert hour.credits("old", "time_decay") == close(
        {"old.1": 2**-24 / (1 + 2**-24), "old.2": 1 / (1 + 2**-24)}
    )
    assert_credits_sum_to_one(hour)


def assert_credits_sum_to_one(built):
    """Under every model each conversion is shared out wholly, without NaN."""
    for model in MODELS:
        bad = built.rows(
            f"select conversion_id, sum(credit_{model}) from marts.touchpoint_credits"
            " group by conversion_id"
            f" having not coalesce(abs(sum(credit_{model}) - 1) < 1e-9, false)"
            f" or bool_or(isnan(credit_{model}) or credit_{model} < 0"
            f" or credit_{model} is null)"
        )
        assert bad == [], model


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"path_policy": "since_previous_conversion"},
        {"exclude_direct": True, "collapse_repeats": True},
        {"lookback_days": 0},
        {"conversion_scope": "first_orders"},
    ],
    ids=str,
)
def test_credits_of_every_conversion_sum_to_one(marts, settings):
    """Whatever the settings."""
    assert_credits_sum_to_one(marts(**settings))


# --- Position, first, last, linear ---------------------------------------------


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (1, [1]),
        (2, [0.5, 0.5]),
        (3, [0.4, 0.2, 0.4]),
        (4, POSITION_FOUR),
        (5, [0.4, 0.2 / 3, 0.2 / 3, 0.2 / 3, 0.4]),
    ],
)
def test_position_based(marts, length, expected):
    """40 % first, 40 % last, the rest in equal parts to those between."""
    credits = marts().credits(f"path{length}", "position_based")
    assert list(credits) == [f"path{length}.{n + 1}" for n in range(length)]
    assert list(credits.values()) == close(expected)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (
            {"first": 1, "middle": 2, "last": 5},
            {1: [1], 2: [1 / 6, 5 / 6], 3: [1 / 8, 2 / 8, 5 / 8]}
            | {4: [1 / 8, 1 / 8, 1 / 8, 5 / 8]},
        ),
        (
            {"first": 0, "middle": 0, "last": 3},
            {1: [1], 2: [0, 1], 3: [0, 0, 1], 4: [0, 0, 0, 1]},
        ),
        (
            {"first": 0.3, "middle": 0.7, "last": 0},
            {1: [1], 2: [1, 0], 3: [0.3, 0.7, 0], 4: [0.3, 0.35, 0.35, 0]},
        ),
    ],
)
def test_position_weights_are_scaled_a_path(marts, weights, expected):
    """Only their proportions count; one touch always takes all."""
    built = marts(position_weights=weights)
    for length, credits in expected.items():
        found = built.credits(f"path{length}", "position_based")
        assert list(found.values()) == close(credits)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_first_last_and_linear(marts, length):
    """The first touch is the oldest, the last the newest; linear divides by n."""
    touches = [f"path{length}.{n + 1}" for n in range(length)]
    zeros = dict.fromkeys(touches, 0)
    built = marts()
    conversion = f"path{length}"
    assert built.credits(conversion, "first_touch") == zeros | {touches[0]: 1}
    assert built.credits(conversion, "last_touch") == zeros | {touches[-1]: 1}
    assert built.credits(conversion, "linear") == close(
        dict.fromkeys(touches, 1 / length)
    )


def test_rows_of_a_path_carry_their_place_and_value(marts):
    """Position, length, age, value and moments of each row."""
    rows = marts().rows(
        "select touch_position, path_length, channel, age_days, conversion_value,"
        " customer_id, touched_at, converted_at from marts.touchpoint_credits"
        " where conversion_id = 'path3' order by touch_position"
    )
    assert [(*row[:4], float(row[4]), *row[5:]) for row in rows] == [
        (n, 3, f"ch{n}", 4.0 - n, 120.0, "path3", NOON - (4 - n) * DAY, NOON)
        for n in (1, 2, 3)
    ]


# --- The window ----------------------------------------------------------------


def test_both_ends_of_the_window_count_and_nothing_beyond(marts):
    """A second or a microsecond outside is out; the very ends are in."""
    assert list(marts().credits("window")) == [
        "w3 start",
        "w4 microsecond after",
        "w5 end",
    ]


def test_without_a_limit_only_later_touches_are_out(marts):
    """lookback_days null: everything up to the conversion."""
    assert list(marts(lookback_days=None).credits("window")) == [
        "w1 second before",
        "w2 microsecond before",
        "w3 start",
        "w4 microsecond after",
        "w5 end",
    ]


def test_lookback_zero_keeps_the_moment_of_the_conversion(marts):
    """Only touches at that very moment count, and others go unattributed."""
    built = marts(lookback_days=0)
    assert list(built.credits("window")) == ["w5 end"]
    assert list(built.credits("decay")) == ["decay.3"]
    assert built.credits("path3") == {"unattributed": 1}
    assert list(built.credits("repeat2")) == ["repeat.3"]


def test_fractions_of_a_day(marts):
    """1.5 days are 36 hours, to the second; 1 day is 24 hours."""
    assert list(marts(lookback_days=1.5).credits("fraction")) == [
        "f1b",
        "f2a",
        "f2b",
        "f3a",
        "f3b",
    ]
    assert list(marts(lookback_days=1).credits("fraction")) == ["f2b", "f3a", "f3b"]
    # An hour is a twenty-fourth of a day, rounded to the microsecond.
    assert list(marts(lookback_days=1 / 24).credits("fraction")) == ["f3b"]


def test_days_that_no_double_holds_are_whole_microseconds(project):
    """0.7 days are 60,480 s: 0.7 * 86,400,000,000 is a little less as a double."""
    shop = Shop()
    start = NOON - 60_480 * SECOND
    shop.touch("c", "email", at(start - MICROSECOND), touchpoint_id="before")
    shop.touch("c", "email", at(start), touchpoint_id="at the start")
    shop.order("o", "c", at(NOON))
    built = project.good(shop.raw(), vars={"lookback_days": 0.7})
    assert list(built.credits("o")) == ["at the start"]


def test_touches_fifty_half_lives_old_share_like_young_ones(project):
    """48.2 to 49.5 half-lives: a millionth of a billionth, and all its digits."""
    shop = Shop()
    ages = {"t1": 49.5, "t2": 48.9, "t3": 48.2}
    for name, age in ages.items():
        moment = NOON - age / 2 * DAY
        shop.touch("c", "email", at(moment), touchpoint_id=name)
    shop.order("o", "c", at(NOON))
    settings = {"lookback_days": 25, "half_life_days": 0.5}
    built = project.good(shop.raw(), vars=settings)
    weights = [2 ** (48 - age) for age in ages.values()]
    assert list(built.credits("o", "time_decay").values()) == pytest.approx(
        [weight / sum(weights) for weight in weights], abs=1e-12
    )


def test_a_window_across_the_change_to_summer_time_has_24_hour_days(marts):
    """30 days before are 720 hours before, in any business time zone."""
    built = marts(business_timezone="Europe/Berlin")
    assert list(built.credits("window")) == list(marts().credits("window"))


def test_window_ends_in_parquet_to_the_microsecond(project):
    """The same ends with native timestamps."""
    start = NOON - 30 * DAY
    moments = {
        "p1": start - MICROSECOND,
        "p2": start,
        "p3": NOON,
        "p4": NOON + MICROSECOND,
    }
    for unit in ("us", "ns"):
        touches = pa.table(
            {
                "touchpoint_id": list(moments),
                "customer_id": ["c"] * 4,
                "channel": ["email"] * 4,
                "touched_at": pa.array(list(moments.values()), pa.timestamp(unit)),
            }
        )
        orders = pa.table(
            {
                "order_id": ["o"],
                "customer_id": ["c"],
                "ordered_at": pa.array([NOON], pa.timestamp("us", tz="UTC")),
                "order_value": [1.0],
            }
        )
        built = project.good({"touchpoints.parquet": touches, "orders.parquet": orders})
        assert list(built.credits("o")) == ["p2", "p3"]


# --- Ties and repeated orders ---------------------------------------------------


def test_equal_timestamps_are_ordered_by_touchpoint_id(marts):
    """First is tie-a, last is tie-c, though the file begins with tie-c."""
    built = marts()
    assert list(built.credits("tie")) == ["tie-a", "tie-b", "tie-c"]
    assert built.credits("tie", "first_touch")["tie-a"] == 1
    assert built.credits("tie", "last_touch")["tie-c"] == 1
    assert built.credits("tie", "last_non_direct")["tie-c"] == 1


def test_independent_conversions_can_thank_the_same_touch(marts):
    """Each order looks back over its whole window."""
    built = marts(path_policy="independent")
    assert list(built.credits("repeat1")) == ["repeat.1"]
    assert list(built.credits("repeat2")) == ["repeat.1", "repeat.2", "repeat.3"]
    assert list(built.credits("repeat3")) == ["repeat.1", "repeat.2", "repeat.3"]
    assert list(built.credits("twin1")) == list(built.credits("twin2")) == ["twin.1"]


def test_since_previous_conversion_uses_a_touch_once(marts):
    """Only touches strictly after the previous conversion; twins have one path."""
    built = marts(path_policy="since_previous_conversion")
    assert list(built.credits("repeat1")) == ["repeat.1"]
    assert list(built.credits("repeat2")) == ["repeat.2", "repeat.3"]
    # The touch in the second of the second order belongs to that order alone.
    assert built.credits("repeat3") == {"unattributed": 1}
    assert list(built.credits("twin1")) == ["twin.1"]
    assert built.credits("twin2") == {"unattributed": 1}
    # A cancelled order ends no path.
    assert list(built.credits("cancel2")) == ["cancel.1", "cancel.2"]


def test_two_orders_in_one_second_are_two_conversions(marts):
    """Each with its own value."""
    rows = marts().rows(
        "select conversion_id, conversion_value from marts.touchpoint_credits"
        " where customer_id = 'twin' order by 1"
    )
    assert [(name, float(value)) for name, value in rows] == [
        ("twin1", 30.0),
        ("twin2", 40.0),
    ]


# --- Channels and direct traffic ------------------------------------------------


def test_channel_names_are_normalised_and_nothing_else(marts):
    """Case, blanks and known aliases; quotes, '>' and emoji stay."""
    found = dict(
        marts().rows(
            "select conversion_id, channel from marts.touchpoint_credits"
            " where conversion_id like 'name%'"
        )
    )
    expected = {
        f"name{number}": channel
        for number, channel in enumerate(CHANNELS_AS_WRITTEN.values(), start=1)
    }
    assert found == expected


def test_different_paths_never_share_a_row(marts):
    """Channels that contain ' > ' do not merge paths."""
    built = marts()
    listed = built.rows(
        "select path_length, conversions, revenue, avg_days_to_convert"
        " from marts.conversion_paths"
        " where path like '%x%y%z%' order by path_length"
    )
    # All but the single touch of alike4 began three days before.
    assert listed == [
        (1, 1, 11.0, 3.0),
        *[(2, 1, 11.0, 3.0)] * 4,
        (3, 1, 11.0, 3.0),
    ]
    assert (
        built.value(
            "select count(*) - count(distinct path) from marts.conversion_paths"
        )
        == 0
    )


def test_a_plain_path_reads_as_channels_joined_by_arrows(marts):
    """The key is readable: channels in order, with their count and time."""
    rows = marts().rows(
        "select path, path_length, conversions, revenue, avg_days_to_convert"
        " from marts.conversion_paths where path like 'ch1 > ch2 > ch3%' order by 1"
    )
    assert rows == [
        ("ch1 > ch2 > ch3", 3, 1, 120.0, 3.0),
        ("ch1 > ch2 > ch3 > ch4", 4, 1, 120.0, 4.0),
        ("ch1 > ch2 > ch3 > ch4 > ch5", 5, 1, 120.0, 5.0),
    ]


def test_last_non_direct(marts):
    """The last touch that is not direct; the last of all when all are."""
    built = marts()
    for conversion, touch in {
        "direct_last": "direct_last.2",
        "direct_middle": "direct_middle.3",
        "direct_all": "direct_all.3",
        "direct_first": "direct_first.2",
        "row_direct": "row_direct.5",
    }.items():
        credits = built.credits(conversion, "last_non_direct")
        assert credits == dict.fromkeys(credits, 0) | {touch: 1}


PATHS_BY_SETTING = {
    "exclude_direct": {
        "direct_last": [1, 2],
        "direct_middle": [1, 3],
        "direct_all": [1, 2, 3],
        "direct_first": [2],
        "row": [1, 2, 3, 4, 5],
        "row_direct": [1, 3, 5],
    },
    "collapse_repeats": {
        "direct_last": [1, 2, 3],
        "direct_middle": [1, 2, 3],
        "direct_all": [1],
        "direct_first": [1, 2],
        "row": [1, 3, 4],
        "row_direct": [1, 2, 3, 4, 5],
    },
    "both": {
        "direct_last": [1, 2],
        "direct_middle": [1],
        "direct_all": [1],
        "direct_first": [2],
        "row": [1, 3, 4],
        "row_direct": [1, 5],
    },
}


@pytest.mark.parametrize("setting", PATHS_BY_SETTING)
def test_path_transforms(marts, setting):
    """Touches that stay, numbered anew, and credit shared among them alone."""
    both = ("exclude_direct", "collapse_repeats")
    names = both if setting == "both" else (setting,)
    built = marts(**dict.fromkeys(names, True))
    for conversion, kept in PATHS_BY_SETTING[setting].items():
        rows = built.rows(
            "select touchpoint_id, touch_position, path_length, credit_linear,"
            " credit_first_touch, credit_last_touch from marts.touchpoint_credits"
            f" where conversion_id = '{conversion}' order by touch_position"
        )
        n = len(kept)
        assert [row[:3] for row in rows] == [
            (f"{conversion}.{touch}", place, n)
            for place, touch in enumerate(kept, start=1)
        ]
        assert [row[3] for row in rows] == close([1 / n] * n)
        assert [row[4] for row in rows] == [1] + [0] * (n - 1)
        assert [row[5] for row in rows] == [0] * (n - 1) + [1]


def test_decay_is_counted_over_the_touches_that_stay(marts):
    """Direct at age 2 falls out; e-mail at 3 and 1 days share."""
    built = marts(exclude_direct=True)
    old, new = 2 ** (-3 / 7), 2 ** (-1 / 7)
    assert built.credits("direct_middle", "time_decay") == close(
        {"direct_middle.1": old / (old + new), "direct_middle.3": new / (old + new)}
    )


# --- Conversions ----------------------------------------------------------------


def conversion_values(built):
    """Value of each conversion."""
    return {
        conversion: float(value)
        for conversion, value in built.rows(
            "select distinct conversion_id, conversion_value"
            " from marts.touchpoint_credits"
        )
    }


def test_cancelled_orders_do_not_convert(marts):
    """Whatever the case in which the status is written."""
    values = conversion_values(marts())
    assert "cancel1" not in values
    assert values["cancel2"] == 60


def test_guests_and_untouched_orders_are_unattributed_revenue(marts):
    """Guests are conversions of their own, without a customer."""
    rows = marts().rows(
        "select conversion_id, touchpoint_id, customer_id, channel, path_length,"
        " touch_position, touched_at, age_days, conversion_value, credit_first_touch"
        " from marts.touchpoint_credits"
        " where conversion_id in ('guest1', 'guest2', 'untouched') order by 1"
    )
    no_touch = ("unattributed", 0, None, None, None)
    assert [(*row[:8], float(row[8]), row[9]) for row in rows] == [
        ("guest1", "unattributed", None, *no_touch, 75.25, 1),
        ("guest2", "unattributed", None, *no_touch, 24.75, 1),
        ("untouched", "unattributed", "untouched", *no_touch, 15, 1),
    ]


def test_an_order_of_no_value_is_a_conversion(marts):
    """It counts as one, and brings nothing."""
    built = marts()
    assert built.credits("free") == {"free.1": 1}
    assert conversion_values(built)["free"] == 0


def test_first_orders_only(marts):
    """A customer's first order that was not cancelled, and every guest order."""
    values = conversion_values(marts(conversion_scope="first_orders"))
    everything = conversion_values(marts())
    out = {"repeat2", "repeat3", "twin2", "a-second"}
    assert set(everything) - set(values) == out
    assert set(values) <= set(everything)
    assert {"cancel2", "guest1", "guest2", "twin1", "z-first"} <= set(values)


def test_value_net_of_returns(marts):
    """Less everything refunded; other orders keep their value."""
    net = conversion_values(marts(conversion_value="net"))
    gross = conversion_values(marts(conversion_value="gross"))
    assert gross["refund"] == 80
    assert net["refund"] == 40
    assert net == gross | {"refund": 40}


def test_leading_zeros_tell_customers_apart(marts):
    """Customer 007 is not customer 7."""
    built = marts()
    assert list(built.credits("zero")) == ["007.1"]
    assert list(built.credits("seven")) == ["7.1"]


# --- Two customers of the case study --------------------------------------------

CASE_STUDY = {
    "marketing_touchpoints": """user_id,channel,timestamp
U1,Google,2024-01-01 10:00:00
U1,Email,2024-01-05 10:00:00
U1,Facebook,2024-01-10 10:00:00
U3,LinkedIn,2024-01-01 10:00:00
U3,Email,2024-01-07 10:00:00
U3,Google,2024-01-14 10:00:00
U3,Facebook,2024-01-20 10:00:00
""",
    "purchases": """user_id,timestamp,purchase_id,revenue
U1,2024-01-10 10:00:00,P1,100
U3,2024-01-20 10:00:00,P2,100
""",
}
CASE_STUDY_SHARES = {
    "email": (0, 0, 29.166667, 22.057934),
    "facebook": (0, 100, 29.166667, 50.003330),
    "google": (50, 0, 29.166667, 24.091701),
    "linkedin": (50, 0, 12.5, 3.847034),
}


@pytest.mark.parametrize("command_line", [False, True], ids=["worker", "dbt"])
def test_case_study_shares(project, command_line):
    """The case study's own files, through the worker and through dbt itself."""
    built = project.good(
        CASE_STUDY,
        vars={"lookback_days": None, "half_life_days": 7},
        command_line=command_line,
    )
    models = ("first_touch", "last_touch", "linear", "time_decay")
    found = {
        (channel, model): 100 * share
        for channel, model, share in built.rows(
            "select channel, attribution_model, conversion_share"
            " from marts.attribution_comparison"
        )
        if model in models
    }
    expected = {
        (channel, model): share
        for channel, shares in CASE_STUDY_SHARES.items()
        for model, share in zip(models, shares, strict=True)
    }
    assert found == pytest.approx(expected, abs=5e-7)


# --- Ids of different types ------------------------------------------------------


def orders_of(customers, **columns):
    """Orders of `customers` (Arrow array), one each, as an Arrow table."""
    n = len(customers)
    return pa.table(
        {
            "order_id": pa.array(range(1, n + 1), pa.int64()),
            "customer_id": customers,
            "ordered_at": pa.array([NOON] * n, pa.timestamp("us")),
            "order_value": pa.array([10.0] * n),
            **columns,
        }
    )


# Also ids as long as some shops give them, which a double holds exactly.
NUMBERS = [17850, 12, 5123456789012, 90071992547409]
TOUCHES_OF_NUMBERS = "customer_id,channel,touched_at\n" + "".join(
    f"{number},email,2024-03-30 12:00:00\n" for number in NUMBERS
)


@pytest.mark.parametrize(
    "customers",
    [
        pa.array([*NUMBERS, None], pa.int64()),
        pa.array([*map(float, NUMBERS), None], pa.float64()),
        pa.array(np.array([*NUMBERS, np.nan], dtype=np.float64)),
        pa.array(["17850", "12.0", " 5123456789012 ", "90071992547409.0", "  "]),
    ],
    ids=["int64", "float64", "float64 with NaN", "text"],
)
def test_numeric_ids_meet_text_ids(project, customers):
    """Touchpoints as CSV text, orders as Parquet of any type; a gap is a guest."""
    built = project.good(
        {"touchpoints": TOUCHES_OF_NUMBERS, "orders.parquet": orders_of(customers)}
    )
    rows = built.rows(
        "select conversion_id, customer_id, channel from marts.touchpoint_credits"
        " order by cast(conversion_id as integer)"
    )
    assert rows == [
        *[(str(n + 1), str(number), "email") for n, number in enumerate(NUMBERS)],
        ("5", None, "unattributed"),
    ]


def test_numeric_ids_in_touchpoints_and_returns(project):
    """The other way round, and order ids of returns with decimals."""
    touches = pd.DataFrame(
        {
            "touchpoint_id": [1, 2],
            "customer_id": [17850.0, np.nan],
            "channel": ["email", "email"],
            "touched_at": pd.to_datetime(["2024-03-30", "2024-03-30"]),
        }
    )
    built = project.good(
        {
            "touchpoints.parquet": touches,
            "orders": "order_id,customer_id,ordered_at,order_value\n"
            "536365,17850,2024-03-31 12:00:00,10\n",
            "returns": "order_id,returned_at,refund_amount\n536365.0,2024-04-02,4\n",
        },
        vars={"conversion_value": "net"},
        select=EVERYTHING,
    )
    assert built.rows(
        "select conversion_id, touchpoint_id, customer_id, channel, conversion_value"
        " from marts.touchpoint_credits"
    ) == [("536365", "1", "17850", "email", 6)]
    assert built.reasons("touchpoints") == {"missing customer_id": 1}


# --- A customer with very many touches -------------------------------------------


def test_a_customer_with_100_000_touches(project):
    """Every model shares one conversion among 100,000 touches."""
    n = 100_000
    seconds = np.arange(n, dtype=np.int64)[::-1]
    touches = pd.DataFrame(
        {
            "touchpoint_id": [f"t{second:06d}" for second in seconds],
            "customer_id": "giant",
            "channel": np.where(seconds % 4 == 0, "email", "organic"),
            "touched_at": pd.Timestamp(NOON) - pd.to_timedelta(seconds, unit="s"),
        }
    )
    orders = orders_of(pa.array(["giant"]))
    built = project.good({"touchpoints.parquet": touches, "orders.parquet": orders})
    weights = 2.0 ** (-seconds / 86400 / 7)
    email = seconds % 4 == 0
    expected = {
        "first_touch": 0.0,
        "last_touch": 1.0,
        "last_non_direct": 1.0,
        "linear": 0.25,
        "time_decay": weights[email].sum() / weights.sum(),
        # The last of the 100,000 is e-mail, and 24,999 of the 99,998 between.
        "position_based": 0.4 + 0.2 * 24_999 / 99_998,
        # The one journey goes through both channels, and is lost without either.
        "markov": 0.5,
        "shapley": 0.5,
    }
    found = dict(
        built.rows(
            "select attribution_model, conversions from marts.channel_attribution"
            " where channel = 'email'"
        )
    )
    assert found == pytest.approx(expected, abs=1e-9)
    assert built.value("select count(*) from marts.touchpoint_credits") == n
    assert_credits_sum_to_one(built)


# --- Months and money -------------------------------------------------------------

# Moment (UTC) -> month in New York. Summer time began on 10 March and ended on
# 3 November 2024.
NEW_YORK_MONTHS = {
    "2024-03-01 04:59:59": "2024-02-01",
    "2024-03-01 05:00:00": "2024-03-01",
    "2024-04-01 03:59:59": "2024-03-01",
    "2024-04-01 04:00:00": "2024-04-01",
    "2024-11-01 03:59:59.999999": "2024-10-01",
    "2024-11-01 04:00:00": "2024-11-01",
    "2024-12-01 04:59:59": "2024-11-01",
    "2024-12-01 05:00:00": "2024-12-01",
    "2025-01-01 04:30:00": "2024-12-01",
}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_business_months(project, zone):
    """Months of conversions and touches begin at midnight in the business's zone."""
    shop = Shop()
    for number, moment in enumerate(NEW_YORK_MONTHS):
        shop.touch(f"c{number}", f"channel {number}", moment)
        shop.order(f"o{number}", f"c{number}", moment, "10")
    built = project.good(shop.raw(), vars={"business_timezone": zone})
    expected = [
        (
            f"channel {number}",
            dt.date.fromisoformat(month if zone != "UTC" else moment[:7] + "-01"),
        )
        for number, (moment, month) in enumerate(NEW_YORK_MONTHS.items())
    ]
    for table, column in {
        "channel_attribution": "conversion_month",
        "channel_performance": "touch_month",
    }.items():
        found = built.rows(
            f"select channel, {column} from marts.{table}"
            " where attribution_model = 'linear' and conversions > 0 order by 1"
        )
        assert found == expected, table


def money():
    """Two months, four channels: credit and spend in the same and other months."""
    shop = Shop()
    # Touched in January, bought in February.
    shop.touch("a", "google ads", "2024-01-20", campaign="brand")
    shop.touch("a", "email", "2024-02-02")
    shop.order("a", "a", "2024-02-03", "200")
    shop.touch("b", "google ads", "2024-02-05", campaign="brand")
    shop.order("b", "b", "2024-02-06", "60")
    shop.order("c", "c", "2024-02-07", "40")
    shop.spend("2024-01-05", "google ads", "30", "brand")
    shop.spend("2024-01-06", "google ads", "20", "other")
    shop.spend("2024-02-01", "google ads", "80")
    shop.spend("2024-02-29", "meta", "20", "brand")
    shop.spend("2024-03-01", "meta", "0")
    return shop.raw()


def test_performance_sets_credit_against_spend_of_the_same_month(project):
    """ROAS and CPA by touch month; NULL where there is nothing to divide by."""
    built = project.once("money", money)
    columns = "conversions, revenue, spend, roas, cpa, credit_share, budget_share"
    january, february, march = (dt.date(2024, month, 1) for month in (1, 2, 3))
    found = {
        row[:2]: row[2:]
        for row in built.rows(
            f"select touch_month, channel, {columns} from marts.channel_performance"
            " where attribution_model = 'linear'"
        )
    }
    assert found == {
        (january, "google_ads"): (0.5, 100, 50, 2, 100, 1, 1),
        (february, "google_ads"): (1, 60, 80, 0.75, 80, 0.4, 0.8),
        (february, "email"): (0.5, 100, 0, None, 0, 0.2, 0),
        (february, "meta"): (0, 0, 20, 0, None, 0, 0.2),
        (february, "unattributed"): (1, 40, 0, None, 0, 0.4, 0),
        (march, "meta"): (0, 0, 0, None, None, None, None),
    }


def test_campaigns_keep_their_own_money(project):
    """Spend without a campaign is a campaign of its own, never spread."""
    built = project.once("money", money)
    found = {
        row[:3]: row[3:]
        for row in built.rows(
            "select touch_month, channel, campaign, conversions, revenue, spend"
            " from marts.campaign_performance where attribution_model = 'first_touch'"
        )
    }
    january, february, march = (dt.date(2024, month, 1) for month in (1, 2, 3))
    expected = {
        (january, "google_ads", "brand"): (1, 200, 30),
        (january, "google_ads", "other"): (0, 0, 20),
        (february, "google_ads", "brand"): (1, 60, 0),
        (february, "google_ads", "(not set)"): (0, 0, 80),
        (february, "meta", "brand"): (0, 0, 20),
        (february, "unattributed", "(not set)"): (1, 40, 0),
        (march, "meta", "(not set)"): (0, 0, 0),
    }
    # Credit of nothing may be listed or not: e-mail earned none by first touch.
    found.pop((february, "email", "(not set)"), None)
    assert found == expected


def test_comparison_over_the_whole_period(project):
    """Shares of all conversions; budget against credit without the unattributed."""
    built = project.once("money", money)
    found = {
        row[0]: row[1:]
        for row in built.rows(
            "select channel, conversions, revenue, conversion_share, revenue_share,"
            " attributed_share, budget_share, budget_gap"
            " from marts.attribution_comparison where attribution_model = 'last_touch'"
        )
    }
    third = pytest.approx(1 / 3)
    assert found == {
        "google_ads": (
            1,
            60,
            third,
            0.2,
            0.5,
            pytest.approx(130 / 150),
            pytest.approx(0.5 - 130 / 150),
        ),
        "email": (1, 200, third, pytest.approx(2 / 3), 0.5, 0, 0.5),
        "meta": (0, 0, 0, 0, 0, pytest.approx(20 / 150), pytest.approx(-20 / 150)),
        "unattributed": (1, 40, third, pytest.approx(40 / 300), None, None, None),
    }


def test_channel_attribution_ties_out_to_the_month_of_conversion(project):
    """All credit stands in February, when the orders were placed."""
    built = project.once("money", money)
    rows = built.rows(
        "select conversion_month, attribution_model, sum(conversions), sum(revenue),"
        " sum(conversion_share), sum(revenue_share)"
        " from marts.channel_attribution group by all order by 2"
    )
    ones = [pytest.approx(1, rel=1e-12)] * 2
    assert rows == [
        (dt.date(2024, 2, 1), model, 3, pytest.approx(300, rel=1e-12), *ones)
        for model in sorted(ALL_MODELS)
    ]
