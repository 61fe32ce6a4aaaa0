"""The recipe of docs/operate.md: what changed is built, the rest is production's."""

import hashlib
import os
import shlex

import duckdb
import pytest
from harness import ROOT, ProjectCopy, Shop, write_raw

RECIPE = "dbt build --select state:modified+ --defer --state production"
# Of the models below models/attribution, those made from int_channels.
CHANGED = {
    "intermediate.int_channels",
    "intermediate.int_share_errors",
    "marts.attribution_comparison",
    "marts.attribution_sensitivity",
    "marts.budget_recommendations",
    "marts.conversion_paths",
}


def shop(spend):
    shop = Shop()
    for number in range(12):
        customer = f"c{number}"
        shop.touch(customer, "meta", f"2025-01-{number + 1:02d} 08:00:00")
        shop.touch(customer, "email", f"2025-01-{number + 1:02d} 09:00:00")
        shop.order(f"o{number}", customer, f"2025-01-{number + 1:02d} 12:00:00", "50")
    shop.spend("2025-01-05", "meta", spend)
    return shop.raw()


def rows(path, sql):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def tables(path):
    """Tables and views that models made in a file."""
    listed = rows(
        path,
        "select table_schema || '.' || table_name from information_schema.tables"
        f" where table_catalog = '{path.stem}'"
        " and table_schema not in ('raw', 'main', 'dbt_test__audit')",
    )
    return {name for (name,) in listed}


def checksum(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def slim(tmp_path_factory):
    """A production, and a copy of the project in which two models were changed."""
    folder = tmp_path_factory.mktemp("slim")
    copy = ProjectCopy(folder / "project")
    write_raw(folder / "data", shop("300"))
    production = copy.folder / "production"
    production.mkdir()
    warehouse = production / "warehouse.duckdb"
    copy.run(
        *("dbt", "build", "--select", "+path:models/attribution"),
        *("--exclude-resource-type", "test", "unit_test"),
        INSIGHT_DATA=str(folder / "data"),
        INSIGHT_WAREHOUSE=str(warehouse),
    )
    (copy.folder / "target" / "manifest.json").rename(production / "manifest.json")
    models = copy.folder / "models" / "attribution"
    for name in ("conversion_paths", "int_channels"):
        path = models / f"{name}.sql"
        path.write_text(path.read_text() + "-- Changed, if only in words.\n")
    # What arrived since: were anything unchanged built anew, it would show.
    write_raw(folder / "data", shop("500"))
    before = checksum(warehouse)
    warehouse.chmod(0o444)
    output = copy.run(
        *shlex.split(RECIPE),
        INSIGHT_TARGET="ci",
        INSIGHT_PRODUCTION="production/warehouse.duckdb",
        INSIGHT_DATA=str(folder / "data"),
    )
    return copy.folder / "ci.duckdb", warehouse, before, output


def test_the_guide_has_this_recipe():
    guide = (ROOT / "docs" / "operate.md").read_text()
    assert RECIPE in guide
    assert "INSIGHT_TARGET=ci" in guide


def test_only_what_changed_and_what_is_made_from_it_was_built(slim):
    built, _, _, output = slim
    assert tables(built) == CHANGED
    assert " ERROR=0 " in output


def test_what_was_built_was_tested(slim):
    *_, output = slim
    assert "PASS is_primary_key_attribution_comparison_" in output
    assert "PASS budget_recommendations::" in output
    assert "is_primary_key_channel_performance" not in output


def test_what_did_not_change_was_read_from_production(slim):
    built, production, _, _ = slim
    for table in sorted(CHANGED):
        sql = f"from {table} order by all"
        assert rows(built, sql) == rows(production, sql) != [], table
    # The spend of production's raw data, through production's staging views.
    spend = (
        "select distinct current_spend from marts.budget_recommendations"
        " where channel = 'meta'"
    )
    assert rows(built, spend) == [(300.0,)]


def test_production_is_as_it_was(slim):
    _, production, before, _ = slim
    assert checksum(production) == before
    assert not os.path.exists(f"{production}.wal")
