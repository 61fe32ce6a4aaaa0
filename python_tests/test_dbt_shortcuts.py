"""The worker with its shortcuts does what the dbt command does."""

import re

import pytest
from generated_shop import raw

SELECT = ("+channel_attribution",)
SETTINGS = {"half_life_days": 3, "lookback_days": 20}


def build(project, vars, **how):
    """Every table, to the last digit, and how many nodes passed, failed, were skipped.

    The shop has so many bad rows that a test fails where tests are run.
    """
    built = project.build(raw("few customers"), vars, SELECT, **how)
    counts = re.findall(r"Done\. (PASS=.*)", built.output)
    assert len(counts) == 1, built.output[-3000:]
    return built.tables("marts", "intermediate", "staging"), counts[0]


@pytest.mark.parametrize("tests", [True, False])
def test_worker_and_command_build_the_same(project, tests):
    """Also after a run with other settings in the same worker."""
    commanded = build(project, SETTINGS, tests=tests, command_line=True)
    assert ("ERROR=1 " in commanded[1]) == tests
    assert ("marts.channel_attribution" in commanded[0]) != tests
    assert build(project, SETTINGS, tests=tests) == commanded
    others = build(project, {**SETTINGS, "half_life_days": 7}, tests=tests)
    assert others[1] == commanded[1]
    assert (others[0] == commanded[0]) == tests
    assert build(project, SETTINGS, tests=tests) == commanded
