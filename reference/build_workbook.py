"""Build the reference workbook and export the expected numbers from it.

The workbook computes every expected number with live formulas from raw tabs.
This program only lays the formulas out: it reads `reference/data/*.csv`, writes
one tab a file, adds the working tabs and one `expected_<mart>` tab a mart, lets a
formula engine recompute everything, and exports each expected tab to
`seeds/expected/expected_<mart>.csv`.

    python reference/build_workbook.py                     # build and export
    python reference/build_workbook.py --export my.xlsx    # only recompute, export

Formulas are written with names in place of cell addresses:

    [name]       the cell of column `name` in the same row of the same tab
    tab[name]    the whole column `name` of another (or the same) tab
    tab[a:b]     the block from column `a` to column `b`
    tab[#a:b]    the header cells from column `a` to column `b`

Which keys a tab lists (the months, channels and paths that occur) is read from the
recomputed workbook itself, so no definition of a number exists in Python.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import formualizer
import openpyxl
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
WORKBOOK = HERE / "reference_company.xlsx"
EXPECTED = HERE.parent / "seeds" / "expected"

# Formulas read this many rows of every tab, so that rows can be added below.
LAST_ROW = 600
# Helper columns exist for paths of up to this many touches.
LONGEST_PATH = 10

HEURISTICS = [
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "time_decay",
    "position_based",
]
DATA_DRIVEN = ["markov", "shapley"]
MODELS = [*HEURISTICS, *DATA_DRIVEN]
# States of a journey beside its channels.
START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"
MONTHS = [dt.datetime(2025, month, 1) for month in range(1, 6)]

TEXT, INTEGER, DOUBLE, MONEY = "General", "0", "0.000000", "#,##0.00"
DATE, TIMESTAMP = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"

RAW_FORMATS = {
    "touchpoints": {"touched_at": TIMESTAMP},
    "orders": {
        "ordered_at": TIMESTAMP,
        "order_value": MONEY,
        "discount_amount": MONEY,
    },
    "customers": {"created_at": TIMESTAMP},
    "returns": {
        "returned_at": TIMESTAMP,
        "refund_amount": MONEY,
        "processing_cost": MONEY,
    },
    "marketing_spend": {"spend_date": DATE, "spend": MONEY},
    "email_events": {"occurred_at": TIMESTAMP},
    "web_sessions": {"session_hour": TIMESTAMP, "sessions": INTEGER},
}

# name, value, meaning; each becomes a defined name of the workbook.
PARAMETERS = [
    ("lookback_days", 30, "A touch counts up to this many days before the order."),
    ("half_life_days", 7, "Time decay: a touch this much older weighs half."),
    ("weight_first", 0.4, "Position based: share of the first touch."),
    ("weight_middle", 0.2, "Position based: share of all middle touches together."),
    ("weight_last", 0.4, "Position based: share of the last touch."),
    ("trend_tolerance", 0.01, "Slope over mean within this distance of 0 is flat."),
]

# kpi, numerator, denominator, unit, direction, warning, critical
KPIS = [
    ("monthly_revenue", "revenue", None, "usd", "higher", 800000, 600000),
    ("orders", "orders", None, "count", "higher", 5500, 4000),
    ("average_order_value", "revenue", "orders", "usd", "higher", 100, 80),
    ("new_customers", "new_customers", None, "count", "higher", 1500, 1000),
    ("customer_acquisition_cost", "spend", "new_customers", "usd", "lower", 45, 60),
    ("conversion_rate", "orders", "sessions", "share", "higher", 0.02, 0.015),
    *[
        (f"email_revenue_{m}", f"email_revenue_{m}", None, "usd", "higher", None, None)
        for m in MODELS
    ],
    (
        "email_unsubscribe_rate",
        "emails_unsubscribed",
        "emails_sent",
        "share",
        "lower",
        0.005,
        0.01,
    ),
    ("return_rate", "returned_orders", "orders", "share", "lower", 0.12, 0.15),
    (
        "return_processing_cost",
        "return_processing_cost",
        None,
        "usd",
        "lower",
        6000,
        10000,
    ),
    ("roas", "funded_revenue_linear", "spend", "ratio", "higher", 4, 2.5),
]


# --------------------------------------------------------------------------
# Tabs
# --------------------------------------------------------------------------


@dataclass
class Column:
    """One column: a formula template, or None where each row brings a literal."""

    name: str
    formula: str | None = None
    number_format: str = TEXT
    working: bool = False


@dataclass
class Tab:
    """A table of columns; `rows` holds the literals of the key columns."""

    name: str
    columns: list[Column]
    rows: list[list] = field(default_factory=list)
    kind: str = "working"

    def address(self, column: str) -> str:
        """Letter of a column; the working columns start after one empty column."""
        names = [c.name for c in self.columns]
        if column not in names:
            raise KeyError(f"tab {self.name} has no column {column}")
        position = names.index(column)
        gap = any(c.working for c in self.columns[: position + 1])
        return get_column_letter(position + 1 + gap)


def resolve(template: str, tab: Tab, row: int, tabs: dict[str, Tab]) -> str:
    """Replace the names of a formula template with cell addresses."""

    def replace(match: re.Match) -> str:
        other, header, first, last = match.groups()
        if other is None:
            return f"${tab.address(first)}{row}"
        target = tabs[other]
        left = target.address(first)
        right = target.address(last) if last else left
        top, bottom = (1, 1) if header else (2, LAST_ROW)
        return f"{other}!${left}${top}:${right}${bottom}"

    pattern = r"([a-z_]+)?\[(#)?([a-z_0-9]+)(?::([a-z_0-9]+))?\]"
    return "=" + re.sub(pattern, replace, template)


def raw_tabs() -> list[Tab]:
    """One tab a raw file, cells typed as numbers, datetimes and text."""
    tabs = []
    for name, formats in RAW_FORMATS.items():
        with open(DATA / f"{name}.csv", encoding="utf-8", newline="") as handle:
            header, *lines = csv.reader(handle)
        columns = [Column(c, None, formats.get(c, TEXT)) for c in header]
        rows = [
            [
                typed(value, c.number_format)
                for value, c in zip(line, columns, strict=True)
            ]
            for line in lines
        ]
        tabs.append(Tab(name, columns, rows, kind="raw"))
    return tabs


def typed(value: str, number_format: str):
    """Text of a raw file as the value of a cell."""
    if value == "":
        return None
    if number_format in (DATE, TIMESTAMP):
        return dt.datetime.fromisoformat(value)
    if number_format == INTEGER:
        return int(value)
    return float(value) if number_format == MONEY else value


def settings_tab() -> Tab:
    """Parameters on the left, the KPI table beside them."""
    names = [
        "parameter",
        "setting",
        "meaning",
        "kpi",
        "numerator",
        "denominator",
        "unit",
        "direction",
        "warning",
        "critical",
    ]
    rows = []
    for index in range(max(len(PARAMETERS), len(KPIS))):
        left = PARAMETERS[index] if index < len(PARAMETERS) else (None,) * 3
        right = KPIS[index] if index < len(KPIS) else (None,) * 7
        rows.append([*left, *right])
    return Tab("settings", [Column(name) for name in names], rows, kind="raw")


def touches_tab(tabs: dict[str, Tab]) -> Tab:
    """One row per (order, touchpoint) of the same customer, inside or outside."""
    touched_by: dict[str, list[str]] = {}
    for touchpoint_id, customer_id, *_ in tabs["touchpoints"].rows:
        touched_by.setdefault(customer_id, []).append(touchpoint_id)
    pairs = [
        [order_id, touchpoint_id]
        for order_id, customer_id, *_ in tabs["orders"].rows
        for touchpoint_id in touched_by.get(customer_id, [])
    ]

    order_row = "MATCH([order_id],orders[order_id],0)"
    touch_row = "MATCH([touchpoint_id],touchpoints[touchpoint_id],0)"
    same = "(touches[order_id]=[order_id])*(touches[in_window]=1)"
    before = (
        "((touches[touch_second]<[touch_second])"
        "+(touches[touch_second]=[touch_second])"
        "*(touches[touchpoint_id]<=[touchpoint_id]))"
    )
    columns = [
        Column("order_id"),
        Column("touchpoint_id"),
        Column("customer_id", f"INDEX(orders[customer_id],{order_row})"),
        Column("touch_customer_id", f"INDEX(touchpoints[customer_id],{touch_row})"),
        Column("channel", f"INDEX(touchpoints[channel],{touch_row})"),
        Column("campaign", f'INDEX(touchpoints[campaign],{touch_row})&""'),
        Column("status", f"INDEX(orders[status],{order_row})"),
        Column("ordered_at", f"INDEX(orders[ordered_at],{order_row})", TIMESTAMP),
        Column("touched_at", f"INDEX(touchpoints[touched_at],{touch_row})", TIMESTAMP),
        # Whole seconds, so that the ends of the window compare exactly.
        Column("order_second", "ROUND([ordered_at]*86400,0)", INTEGER),
        Column("touch_second", "ROUND([touched_at]*86400,0)", INTEGER),
        Column("age_days", "([order_second]-[touch_second])/86400", DOUBLE),
        Column(
            "in_window",
            'IF(AND([status]<>"cancelled",[touch_second]<=[order_second],'
            "[order_second]-[touch_second]<=lookback_days*86400),1,0)",
            INTEGER,
        ),
        Column(
            "touch_position",
            f"IF([in_window]=1,SUMPRODUCT({same}*{before}),0)",
            INTEGER,
        ),
        Column(
            "path_length",
            "COUNTIFS(touches[order_id],[order_id],touches[in_window],1)",
            INTEGER,
        ),
        Column(
            "non_direct_position",
            'IF([channel]="direct",0,[touch_position])',
            INTEGER,
        ),
        Column(
            "last_non_direct_position",
            "SUMPRODUCT(MAX((touches[order_id]=[order_id])"
            "*touches[non_direct_position]))",
            INTEGER,
        ),
        Column(
            "decay_weight", "IF([in_window]=1,2^(-[age_days]/half_life_days),0)", DOUBLE
        ),
        Column(
            "credit_first_touch",
            "IF([in_window]=1,IF([touch_position]=1,1,0),0)",
            DOUBLE,
        ),
        Column(
            "credit_last_touch",
            "IF([in_window]=1,IF([touch_position]=[path_length],1,0),0)",
            DOUBLE,
        ),
        Column(
            "credit_last_non_direct",
            "IF([in_window]=1,IF([touch_position]=IF([last_non_direct_position]=0,"
            "[path_length],[last_non_direct_position]),1,0),0)",
            DOUBLE,
        ),
        Column("credit_linear", "IF([in_window]=1,1/[path_length],0)", DOUBLE),
        Column(
            "credit_time_decay",
            "IF([in_window]=1,[decay_weight]"
            "/SUMIFS(touches[decay_weight],touches[order_id],[order_id]),0)",
            DOUBLE,
        ),
        Column(
            "credit_position_based",
            "IF([in_window]=1,IF([path_length]=1,1,"
            "IF([path_length]=2,"
            "IF([touch_position]=1,weight_first,weight_last)"
            "/(weight_first+weight_last),"
            "IF([touch_position]=1,weight_first,"
            "IF([touch_position]=[path_length],weight_last,"
            "weight_middle/([path_length]-2))))),0)",
            DOUBLE,
        ),
        Column("path_key", '[order_id]&"|"&[touch_position]'),
        Column("pair_key", '[order_id]&"|"&[touchpoint_id]'),
        Column(
            "times_listed",
            "COUNTIFS(touches[order_id],[order_id],"
            "touches[touchpoint_id],[touchpoint_id])",
            INTEGER,
        ),
    ]
    return Tab("touches", columns, pairs)


def conversions_tab(tabs: dict[str, Tab]) -> Tab:
    """One row per order: does it count, which month, first order, path."""
    row = "MATCH([order_id],orders[order_id],0)"
    steps = [f"step_{k}" for k in range(1, LONGEST_PATH + 1)]
    path = "[step_1]" + "".join(
        f'&IF([{step}]="",""," > "&[{step}])' for step in steps[1:]
    )
    columns = [
        Column("order_id"),
        Column("customer_id", f'INDEX(orders[customer_id],{row})&""'),
        Column("ordered_at", f"INDEX(orders[ordered_at],{row})", TIMESTAMP),
        Column("order_value", f"INDEX(orders[order_value],{row})", MONEY),
        Column(
            "is_conversion",
            f'IF(INDEX(orders[status],{row})="cancelled",0,1)',
            INTEGER,
        ),
        Column("order_month", "DATE(YEAR([ordered_at]),MONTH([ordered_at]),1)", DATE),
        Column("order_second", "ROUND([ordered_at]*86400,0)", INTEGER),
        Column(
            "is_first_order",
            'IF(AND([is_conversion]=1,[customer_id]<>""),'
            "IF(SUMPRODUCT((conversions[customer_id]=[customer_id])"
            "*(conversions[is_conversion]=1)"
            "*((conversions[order_second]<[order_second])"
            "+(conversions[order_second]=[order_second])"
            "*(conversions[order_id]<[order_id])))=0,1,0),0)",
            INTEGER,
        ),
        Column(
            "conversion_number",
            'IF(AND([is_conversion]=1,[customer_id]<>""),'
            "SUMPRODUCT((conversions[customer_id]=[customer_id])"
            "*(conversions[is_conversion]=1)"
            "*((conversions[order_second]<[order_second])"
            "+(conversions[order_second]=[order_second])"
            "*(conversions[order_id]<=[order_id]))),0)",
            INTEGER,
        ),
        Column(
            "conversion_key",
            'IF([conversion_number]=0,"",[customer_id]&"|"&[conversion_number])',
        ),
        Column(
            "is_returned",
            "IF(AND([is_conversion]=1,COUNTIF(returns[order_id],[order_id])>0),1,0)",
            INTEGER,
        ),
        Column(
            "touches_of_customer",
            'IF([customer_id]="",0,COUNTIF(touchpoints[customer_id],[customer_id]))',
            INTEGER,
        ),
        Column(
            "path_length",
            "COUNTIFS(touches[order_id],[order_id],touches[in_window],1)",
            INTEGER,
        ),
        *[
            Column(
                step,
                f'IF([path_length]<{k},"",INDEX(touches[channel],'
                f'MATCH([order_id]&"|"&{k},touches[path_key],0)))',
            )
            for k, step in enumerate(steps, start=1)
        ],
        Column(
            "path",
            f'IF([is_conversion]=0,"",IF([path_length]=0,"unattributed",{path}))',
        ),
        Column(
            "days_to_convert",
            'IF([path_length]=0,"",INDEX(touches[age_days],'
            'MATCH([order_id]&"|1",touches[path_key],0)))',
            DOUBLE,
        ),
    ]
    rows = [[order[0]] for order in tabs["orders"].rows]
    return Tab("conversions", columns, rows)


def journey_touches_tab(tabs: dict[str, Tab]) -> Tab:
    """One row a touch: which journey of its customer it is in, and what follows."""
    name = "journey_touches"
    row = "MATCH([touchpoint_id],touchpoints[touchpoint_id],0)"
    conversion = "INDEX(conversions[{}],[next_conversion_row])"
    columns = [
        Column("touchpoint_id"),
        Column("customer_id", f"INDEX(touchpoints[customer_id],{row})"),
        Column("channel", f"INDEX(touchpoints[channel],{row})"),
        Column("touched_at", f"INDEX(touchpoints[touched_at],{row})", TIMESTAMP),
        Column("touch_second", "ROUND([touched_at]*86400,0)", INTEGER),
        Column(
            "touch_number",
            f"SUMPRODUCT(({name}[customer_id]=[customer_id])"
            f"*(({name}[touch_second]<[touch_second])"
            f"+({name}[touch_second]=[touch_second])"
            f"*({name}[touchpoint_id]<=[touchpoint_id])))",
            INTEGER,
        ),
        Column("touch_key", '[customer_id]&"|"&[touch_number]'),
        # A touch in the very second of a conversion comes before it.
        Column(
            "conversions_before",
            "COUNTIFS(conversions[customer_id],[customer_id],"
            "conversions[is_conversion],1,"
            'conversions[order_second],"<"&[touch_second])',
            INTEGER,
        ),
        Column(
            "previous_row",
            f'IFERROR(MATCH([customer_id]&"|"&([touch_number]-1),'
            f"{name}[touch_key],0),0)",
            INTEGER,
        ),
        Column(
            "next_row",
            f'IFERROR(MATCH([customer_id]&"|"&([touch_number]+1),'
            f"{name}[touch_key],0),0)",
            INTEGER,
        ),
        Column(
            "gap_seconds",
            'IF([previous_row]=0,"",'
            f"[touch_second]-INDEX({name}[touch_second],[previous_row]))",
            INTEGER,
        ),
        Column(
            "starts_journey",
            "IF([previous_row]=0,1,"
            f"IF([conversions_before]>INDEX({name}[conversions_before],"
            "[previous_row]),1,"
            "IF([gap_seconds]>lookback_days*86400,1,0)))",
            INTEGER,
        ),
        Column(
            "journey_number",
            f"SUMIFS({name}[starts_journey],{name}[customer_id],[customer_id],"
            f'{name}[touch_number],"<="&[touch_number])',
            INTEGER,
        ),
        Column("journey_key", '[customer_id]&"|"&[journey_number]'),
        Column(
            "journey_position",
            f"COUNTIFS({name}[journey_key],[journey_key],"
            f'{name}[touch_number],"<="&[touch_number])',
            INTEGER,
        ),
        Column("step_key", '[journey_key]&"|"&[journey_position]'),
        Column(
            "ends_journey",
            f"IF([next_row]=0,1,INDEX({name}[starts_journey],[next_row]))",
            INTEGER,
        ),
        Column(
            "next_conversion_row",
            'IFERROR(MATCH([customer_id]&"|"&([conversions_before]+1),'
            "conversions[conversion_key],0),0)",
            INTEGER,
        ),
        # The conversion belongs to the journey when no touch lies between, and
        # when it follows within the lookback.
        Column(
            "order_id",
            'IF(OR([ends_journey]=0,[next_conversion_row]=0),"",'
            f"IF(IF([next_row]=0,0,INDEX({name}[conversions_before],[next_row])"
            '=[conversions_before]),"",'
            f"IF({conversion.format('order_second')}-[touch_second]"
            f'>lookback_days*86400,"",{conversion.format("order_id")})))',
        ),
        Column(
            "next_state",
            f"IF([ends_journey]=0,INDEX({name}[channel],[next_row]),"
            f'IF([order_id]="","{NULL}","{CONVERSION}"))',
        ),
        Column(
            "times_listed",
            f"COUNTIFS({name}[touchpoint_id],[touchpoint_id])",
            INTEGER,
        ),
    ]
    rows = [[touch[0]] for touch in tabs["touchpoints"].rows]
    return Tab(name, columns, rows)


def journeys_tab(rows: list[list], channels: list[str]) -> Tab:
    """One row a journey: its channels, and how it ended."""
    touch = "journey_touches"
    step = f'INDEX({touch}[channel],MATCH([journey_key]&"|{{}}",{touch}[step_key],0))'
    path = step.format(1) + "".join(
        f'&IFERROR(" > "&{step.format(k)},"")' for k in range(2, LONGEST_PATH + 1)
    )
    last = f'MATCH([journey_key]&"|"&[touches],{touch}[step_key],0)'
    columns = [
        Column("journey_key"),
        Column("touches", f"COUNTIFS({touch}[journey_key],[journey_key])", INTEGER),
        Column("path", path),
        Column("last_channel", f"INDEX({touch}[channel],{last})"),
        Column("order_id", f'INDEX({touch}[order_id],{last})&""'),
        Column("is_converted", 'IF([order_id]="",0,1)', INTEGER),
        Column(
            "order_value",
            "IF([is_converted]=0,0,INDEX(conversions[order_value],"
            "MATCH([order_id],conversions[order_id],0)))",
            MONEY,
        ),
        *[
            Column(
                f"has_{channel}",
                f"IF(COUNTIFS({touch}[journey_key],[journey_key],"
                f'{touch}[channel],"{channel}")>0,1,0)',
                INTEGER,
            )
            for channel in channels
        ],
        Column(
            "times_listed",
            "COUNTIFS(journeys[journey_key],[journey_key])",
            INTEGER,
        ),
        Column(
            "times_ended",
            "IF([is_converted]=0,0,COUNTIFS(journeys[order_id],[order_id]))",
            INTEGER,
        ),
    ]
    return Tab("journeys", columns, rows)


def markov_counts_tab(channels: list[str]) -> Tab:
    """One row a state: how often which state followed it, over all journeys."""
    touch = "journey_touches"
    ends = {"conversion": CONVERSION, "null": NULL}

    def count(channel: str) -> str:
        return (
            f'IF([state]="{START}",'
            f'COUNTIFS({touch}[starts_journey],1,{touch}[channel],"{channel}"),'
            f'COUNTIFS({touch}[channel],[state],{touch}[next_state],"{channel}"))'
        )

    converted = "journeys[last_channel],[state],journeys[is_converted],1"
    first, last = f"to_{channels[0]}", "to_null"
    columns = [
        Column("state"),
        *[Column(f"to_{c}", count(c), INTEGER) for c in channels],
        *[
            Column(
                f"to_{end}",
                f'COUNTIFS({touch}[channel],[state],{touch}[next_state],"{state}")',
                INTEGER,
            )
            for end, state in ends.items()
        ],
        Column("transitions", f"SUM([{first}]:[{last}])", INTEGER),
        Column(
            "mean_order_value",
            f"IF(COUNTIFS({converted})=0,0,"
            f"SUMIFS(journeys[order_value],{converted})/COUNTIFS({converted}))",
            DOUBLE,
        ),
    ]
    return Tab("markov_counts", columns, [[state] for state in [START, *channels]])


def markov_solve_tab(channels: list[str]) -> Tab:
    """The chain with nothing and with each channel removed, solved by elimination.

    Columns s0_... hold the transition probabilities, where conv_<channel> is a
    conversion out of that channel; a transition into the removed channel is lost.
    The columns s<k>_... follow from s<k-1>_... by taking the k-th channel out of
    the chain: who went to it goes where it leads, and its self-loop
    1 + p + p^2 + ... = 1 / (1 - p) is summed. This is exact after as many steps
    as there are channels. Nothing is subtracted but that p from 1, and every p is
    a count over a small count, so that the rounding stays near 1e-15.
    """
    name = "markov_solve"
    counts = "markov_counts"
    count_row = f"MATCH([state],{counts}[state],0)"
    total = f"INDEX({counts}[transitions],[count_row])"
    columns = [
        Column("removed"),
        Column("state"),
        Column("row_key", '[removed]&"|"&[state]'),
        Column("count_row", count_row, INTEGER),
        *[
            Column(f"row_{c}", f'MATCH([removed]&"|{c}",{name}[row_key],0)', INTEGER)
            for c in channels
        ],
        *[
            Column(
                f"s0_to_{c}",
                f'IF([removed]="{c}",0,INDEX({counts}[to_{c}],[count_row])/{total})',
                DOUBLE,
            )
            for c in channels
        ],
        *[
            Column(
                f"s0_conv_{c}",
                f'IF([state]="{c}",INDEX({counts}[to_conversion],[count_row])'
                f"/{total},0)",
                DOUBLE,
            )
            for c in channels
        ],
    ]
    for k, gone in enumerate(channels, start=1):
        before = f"s{k - 1}"
        loop = f"INDEX({name}[{before}_to_{gone}],[row_{gone}])"
        targets = [f"to_{c}" for c in channels[k:]] + [f"conv_{c}" for c in channels]
        columns += [
            Column(
                f"s{k}_{target}",
                f"[{before}_{target}]+[{before}_to_{gone}]"
                f"*INDEX({name}[{before}_{target}],[row_{gone}])/(1-{loop})",
                DOUBLE,
            )
            for target in targets
        ]
    final = f"s{len(channels)}_conv"
    columns += [
        Column(
            "conversion_probability",
            f"SUM([{final}_{channels[0]}]:[{final}_{channels[-1]}])",
            DOUBLE,
        ),
        Column(
            "expected_value",
            "+".join(
                f"[{final}_{c}]*INDEX({counts}[mean_order_value],"
                f'MATCH("{c}",{counts}[state],0))'
                for c in channels
            ),
            DOUBLE,
        ),
    ]
    rows = [
        [removed, state]
        for removed in ["(none)", *channels]
        for state in [START, *channels]
    ]
    return Tab(name, columns, rows)


def shapley_subsets_tab(channels: list[str]) -> Tab:
    """One row a set of channels: what it is worth, and what each channel adds."""
    name = "shapley_subsets"
    inside = ",".join(f'journeys[has_{c}],"<="&[in_{c}]' for c in channels)
    players = "COUNTA(channel_shares[channel])"

    def gain(measure: str, position: int) -> str:
        larger = f"MATCH([subset]+{2**position},{name}[subset],0)"
        return (
            f"IF([in_{channels[position]}]=1,0,"
            f"[weight]*(INDEX({name}[{measure}],{larger})-[{measure}]))"
        )

    columns = [
        Column("subset", None, INTEGER),
        *[
            Column(f"in_{c}", f"MOD(INT([subset]/{2**position}),2)", INTEGER)
            for position, c in enumerate(channels)
        ],
        Column("size", f"SUM([in_{channels[0]}]:[in_{channels[-1]}])", INTEGER),
        Column(
            "weight",
            f"IF([size]={players},0,"
            f"FACT([size])*FACT({players}-[size]-1)/FACT({players}))",
            DOUBLE,
        ),
        # Journeys that use no channel outside the set.
        Column("journeys", f"COUNTIFS({inside})", INTEGER),
        Column("converted", f"SUMIFS(journeys[is_converted],{inside})", INTEGER),
        Column("revenue", f"SUMIFS(journeys[order_value],{inside})", MONEY),
        Column("conversion_rate", "IF([journeys]=0,0,[converted]/[journeys])", DOUBLE),
        Column("revenue_rate", "IF([journeys]=0,0,[revenue]/[journeys])", DOUBLE),
        *[
            Column(f"gain_{measure}_{c}", gain(f"{rate}_rate", position), DOUBLE)
            for measure, rate in SHARED.items()
            for position, c in enumerate(channels)
        ],
    ]
    return Tab(name, columns, [[subset] for subset in range(2 ** len(channels))])


# Measures that the data-driven models share out: name here, name of its rate.
SHARED = {"conversions": "conversion", "revenue": "revenue"}


def channel_shares_tab(channels: list[str]) -> Tab:
    """One row a channel: removal effects, Shapley values, and the shares."""
    name = "channel_shares"
    solved = {"conversions": "conversion_probability", "revenue": "expected_value"}
    key = f'"|{START}",markov_solve[row_key],0)'
    columns = [
        Column("channel"),
        Column("touches", "COUNTIFS(touchpoints[channel],[channel])", INTEGER),
        Column("removed_row", f"MATCH([channel]&{key}", INTEGER),
        Column("whole_row", f'MATCH("(none)"&{key}', INTEGER),
    ]
    for measure, column in solved.items():
        columns.append(
            Column(
                f"{measure}_removal_effect",
                f"1-INDEX(markov_solve[{column}],[removed_row])"
                f"/INDEX(markov_solve[{column}],[whole_row])",
                DOUBLE,
            )
        )
    for measure in SHARED:
        gains = f"gain_{measure}_{channels[0]}:gain_{measure}_{channels[-1]}]"
        columns.append(
            Column(
                f"{measure}_shapley_value",
                f"SUM(INDEX(shapley_subsets[{gains},0,"
                f'MATCH("gain_{measure}_"&[channel],shapley_subsets[#{gains},0)))',
                DOUBLE,
            )
        )
    for model, effect in {
        "markov": "removal_effect",
        "shapley": "shapley_value",
    }.items():
        for measure in SHARED:
            columns.append(
                Column(
                    f"{measure}_share_{model}",
                    f"[{measure}_{effect}]/SUM({name}[{measure}_{effect}])",
                    DOUBLE,
                )
            )
    return Tab(name, columns, [[channel] for channel in channels])


def credits_tab(rows: list[list]) -> Tab:
    """expected_touchpoint_credits: touches in the window, and untouched orders."""
    name = "expected_touchpoint_credits"
    untouched = '[touchpoint_id]="unattributed"'
    order = "INDEX(conversions[{}],[conversion_row])"

    def touch(column: str, otherwise: str) -> str:
        return f"IF({untouched},{otherwise},INDEX(touches[{column}],[touch_row]))"

    columns = [
        Column("conversion_id"),
        Column("touchpoint_id"),
        Column("customer_id", order.format("customer_id")),
        Column("channel", touch("channel", '"unattributed"')),
        Column("campaign", touch("campaign", '""')),
        Column("touch_position", touch("touch_position", '""'), INTEGER),
        Column("path_length", order.format("path_length"), INTEGER),
        Column("age_days", touch("age_days", '""'), DOUBLE),
        Column("conversion_value", order.format("order_value"), MONEY),
        *[Column(f"credit_{m}", touch(f"credit_{m}", "1"), DOUBLE) for m in HEURISTICS],
        Column("touched_at", touch("touched_at", '""'), TIMESTAMP),
        Column("converted_at", order.format("ordered_at"), TIMESTAMP),
        Column(
            "conversion_row",
            "MATCH([conversion_id],conversions[order_id],0)",
            INTEGER,
            working=True,
        ),
        Column(
            "touch_row",
            f'IF({untouched},"",MATCH([conversion_id]&"|"&[touchpoint_id],'
            "touches[pair_key],0))",
            INTEGER,
            working=True,
        ),
        Column("conversion_month", order.format("order_month"), DATE, working=True),
        Column(
            "touch_month",
            f"IF({untouched},[conversion_month],"
            "DATE(YEAR([touched_at]),MONTH([touched_at]),1))",
            DATE,
            working=True,
        ),
        Column(
            "campaign_label",
            'IF([campaign]="","(not set)",[campaign])',
            working=True,
        ),
        *[
            Column(
                f"revenue_{m}", f"[credit_{m}]*[conversion_value]", DOUBLE, working=True
            )
            for m in HEURISTICS
        ],
        Column(
            "is_due",
            f"IF({untouched},"
            "IF(AND([path_length]=0,"
            "INDEX(conversions[is_conversion],[conversion_row])=1),1,0),"
            "INDEX(touches[in_window],[touch_row]))",
            INTEGER,
            working=True,
        ),
        Column(
            "times_listed",
            f"COUNTIFS({name}[conversion_id],[conversion_id],"
            f"{name}[touchpoint_id],[touchpoint_id])",
            INTEGER,
            working=True,
        ),
    ]
    return Tab(name, columns, rows, kind="expected")


CREDITS = "expected_touchpoint_credits"
FIRST, LAST = HEURISTICS[0], HEURISTICS[-1]
# Rows of the models that have one share a channel, not one credit a touch.
IS_DATA_DRIVEN = (
    "OR(" + ",".join(f'[attribution_model]="{m}"' for m in DATA_DRIVEN) + ")"
)


def credited(measure: str, conditions: str) -> str:
    """Sum of a measure (credit, revenue) of the row's model under conditions."""
    block = f"{CREDITS}[{measure}_{FIRST}:{measure}_{LAST}]"
    header = f"{CREDITS}[#{measure}_{FIRST}:{measure}_{LAST}]"
    model = f'MATCH("{measure}_"&[attribution_model],{header},0)'
    return f"SUMIFS(INDEX({block},0,{model}),{conditions})"


def linear(measure: str, conditions: str) -> str:
    """Sum of a measure under the linear model under conditions."""
    return f"SUMIFS({CREDITS}[{measure}_linear],{conditions})"


def channel_share(measure: str) -> str:
    """Share of the row's channel under the row's data-driven model."""
    shares = f"conversions_share_{DATA_DRIVEN[0]}:revenue_share_{DATA_DRIVEN[-1]}]"
    return (
        f"INDEX(channel_shares[{shares},"
        "MATCH([channel],channel_shares[channel],0),"
        f'MATCH("{measure}_share_"&[attribution_model],channel_shares[#{shares},0))'
    )


def by_model(heuristic: str, untouched: str, data_driven: str) -> str:
    """The formula of the row's kind of model; untouched conversions stay apart."""
    return (
        f'IF({IS_DATA_DRIVEN},IF([channel]="unattributed",{untouched},{data_driven}),'
        f"{heuristic})"
    )


# Measures of the marts, and their columns of the credits.
CREDIT_OF = {"conversions": "credit", "revenue": "revenue"}
HAS_SHARE = "COUNTIFS(channel_shares[channel],[channel])>0"


def ratio(numerator: str, denominator: str) -> str:
    """Quotient, empty where the denominator is 0."""
    return f'IF({denominator}=0,"",{numerator}/{denominator})'


def channel_attribution_tab(rows: list[list]) -> Tab:
    """expected_channel_attribution: credits by conversion month."""
    name = "expected_channel_attribution"
    where = (
        f"{CREDITS}[conversion_month],[conversion_month],{CREDITS}[channel],[channel]"
    )

    # Conversions that had a touch in their window.
    touched = (
        "conversions[order_month],[conversion_month],conversions[is_conversion],1,"
        'conversions[path_length],">0"'
    )

    def total(measure: str) -> str:
        return (
            f"SUMIFS({name}[{measure}],{name}[conversion_month],[conversion_month],"
            f"{name}[attribution_model],[attribution_model])"
        )

    columns = [
        Column("conversion_month", None, DATE),
        Column("channel"),
        Column("attribution_model"),
        *[
            Column(
                measure,
                by_model(
                    credited(credit, where),
                    linear(credit, where),
                    f"[touched_{measure}]*{channel_share(measure)}",
                ),
                DOUBLE,
            )
            for measure, credit in CREDIT_OF.items()
        ],
        Column(
            "conversion_share", ratio("[conversions]", total("conversions")), DOUBLE
        ),
        Column("revenue_share", ratio("[revenue]", total("revenue")), DOUBLE),
        Column("credit_rows", f"COUNTIFS({where})", INTEGER, working=True),
        Column("touched_conversions", f"COUNTIFS({touched})", INTEGER, working=True),
        Column(
            "touched_revenue",
            f"SUMIFS(conversions[order_value],{touched})",
            MONEY,
            working=True,
        ),
        Column(
            "is_due",
            f"IF([credit_rows]>0,1,IF(AND({IS_DATA_DRIVEN},[touched_conversions]>0,"
            f"{HAS_SHARE}),1,0))",
            INTEGER,
            working=True,
        ),
    ]
    return Tab(name, columns, rows, kind="expected")


def performance_tab(name: str, rows: list[list], by_campaign: bool) -> Tab:
    """expected_channel_performance and expected_campaign_performance."""
    where = f"{CREDITS}[touch_month],[touch_month],{CREDITS}[channel],[channel]"
    in_month = (
        'marketing_spend[spend_date],">="&[touch_month],'
        'marketing_spend[spend_date],"<"&EDATE([touch_month],1)'
    )
    spent = f"{in_month},marketing_spend[channel],[channel]"
    keys = [Column("touch_month", None, DATE), Column("channel")]
    if by_campaign:
        keys.append(Column("campaign"))
        where += f",{CREDITS}[campaign_label],[campaign]"
        # A blank criterion would match no cell: `=` alone stands for "is empty".
        spent += ',marketing_spend[campaign],IF([campaign]="(not set)","=",[campaign])'
    attribution = "expected_channel_attribution"
    is_not_set = '[campaign]="(not set)"' if by_campaign else "TRUE"
    touched = f'{CREDITS}[channel],"<>unattributed"'
    month_touched = f"{CREDITS}[touch_month],[touch_month],{touched}"

    def spread(measure: str) -> str:
        credit = CREDIT_OF[measure]
        # A channel that linear gives nothing: like all channels together.
        like_all = (
            f"IF({is_not_set},"
            f"IF({linear(credit, touched)}=0,0,"
            f"{linear(credit, month_touched)}/{linear(credit, touched)}),0)"
        )
        like_linear = f"{linear(credit, where)}/[channel_linear_{measure}]"
        if measure == "revenue":
            # Only free orders: like its conversions.
            like_linear = (
                f"IF([channel_linear_revenue]=0,[spread_conversions],{like_linear})"
            )
        return f"IF([channel_linear_conversions]=0,{like_all},{like_linear})"

    month_total = (
        f"SUMIFS({name}[conversions],{name}[touch_month],[touch_month],"
        f"{name}[attribution_model],[attribution_model])"
    )
    columns = [
        *keys,
        Column("attribution_model"),
        *[
            Column(
                measure,
                by_model(
                    credited(credit, where),
                    linear(credit, where),
                    f"[total_{measure}]*[spread_{measure}]",
                ),
                DOUBLE,
            )
            for measure, credit in CREDIT_OF.items()
        ],
        Column("spend", f"SUMIFS(marketing_spend[spend],{spent})", MONEY),
        Column("roas", ratio("[revenue]", "[spend]"), DOUBLE),
        Column("cpa", ratio("[spend]", "[conversions]"), DOUBLE),
        Column("credit_share", ratio("[conversions]", month_total), DOUBLE),
        Column(
            "budget_share",
            ratio("[spend]", f"SUMIFS(marketing_spend[spend],{in_month})"),
            DOUBLE,
        ),
        Column("credit_rows", f"COUNTIFS({where})", INTEGER, working=True),
        Column("spend_rows", f"COUNTIFS({spent})", INTEGER, working=True),
        # What the data-driven models give the channel over all months, and how
        # much of that falls on this row: as much as of its linear credits.
        *[
            Column(
                f"total_{measure}",
                f"SUMIFS({attribution}[{measure}],{attribution}[channel],[channel],"
                f"{attribution}[attribution_model],[attribution_model])",
                DOUBLE,
                working=True,
            )
            for measure in CREDIT_OF
        ],
        *[
            Column(
                f"channel_linear_{measure}",
                linear(credit, f"{CREDITS}[channel],[channel]"),
                DOUBLE,
                working=True,
            )
            for measure, credit in CREDIT_OF.items()
        ],
        *[
            Column(f"spread_{measure}", spread(measure), DOUBLE, working=True)
            for measure in CREDIT_OF
        ],
        Column(
            "is_due",
            "IF([credit_rows]+[spend_rows]>0,1,"
            f"IF(AND({IS_DATA_DRIVEN},[channel_linear_conversions]=0,{is_not_set},"
            f"{HAS_SHARE},COUNTIFS({month_touched})>0),1,0))",
            INTEGER,
            working=True,
        ),
    ]
    return Tab(name, columns, rows, kind="expected")


def comparison_tab(rows: list[list]) -> Tab:
    """expected_attribution_comparison: all data, channel by model."""
    name = "expected_attribution_comparison"
    where = f"{CREDITS}[channel],[channel]"
    spent = "marketing_spend[channel],[channel]"
    attribution = "expected_channel_attribution"
    model = f"{name}[attribution_model],[attribution_model]"
    touched = f'SUMIFS({name}[conversions],{model},{name}[channel],"<>unattributed")'
    columns = [
        Column("channel"),
        Column("attribution_model"),
        *[
            Column(
                measure,
                f"IF({IS_DATA_DRIVEN},SUMIFS({attribution}[{measure}],"
                f"{attribution}[channel],[channel],"
                f"{attribution}[attribution_model],[attribution_model]),"
                f"{credited(credit, where)})",
                DOUBLE,
            )
            for measure, credit in CREDIT_OF.items()
        ],
        Column(
            "conversion_share",
            ratio("[conversions]", f"SUMIFS({name}[conversions],{model})"),
            DOUBLE,
        ),
        Column(
            "revenue_share",
            ratio("[revenue]", f"SUMIFS({name}[revenue],{model})"),
            DOUBLE,
        ),
        Column(
            "attributed_share",
            f'IF([channel]="unattributed","",{ratio("[conversions]", touched)})',
            DOUBLE,
        ),
        Column(
            "budget_share",
            'IF([channel]="unattributed","",'
            + ratio(
                f"SUMIFS(marketing_spend[spend],{spent})", "SUM(marketing_spend[spend])"
            )
            + ")",
            DOUBLE,
        ),
        Column(
            "budget_gap",
            'IF(OR([attributed_share]="",[budget_share]=""),"",'
            "[attributed_share]-[budget_share])",
            DOUBLE,
        ),
        Column("credit_rows", f"COUNTIFS({where})", INTEGER, working=True),
        Column("spend_rows", f"COUNTIFS({spent})", INTEGER, working=True),
        Column(
            "is_due",
            f"IF(OR([credit_rows]+[spend_rows]>0,{HAS_SHARE}),1,0)",
            INTEGER,
            working=True,
        ),
    ]
    return Tab(name, columns, rows, kind="expected")


def paths_tab(rows: list[list]) -> Tab:
    """expected_conversion_paths: one row a path of channels."""
    where = "conversions[path],[path]"
    first = "MATCH([path],conversions[path],0)"
    columns = [
        Column("path"),
        Column(
            "path_length",
            f'IFERROR(INDEX(conversions[path_length],{first}),"")',
            INTEGER,
        ),
        Column("conversions", f"COUNTIFS({where})", INTEGER),
        Column("revenue", f"SUMIFS(conversions[order_value],{where})", MONEY),
        Column(
            "avg_days_to_convert",
            'IF(OR([path]="unattributed",[conversions]=0),"",'
            f"SUMIFS(conversions[days_to_convert],{where})/[conversions])",
            DOUBLE,
        ),
    ]
    return Tab("expected_conversion_paths", columns, rows, kind="expected")


def business_metrics_tab() -> Tab:
    """expected_business_metrics: the sums the KPIs are made of."""

    def month_of(column: str) -> str:
        return f'{column},">="&[period_start],{column},"<"&EDATE([period_start],1)'

    ordered = "conversions[order_month],[period_start]"
    counted = f"{ordered},conversions[is_conversion],1"
    returned = month_of("returns[returned_at]")
    emailed = month_of("email_events[occurred_at]")
    attribution = "expected_channel_attribution"
    performance = "expected_channel_performance"
    columns = [
        Column("period_start", None, DATE),
        Column("revenue", f"SUMIFS(conversions[order_value],{counted})", MONEY),
        Column("orders", f"COUNTIFS({counted})", INTEGER),
        Column(
            "new_customers",
            f"COUNTIFS({ordered},conversions[is_first_order],1)",
            INTEGER,
        ),
        Column(
            "sessions",
            "SUMIFS(web_sessions[sessions],"
            + month_of("web_sessions[session_hour]")
            + ")",
            INTEGER,
        ),
        Column(
            "spend",
            "SUMIFS(marketing_spend[spend],"
            + month_of("marketing_spend[spend_date]")
            + ")",
            MONEY,
        ),
        *[
            Column(
                f"emails_{event}",
                f'COUNTIFS({emailed},email_events[event_type],"{event}")',
                INTEGER,
            )
            for event in ("sent", "opened", "clicked", "unsubscribed")
        ],
        Column(
            "returned_orders",
            f"COUNTIFS({ordered},conversions[is_returned],1)",
            INTEGER,
        ),
        Column("returns", f"COUNTIFS({returned})", INTEGER),
        Column("refund_amount", f"SUMIFS(returns[refund_amount],{returned})", MONEY),
        Column(
            "return_processing_cost",
            f"SUMIFS(returns[processing_cost],{returned})",
            MONEY,
        ),
        *[
            Column(
                f"email_revenue_{m}",
                f"SUMIFS({attribution}[revenue],"
                f"{attribution}[conversion_month],[period_start],"
                f'{attribution}[channel],"email",'
                f'{attribution}[attribution_model],"{m}")',
                DOUBLE,
            )
            for m in MODELS
        ],
        *[
            Column(
                f"funded_revenue_{m}",
                f"SUMIFS({performance}[revenue],"
                f"{performance}[touch_month],[period_start],"
                f'{performance}[attribution_model],"{m}",'
                f'{performance}[spend],">0")',
                DOUBLE,
            )
            for m in MODELS
        ],
    ]
    rows = [[month] for month in MONTHS]
    return Tab("expected_business_metrics", columns, rows, kind="expected")


def kpi_tab() -> Tab:
    """expected_kpi_values: value, judgement, change and trend of each KPI."""
    name = "expected_kpi_values"
    metrics = "expected_business_metrics"
    block = f"{metrics}[period_start:funded_revenue_{MODELS[-1]}]"
    header = f"{metrics}[#period_start:funded_revenue_{MODELS[-1]}]"

    def setting(column: str) -> str:
        return f"INDEX(settings[{column}],[kpi_row])"

    def metric(column: str) -> str:
        return f"INDEX({block},[period_row],MATCH({setting(column)},{header},0))"

    def value_months_ago(months: int) -> str:
        return (
            f"IFERROR(INDEX({name}[value],"
            f'MATCH([kpi]&"|"&([month_number]-{months}),{name}[month_key],0)),"")'
        )

    beyond = 'IF([direction]="higher",[value]<{0},[value]>{0})'
    critical = beyond.format(setting("critical"))
    warning = beyond.format(setting("warning"))
    columns = [
        Column("kpi"),
        Column("period_start", None, DATE),
        Column(
            "value",
            f'IF({setting("denominator")}="",{metric("numerator")},'
            f'IF({metric("denominator")}=0,"",'
            f"{metric('numerator')}/{metric('denominator')}))",
            DOUBLE,
        ),
        Column("unit", setting("unit")),
        Column(
            "status",
            f'IF({setting("warning")}="","not_judged",IF([value]="","no_data",'
            f'IF({critical},"critical",IF({warning},"warning","ok"))))',
        ),
        Column("previous_value", value_months_ago(1), DOUBLE),
        Column(
            "change_pct",
            'IF(OR([value]="",[previous_value]=""),"",'
            'IF([previous_value]=0,"",'
            "100*([value]-[previous_value])/ABS([previous_value])))",
            DOUBLE,
        ),
        Column(
            "trend",
            'IF([slope]="","",IF([mean]=0,'
            'IF([slope]=0,"flat",IF([slope]>0,"up","down")),'
            'IF([slope]/ABS([mean])>trend_tolerance,"up",'
            'IF([slope]/ABS([mean])<-trend_tolerance,"down","flat"))))',
        ),
        Column(
            "trend_is_good",
            'IF(OR([trend]="",[trend]="flat"),"",'
            '([trend]="up")=([direction]="higher"))',
        ),
        Column("kpi_row", "MATCH([kpi],settings[kpi],0)", INTEGER, working=True),
        Column(
            "period_row",
            f"MATCH([period_start],{metrics}[period_start],0)",
            INTEGER,
            working=True,
        ),
        Column("direction", setting("direction"), working=True),
        Column(
            "month_number",
            "YEAR([period_start])*12+MONTH([period_start])",
            INTEGER,
            working=True,
        ),
        Column("month_key", '[kpi]&"|"&[month_number]', working=True),
        Column("value_2_ago", value_months_ago(2), DOUBLE, working=True),
        Column("value_1_ago", "[previous_value]", DOUBLE, working=True),
        Column("value_now", "[value]", DOUBLE, working=True),
        Column(
            "slope",
            'IF(COUNT([value_2_ago]:[value_now])<3,"",'
            "SLOPE([value_2_ago]:[value_now],{1,2,3}))",
            DOUBLE,
            working=True,
        ),
        Column(
            "mean",
            'IF([slope]="","",AVERAGE([value_2_ago]:[value_now]))',
            DOUBLE,
            working=True,
        ),
    ]
    rows = [[kpi, month] for kpi in sorted(k[0] for k in KPIS) for month in MONTHS]
    return Tab(name, columns, rows, kind="expected")


def forecast_days_tab(tabs: dict[str, Tab]) -> Tab:
    """One row a day from the first order that counts to the last: revenue, and how far
    off the day a week before was."""
    days = [
        ordered_at.date()
        for _, _, ordered_at, *rest in tabs["orders"].rows
        if "cancelled" not in rest
    ]
    first = min(days)
    name = "forecast_days"
    last_moment = (
        "MAX(MAX(orders[ordered_at]),MAX(touchpoints[touched_at]),"
        "MAX(web_sessions[session_hour]))"
    )
    columns = [
        Column("day_index"),
        Column("day", None, DATE),
        Column(
            "revenue",
            'SUMIFS(orders[order_value],orders[ordered_at],">="&[day],'
            'orders[ordered_at],"<"&([day]+1),orders[status],"<>cancelled")',
            DOUBLE,
        ),
        # Over once something happened later, or in its last hour.
        Column(
            "is_over",
            f"IF(OR([day]<MAX({name}[day]),INT({last_moment})>[day],"
            f"HOUR({last_moment})=23),1,0)",
            INTEGER,
        ),
        Column(
            "naive_error",
            f"IF([day_index]>7,ABS([revenue]-INDEX({name}[revenue],[day_index]-7)),0)",
            DOUBLE,
        ),
    ]
    rows = [
        [index + 1, dt.datetime.combine(first + dt.timedelta(days=index), dt.time())]
        for index in range((max(days) - first).days + 1)
    ]
    return Tab(name, columns, rows)


def forecast_paths_tab(days: int) -> Tab:
    """One row per (origin, step): the seasonal naive forecast and what happened.

    `days` of history; backtests start 9 days apart from 28 days before its end, with 12
    days and more to learn from.
    """
    columns = [
        Column("origin_index"),
        Column("step"),
        Column(
            "forecast",
            "INDEX(forecast_days[revenue],[origin_index]-6+MOD([step]-1,7))",
            DOUBLE,
        ),
        Column("actual", "INDEX(forecast_days[revenue],[origin_index]+[step])", DOUBLE),
        Column("error", "[forecast]-[actual]", DOUBLE),
        Column("size", "ABS([actual])", DOUBLE),
        Column("miss", "ABS([error])", DOUBLE),
        Column("scaled_miss", "[miss]/[naive_scale]", DOUBLE),
        Column(
            "share",
            "IF([miss]=0,0,2*[miss]/(ABS([forecast])+ABS([actual])))",
            DOUBLE,
        ),
        Column(
            "naive_scale",
            "SUMIFS(forecast_days[naive_error],forecast_days[day_index],"
            '"<="&[origin_index])/([origin_index]-7)',
            DOUBLE,
        ),
    ]
    origins = [o for o in range(days - 28, 11, -9)][:52]
    rows = [[origin, step] for origin in sorted(origins) for step in range(1, 29)]
    return Tab("forecast_paths", columns, rows)


def forecast_accuracy_tab() -> Tab:
    """expected_forecast_accuracy: errors of the company's seasonal naive forecast."""

    def total(column: str) -> str:
        return f"SUMIFS(forecast_paths[{column}],forecast_paths[step],[horizon])"

    columns = [
        Column("series"),
        Column("grain"),
        Column("model"),
        Column("horizon", None, INTEGER),
        Column("backtests", "COUNTIFS(forecast_paths[step],[horizon])", INTEGER),
        Column("mean_absolute_error", f"{total('miss')}/[backtests]", DOUBLE),
        Column("wape", ratio(total("miss"), total("size")), DOUBLE),
        Column("smape", f"{total('share')}/[backtests]", DOUBLE),
        Column("mase", f"{total('scaled_miss')}/[backtests]", DOUBLE),
        Column("bias", ratio(total("error"), total("size")), DOUBLE),
    ]
    rows = [
        ["company", "day", "seasonal_naive", horizon]
        for horizon in sorted(range(1, 29), key=str)
    ]
    return Tab("expected_forecast_accuracy", columns, rows, kind="expected")


def checks_tab() -> Tab:
    """Each row compares two numbers that must agree."""
    attribution = "expected_channel_attribution"
    performance = "expected_channel_performance"
    campaigns = "expected_campaign_performance"
    comparison = "expected_attribution_comparison"
    paths = "expected_conversion_paths"
    models = len(MODELS)
    credit_rows = f"COUNTA({CREDITS}[conversion_id])"
    orders = "SUM(conversions[is_conversion])"
    revenue = "SUMIFS(conversions[order_value],conversions[is_conversion],1)"
    spend = "SUM(marketing_spend[spend])"
    spend_rows = "COUNTA(marketing_spend[spend_date])"

    touched = 'conversions[is_conversion],1,conversions[path_length],">0"'
    months = "+".join(
        f"(COUNTIFS(conversions[order_month],DATE({m.year},{m.month},1),{touched})>0)"
        for m in MONTHS
    )
    whole = f'MATCH("(none)|{START}",markov_solve[row_key],0)'
    journeys = "COUNTA(journeys[journey_key])"

    checks = [
        (
            "every order of `orders` has a row in `conversions`",
            "COUNTA(orders[order_id])",
            'SUMPRODUCT((conversions[order_id]<>"")*1)',
        ),
        (
            "`touches` lists as many pairs as the customers' touches make",
            "SUM(conversions[touches_of_customer])",
            "COUNTA(touches[order_id])",
        ),
        ("no pair of `touches` is listed twice", "1", "MAX(touches[times_listed])"),
        (
            "every pair of `touches` is of one customer",
            "COUNTA(touches[order_id])",
            "SUMPRODUCT((touches[customer_id]=touches[touch_customer_id])"
            '*(touches[order_id]<>""))',
        ),
        (
            "credit rows = touches in the window + untouched conversions",
            "SUM(touches[in_window])"
            "+COUNTIFS(conversions[is_conversion],1,conversions[path_length],0)",
            credit_rows,
        ),
        ("every credit row is due", credit_rows, f"SUM({CREDITS}[is_due])"),
        ("no credit row is listed twice", "1", f"MAX({CREDITS}[times_listed])"),
        (
            "position weights add up to 1",
            "1",
            "weight_first+weight_middle+weight_last",
        ),
        (
            "the longest path fits the helper columns",
            "0",
            f"IF(MAX(conversions[path_length])>{LONGEST_PATH},1,0)",
        ),
        *[
            (f"credits of {m} = conversions", orders, f"SUM({CREDITS}[credit_{m}])")
            for m in HEURISTICS
        ],
        *[
            (f"revenue of {m} = revenue", revenue, f"SUM({CREDITS}[revenue_{m}])")
            for m in HEURISTICS
        ],
        *[
            (
                f"`{tab}` holds every credit row once a model",
                f"{models}*{credit_rows}",
                f"SUM({tab}[credit_rows])",
            )
            for tab in (attribution, performance, campaigns, comparison)
        ],
        *[
            (
                f"`{tab}` holds every spend row once a model",
                f"{models}*{spend_rows}",
                f"SUM({tab}[spend_rows])",
            )
            for tab in (performance, campaigns, comparison)
        ],
        *[
            (
                f"`{tab}` has no row without a reason",
                f"COUNTA({tab}[channel])",
                f"SUM({tab}[is_due])",
            )
            for tab in (attribution, performance, campaigns, comparison)
        ],
        *[
            (
                f"`{attribution}` has each channel under {m} in each month with a "
                "touched conversion",
                f"COUNTA(channel_shares[channel])*({months})",
                f'COUNTIFS({attribution}[attribution_model],"{m}",'
                f'{attribution}[channel],"<>unattributed")',
            )
            for m in DATA_DRIVEN
        ],
        *[
            (
                f"spend of `{tab}` = all spend",
                f"{models}*{spend}",
                f"SUM({tab}[spend])",
            )
            for tab in (performance, campaigns)
        ],
        *[
            (
                f"revenue of `{tab}` = revenue",
                f"{models}*{revenue}",
                f"SUM({tab}[revenue])",
            )
            for tab in (attribution, performance, campaigns, comparison)
        ],
        *[
            (
                f"{measure} of `{tab}` under {m}",
                {"conversions": orders, "revenue": revenue}[measure],
                f'SUMIFS({tab}[{measure}],{tab}[attribution_model],"{m}")',
            )
            for m in DATA_DRIVEN
            for tab in (attribution, performance, campaigns, comparison)
            for measure in SHARED
        ],
        (
            "every touch of `touchpoints` has a row in `journey_touches`",
            "COUNTA(touchpoints[touchpoint_id])",
            "COUNTA(journey_touches[touchpoint_id])",
        ),
        ("no touch of it is listed twice", "1", "MAX(journey_touches[times_listed])"),
        (
            "every journey of `journey_touches` has a row in `journeys`",
            "SUM(journey_touches[starts_journey])",
            journeys,
        ),
        ("no journey is listed twice", "1", "MAX(journeys[times_listed])"),
        (
            "every touch is in a listed journey",
            "COUNTA(touchpoints[touchpoint_id])",
            "SUM(journeys[touches])",
        ),
        (
            "the longest journey fits its path",
            "0",
            f"IF(MAX(journeys[touches])>{LONGEST_PATH},1,0)",
        ),
        (
            "no order ends two journeys",
            "1",
            "MAX(journeys[times_ended])",
        ),
        (
            "every touch is of a channel of `channel_shares`",
            "COUNTA(touchpoints[touchpoint_id])",
            "SUM(channel_shares[touches])",
        ),
        (
            "transitions = a start a journey + one out of each touch",
            f"{journeys}+COUNTA(touchpoints[touchpoint_id])",
            "SUM(markov_counts[transitions])",
        ),
        (
            "the chain converts as often as the journeys do",
            f"SUM(journeys[is_converted])/{journeys}",
            f"INDEX(markov_solve[conversion_probability],{whole})",
        ),
        (
            "the chain earns as much as the journeys do",
            f"SUM(journeys[order_value])/{journeys}",
            f"INDEX(markov_solve[expected_value],{whole})",
        ),
        *[
            (
                f"Shapley values of {measure} add up to the rate of all journeys",
                f"SUM(journeys[{column}])/{journeys}",
                f"SUM(channel_shares[{measure}_shapley_value])",
            )
            for measure, column in {
                "conversions": "is_converted",
                "revenue": "order_value",
            }.items()
        ],
        (f"conversions of `{paths}`", orders, f"SUM({paths}[conversions])"),
        (f"revenue of `{paths}`", revenue, f"SUM({paths}[revenue])"),
        (
            "orders of `expected_business_metrics`",
            orders,
            "SUM(expected_business_metrics[orders])",
        ),
        (
            "spend of `expected_business_metrics`",
            spend,
            "SUM(expected_business_metrics[spend])",
        ),
    ]
    columns = [
        Column("check"),
        Column("should_be", "", DOUBLE),
        Column("is", "", DOUBLE),
        Column("result", 'IF(ABS([should_be]-[is])<0.000000001,"ok","WRONG")'),
    ]
    return Tab("checks", columns, [list(check) for check in checks], kind="checks")


# --------------------------------------------------------------------------
# Writing
# --------------------------------------------------------------------------

FONT = "Calibri"
THIN = Side(style="thin", color="C9CED6")
HEADER_FILLS = {
    "raw": "2F5D50",
    "working": "5B6270",
    "expected": "1F3A5F",
    "checks": "7A4B12",
}
KEY_FILL = PatternFill("solid", fgColor="EEF2F7")
WORKING_FILL = PatternFill("solid", fgColor="9AA1AC")

READ_ME = [
    ("Reference company", "title"),
    (
        "A shop small enough to check by hand. Every number on a tab whose name "
        "begins with expected_ is computed by the formulas you see, from the raw "
        "tabs. The models of the project are tested against these numbers.",
        "text",
    ),
    ("How the tabs fit together", "head"),
    ("settings: lookback, half-life, position weights, KPI thresholds.", "text"),
    ("checks: two numbers a row that must agree; the result column says ok.", "text"),
    (
        "touchpoints, orders, customers, returns, marketing_spend, email_events, "
        "web_sessions: the raw data, as typed in. Times are UTC.",
        "text",
    ),
    (
        "touches: each order beside each touch of its customer, with the time "
        "between them, whether the touch is inside the window, its place in the "
        "path and its credit under each model.",
        "text",
    ),
    (
        "conversions: one row an order: whether it counts, its month, whether it is "
        "the customer's first, and its path of channels.",
        "text",
    ),
    (
        "journey_touches: each touch, the journey of its customer it is in, and what "
        "follows it. A journey is the touches since the previous conversion; a gap "
        "longer than the lookback ends it without a conversion. journeys: one row a "
        "journey: its channels, and how it ended.",
        "text",
    ),
    (
        "markov_counts: how often which state followed which. markov_solve: the chain "
        "as it is, and with each channel removed; columns s0_ hold the transitions, "
        "and each further step (s1_, s2_, ...) takes one channel out of the chain "
        "without changing what the others lead to, until only conversions are left. "
        "shapley_subsets: every set of channels, its journeys and conversions, and "
        "what each further channel would add. channel_shares: what follows from both.",
        "text",
    ),
    (
        "forecast_days: revenue of each day, and whether the day is over. "
        "forecast_paths: from every ninth day, what the week before lets expect of the "
        "28 days after it, beside what came. It is the one forecast model that a "
        "formula computes; errors of the fitted ones have the same formulas.",
        "text",
    ),
    (
        "expected_...: one tab a mart. The shaded columns on the left are the key "
        "and are typed in; every other column is a formula. Columns after the empty "
        "column, with a light grey header, are working columns: they are not "
        "exported.",
        "text",
    ),
    ("How to follow a number", "head"),
    (
        "Order O001 was paid on 15 January at noon. Its customer was touched 14 "
        "days, 7 days and 0 days before. With a half-life of 7 days the weights are "
        "1/4, 1/2 and 1, so the credits are 1/7, 2/7 and 4/7. See the rows of O001 "
        "on the tab touches, columns age_days, decay_weight and credit_time_decay.",
        "text",
    ),
    (
        "Order O009 shows the window: touches 30 days before to the second and at "
        "the very second of the order are inside; one second outside either end is "
        "outside. Orders O012 and O023 have two touches in the same second: the "
        "smaller touchpoint_id comes first.",
        "text",
    ),
    (
        "27 journeys, of which 20 convert. The channel podcast has one touch, in a "
        "journey that fails: no order credits it, but the Markov chain does, for it "
        "led on to a channel that sells; its Shapley value is below 0. Its row of "
        "expected_channel_performance is spread like all channels together.",
        "text",
    ),
    (
        "Order O028 follows its touch after 30 days to the second and ends a journey; "
        "O027 follows one second later than that, and its journey fails. O015 is paid "
        "in the same second as O014, which takes the journey.",
        "text",
    ),
    ("How to change or extend it", "head"),
    (
        "Change a raw cell or a setting: everything follows. Changed times can move "
        "touches in or out of the window; the tab checks then shows which tab needs "
        "a row more or fewer.",
        "text",
    ),
    (
        "Add rows: the easiest way is to add them to the files in reference/data "
        "and run reference/build_workbook.py, which lists the keys anew. By hand: "
        "add the raw row, add its key rows, fill the formulas down, until every "
        f"check says ok. Formulas read down to row {LAST_ROW}.",
        "text",
    ),
    (
        "Add a KPI: a row in the KPI table of settings (numerator and denominator "
        "are columns of expected_business_metrics), then its rows in "
        "expected_kpi_values.",
        "text",
    ),
    (
        "Add a tab of your own: see reference/README.md.",
        "text",
    ),
    ("Empty cells", "head"),
    (
        "An empty result means no value (NULL): a share or a ratio whose "
        "denominator is 0, a touch that does not exist. It is never written as 0.",
        "text",
    ),
]


def write_read_me(book: openpyxl.Workbook) -> None:
    """The first tab: plain words."""
    sheet = book.create_sheet("read me")
    sheet.sheet_view.showGridLines = False
    sheet.column_dimensions["A"].width = 100
    for index, (text, style) in enumerate(READ_ME, start=1):
        cell = sheet.cell(index, 1, text)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        size, bold = {"title": (18, True), "head": (13, True), "text": (11, False)}[
            style
        ]
        cell.font = Font(name=FONT, size=size, bold=bold, color="1F2A37")
        lines = -(-len(text) // 100)
        sheet.row_dimensions[index].height = {
            "title": 30,
            "head": 28,
            "text": 16 * lines + 4,
        }[style]


def write_tab(book: openpyxl.Workbook, tab: Tab, tabs: dict[str, Tab]) -> None:
    """Header, literals and formulas of one tab, formatted."""
    sheet = book.create_sheet(tab.name)
    sheet.sheet_properties.tabColor = HEADER_FILLS[tab.kind]
    keys = sum(c.formula is None for c in tab.columns)
    for position, column in enumerate(tab.columns):
        letter = tab.address(column.name)
        header = sheet[f"{letter}1"]
        header.value = column.name
        fill = PatternFill("solid", fgColor=HEADER_FILLS[tab.kind])
        header.fill = WORKING_FILL if column.working else fill
        header.font = Font(name=FONT, bold=True, color="FFFFFF")
        header.alignment = Alignment(vertical="center")
        longest = len(column.name)
        for index, literals in enumerate(tab.rows):
            row = index + 2
            cell = sheet[f"{letter}{row}"]
            if tab.kind == "checks" and column.name in ("should_be", "is"):
                cell.value = resolve(literals[position], tab, row, tabs)
            elif column.formula is None:
                cell.value = literals[position]
                longest = max(longest, len(str(literals[position] or "")))
            else:
                cell.value = resolve(column.formula, tab, row, tabs)
            cell.number_format = column.number_format
            cell.font = Font(name=FONT, color="5B6270" if column.working else "000000")
            cell.border = Border(bottom=THIN)
            if column.formula is None and tab.kind != "raw":
                cell.fill = KEY_FILL
        width = {TIMESTAMP: 20, DATE: 13}.get(column.number_format, longest + 3)
        if column.name == "path":
            width = 60
        sheet.column_dimensions[letter].width = min(max(width, 10), 72)
    sheet.row_dimensions[1].height = 20
    last = tab.address(tab.columns[-1].name)
    sheet.auto_filter.ref = f"A1:{last}{len(tab.rows) + 1}"
    frozen = keys if tab.kind in ("working", "expected") else 0
    sheet.freeze_panes = f"{get_column_letter(frozen + 1)}2"


def write_workbook(tabs: dict[str, Tab]) -> bytes:
    """All tabs as the bytes of an .xlsx file, without computed values."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.properties.creator = "Insight Engine"
    book.properties.title = "Reference company"
    write_read_me(book)
    for tab in tabs.values():
        write_tab(book, tab, tabs)
    if "settings" in tabs:
        for index, (name, *_) in enumerate(PARAMETERS):
            target = f"settings!$B${index + 2}"
            book.defined_names[name] = DefinedName(name, attr_text=target)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


# --------------------------------------------------------------------------
# Recomputing and exporting
# --------------------------------------------------------------------------


def recompute(workbook: bytes) -> bytes:
    """The same workbook with every formula computed by the engine."""
    result = formualizer.recalculate_xlsx_bytes(workbook)
    errors = result["summary"].get("error_summary")
    if errors:
        raise ValueError(f"formulas that end in an error: {errors}")
    return result["bytes"]


def read_values(workbook: bytes) -> openpyxl.Workbook:
    """The stored values of a workbook."""
    return openpyxl.load_workbook(io.BytesIO(workbook), data_only=True)


def table(book: openpyxl.Workbook, name: str) -> tuple[list[str], list[list]]:
    """Header and rows of a tab, up to the first empty header and empty key."""
    cells = list(book[name].iter_rows())
    header = []
    for cell in cells[0]:
        if cell.value in (None, ""):
            break
        header.append(cell.value)
    rows = [row[: len(header)] for row in cells[1:]]
    return header, [list(row) for row in rows if row[0].value not in (None, "")]


def as_text(value, format_code: str) -> str:
    """A cell as text of a CSV file; the number format says what it is."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dt.datetime, dt.date)):
        moment = dt.datetime.combine(value, getattr(value, "time", dt.time)())
        moment = (moment + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
        pattern = "%Y-%m-%d %H:%M:%S" if "h" in format_code.lower() else "%Y-%m-%d"
        return moment.strftime(pattern)
    if isinstance(value, (int, float)):
        return str(round(value)) if format_code == INTEGER else repr(float(value))
    return str(value)


def expected_tables(workbook: bytes) -> dict[str, str]:
    """Recompute a workbook; the CSV text of each tab named `expected_...`."""
    book = read_values(recompute(workbook))
    files = {}
    for name in book.sheetnames:
        if not name.startswith("expected_"):
            continue
        header, rows = table(book, name)
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([as_text(c.value, c.number_format) for c in row])
        files[name] = buffer.getvalue()
    return files


def export(workbook: bytes, folder: Path = EXPECTED) -> None:
    """Write the expected tabs of a workbook as CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in expected_tables(workbook).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")
        print(f"{name}.csv: {text.count(chr(10)) - 1} rows")


def repack(workbook: bytes) -> bytes:
    """The same package with fixed dates, so that equal content is equal bytes."""
    moment = "2025-06-01T00:00:00Z"
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(
                    rb"(<dcterms:(created|modified)[^>]*>)[^<]*",
                    rb"\g<1>" + moment.encode(),
                    content,
                )
            info = zipfile.ZipInfo(name, date_time=(2025, 6, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return buffer.getvalue()


# --------------------------------------------------------------------------
# Assembling
# --------------------------------------------------------------------------


def values_of(book: openpyxl.Workbook, tab: Tab, *names: str) -> list[tuple]:
    """Values of some columns of a recomputed tab, one tuple a row."""
    sheet = book[tab.name]
    letters = [tab.address(name) for name in names]
    return [
        tuple(sheet[f"{letter}{row}"].value for letter in letters)
        for row in range(2, len(tab.rows) + 2)
    ]


def build() -> bytes:
    """The finished workbook: formulas, and their computed values."""
    tabs = {tab.name: tab for tab in [settings_tab(), *raw_tabs()]}
    for make in (
        touches_tab,
        conversions_tab,
        journey_touches_tab,
        forecast_days_tab,
    ):
        tab = make(tabs)
        tabs[tab.name] = tab

    # Which rows the credits and the journeys need: asked of the workbook so far.
    book = read_values(recompute(write_workbook(tabs)))
    in_window = values_of(
        book, tabs["touches"], "order_id", "touchpoint_id", "in_window"
    )
    conversions = values_of(
        book,
        tabs["conversions"],
        "order_id",
        "is_conversion",
        "path_length",
        "path",
        "order_month",
    )
    journeys = values_of(
        book, tabs["journey_touches"], "customer_id", "journey_number", "journey_key"
    )
    over = values_of(book, tabs["forecast_days"], "is_over")
    tabs["forecast_paths"] = forecast_paths_tab(sum(flag for (flag,) in over))
    keys = [[order, touch] for order, touch, inside in in_window if inside]
    keys += [
        [order, "unattributed"]
        for order, counts, length, *_ in conversions
        if counts and not length
    ]
    tabs[CREDITS] = credits_tab(sorted(keys))
    channels = sorted({touch[2] for touch in tabs["touchpoints"].rows})
    for tab in (
        journeys_tab([[key] for *_, key in sorted(set(journeys))], channels),
        markov_counts_tab(channels),
        markov_solve_tab(channels),
        shapley_subsets_tab(channels),
        channel_shares_tab(channels),
    ):
        tabs[tab.name] = tab

    # Which months, channels and campaigns have a credit.
    book = read_values(recompute(write_workbook(tabs)))
    found = values_of(
        book,
        tabs[CREDITS],
        "conversion_month",
        "touch_month",
        "channel",
        "campaign_label",
    )
    spent = [
        (day.replace(day=1), channel, campaign or "(not set)")
        for day, channel, campaign, _ in tabs["marketing_spend"].rows
    ]
    # The data-driven models give a share to every channel of a journey: in each
    # month with touched conversions, and where linear has nothing to go by, in
    # each month with touches of a path.
    shared = {
        (month, channel)
        for _, counts, length, _, month in conversions
        if counts and length
        for channel in channels
    }
    touch_months = {c[1] for c in found if c[2] != "unattributed"}
    without_credit = {
        (month, channel, "(not set)")
        for month in touch_months
        for channel in channels
        if channel not in {c[2] for c in found}
    }

    def keyed(keys: set, data_driven: set) -> list[list]:
        rows = {(*key, model) for key in keys for model in MODELS}
        rows |= {(*key, model) for key in data_driven for model in DATA_DRIVEN}
        return [list(row) for row in sorted(rows)]

    for tab in (
        channel_attribution_tab(keyed({(c[0], c[2]) for c in found}, shared)),
        performance_tab(
            "expected_channel_performance",
            keyed(
                {(c[1], c[2]) for c in found} | {s[:2] for s in spent},
                {key[:2] for key in without_credit},
            ),
            by_campaign=False,
        ),
        performance_tab(
            "expected_campaign_performance",
            keyed({c[1:] for c in found} | set(spent), without_credit),
            by_campaign=True,
        ),
        comparison_tab(
            keyed(
                {(c[2],) for c in found}
                | {(s[1],) for s in spent}
                | {(channel,) for channel in channels},
                set(),
            )
        ),
        paths_tab([[path] for path in sorted({c[3] for c in conversions if c[1]})]),
        business_metrics_tab(),
        kpi_tab(),
        forecast_accuracy_tab(),
    ):
        tabs[tab.name] = tab

    for tab in tabs.values():
        if len(tab.rows) >= LAST_ROW:
            raise ValueError(f"tab {tab.name} is too long: raise LAST_ROW")
    order = [
        "settings",
        "checks",
        *RAW_FORMATS,
        "touches",
        "conversions",
        "journey_touches",
        "journeys",
        "markov_counts",
        "markov_solve",
        "shapley_subsets",
        "channel_shares",
        "forecast_days",
        "forecast_paths",
    ]
    tabs["checks"] = checks_tab()
    tabs = {name: tabs[name] for name in [*order, *(t for t in tabs if t not in order)]}
    return repack(recompute(write_workbook(tabs)))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--export",
        type=Path,
        metavar="XLSX",
        help="only recompute this workbook and export its expected_ tabs",
    )
    arguments = parser.parse_args()
    if arguments.export:
        export(arguments.export.read_bytes())
        return
    workbook = build()
    WORKBOOK.write_bytes(workbook)
    export(workbook)


if __name__ == "__main__":
    main()
