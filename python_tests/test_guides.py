"""The examples of the guides in docs/ are run as they stand there.

A block marked `sh run` must succeed, one marked `sh fails` must not; every line of the
text block that follows must be found in what it printed. The blocks of a guide share
one folder and what they export. Queries of the other guides are run on its result.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from harness import ROOT, ProjectCopy

BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.S | re.M)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
GUIDES = sorted((ROOT / "docs").glob("*.md")) + sorted(ROOT.glob("*.md"))


def blocks(name):
    """Fenced blocks of a guide in order: (language, mark, content)."""
    return BLOCK.findall((ROOT / "docs" / name).read_text())


class Shell:
    """A shell that keeps its folder and variables from one block to the next."""

    def __init__(self, folder):
        self.folder = folder
        self.state = folder / "exported.sh"
        self.state.write_text("")

    def run(self, commands):
        """Run a block; returns (exit code, output)."""
        script = f"set -e; . {self.state}; trap 'export -p > {self.state}' EXIT\n"
        tools = Path(sys.executable).parent
        done = subprocess.run(
            ["bash", "-c", script + commands],
            cwd=self.folder,
            env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def operated(tmp_path_factory):
    """The folder in which the worked example of docs/operate.md was run."""
    folder = tmp_path_factory.mktemp("operate") / "project"
    ProjectCopy(folder)
    for part in ("ops", "reference/data"):
        shutil.copytree(ROOT / part, folder / part)
    shell = Shell(folder)
    found = blocks("operate.md")
    run = 0
    for (language, mark, content), after in zip(
        found, [*found[1:], ("", "", "")], strict=True
    ):
        if mark not in ("run", "fails"):
            continue
        assert language == "sh"
        code, output = shell.run(content)
        assert (code == 0) == (mark == "run"), content + output[-6000:]
        if after[0] == "text":
            for line in filter(None, map(str.strip, after[2].splitlines())):
                assert line in output, (line, output[-6000:])
        run += 1
    assert run == 7
    return folder


def test_the_worked_example_of_operating(operated):
    kept = operated / "kept" / "2025-06-01.duckdb"
    serving = operated / "shop_serving.duckdb"
    assert serving.read_bytes() == kept.read_bytes()
    with duckdb.connect(str(serving), read_only=True) as connection:
        ((revenue,),) = connection.execute(
            "select value from marts.kpi_values where kpi = 'monthly_revenue'"
            " and period_start = date '2025-05-01'"
        ).fetchall()
    assert revenue == 814


@pytest.mark.parametrize("guide", ["read_the_numbers.md", "bi.md"])
def test_queries_of_the_guides_run_on_what_is_published(operated, guide):
    queries = [content for language, _, content in blocks(guide) if language == "sql"]
    assert queries
    with duckdb.connect(str(operated / "shop_serving.duckdb"), read_only=True) as file:
        for query in queries:
            assert file.execute(query).description, query


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target in LINK.findall(path.read_text()):
        assert (path.parent / target).exists(), target
