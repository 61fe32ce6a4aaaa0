"""Sends what is new in the mart `alerts` to chat, e-mail or any webhook.

    python -m ops.notify [--dry-run]

INSIGHT_NOTIFY_URLS names the places, apart from each other by blanks, in the notation
of the library apprise: slack://..., mailto://..., workflows://... (Teams),
json://host/path (a plain webhook).  They hold secrets: nothing here prints them.

One message a run and place says which alerts are new, which got worse and which are
over; a run without such sends nothing.  An alert that was over before it was ever
sent is left out.  What was sent is on record in the SQLite file
INSIGHT_NOTIFY_RECORD (by default beside the warehouse).  A message is put on record
as `sending` before it goes out: if the program dies between sending and recording,
the next run does not send it again, and says that its fate is not known.  A message
that was refused on every try is on record as `failed`, and its alerts go out with
the next run.
"""

import argparse
import contextlib
import dataclasses
import datetime
import hashlib
import logging
import os
import sqlite3
import sys
import time

import apprise
import duckdb

SEVERITIES = ("info", "warning", "critical")
ATTEMPTS = 5
# Alerts of one kind that a message lists before it only counts them.
LISTED = 20
SCHEMA = """
create table if not exists deliveries (
    delivery_id integer primary key,
    place text not null,
    state text not null check (state in ('sending', 'sent', 'failed')),
    attempts integer not null default 0,
    title text not null,
    started_at text not null,
    ended_at text
);
create table if not exists delivered_alerts (
    delivery_id integer not null references deliveries,
    alert_id text not null,
    kind text not null check (kind in ('new', 'worse', 'over')),
    severity text not null,
    title text not null,
    primary key (delivery_id, alert_id)
);
"""


class NotifyError(Exception):
    """Nothing can be sent; the message says why, without any secret."""


@dataclasses.dataclass(frozen=True)
class Change:
    """What a message says of one alert."""

    kind: str
    alert_id: str
    severity: str
    title: str
    detail: str


def read_alerts(warehouse):
    """Alerts of the DuckDB file `warehouse` as dicts by alert_id."""
    if not os.path.exists(warehouse):
        raise NotifyError(f"There is no {warehouse} yet: run `make build`.")
    try:
        with duckdb.connect(warehouse, read_only=True) as connection:
            rows = connection.execute(
                "select alert_id, severity, title, detail, is_open from marts.alerts"
            ).fetchall()
    except duckdb.CatalogException:
        raise NotifyError(
            f"{warehouse} has no mart alerts: run `make build`."
        ) from None
    except duckdb.IOException:
        raise NotifyError(f"{warehouse} cannot be read: is a build running?") from None
    names = ("alert_id", "severity", "title", "detail", "is_open")
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def places(urls):
    """Names of places that give no secret away -> their URL.

    A name is the kind of service and eight digits of the URL's SHA-256.
    """
    found = {}
    for url in urls.split():
        kind = url.split("://")[0] if "://" in url else "unreadable"
        digest = hashlib.sha256(url.encode()).hexdigest()[:8]
        found[f"{kind[:20]} {digest}"] = url
    return found


def last_words(record, place):
    """What `place` was last told of each alert: alert_id -> (kind, severity, title).

    Messages whose fate is not known count as told.
    """
    rows = record.execute(
        """
        select alert_id, kind, severity, delivered_alerts.title
        from delivered_alerts
        inner join deliveries using (delivery_id)
        where place = ? and state <> 'failed'
        order by delivery_id
        """,
        (place,),
    )
    return {
        alert_id: (kind, severity, title) for alert_id, kind, severity, title in rows
    }


def changes(alerts, told):
    """What a place that was told `told` (see last_words) does not know yet.

    Worst first; alerts that are over come last.
    """
    found = []
    for alert_id, alert in alerts.items():
        kind, severity, _ = told.get(alert_id, ("over", None, None))
        fields = (alert_id, alert["severity"], alert["title"], alert["detail"])
        if alert["is_open"] and kind == "over":
            found.append(Change("new", *fields))
        elif alert["is_open"] and SEVERITIES.index(
            alert["severity"]
        ) > SEVERITIES.index(severity):
            found.append(Change("worse", *fields))
        elif not alert["is_open"] and kind != "over":
            found.append(Change("over", *fields))
    # What the mart no longer holds (the data behind it changed) is over too.
    for alert_id, (kind, severity, title) in told.items():
        if alert_id not in alerts and kind != "over":
            found.append(
                Change("over", alert_id, severity, title, "no longer in the data")
            )
    order = {"new": 0, "worse": 1, "over": 2}
    return sorted(
        found,
        key=lambda change: (
            order[change.kind],
            -SEVERITIES.index(change.severity),
            change.title,
            change.alert_id,
        ),
    )


def message(found):
    """Title and body of the one message about the changes `found`."""
    titles, blocks = [], []
    for kind, heading in (("new", "New"), ("worse", "Worse"), ("over", "Over")):
        some = [change for change in found if change.kind == kind]
        if not some:
            continue
        titles.append(f"{len(some)} {kind}")
        lines = [
            f"[{change.severity}] {change.title}"
            + ("" if kind == "over" else f"\n    {change.detail}")
            for change in some[:LISTED]
        ]
        if len(some) > LISTED:
            lines.append(f"and {len(some) - LISTED} more (marts.alerts)")
        blocks.append("\n".join([heading, *lines]))
    return "Insight Engine: " + ", ".join(titles), "\n\n".join(blocks)


def send(url, title, body):
    """Hand one message to apprise; did the place take it?"""
    service = apprise.Apprise()
    if not service.add(url):
        return False
    return bool(service.notify(title=title, body=body))


def now():
    """The moment, for the record."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def claim(record, place, alerts):
    """Put the next message to `place` on record as `sending`.

    One transaction reads what the place was told and writes what it is about to be
    told, so that two runs at a time cannot both send it.
    Returns (delivery_id, changes), or (None, []) where nothing is new.
    """
    record.execute("begin immediate")
    with record:
        found = changes(alerts, last_words(record, place))
        if not found:
            return None, []
        delivery = record.execute(
            "insert into deliveries (place, state, title, started_at)"
            " values (?, 'sending', ?, ?)",
            (place, message(found)[0], now()),
        ).lastrowid
        record.executemany(
            "insert into delivered_alerts values (?, ?, ?, ?, ?)",
            [
                (delivery, change.alert_id, change.kind, change.severity, change.title)
                for change in found
            ],
        )
    return delivery, found


def deliver(record, delivery, url, found, pause):
    """Send a claimed message, again after `pause`, 2, 4... times it if refused."""
    title, body = message(found)
    done = False
    for attempt in range(1, ATTEMPTS + 1):
        with record:
            record.execute(
                "update deliveries set attempts = ? where delivery_id = ?",
                (attempt, delivery),
            )
        try:
            done = send(url, title, body)
        except Exception:  # its text may hold the URL
            done = False
        if done:
            break
        if attempt < ATTEMPTS:
            time.sleep(pause * 2 ** (attempt - 1))
    with record:
        record.execute(
            "update deliveries set state = ?, ended_at = ? where delivery_id = ?",
            ("sent" if done else "failed", now(), delivery),
        )
    return done


def run(warehouse, record_path, urls, dry_run=False, pause=1.0, write=print):
    """Tell every place what it does not know; returns the number that refused."""
    alerts = read_alerts(warehouse)
    found_places = places(urls)
    if not found_places and not dry_run:
        raise NotifyError("INSIGHT_NOTIFY_URLS names no place to send to.")
    # A dry run leaves no trace: without a record it looks into an empty one.
    path = record_path
    if dry_run:
        path = (
            f"file:{record_path}?mode=ro" if os.path.exists(record_path) else ":memory:"
        )
    refused = 0
    with contextlib.closing(
        sqlite3.connect(path, timeout=60, uri=path.startswith("file:"))
    ) as record:
        if not dry_run or path == ":memory:":
            record.executescript(SCHEMA)
        for place in found_places or {"nowhere": ""}:
            unknown = record.execute(
                "select count(*) from deliveries where place = ? and state = 'sending'",
                (place,),
            ).fetchone()[0]
            if unknown:
                write(
                    f"{place}: {unknown} earlier message(s) may or may not have arrived"
                    " (interrupted while sending); not sent again"
                )
            if dry_run:
                found = changes(alerts, last_words(record, place))
                text = "\n".join(message(found)) if found else "nothing new"
                write(f"To {place}:\n{text}")
                continue
            delivery, found = claim(record, place, alerts)
            if delivery is None:
                write(f"{place}: nothing new")
            elif deliver(record, delivery, found_places[place], found, pause):
                write(f"{place}: sent, {message(found)[0]}")
            else:
                refused += 1
                write(f"{place}: refused {ATTEMPTS} times; the next run tries again")
    return refused


def main():
    """Read the environment and the command line, send, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dry-run", action="store_true", help="show, send nothing")
    options = parser.parse_args()
    # apprise logs the URLs it cannot reach.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)
    warehouse = os.environ.get("INSIGHT_WAREHOUSE", "warehouse.duckdb")
    try:
        refused = run(
            warehouse,
            os.environ.get("INSIGHT_NOTIFY_RECORD", f"{warehouse}.notified.sqlite"),
            os.environ.get("INSIGHT_NOTIFY_URLS", ""),
            options.dry_run,
            float(os.environ.get("INSIGHT_NOTIFY_PAUSE", "1")),
        )
    except NotifyError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
