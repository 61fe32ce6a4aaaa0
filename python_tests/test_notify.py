"""Notifications against a real HTTP server: once each, retried, never twice."""

import datetime
import http.server
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading

import duckdb
import pytest
from harness import ROOT, Shop

from ops import notify


class Inbox:
    """A web server that keeps what is posted to it and answers as told."""

    def __init__(self):
        self.received = []
        self.answers = []
        self.victim = None
        inbox = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                inbox.received.append(json.loads(self.rfile.read(length)))
                if inbox.victim is not None:
                    # Everything has arrived, and the sender never hears of it.
                    inbox.victim.send_signal(signal.SIGKILL)
                    inbox.victim.wait()
                    return
                self.send_response(inbox.answers.pop(0) if inbox.answers else 200)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://127.0.0.1:{self.server.server_port}/hook-s3cret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def inbox():
    inbox = Inbox()
    yield inbox
    inbox.server.shutdown()
    inbox.server.server_close()


class Desk:
    """A warehouse with nothing but alerts, and a record of deliveries."""

    def __init__(self, folder, inbox):
        self.warehouse = str(folder / "w.duckdb")
        self.record = str(folder / "record.sqlite")
        self.inbox = inbox
        self.lines = []

    def alerts(self, *rows):
        """Set the mart: (alert_id, severity, is_open)."""
        with duckdb.connect(self.warehouse) as connection:
            connection.execute("create schema if not exists marts")
            connection.execute(
                "create or replace table marts.alerts (alert_id varchar,"
                " severity varchar, title varchar, detail varchar, is_open boolean)"
            )
            for alert_id, severity, is_open in rows:
                connection.execute(
                    "insert into marts.alerts values (?, ?, ?, ?, ?)",
                    [
                        alert_id,
                        severity,
                        f"title of {alert_id}",
                        f"detail {alert_id}",
                        is_open,
                    ],
                )

    def run(self, **options):
        """Notify; returns the number of places that refused."""
        options = {"urls": self.inbox.url, "pause": 0.01, **options}
        return notify.run(
            self.warehouse, self.record, write=self.lines.append, **options
        )

    def states(self):
        with sqlite3.connect(self.record) as record:
            return record.execute(
                "select state, attempts from deliveries order by delivery_id"
            ).fetchall()


@pytest.fixture
def desk(tmp_path, inbox):
    return Desk(tmp_path, inbox)


def test_an_alert_is_told_once_and_resolved_once(desk, inbox):
    desk.alerts(("a", "warning", True))
    for _ in range(3):
        assert desk.run() == 0
    assert [post["title"] for post in inbox.received] == ["Insight Engine: 1 new"]
    assert "title of a" in inbox.received[0]["message"]
    assert "detail a" in inbox.received[0]["message"]
    desk.alerts(("a", "warning", False))
    for _ in range(3):
        desk.run()
    assert [post["title"] for post in inbox.received[1:]] == ["Insight Engine: 1 over"]


def test_one_message_a_run_groups_what_changed(desk, inbox):
    desk.alerts(("a", "warning", True), ("b", "info", True), ("c", "info", False))
    desk.run()
    desk.alerts(
        ("a", "critical", True),
        ("b", "info", False),
        ("c", "info", False),
        ("d", "critical", True),
    )
    desk.run()
    first, second = inbox.received
    assert first["title"] == "Insight Engine: 2 new"
    # Worst first, and nothing of an alert that was over before it was told.
    assert first["message"].index("title of a") < first["message"].index("title of b")
    assert "title of c" not in first["message"] + second["message"]
    assert second["title"] == "Insight Engine: 1 new, 1 worse, 1 over"
    order = [second["message"].index(f"title of {name}") for name in "dab"]
    assert order == sorted(order)


def test_less_severe_is_no_news_and_reopened_is(desk, inbox):
    desk.alerts(("a", "critical", True))
    desk.run()
    desk.alerts(("a", "warning", True))
    desk.run()
    assert len(inbox.received) == 1
    desk.alerts(("a", "warning", False))
    desk.run()
    desk.alerts(("a", "warning", True))
    desk.run()
    titles = [post["title"].split(": ")[1] for post in inbox.received]
    assert titles == ["1 new", "1 over", "1 new"]


def test_an_alert_that_left_the_mart_is_over(desk, inbox):
    desk.alerts(("a", "warning", True))
    desk.run()
    desk.alerts()
    desk.run()
    desk.run()
    assert [post["title"].split(": ")[1] for post in inbox.received] == [
        "1 new",
        "1 over",
    ]
    assert "title of a" in inbox.received[1]["message"]


def test_a_server_that_fails_twice_is_tried_a_third_time(desk, inbox):
    desk.alerts(("a", "warning", True))
    inbox.answers = [500, 503, 200]
    assert desk.run() == 0
    assert len(inbox.received) == 3
    assert desk.states() == [("sent", 3)]
    desk.run()
    assert len(inbox.received) == 3


def test_pauses_double(desk, inbox, monkeypatch):
    pauses = []
    monkeypatch.setattr(notify.time, "sleep", pauses.append)
    desk.alerts(("a", "warning", True))
    inbox.answers = [500] * 5
    assert desk.run(pause=1.0) == 1
    assert pauses == [1.0, 2.0, 4.0, 8.0]
    assert desk.states() == [("failed", 5)]
    # Refused for good: the next run says it again.
    assert desk.run() == 0
    assert inbox.received[-1]["title"] == "Insight Engine: 1 new"
    assert desk.states() == [("failed", 5), ("sent", 1)]


def command(desk, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "ops.notify", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "INSIGHT_WAREHOUSE": desk.warehouse,
            "INSIGHT_NOTIFY_RECORD": desk.record,
            "INSIGHT_NOTIFY_URLS": desk.inbox.url,
            "INSIGHT_NOTIFY_PAUSE": "0.01",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class Late:
    """Stands for a process that is started after its victim is named."""

    def __init__(self):
        self.ready = threading.Event()
        self.process = None

    def send_signal(self, number):
        self.ready.wait(30)
        self.process.send_signal(number)

    def wait(self):
        self.process.wait()


def test_killed_between_sending_and_recording_it_never_sends_twice(desk, inbox):
    desk.alerts(("a", "warning", True))
    inbox.victim = Late()
    inbox.victim.process = command(desk)
    inbox.victim.ready.set()
    assert inbox.victim.process.wait(60) == -signal.SIGKILL
    inbox.victim.process.stdout.close()
    inbox.victim = None
    assert len(inbox.received) == 1
    assert desk.states() == [("sending", 1)]
    assert desk.run() == 0
    assert len(inbox.received) == 1
    assert "may or may not have arrived" in desk.lines[0]
    # Its end is told all the same.
    desk.alerts(("a", "warning", False))
    desk.run()
    assert [post["title"].split(": ")[1] for post in inbox.received] == [
        "1 new",
        "1 over",
    ]


def test_no_secret_is_printed_or_recorded(desk, inbox):
    desk.alerts(("a", "warning", True))
    inbox.answers = [500] * 5
    process = command(desk)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "refused 5 times" in printed
    assert "s3cret" not in printed and str(inbox.server.server_port) not in printed
    with open(desk.record, "rb") as record:
        assert b"s3cret" not in record.read()


def test_a_dry_run_shows_and_sends_and_records_nothing(desk, inbox):
    desk.alerts(("a", "warning", True))
    desk.run(dry_run=True)
    assert "Insight Engine: 1 new" in desk.lines[0] and "title of a" in desk.lines[0]
    assert inbox.received == [] and not os.path.exists(desk.record)
    desk.run()
    desk.run(dry_run=True)
    assert "nothing new" in desk.lines[-1]
    assert len(inbox.received) == 1


def test_every_place_is_told_on_its_own(desk, inbox):
    other = Inbox()
    desk.alerts(("a", "warning", True))
    desk.run()
    desk.run(urls=f"{inbox.url} {other.url}")
    other.server.shutdown()
    other.server.server_close()
    assert len(inbox.received) == 1 and len(other.received) == 1


def test_what_is_missing_is_said_in_a_sentence(desk, tmp_path):
    with pytest.raises(notify.NotifyError, match=r"There is no .* run `make build`"):
        notify.run(str(tmp_path / "none.duckdb"), desk.record, desk.inbox.url)
    desk.alerts()
    with pytest.raises(notify.NotifyError, match="INSIGHT_NOTIFY_URLS names no place"):
        desk.run(urls="")


def shop_until(day, hour):
    """Orders of a shop by the hour from 1 January, until `hour` of the day `day` (from
    0); on the day 75 it is down."""
    shop = Shop()
    began = datetime.datetime(2025, 1, 1)
    for number in range(day + 1):
        for clock in range(8, 20):
            at = began + datetime.timedelta(days=number, hours=clock)
            if number == day and clock > hour:
                break
            order = f"{number}.{clock}"
            shop.touch(f"c{order}", "meta", str(at - datetime.timedelta(minutes=5)))
            if number != 75:
                value = random.Random(order).randrange(20, 100)
                shop.order(order, f"c{order}", str(at), str(value))
    return shop.raw()


def test_an_incident_of_the_data_is_one_message_and_its_end_another(
    project, tmp_path, inbox
):
    select = ("+int_series_points", "path:models/monitoring")
    built = project.good(shop_until(76, 9), select=select)
    company = (
        "select opened_at, is_open, is_new from marts.incidents"
        " where metric = 'revenue' and channel = 'all' and grain = 'day'"
    )
    down = datetime.datetime(2025, 3, 17)
    assert built.rows(company) == [(down, True, True)]

    def tell():
        return notify.run(
            str(built.warehouse),
            str(tmp_path / "record.sqlite"),
            urls=inbox.url,
            pause=0.01,
            write=lambda line: None,
        )

    # Twice refused, then taken; and told once only.
    inbox.answers = [500, 503, 200]
    assert tell() == 0 and tell() == 0
    first = inbox.received[0]
    assert inbox.received == [first] * 3
    assert "new" in first["title"] and "over" not in first["title"]
    assert "revenue below expectation by 100 %" in first["message"]
    assert "$0.00 where $" in first["message"]
    # Two good days later it is over.
    built = project.good(shop_until(78, 9), select=select, again=built)
    assert built.rows(company) == [(down, False, False)]
    assert tell() == 0 and tell() == 0
    assert len(inbox.received) == 4
    last = inbox.received[-1]
    assert "over" in last["title"] and "new" not in last["title"]
    assert "revenue below expectation by 100 %" in last["message"]
