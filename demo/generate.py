"""Write the NovaMart demo company: raw exports, and the truth beside them.

    python demo/generate.py --output demo/data --scale 1 --seed 20240101

The same seed and scale give the same bytes. Customers are drawn in chunks of at
most 45,000 that are streamed to their files, so memory does not grow with the
scale. `truth/manifest.json` is written last: without it a run is unfinished.
"""

import argparse
import hashlib
import json
import shutil
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo import around, buying, company, dirt, journeys, writers

GENERATOR_VERSION = "1"
# Beyond this scale orders become a folder of Parquet parts.
ORDERS_CSV_UP_TO = 5
LATE_SHARE = 0.001
LATE_BEFORE = company.day_index("2025-12-01") * company.DAY
OUTPUTS = (
    "touchpoints",
    "orders",
    "orders.csv",
    "customers.parquet",
    "returns.csv",
    "marketing_spend.csv",
    "email_events",
    "web_sessions.parquet",
    "truth",
)
TOUCHPOINT_COLUMNS = (
    "touchpoint_id",
    "customer_id",
    "channel",
    "campaign",
    "touched_at",
)


@dataclass(frozen=True)
class Settings:
    """What a run depends on. `chunk_customers` is part of the numbers."""

    scale: float
    seed: int
    chunk_customers: int = company.MAX_CHUNK

    @property
    def n_customers(self):
        """Customers in all."""
        return max(1, round(company.CUSTOMERS_AT_SCALE_1 * self.scale))

    def chunk_sizes(self):
        """Customers by chunk; only the last may be short."""
        full, rest = divmod(self.n_customers, self.chunk_customers)
        return [self.chunk_customers] * full + ([rest] if rest else [])

    def identity(self):
        """What the manifest must say for a finished run to be reused."""
        return {
            "generator_version": GENERATOR_VERSION,
            "generator_sha256": source_sha256(),
            "scale": self.scale,
            "seed": self.seed,
            "chunk_customers": self.chunk_customers,
        }


def source_sha256():
    """SHA-256 over the generator's own source files."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).resolve().parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_finished(output, settings):
    """Whether `output` holds a finished run of `settings`, files included."""
    try:
        manifest = json.loads((output / "truth" / "manifest.json").read_text())
        return all(manifest[k] == v for k, v in settings.identity().items()) and all(
            (output / name).stat().st_size == size
            for name, size in manifest["bytes"].items()
        )
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def customer_ids(customers):
    """Text ids of a chunk's customers."""
    return writers.ids("C", customers.number, 9)


def touchpoint_table(chunk, touches, names_of_customers):
    """Touches as the exported table, numbered in time order."""
    return pa.table(
        {
            "touchpoint_id": writers.ids(
                f"T{chunk:04d}", np.arange(len(touches.second)), 7
            ),
            "customer_id": names_of_customers.take(pa.array(touches.customer)),
            "channel": writers.names(touches.channel, journeys.NAMES),
            "campaign": writers.names(touches.campaign, journeys.CAMPAIGN_NAMES),
            "touched_at": writers.timestamps(touches.second),
        }
    )


def order_table(chunk, orders, names_of_customers):
    """Orders as the exported table, numbered in time order."""
    buyer = pa.array(orders.customer, mask=orders.guest)
    return pa.table(
        {
            "order_id": writers.ids(f"O{chunk:04d}", np.arange(len(orders.second)), 7),
            "customer_id": names_of_customers.take(buyer),
            "ordered_at": writers.timestamps(orders.second),
            "order_value": writers.money(orders.cents),
            "discount_amount": writers.money(orders.discount_cents),
            "product_category": writers.names(orders.category, buying.CATEGORIES),
            "shipping_method": writers.names(orders.shipping, buying.SHIPPING),
            "status": writers.names(orders.status, buying.STATUSES),
        }
    )


class Run:
    """One run: open files, row counts, seconds, and samples for the dirt."""

    def __init__(self, output, settings):
        """Prepare the files of a run below `output`."""
        self.output, self.settings = output, settings
        self.rows = defaultdict(int)
        self.seconds = defaultdict(float)
        self.dirt_counts = dirt.row_counts(settings.scale)
        self.samples = {}
        self.aliases = dict.fromkeys(company.ALIASES, 0)
        self.unmapped = self.late = 0
        self.orders_by_period = np.zeros(around.N_PERIODS, dtype=np.int64)
        self.expected = np.zeros(len(company.DROPS), dtype=np.int64)
        self.realised = np.zeros(len(company.DROPS), dtype=np.int64)
        self.hourly = company.common_intensity(settings.seed)
        self.orders_in_parts = settings.scale > ORDERS_CSV_UP_TO
        truth = output / "truth"
        self.customers_file = writers.ParquetFile(output / "customers.parquet")
        self.true_customers = writers.ParquetFile(truth / "customers.parquet")
        self.true_orders = writers.ParquetFile(truth / "orders.parquet")
        self.returns_file = writers.CsvFile(output / "returns.csv")
        self.late_file = writers.CsvFile(output / "touchpoints" / "late_arrivals.csv")
        self.orders_file = (
            None if self.orders_in_parts else writers.CsvFile(output / "orders.csv")
        )

    def close(self):
        """Finish the streamed files."""
        for file in (
            self.customers_file,
            self.true_customers,
            self.true_orders,
            self.returns_file,
            self.late_file,
            self.orders_file,
        ):
            if file is not None:
                file.close()

    def timed(self, table, function, *arguments):
        """Call `function`, adding its seconds to those of `table`."""
        began = time.perf_counter()
        result = function(*arguments)
        self.seconds[table] += time.perf_counter() - began
        return result

    def chunk(self, chunk, size):
        """Draw and write one chunk."""
        seed = self.settings.seed
        customers = self.timed(
            "customers",
            buying.draw_customers,
            seed,
            chunk,
            size,
            self.settings.chunk_customers,
        )
        orders = self.timed(
            "orders", buying.draw_orders, seed, chunk, customers, self.hourly
        )
        self.orders_by_period += np.bincount(
            orders.second * around.N_PERIODS // company.END_SECOND,
            minlength=around.N_PERIODS,
        )
        orders, expected, realised = self.timed(
            "orders", buying.apply_drops, seed, chunk, orders, self.hourly
        )
        self.expected += expected
        self.realised += realised
        returns = self.timed("returns", buying.draw_returns, seed, chunk, orders)
        events = self.timed(
            "email_events", around.draw_email_events, seed, chunk, customers
        )
        clicked = events[1] == around.CLICKED
        touches = self.timed(
            "touchpoints",
            journeys.draw_touches,
            seed,
            chunk,
            customers,
            orders,
            self.hourly,
            (events[0][clicked], events[2][clicked]),
        )
        names = customer_ids(customers)
        self.timed("customers", self.write_customers, customers, names)
        table = self.timed("orders", self.write_orders, chunk, orders, customers, names)
        self.timed("returns", self.write_returns, chunk, returns, orders, table)
        self.timed("email_events", self.write_events, chunk, events, names)
        self.timed("touchpoints", self.write_touches, chunk, touches, names)

    def write_customers(self, customers, names):
        """Append customers and their true kinds."""
        self.customers_file.write(
            pa.table(
                {
                    "customer_id": names,
                    "created_at": writers.timestamps(customers.created),
                }
            )
        )
        self.true_customers.write(
            pa.table(
                {
                    "customer_id": names,
                    "kind": writers.names(customers.kind, company.KIND_NAMES),
                }
            )
        )
        self.rows["customers"] += len(names)

    def write_orders(self, chunk, orders, customers, names):
        """Append orders and their truth; return the exported table."""
        table = order_table(chunk, orders, names)
        if self.orders_in_parts:
            part = writers.ParquetFile(
                self.output / "orders" / f"part-{chunk:04d}.parquet"
            )
            part.write(table)
            part.close()
        else:
            self.orders_file.write(table)
        self.true_orders.write(
            pa.table(
                {
                    "order_id": table["order_id"],
                    "customer_id": names.take(pa.array(orders.customer)),
                    "kind": writers.names(orders.kind, company.KIND_NAMES),
                    "return_probability": orders.return_probability,
                    "discount_share": orders.discount_share,
                }
            )
        )
        self.rows["orders"] += table.num_rows
        if chunk == 0:
            self.sample("orders", table, np.arange(table.num_rows), 7)
        return table

    def write_returns(self, chunk, returns, orders, order_rows):
        """Append returns."""
        table = pa.table(
            {
                "order_id": order_rows["order_id"].take(pa.array(returns.order)),
                "returned_at": writers.timestamps(returns.second),
                "refund_amount": writers.money(returns.refund_cents),
                "processing_cost": writers.money(returns.processing_cents),
            }
        )
        self.returns_file.write(table)
        self.rows["returns"] += table.num_rows
        if chunk == 0:
            self.sample("returns", table, np.arange(table.num_rows), 8)
            kept = orders.status == buying.COMPLETED
            kept[returns.order] = False
            kept &= orders.second < company.END_SECOND - 31 * company.DAY
            later = pa.table(
                {
                    "order_id": order_rows["order_id"],
                    "returned_at": writers.timestamps(orders.second + 9 * company.DAY),
                }
            )
            self.sample("returns", later, np.flatnonzero(kept), 9, "unreturned")

    def write_events(self, chunk, events, names):
        """Write the chunk's part of the newsletter events."""
        who, kind, second = events
        table = pa.table(
            {
                "event_id": writers.ids(f"E{chunk:04d}", np.arange(len(who)), 7),
                "customer_id": names.take(pa.array(who)),
                "event_type": writers.names(kind, around.EVENT_TYPES),
                "occurred_at": writers.timestamps(second),
            }
        )
        part = writers.ParquetFile(
            self.output / "email_events" / f"part-{chunk:04d}.parquet"
        )
        part.write(table)
        part.close()
        self.rows["email_events"] += table.num_rows
        if chunk == 0:
            self.sample("email_events", table, np.arange(len(who)), 10)

    def write_touches(self, chunk, touches, names):
        """Write the chunk's touches: one part, and some that arrive late."""
        rng = company.chunk_rng(self.settings.seed, chunk, 6)
        table = touchpoint_table(chunk, touches, names)
        n = table.num_rows
        for code, alias in enumerate(journeys.ALIAS_NAMES, start=len(company.CHANNELS)):
            self.aliases[alias] += int((touches.channel == code).sum())
        self.unmapped += int((touches.channel == journeys.UNMAPPED_CODE).sum())
        late = (touches.second < LATE_BEFORE) & (rng.random(n) < LATE_SHARE)
        part = writers.ParquetFile(
            self.output / "touchpoints" / f"part-{chunk:04d}.parquet"
        )
        part.write(table.filter(pa.array(~late)))
        part.close()
        self.late_file.write(table.filter(pa.array(late)))
        self.late += int(late.sum())
        self.rows["touchpoints"] += n
        if chunk == 0:
            plain = ~late & (touches.channel < len(company.CHANNELS))
            self.sample("touchpoints", table, np.flatnonzero(plain), 11)

    def sample(self, table_name, table, candidates, stream, key=None):
        """Keep as many random clean rows, as text, as the table's dirt needs."""
        rng = company.company_rng(self.settings.seed, stream)
        need = sum(self.dirt_counts[table_name].values())
        rows = rng.choice(candidates, min(need, len(candidates)), replace=False)
        self.samples[key or table_name] = writers.text_rows(table.take(pa.array(rows)))

    def dirty(self):
        """Append the dirt to the exports."""
        counts = self.dirt_counts
        rows = dirt.dirty_touchpoints(
            self.samples["touchpoints"], counts["touchpoints"]
        )
        self.late_file.write(writers.text_table(rows, TOUCHPOINT_COLUMNS))
        rows = dirt.dirty_orders(self.samples["orders"], counts["orders"])
        file = self.orders_file
        if self.orders_in_parts:
            file = writers.CsvFile(self.output / "orders" / "corrections.csv")
        file.write(writers.text_table(rows, list(rows[0])))
        file.close()
        rows = dirt.dirty_returns(
            self.samples["returns"], self.samples["unreturned"], counts["returns"]
        )
        self.returns_file.write(writers.text_table(rows, list(rows[0])))
        rows = dirt.dirty_email_events(
            self.samples["email_events"], counts["email_events"]
        )
        table = writers.text_table(rows, list(rows[0]))
        at = table.column_names.index("occurred_at")
        table = table.set_column(
            at, "occurred_at", table["occurred_at"].cast(pa.timestamp("us"))
        )
        part = writers.ParquetFile(self.output / "email_events" / "part-resent.parquet")
        part.write(table)
        part.close()
        for name, kinds in counts.items():
            self.rows[name] += sum(kinds.values())

    def company_tables(self):
        """Write the tables that do not belong to customers."""
        seed = self.settings.seed
        hour, channel, sessions = self.timed(
            "web_sessions",
            around.draw_sessions,
            seed,
            self.hourly,
            self.orders_by_period,
        )
        file = writers.ParquetFile(self.output / "web_sessions.parquet")
        self.timed(
            "web_sessions",
            file.write,
            pa.table(
                {
                    "session_hour": writers.timestamps(hour * company.HOUR),
                    "channel": writers.names(channel, company.CHANNELS),
                    "sessions": pa.array(sessions.astype(np.int64)),
                }
            ),
        )
        file.close()
        self.rows["web_sessions"] = len(hour)

        days, channels, campaigns, cents = self.timed(
            "marketing_spend", around.draw_spend, seed, self.settings.scale
        )
        extra = dirt.dirty_spend(seed, self.dirt_counts["marketing_spend"])
        file = writers.CsvFile(self.output / "marketing_spend.csv")
        self.timed(
            "marketing_spend",
            file.write,
            pa.table(
                {
                    "spend_date": writers.dates(
                        np.concatenate([days, [row["day"] for row in extra]])
                    ),
                    "channel": pa.array(
                        [*channels, *(row["channel"] for row in extra)], pa.string()
                    ),
                    "campaign": pa.array(
                        [*campaigns, *(row["campaign"] for row in extra)], pa.string()
                    ),
                    "spend": writers.money(
                        np.concatenate([cents, [row["cents"] for row in extra]])
                    ),
                }
            ),
        )
        file.close()
        self.rows["marketing_spend"] += len(days)

    def truth(self):
        """Write incidents, events and the amounts of dirt."""
        folder = self.output / "truth"
        drops = iter(zip(self.expected, self.realised, strict=True))
        incidents = []
        for one in company.INCIDENTS:
            row = {
                "kind": one.kind,
                "start": str(one.start),
                "end": str(one.end),
                "magnitude": one.magnitude,
                "affected_metric": one.affected_metric,
                "expected_revenue": None,
                "realised_revenue": None,
            }
            if one.kind == "revenue_drop":
                expected, realised = next(drops)
                row["expected_revenue"] = round(int(expected) / 100, 2)
                row["realised_revenue"] = round(int(realised) / 100, 2)
            incidents.append(row)
        writers.write_json(folder / "incidents.json", incidents)
        file = writers.CsvFile(folder / "incidents.csv")
        file.write(pa.Table.from_pylist(incidents))
        file.close()
        file = writers.CsvFile(folder / "promotions.csv")
        file.write(
            pa.table(
                {
                    name: pa.array([row[i] for row in company.EVENTS])
                    for i, name in enumerate(
                        ("event_name", "start_date", "end_date", "kind")
                    )
                }
            )
        )
        file.close()
        writers.write_json(
            folder / "dirt.json",
            {
                "dirty_rows": self.dirt_counts,
                "aliases": {"touchpoints": self.aliases},
                "unmapped": {"touchpoints": {company.UNMAPPED_CHANNEL: self.unmapped}},
                "late_rows": {"touchpoints": self.late},
            },
        )

    def manifest(self):
        """Write the marker of a finished run, last of all."""
        files = sorted(
            path
            for name in OUTPUTS
            for path in (
                [self.output / name]
                if (self.output / name).is_file()
                else (self.output / name).rglob("*")
            )
            if path.is_file()
        )
        writers.write_json(
            self.output / "truth" / "manifest.json",
            {
                **self.settings.identity(),
                "customers": self.settings.n_customers,
                "rows": dict(sorted(self.rows.items())),
                "bytes": {
                    path.relative_to(self.output).as_posix(): path.stat().st_size
                    for path in files
                },
            },
        )


def clear(output):
    """Remove what an earlier run left, its marker first; nothing else."""
    (output / "truth" / "manifest.json").unlink(missing_ok=True)
    for name in OUTPUTS:
        path = output / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def generate(output, settings, force=False, say=print):
    """Write the company below `output`; return whether anything was written."""
    output = Path(output)
    if not force and is_finished(output, settings):
        say(
            f"{output}: already there (scale {settings.scale:g}, "
            f"seed {settings.seed}); --force writes it again"
        )
        return False
    began = time.perf_counter()
    output.mkdir(parents=True, exist_ok=True)
    clear(output)
    run = Run(output, settings)
    try:
        sizes = settings.chunk_sizes()
        for chunk, size in enumerate(sizes):
            run.chunk(chunk, size)
            if len(sizes) > 1:
                say(
                    f"customers {chunk + 1} of {len(sizes)} parts written, "
                    f"{time.perf_counter() - began:.1f} s"
                )
        run.company_tables()
        run.dirty()
    finally:
        run.close()
    run.truth()
    run.manifest()
    for name in sorted(run.rows):
        say(f"{name:<16}{run.rows[name]:>12,} rows{run.seconds[name]:>8.1f} s")
    say(
        f"{output}: {settings.n_customers:,} customers, "
        f"{time.perf_counter() - began:.1f} s"
    )
    return True


def main(arguments=None):
    """Command line."""
    parser = argparse.ArgumentParser(
        description="Write the NovaMart demo company and its truth."
    )
    parser.add_argument("--output", default="demo/data", type=Path)
    parser.add_argument(
        "--scale", default=1.0, type=float, help="1 is 45,000 customers"
    )
    parser.add_argument("--seed", default=20240101, type=int)
    parser.add_argument(
        "--force", action="store_true", help="write again what is already there"
    )
    options = parser.parse_args(arguments)
    if not 0.02 <= options.scale <= 1000:
        parser.error("--scale must lie between 0.02 and 1000")
    if options.seed < 0:
        parser.error("--seed must not be negative")
    generate(options.output, Settings(options.scale, options.seed), options.force)


if __name__ == "__main__":
    main()
