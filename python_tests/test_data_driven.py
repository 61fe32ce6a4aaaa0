"""Markov and Shapley: known answers, from raw files and in the Python edges alone."""

import datetime as dt
import importlib.util
import itertools
import math
from fractions import Fraction
from unittest import mock

import duckdb
import numpy as np
import pandas as pd
import pytest
from data_driven_oracle import Journey, chain, removal_effects, shapley
from harness import ROOT, Shop
from hypothesis import given, settings
from hypothesis import strategies as st


def edge(name):
    """The Python edge `name` as a module."""
    path = ROOT / "models" / "attribution" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MARKOV, SHAPLEY = edge("ml_markov_removals"), edge("ml_shapley_values")


def fetched(frame):
    """A DataFrame as SQL hands it out: arrays by column, masked where NULL."""
    arrays = {}
    for name, column in frame.items():
        is_null = column.isna().to_numpy()
        values = column.to_numpy(dtype=object if column.dtype == "str" else None)
        arrays[name] = np.ma.masked_array(values, is_null) if is_null.any() else values
    return arrays


def as_frame(arrays):
    """What an edge returns, as a DataFrame."""
    group = arrays["left_out_group"]
    group = pd.arrays.IntegerArray(group.data, np.ma.getmaskarray(group))
    return pd.DataFrame(arrays | {"left_out_group": group})


def removals(transitions):
    """The Markov edge on a DataFrame: dense, followed and factorised are the same."""
    dense = as_frame(MARKOV.removal_effects(fetched(transitions)))
    for most in (MARKOV.MOST_TOUCHES, 0):
        with mock.patch.multiple(MARKOV, MOST_DENSE_STATES=0, MOST_TOUCHES=most):
            sparse = as_frame(MARKOV.removal_effects(fetched(transitions)))
        pd.testing.assert_frame_equal(sparse, dense, rtol=1e-11, atol=1e-12)
    return dense


def shapleys(channels, sets, permutations=100, seed=1):
    """The Shapley edge on DataFrames."""
    arrays = fetched(channels), fetched(sets)
    return as_frame(SHAPLEY.shapley_values(*arrays, permutations, seed))


def journey(path, converted=False, value=0, group=0):
    """A journey through the channels named in `path`, a word each."""
    return Journey("c", group, path.split(), converted, value)


def transitions_of(journeys, order):
    """What the SQL hands to the Markov edge."""
    rows = []
    for one in journeys:
        for place in range(len(one.channels) + 1):
            before = one.channels[max(0, place - order) : place][::-1]
            state = [*before, None, None, None][:3]
            ends = place == len(one.channels)
            rows.append(
                (
                    one.group,
                    *state,
                    None if ends else one.channels[place],
                    ends and one.converted,
                    1,
                    float(one.value) if ends and one.converted else 0.0,
                )
            )
    names = ["jackknife_group", "state_1", "state_2", "state_3", "next_channel"]
    names += ["is_converted", "transitions", "conversion_value"]
    kinds = dict.fromkeys(names[1:5], "str") | {"is_converted": "bool"}
    kinds |= dict.fromkeys(("jackknife_group", "transitions"), "int")
    return pd.DataFrame(rows, columns=names).astype(
        kinds | {"conversion_value": "float"}
    )


def sets_of(journeys):
    """What the SQL hands to the Shapley edge: channels and sets of them."""
    names = sorted({channel for one in journeys for channel in one.channels})
    rows = []
    for one in journeys:
        bits = [0, 0, 0, 0]
        for channel in set(one.channels):
            number = names.index(channel)
            bits[number // 60] |= 1 << (number % 60)
        rows.append((one.group, *bits, 1, int(one.converted), float(one.value)))
    columns = ["jackknife_group", "channels_1", "channels_2", "channels_3"]
    columns += ["channels_4", "journeys", "conversions", "conversion_value"]
    channels = pd.DataFrame({"channel": names, "channel_number": range(len(names))})
    sets = pd.DataFrame(rows, columns=columns).astype(
        dict.fromkeys(columns, "int") | {"conversion_value": "float"}
    )
    return channels.astype({"channel": "str"}), sets


def effects_of(journeys, order):
    """Channel -> (removal effect, value removal effect) from the edge."""
    frame = removals(transitions_of(journeys, order))
    frame = frame[frame["left_out_group"].isna()]
    return {
        row.channel: (row.removal_effect, row.value_removal_effect)
        for row in frame.itertuples()
    }


def values_of(journeys, value_function, group=None):
    """Channel -> (Shapley value, value Shapley value) from the edge."""
    frame = shapleys(*sets_of(journeys))
    frame = frame[frame["value_function"] == value_function]
    mask = frame["left_out_group"].isna()
    frame = frame[mask if group is None else (frame["left_out_group"] == group)]
    return {
        row.channel: (row.shapley_value, row.value_shapley_value)
        for row in frame.itertuples()
    }


def close(numbers):
    """Approximate equality to 1e-9."""
    return pytest.approx(numbers, rel=1e-9, abs=1e-9)


# --- From raw files to marts ----------------------------------------------------

DAY = dt.timedelta(days=1)
START = dt.datetime(2024, 5, 1, 12)


def shop_of(journeys):
    """A shop whose customers make the journeys, one each; values are money."""
    shop = Shop()
    for number, one in enumerate(journeys):
        customer = f"customer{number}"
        for day, channel in enumerate(one.channels):
            shop.touch(customer, channel, str(START + day * DAY))
        if one.converted:
            at = START + len(one.channels) * DAY
            shop.order(f"order{number}", customer, str(at), str(one.value))
    shop.order("guest", "", str(START + 20 * DAY), "1")
    return shop.raw()


THREE = [journey("c1 c2 c3", True, 10), journey("c1"), journey("c2 c3")]
# A cycle with self-loops: values depend on the way out.
CYCLE = [
    journey("a b c a d", True, 40),
    journey("b b c", True, 10),
    journey("c a b e a", False),
    journey("d e d", True, 25),
    journey("e", False),
    journey("a a a b", False),
    journey("c d e a b c", True, 5),
    journey("b", True, 70),
    journey("d a", False),
]
# v({a}) = 1, v({b}) = .5, v({a, b}) = 4 in money.
TWO_PLAYERS = [
    journey("a", True, 1),
    journey("b", True, 0.5),
    journey("a b a", True, 2.5),
]


def test_three_channels_from_raw_files(project):
    """Removal effects .5, 1 and 1 weigh .2, .4 and .4, in every mart."""
    built = project.once("three journeys", lambda: shop_of(THREE))
    effects = built.rows(
        "select channel, removal_effect, conversion_weight, conversion_probability"
        " from marts.markov_removal_effects order by channel"
    )
    assert [row[0] for row in effects] == ["c1", "c2", "c3"]
    assert [row[1] for row in effects] == close([0.5, 1, 1])
    assert [row[2] for row in effects] == close([0.2, 0.4, 0.4])
    assert [row[3] for row in effects] == close([1 / 3] * 3)
    for mart, columns in {
        "attribution_comparison": "conversions, revenue",
        "channel_attribution": "conversions, revenue",
        "channel_performance": "sum(conversions), sum(revenue)",
    }.items():
        rows = built.rows(
            f"select channel, {columns} from marts.{mart}"
            " where attribution_model = 'markov' group by all order by channel"
        )
        assert [row[0] for row in rows] == ["c1", "c2", "c3", "unattributed"]
        assert [row[1] for row in rows] == close([0.2, 0.4, 0.4, 1]), mart
        assert [row[2] for row in rows] == close([2, 4, 4, 1]), mart


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_cycle_from_raw_files(project, order):
    """Five channels that loop: exact, at every order, for number and for value."""
    built = project.once(
        "cycle", lambda: shop_of(CYCLE), attribution={"markov_order": order}
    )
    rows = built.rows(
        "select channel, removal_effect, value_removal_effect"
        " from marts.markov_removal_effects"
    )
    found = {row[0]: row[1:] for row in rows}
    exact = removal_effects(CYCLE, order)
    assert set(found) == {"a", "b", "c", "d", "e"}
    for channel, expected in exact.items():
        assert found[channel] == close(tuple(map(float, expected)))
    # The orders are different questions.
    if order > 1:
        first = removal_effects(CYCLE, 1)
        assert max(abs(exact[c][0] - first[c][0]) for c in exact) > 0.01


def test_two_players_from_raw_files(project):
    """Worth 1, .5 and 4 together: 2.25 and 1.75."""
    built = project.once(
        "two players",
        lambda: shop_of(TWO_PLAYERS),
        attribution={"shapley_value_function": "subset_count"},
    )
    values = built.rows(
        "select channel, shapley_value, value_shapley_value from marts.shapley_values"
        " where is_selected order by channel"
    )
    # Conversions: 1 and 1 alone, 3 together.
    assert values == [("a", close(1.5), close(2.25)), ("b", close(1.5), close(1.75))]
    revenue = built.rows(
        "select channel, revenue, conversions from marts.attribution_comparison"
        " where attribution_model = 'shapley' order by channel"
    )
    assert revenue == [
        ("a", close(2.25), close(1.5)),
        ("b", close(1.75), close(1.5)),
        ("unattributed", close(1), close(1)),
    ]


def test_value_functions_differ(project):
    """The three functions called Shapley, worked out by hand.

    a: 1 of 2 converts; b: 0 of 1; both: 1 of 1. By journeys inside the set v is
    1/2, 0 and 2/4; by journeys of exactly the set 1/2, 0 and 1.
    """
    journeys = [
        journey("a", True, 8),
        journey("a"),
        journey("b"),
        journey("a b", True, 4),
    ]
    by_hand = {
        "subset_rate": {"a": (0.5, 3.5), "b": (0, -0.5)},
        "exact_rate": {"a": (0.75, 4), "b": (0.25, 0)},
        "subset_count": {"a": (1.5, 10), "b": (0.5, 2)},
    }
    built = project.once("value functions", lambda: shop_of(journeys))
    for value_function, expected in by_hand.items():
        rows = built.rows(
            "select channel, shapley_value, value_shapley_value"
            " from marts.shapley_values"
            f" where value_function = '{value_function}'"
        )
        found = {row[0]: row[1:] for row in rows}
        for channel in "ab":
            assert found[channel] == close(expected[channel])
            assert values_of(journeys, value_function)[channel] == close(
                expected[channel]
            )


def test_a_channel_that_never_converts(project):
    """It is there, with a weight of 0, and harms no other."""
    journeys = [*THREE, journey("ghost"), journey("ghost ghost")]
    built = project.once("ghost", lambda: shop_of(journeys))
    rows = dict(
        built.rows(
            "select channel, conversion_share from marts.attribution_comparison"
            " where attribution_model = 'markov'"
        )
    )
    assert rows["ghost"] == 0
    assert rows["c1"] == close(0.1)
    assert rows["c2"] == close(0.2)


@pytest.mark.parametrize("value_function", ["subset_rate", "exact_rate"])
def test_a_model_that_cannot_tell_leaves_all_unattributed(project, value_function):
    """No conversion with a touch; nobody touched every channel."""
    if value_function == "subset_rate":
        journeys, expected = [journey("a"), journey("b a")], 1
    else:
        journeys = [journey("a b", True, 5), journey("b c", True, 5), journey("c")]
        expected = 3
    built = project.once(
        f"cannot tell {value_function}",
        lambda: shop_of(journeys),
        attribution={"shapley_value_function": value_function},
    )
    credited = dict(
        built.rows(
            "select channel, conversions from marts.attribution_comparison"
            " where attribution_model = 'shapley' and conversions <> 0"
        )
    )
    assert credited == {"unattributed": expected}


def test_the_project_builds_without_python(project):
    """Heuristic models stand alone; nothing is made up for the others."""
    built = project.good(
        shop_of(THREE), select=("+path:models/attribution",), exclude=("tag:python",)
    )
    models = built.rows(
        "select attribution_model from intermediate.int_attribution_models"
    )
    assert len(models) == 6
    assert built.value("select count(*) from marts.markov_removal_effects") == 0
    assert built.value("select count(*) from marts.attribution_comparison") == 24


def test_gaps_and_ends_of_journeys(project):
    """A gap of exactly the lookback holds, a microsecond more ends a journey."""
    gap, tick = 30 * DAY, dt.timedelta(microseconds=1)
    shop = Shop()
    shop.touch("holds", "a", str(START))
    shop.touch("holds", "b", str(START + gap))
    shop.order("holds", "holds", str(START + 2 * gap))
    shop.touch("breaks", "a", str(START))
    shop.touch("breaks", "b", str(START + gap + tick))
    shop.order("breaks", "breaks", str(START + 2 * gap + 2 * tick))
    # A touch in the second of an order led to it; the next starts anew.
    shop.touch("again", "a", str(START))
    shop.order("again1", "again", str(START))
    shop.touch("again", "b", str(START + tick))
    shop.order("again2", "again", str(START + DAY))
    # Of two orders in one second the first by id takes the journey.
    shop.touch("twin", "a", str(START))
    shop.order("twin2", "twin", str(START + DAY), "40")
    shop.order("twin1", "twin", str(START + DAY), "30")
    shop.order("cancelled", "other", str(START + DAY), "40", "cancelled")
    shop.touch("other", "a", str(START))
    built = project.once("ends of journeys", shop.raw)
    journeys = built.rows(
        "select customer_id, string_agg(channel, '' order by touch_position),"
        " bool_or(is_converted), max(conversion_value)"
        " from intermediate.int_journey_touches"
        " group by customer_id, journey_number order by customer_id, journey_number"
    )
    assert [row[:3] for row in journeys] == [
        ("again", "a", True),
        ("again", "b", True),
        ("breaks", "a", False),
        ("breaks", "b", False),
        ("holds", "ab", True),
        ("other", "a", False),
        ("twin", "a", True),
    ]
    assert journeys[-1][3] == 30


def test_channels_beyond_one_word_keep_their_bits(project):
    """130 channels need three words; what is sampled adds up and lies about linear."""
    journeys = [
        journey(f"ch{n:03d} ch{(7 * n + 1) % 130:03d}", n % 3 > 0, 1 + n)
        for n in range(130)
    ]
    built = project.once(
        "130 channels",
        lambda: shop_of(journeys),
        attribution={
            "shapley_value_function": "subset_count",
            "shapley_permutations": 400,
        },
    )
    names = dict(
        built.rows(
            "select channel_number, channel from intermediate.int_journey_channels"
        )
    )
    found = {}
    for *words, count, converted in built.rows(
        "select channels_1, channels_2, channels_3, channels_4, sum(journeys),"
        " sum(conversions) from intermediate.int_journey_channel_sets group by all"
    ):
        bits = [60 * w + b for w in range(4) for b in range(60) if words[w] >> b & 1]
        found[frozenset(names[bit] for bit in bits)] = (count, converted)
    expected = {}
    for one in journeys:
        count, converted = expected.get(frozenset(one.channels), (0, 0))
        expected[frozenset(one.channels)] = (count + 1, converted + one.converted)
    assert found == expected

    linear = dict.fromkeys(names.values(), 0.0)
    for one in journeys:
        for channel in set(one.channels):
            linear[channel] += one.converted / len(set(one.channels))
    values = built.rows(
        "select channel, shapley_value, sampling_std_error from marts.shapley_values"
        " where is_selected"
    )
    assert len(values) == 130
    assert sum(row[1] for row in values) == close(sum(j.converted for j in journeys))
    for channel, value, error in values:
        assert abs(value - linear[channel]) <= 4.5 * error + 1e-9
    effects = dict(
        built.rows("select channel, removal_effect from marts.markov_removal_effects")
    )
    exact = removal_effects(journeys, 1, number=float)
    for channel, (effect, _) in exact.items():
        assert effects[channel] == close(effect)


@pytest.mark.parametrize("command_line", [False, True], ids=["worker", "dbt"])
def test_settings_of_the_sampling_reach_it(project, command_line):
    """As many orders as shapley_permutations, drawn from random_seed."""
    built = project.once(
        "17 channels",
        lambda: shop_of(many_channels(17, 40, 5)),
        select=("+ml_shapley_values",),
    )
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        channels, sets = (
            connection.query(f"from intermediate.{name}").fetchnumpy()
            for name in ("int_journey_channels", "int_journey_channel_sets")
        )
    again = project.good(
        data=built.data,
        vars={"shapley_permutations": 100, "random_seed": 11},
        select=("ml_shapley_values",),
        again=project.copy(built),
        command_line=command_line,
    )
    columns = ["value_function", "channel", "shapley_value", "sampling_std_error"]
    found = again.rows(
        f"select {', '.join(columns)} from ml.ml_shapley_values"
        " where left_out_group is null order by value_function, channel"
    )
    alone = as_frame(SHAPLEY.shapley_values(channels, sets, 100, 11))
    alone = alone[alone["left_out_group"].isna()][columns]
    assert found == sorted(alone.itertuples(index=False, name=None))


# --- The edges alone ------------------------------------------------------------

paths = st.lists(st.sampled_from("abcd"), min_size=1, max_size=5)
many_journeys = st.lists(
    st.builds(
        lambda path, converted, cents, group: journey(
            " ".join(path), converted, cents / 100 if converted else 0, group
        ),
        paths,
        st.booleans(),
        st.integers(1, 10_000),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(many_journeys, st.sampled_from([1, 2, 3]))
def test_effects_equal_exact_fractions(journeys, order):
    """The solve agrees with elimination in fractions, for number and value."""
    exact = removal_effects(
        [
            journey(" ".join(o.channels), o.converted, Fraction(str(o.value)))
            for o in journeys
        ],
        order,
    )
    found = effects_of(journeys, order)
    assert set(found) == set(exact)
    for channel, (effect, value_effect) in exact.items():
        for one, other in zip(found[channel], (effect, value_effect), strict=True):
            assert math.isnan(one) if other is None else one == close(float(other))


@settings(max_examples=40, deadline=None)
@given(many_journeys)
def test_repeats_do_not_change_effects(journeys):
    """At order 1 a channel that repeats itself leaves the chain as it was."""
    collapsed = [
        Journey(
            "c",
            o.group,
            [k for k, _ in itertools.groupby(o.channels)],
            o.converted,
            o.value,
        )
        for o in journeys
    ]
    one, other = effects_of(journeys, 1), effects_of(collapsed, 1)
    for channel in one:
        assert one[channel] == pytest.approx(other[channel], abs=1e-9, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(many_journeys, st.sampled_from([1, 2, 3]))
def test_a_chain_converts_as_often_as_the_journeys(journeys, order):
    """Whatever the order, from the start."""
    frame = removals(transitions_of(journeys, order))
    whole = frame[frame["left_out_group"].isna()].iloc[0]
    rate = sum(one.converted for one in journeys) / len(journeys)
    value = sum(one.value for one in journeys) / len(journeys)
    assert whole.conversion_probability == close(rate)
    assert whole.value_per_journey == close(value)


@settings(max_examples=30, deadline=None)
@given(many_journeys, st.sampled_from([1, 2]))
def test_leaving_out_a_group_is_fitting_without_it(journeys, order):
    """Counts of the others, nothing else."""
    frame = removals(transitions_of(journeys, order))
    for group in {one.group for one in journeys}:
        rest = [one for one in journeys if one.group != group]
        alone = effects_of(rest, order) if rest else {}
        of_group = frame[frame["left_out_group"] == group]
        for row in of_group.itertuples():
            both = (row.removal_effect, row.value_removal_effect)
            if row.channel in alone:
                assert both == pytest.approx(alone[row.channel], abs=1e-9, nan_ok=True)
            else:
                # Met by nobody who is left: nothing is lost with it.
                assert all(math.isnan(x) or abs(x) < 1e-12 for x in both)
        for value_function in SHAPLEY.VALUE_FUNCTIONS:
            without = values_of(rest, value_function) if rest else {}
            left = values_of(journeys, value_function, group)
            # Who plays at exact_rate is a matter of the whole data.
            if value_function == "exact_rate" and set(without) != set(left):
                continue
            for channel, both in left.items():
                assert both == close(without.get(channel, (0, 0)))


@settings(max_examples=40, deadline=None)
@given(many_journeys, st.sampled_from(SHAPLEY.VALUE_FUNCTIONS))
def test_shapley_equals_the_definition(journeys, value_function):
    """Exact values agree with counting coalition by coalition."""
    exact = shapley(journeys, value_function)
    found = values_of(journeys, value_function)
    assert {channel: found[channel] for channel in exact} == {
        channel: close(both) for channel, both in exact.items()
    }


@settings(max_examples=40, deadline=None)
@given(many_journeys)
def test_subset_count_is_linear_over_distinct_channels(journeys):
    """Each conversion is shared equally by the channels of its journey."""
    linear = {}
    for one in journeys:
        for channel in set(one.channels):
            both = linear.setdefault(channel, [0, 0])
            both[0] += one.converted / len(set(one.channels))
            both[1] += one.value / len(set(one.channels))
    found = values_of(journeys, "subset_count")
    assert found == {channel: close(tuple(both)) for channel, both in linear.items()}


def many_channels(count, size, seed):
    """`size` journeys among `count` channels, some far better than others."""
    random = np.random.default_rng(seed)
    result = []
    for _ in range(size):
        length = random.integers(1, 6)
        channels = random.integers(0, count, length)
        converted = bool(random.random() < 0.1 + 0.5 * (channels < count / 3).mean())
        names = " ".join(f"ch{number:03d}" for number in channels)
        result.append(journey(names, converted, 10 if converted else 0))
    return result


@pytest.mark.parametrize("value_function", SHAPLEY.VALUE_FUNCTIONS)
def test_sampled_values_lie_about_the_exact_ones(value_function):
    """Within four standard errors, and adding up to the worth of all."""
    journeys = many_channels(6, 400, 3)
    channels, sets = sets_of(journeys)
    members, totals, _ = SHAPLEY.all_fits(fetched(sets), len(channels))
    exact = SHAPLEY.exact_values(members, totals, value_function)
    few, few_error = SHAPLEY.sampled_values(members, totals, value_function, 200, 7)
    more, more_error = SHAPLEY.sampled_values(members, totals, value_function, 3200, 7)
    assert few[0].sum(axis=0) == close(exact[0].sum(axis=0))
    assert (abs(few[0] - exact[0]) <= 4 * few_error + 1e-9).all()
    assert (abs(more[0] - exact[0]) <= 4 * more_error + 1e-9).all()
    # Sixteen times the work, a quarter of the error; no error without doubt.
    doubtful = few_error > 1e-9
    assert doubtful.any()
    ratios = more_error[doubtful] / few_error[doubtful]
    assert 0.18 < ratios.mean() < 0.33


def test_more_than_sixteen_channels_are_sampled():
    """The errors are honest, the same seed gives the same values."""
    journeys = many_channels(17, 600, 5)
    first = shapleys(*sets_of(journeys), permutations=400, seed=1)
    again = shapleys(*sets_of(journeys), permutations=400, seed=1)
    other = shapleys(*sets_of(journeys), permutations=400, seed=2)
    pd.testing.assert_frame_equal(first, again)
    rate = first["value_function"] == "subset_rate"
    assert (first.loc[rate, "sampling_std_error"] > 0).all()
    assert not first["shapley_value"].equals(other["shapley_value"])
    count = first[(first["value_function"] == "subset_count")]
    linear = {}
    for one in journeys:
        for channel in set(one.channels):
            linear[channel] = linear.get(channel, 0) + one.converted / len(
                set(one.channels)
            )
    for row in count[count["left_out_group"].isna()].itertuples():
        distance = abs(row.shapley_value - linear[row.channel])
        assert distance <= 4.5 * row.sampling_std_error


def test_sampling_errors_by_hand(monkeypatch):
    """One conversion, worth 8, needs a, b and c: who joins last of them brings it.

    Of an order and its reverse the ends bring half each, the middle nothing. Three
    pairs (five orders, rounded up) with b, b and c in the middle: a has 1/2 each
    time; b has 0, 0 and 1/2, so 1/6 with variance 1/12 and error sqrt(1/12/3) = 1/6;
    c has 1/2, 1/2 and 0, so 1/3 with the same error. Whoever is left out, errors are
    those of everybody.
    """

    def middles(seed):
        random = np.random.default_rng(seed)
        return "".join("abc"[random.permutation(3)[1]] for _ in range(3))

    seed = next(seed for seed in range(1000) if middles(seed) == "bbc")
    monkeypatch.setattr(SHAPLEY, "EXACT_UP_TO", 2)
    journeys = [journey("a b c"), journey("c b a", True, 8, group=1)]
    frame = shapleys(*sets_of(journeys), permutations=5, seed=seed)
    frame = frame[frame["value_function"] == "subset_count"]
    assert frame["channel"].tolist() == list("abc") * 3
    shares, errors = [1 / 2, 1 / 6, 1 / 3], [0, 1 / 6, 1 / 6]
    # With everybody, without group 0, without group 1.
    by_hand = {
        "shapley_value": [*shares, *shares, 0, 0, 0],
        "value_shapley_value": [8 * x for x in [*shares, *shares, 0, 0, 0]],
        "sampling_std_error": errors * 3,
        "value_sampling_std_error": [8 * x for x in errors * 3],
    }
    for column, numbers in by_hand.items():
        assert frame[column].tolist() == close(numbers), column


def test_channels_are_named_by_their_number():
    """Whatever the order of the rows and of the names."""
    channels, sets = sets_of([journey("a", True, 3), journey("b"), journey("a b")])
    # Who was a is now called z, and comes second.
    channels["channel"] = ["z", "b"]
    values = shapleys(channels[::-1], sets, permutations=100, seed=1)
    count = values[values["value_function"] == "subset_count"]
    count = count[count["left_out_group"].isna()]
    found = dict(zip(count["channel"], count["value_shapley_value"], strict=True))
    assert found == {"z": close(3), "b": close(0)}


def test_money_is_left_out_to_the_cent():
    """0.29 is 28.999999999999996 cents to a computer: 29, whoever is left out."""
    journeys = [
        journey("a", True, 0.29, group=0),
        journey("a", True, 0.29, group=1),
        journey("b", True, 1, group=2),
    ]
    frame = removals(transitions_of(journeys, 1))
    without = frame[frame["left_out_group"] == 0].set_index("channel")
    assert without["value_per_journey"].tolist() == close([1.29 / 2] * 2)
    assert without.loc["a", "value_removal_effect"] == close(0.29 / 1.29)
    assert values_of(journeys, "subset_count")["a"] == close((2, 0.58))
    assert values_of(journeys, "subset_count", 0)["a"] == close((1, 0.29))


@settings(max_examples=60, deadline=None)
@given(st.lists(paths, min_size=2, max_size=40), st.sampled_from([1, 2, 3]))
def test_where_all_convert_no_probability_passes_one(many_paths, order):
    """Nor is an effect below 0, by as little as the last digit."""
    journeys = [
        journey(" ".join(path), True, 1, group=number % 4)
        for number, path in enumerate(many_paths)
    ]
    frame = removals(transitions_of(journeys, order))
    assert (frame["conversion_probability"] <= 1).all()
    assert frame["conversion_probability"].min() == close(1)
    assert frame["removal_effect"].dropna().between(0, 1).all()


@pytest.mark.parametrize("touches", [20, 3000])
def test_long_journeys_are_followed_to_their_end_or_factorised(touches):
    """Twenty touches settle within a thousand, three thousand do not."""
    journeys = [
        journey(" ".join(["a"] * touches + ["b"]), True, 7),
        journey(" ".join(["b"] + ["a"] * touches)),
        journey("b c", True, 2),
        journey("c a"),
    ]
    frame = transitions_of(journeys, 1)
    exact = removal_effects(journeys, 1)
    for row in removals(frame).head(3).itertuples():
        effects = (row.removal_effect, row.value_removal_effect)
        assert effects == close(tuple(map(float, exact[row.channel])))
    with (
        mock.patch.object(MARKOV, "MOST_DENSE_STATES", 0),
        mock.patch.object(MARKOV.Chain, "_factorise") as factorised,
    ):
        factorised.return_value = np.ones((4, 2))
        found = MARKOV.removal_effects(fetched(frame))
    assert factorised.called == (touches == 3000)
    if not factorised.called:
        # To the end: still on its way is less than the last change times twenty.
        whole = found["left_out_group"].mask
        for channel, *effects in zip(
            found["channel"][whole],
            found["removal_effect"][whole],
            found["value_removal_effect"][whole],
            strict=True,
        ):
            expected = tuple(map(float, exact[channel]))
            assert effects == pytest.approx(expected, rel=0, abs=4e-13)


def test_what_cancels_out_leaves_nothing_at_all():
    """2 + 255 - 255 - 2 cents, added up as fractions of cents, would leave a rest."""
    journeys = [
        journey("a", True, value, group=group)
        for group, value in enumerate((0.02, 2.55, -2.55))
    ]
    frame = removals(transitions_of(journeys, 1))
    without = frame[frame["left_out_group"] == 0].iloc[0]
    assert (without.removal_effect, without.value_per_journey) == (1, 0)
    assert math.isnan(without.value_removal_effect)
    assert values_of(journeys, "subset_count", 0) == {"a": (2, 0)}


def test_no_share_of_what_journeys_cancel_out():
    """178.68 - 97.13 - 81.55 is nothing, and no rest of solving for it is a divisor."""
    paths = [("a b", 178.68), ("b c", -97.13), ("c a", -81.55)]
    journeys = [journey(path, True, value) for path, value in paths]
    journeys += [journey(path) for path in ("a", "b a", "c")]
    frame = removals(transitions_of(journeys, 1))
    frame = frame[frame["left_out_group"].isna()]
    assert frame["value_removal_effect"].isna().all()
    assert frame["removal_effect"].notna().all()
    assert frame["value_per_journey"].to_numpy() == pytest.approx(0, abs=1e-12)


def test_conversions_that_cost_more_than_they_bring_lose_nothing():
    """Half converts, for -5 each: no share of that is lost without the channel."""
    frame = removals(transitions_of([journey("a", True, -5), journey("a")], 1))
    whole = frame[frame["left_out_group"].isna()].iloc[0]
    assert (whole.removal_effect, whole.conversion_probability) == (1, 0.5)
    assert math.isnan(whole.value_removal_effect)
    assert whole.value_per_journey == -2.5


def test_sixteen_channels_are_exact():
    """No sampling error up to sixteen, values add up to the rate of all."""
    journeys = many_channels(16, 500, 9)
    values = shapleys(*sets_of(journeys))
    assert (values["sampling_std_error"] == 0).all()
    whole = values[values["left_out_group"].isna()]
    rate = whole[whole["value_function"] == "subset_rate"]["shapley_value"].sum()
    assert rate == close(sum(one.converted for one in journeys) / len(journeys))


def test_too_many_channels_have_no_values():
    """Beyond 240 channels Shapley says nothing rather than something wrong."""
    journeys = [journey(f"ch{number:03d}", True, 1) for number in range(241)]
    frame, sets = sets_of(journeys[:240])
    frame = pd.DataFrame(
        {"channel": [f"c{n}" for n in range(241)], "channel_number": range(241)}
    )
    values = shapleys(frame, sets, permutations=100, seed=1)
    assert values["shapley_value"].isna().all()
    assert len(effects_of(journeys, 1)) == 241
    # The last one that has a bit is not one too many.
    most = shapleys(*sets_of(journeys[:240]), permutations=4, seed=1)
    count = most[most["value_function"] == "subset_count"]
    assert count.loc[count["left_out_group"].isna(), "shapley_value"].tolist() == close(
        [1] * 240
    )


def test_numbers_of_one_type_are_read_too():
    """Counts as doubles throughout; what is read is not written over."""
    channels, sets = sets_of([journey("a", True, 3), journey("a b"), journey("b")])
    doubles = sets.astype(dict.fromkeys(SHAPLEY.MEASURES, float))
    pd.testing.assert_frame_equal(
        shapleys(channels, doubles, permutations=100, seed=1),
        shapleys(channels, sets, permutations=100, seed=1),
    )
    assert doubles["conversion_value"].tolist() == [3, 0, 0]


def test_nothing_in_nothing_out():
    """Empty input: no row, with the columns that SQL reads."""
    effects, values = removals(transitions_of([], 1)), shapleys(*sets_of([]))
    assert effects.empty and values.empty
    assert list(effects.columns) == [
        *("left_out_group", "channel", "removal_effect", "value_removal_effect"),
        *("conversion_probability", "value_per_journey"),
    ]
    assert list(values.columns) == [
        *("value_function", "left_out_group", "channel"),
        *("shapley_value", "value_shapley_value"),
        *("sampling_std_error", "value_sampling_std_error"),
    ]


def test_order_of_rows_does_not_matter():
    """Shuffled input, the same bits out."""
    journeys = many_channels(8, 300, 11)
    for number, one in enumerate(journeys):
        one.group = number % 7
    transitions = transitions_of(journeys, 2)
    channels, sets = sets_of(journeys)
    for seed in (1, 2):
        pd.testing.assert_frame_equal(
            removals(transitions),
            removals(transitions.sample(frac=1, random_state=seed)),
        )
        pd.testing.assert_frame_equal(
            shapleys(channels, sets, 100, 1),
            shapleys(channels, sets.sample(frac=1, random_state=seed), 100, 1),
        )


def test_oracle_knows_the_textbook_case():
    """The oracle itself, by hand: one in three converts, half of it through c1."""
    chance, value = chain(THREE, 1)
    assert (chance, value) == (Fraction(1, 3), Fraction(10, 3))
    assert removal_effects(THREE, 1) == {
        "c1": (Fraction(1, 2), Fraction(1, 2)),
        "c2": (1, 1),
        "c3": (1, 1),
    }
