"""The recipes of docs/bi.md are run as they stand there."""

import re

import duckdb
import pytest
from harness import ROOT


def test_the_sqlalchemy_recipe(tmp_path, monkeypatch):
    pytest.importorskip("duckdb_engine")
    with duckdb.connect(str(tmp_path / "serving.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.attribution_comparison as select * from (values"
            " ('email', 'linear', 12.5), ('direct', 'linear', 7.5),"
            " ('email', 'markov', 1.0)) as t(channel, attribution_model, revenue)"
        )
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "bi.md").read_text()
    (recipe,) = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    names = {}
    exec(recipe, names)
    assert [(row[0], float(row[1])) for row in names["rows"]] == [
        ("direct", 7.5),
        ("email", 12.5),
    ]
