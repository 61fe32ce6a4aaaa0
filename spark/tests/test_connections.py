"""Queries wait for their rows to be asked for, all other statements run at once."""

import pytest
from dbt.adapters.insight_spark.connections import frame_of


class FakeServer:
    """Stands in for a session: keeps the statements it is told to run."""

    def __init__(self):
        self.ran = []

    def sql(self, statement):
        self.ran.append(statement)
        return "ran"


class FakeProcess(FakeServer):
    """Stands in for a session in dbt's own process."""

    _jsparkSession = None


@pytest.mark.parametrize(
    "query",
    [
        "select 1",
        '/* {"app": "dbt"} */\nSELECT 1',
        "\n-- a line\n  with a as (select 1) select * from a",
        "select 'insert here' as insertion",
    ],
)
def test_a_query_is_not_sent_before_its_rows_are_asked_for(query):
    server = FakeServer()
    assert frame_of(server, query) != "ran"
    assert server.ran == []
    # In dbt's own process there is no server to ask twice.
    process = FakeProcess()
    assert frame_of(process, query) == "ran"


@pytest.mark.parametrize(
    "statement",
    [
        "create table a as select 1",
        "/* select */ drop table a",
        "-- select\ndrop table a",
        "with a as (select 1) insert into b select * from a",
        "with a as (select 1) insert  overwrite b select * from a",
        "describe query select 1",
        "selection",
    ],
)
def test_other_statements_run_at_once(statement):
    server = FakeServer()
    assert frame_of(server, statement) == "ran"
    assert server.ran == [statement]
