"""What people see at the end of a build, and the test that compares spreadsheets."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import duckdb
import pytest
from harness import ROOT

from ops import summary


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The reference company built with its expected tables: (folder, run)."""
    folder = tmp_path_factory.mktemp("reference")
    dbt = shutil.which("dbt", path=pathlib.Path(sys.executable).parent)

    def run(*arguments):
        return subprocess.run(
            [
                dbt,
                *arguments,
                "--target-path",
                folder,
                "--log-path",
                folder,
                "--vars",
                "{check_reference: true}",
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "INSIGHT_DATA": "reference/data",
                "INSIGHT_WAREHOUSE": str(folder / "w.duckdb"),
            },
            capture_output=True,
            text=True,
        )

    built = run("build", "--exclude-resource-type", "test", "unit_test")
    assert built.returncode == 0, built.stdout
    return folder, run


def test_summary_prints_the_marts(reference):
    folder, _ = reference
    text = summary.summary(str(folder / "w.duckdb"))
    lines = {line.split("  ")[0]: line for line in text.splitlines() if "  " in line}
    with duckdb.connect(str(folder / "w.duckdb"), read_only=True) as connection:
        shares = dict(
            connection.execute(
                "select channel, conversion_share from marts.attribution_comparison"
                " where attribution_model = 'first_touch'"
            ).fetchall()
        )
    for channel, share in shares.items():
        assert lines[channel].split()[1] == f"{100 * share:.1f}"
    assert "KPIs of May 2025" in text
    assert lines["Monthly revenue"].split()[2] == "$814.00"
    assert lines["Monthly revenue"].endswith("critical")
    assert "Quarantine: every raw row was sound" in text
    assert "does not know: podcast, tiktok" in text


def test_summary_of_a_build_that_stopped_early(tmp_path):
    path = str(tmp_path / "w.duckdb")
    duckdb.connect(path).close()
    assert "warehouse" in summary.summary(path)


def test_summary_without_a_warehouse(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("INSIGHT_WAREHOUSE", str(tmp_path / "none.duckdb"))
    assert summary.main() == 1
    assert "run `make build`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234567.8, "usd", "$1,234,568"),
        (12.345, "usd", "$12.35"),
        (0.0512, "share", "5.12 %"),
        (12345, "count", "12,345"),
        (3.14159, "ratio", "3.14"),
        (None, "usd", "no data"),
    ],
)
def test_values_are_written_in_their_unit(value, unit, text):
    assert summary.in_unit(value, unit) == text


def test_spreadsheet_comparison_sees_every_kind_of_difference(reference):
    """Each expected table is spoilt in its own way, and one only within tolerance."""
    folder, run = reference
    spoilt = {
        # One value off by a millionth.
        "channel_attribution": "update {} set revenue = revenue * (1 + 1e-6)"
        " where rowid = (select min(rowid) from {} where revenue > 0)",
        # A row missing in the mart, and a row too many in it.
        "conversion_paths": "insert into {} select path || '?', path_length,"
        " conversions, revenue, avg_days_to_convert from {} limit 1",
        "kpi_values": "delete from {} where kpi = 'orders' and period_start ="
        " date '2025-03-01'",
        # A value where the mart has none; a text that differs.
        "channel_performance": "update {} set roas = 1"
        " where rowid = (select min(rowid) from {} where roas is null)",
        "touchpoint_credits": "update {} set channel = 'Meta'"
        " where rowid = (select min(rowid) from {} where channel = 'meta')",
        # None where the mart has a value; a timestamp off by a second.
        "campaign_performance": "update {} set cpa = null"
        " where rowid = (select min(rowid) from {} where cpa > 0)",
        "business_metrics": "update {} set orders = orders + 1"
        " where rowid = (select min(rowid) from {})",
        # Off by a billionth of a billionth: the same number.
        "attribution_comparison": "update {} set conversions ="
        " conversions * (1 + 1e-13)",
    }
    with duckdb.connect(str(folder / "w.duckdb")) as connection:
        for mart, change in spoilt.items():
            table = f"reference.expected_{mart}"
            connection.execute(change.replace("{}", table))
    run("test", "--select", "path:tests/reference")
    results = json.loads((folder / "run_results.json").read_text())["results"]
    failures = {
        result["unique_id"].split(".")[2].removesuffix("_matches_spreadsheet"): result[
            "failures"
        ]
        for result in results
        if result["status"] == "fail"
    }
    assert failures == {mart: 1 for mart in spoilt if mart != "attribution_comparison"}
