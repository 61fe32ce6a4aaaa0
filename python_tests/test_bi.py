"""The recipes of docs/bi.md are run as they stand there."""

import os
import re

import duckdb
import pytest
from harness import ROOT


@pytest.fixture
def recipes(tmp_path, monkeypatch):
    """The Python blocks of the guide by their heading, in a folder with a file."""
    with duckdb.connect(str(tmp_path / "serving.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.attribution_comparison as select *,"
            " revenue / 20 as conversion_share, 0.1 as share_ci_low,"
            " 0.9 as share_ci_high from (values"
            " ('email', 'linear', 12.5), ('direct', 'linear', 7.5),"
            " ('email', 'markov', 1.0)) as t(channel, attribution_model, revenue)"
        )
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "bi.md").read_text()
    found = re.findall(r"^## ([^\n]+)\n((?:(?!^## ).)*)", text, flags=re.S | re.M)
    return {
        heading: recipe
        for heading, section in found
        for recipe in re.findall(r"```python\n(.*?)```", section, flags=re.S)
    }


def run(recipe):
    """The names that a recipe leaves."""
    names = {}
    exec(recipe, names)
    return names


def test_the_sqlalchemy_recipe(recipes):
    pytest.importorskip("duckdb_engine")
    names = run(recipes["SQLAlchemy"])
    assert [(row[0], float(row[1])) for row in names["rows"]] == [
        ("direct", 7.5),
        ("email", 12.5),
    ]
    # A new publication under the same name is seen by the next query, and nobody
    # can write.
    with duckdb.connect("new.duckdb") as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.attribution_comparison as"
            " select 'meta' as channel, 'linear' as attribution_model, 1 as revenue"
        )
    os.replace("new.duckdb", "serving.duckdb")
    sql = names["sqlalchemy"].text("select channel from marts.attribution_comparison")
    with names["engine"].connect() as connection:
        assert connection.execute(sql).all() == [("meta",)]
        with pytest.raises(names["sqlalchemy"].exc.DBAPIError, match="read-only"):
            connection.execute(names["sqlalchemy"].text("create table t as select 1"))


def test_the_notebook_recipe(recipes):
    shares = run(recipes["Notebooks"])["shares"]
    assert shares["channel"].tolist() == ["direct", "email", "email"]
    assert shares["conversion_share"].astype(float).tolist() == [0.375, 0.625, 0.05]


def test_every_recipe_is_run(recipes):
    assert set(recipes) == {"SQLAlchemy", "Notebooks"}
