"""A dbt project of three models that `make build` builds and publishes in seconds.

Everything else is the real thing: make, dbt with its tests and hooks, ops.publish.
"""

import os
import shutil
import signal
import subprocess

import duckdb
from harness import ROOT

FILES = {
    "dbt_project.yml": """
name: insight_engine
version: "0.1.0"
config-version: 2
profile: tiny
model-paths: [models]
macro-paths: [macros]
flags: {send_anonymous_usage_stats: false, use_colors: false}
on-run-start: ["{{ note_run('started') }}"]
on-run-end: ["{{ note_run('finished') }}"]
""",
    "profiles.yml": """
tiny:
  target: dev
  outputs:
    dev: {type: duckdb, path: "{{ env_var('INSIGHT_WAREHOUSE') }}", threads: 2}
""",
    "models/step.sql": """
{{ config(materialized='table', schema='step') }}
select '{{ invocation_id }}' as version, range as id
from range({{ var('total', 40000) }})
""",
    "models/sales.sql": """
{{ config(materialized='table', access='public', schema='marts') }}
select version, id, md5(cast(id as varchar)) as hash from {{ ref('step') }}
""",
    "models/notes.sql": """
{{ config(materialized='table', access='public', schema='marts') }}
select '{{ invocation_id }}' as version
""",
    "models/_models.yml": """
models:
  - name: sales
    description: Rows that a build wrote.
    columns:
      - name: id
        data_tests: [not_null, unique]
      - name: version
        data_tests:
          - accepted_values:
              arguments:
                values: "{{ ['never'] if var('planted', false) else [invocation_id] }}"
  - name: notes
    columns:
      - name: version
        data_tests: [not_null]
""",
    "macros/generate_schema_name.sql": """
{% macro generate_schema_name(custom_schema_name, node) %}
{{- custom_schema_name or target.schema -}}
{% endmacro %}
""",
}


class TinyProject:
    """The project in a folder of its own, with warehouse, target and serving file."""

    def __init__(self, folder):
        self.folder = folder / "tiny"
        for name, text in FILES.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        shutil.copy(ROOT / "macros" / "engine" / "note_run.sql", self.folder / "macros")
        self.warehouse = folder / "w.duckdb"
        self.serving = folder / "serving.duckdb"
        self.target = folder / "target"

    def start(self, **vars):
        """`make build` in a process group of its own."""
        settings = ", ".join(f"{name}: {value}" for name, value in vars.items())
        arguments = f"--project-dir {self.folder} --profiles-dir {self.folder}"
        if vars:
            arguments += f" --vars '{{{settings}}}'"
        return subprocess.Popen(
            # -o: with the packages that are installed, as the tests themselves run.
            [
                *("make", "--no-print-directory", "-o", ".venv/.installed", "build"),
                f"ARGS={arguments}",
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "INSIGHT_DATA": str(self.folder),
                "INSIGHT_WAREHOUSE": str(self.warehouse),
                "INSIGHT_SERVING": str(self.serving),
                "DBT_TARGET_PATH": str(self.target),
                "DBT_LOG_PATH": str(self.target),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def build(self, **vars):
        """`make build` to its end: exit code and what it printed."""
        process = self.start(**vars)
        printed, _ = process.communicate()
        return process.returncode, printed

    def kill(self, process):
        """kill -9 of make and all that it started; whether it was still at work."""
        landed = process.poll() is None
        if landed:
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
        return landed

    def published(self):
        """Version of the serving file, which must be whole: (version, rows)."""
        with duckdb.connect(str(self.serving), read_only=True) as connection:
            ((version, rows),) = connection.execute(
                "select version, count(*) from marts.sales group by 1"
            ).fetchall()
            recorded = connection.execute(
                "select build_id, total_rows from publication.build_tables"
                " where table_name = 'sales'"
            ).fetchall()
            assert recorded == [(version, rows)]
            assert connection.execute("select version from marts.notes").fetchall() == [
                (version,)
            ]
            assert connection.execute(
                "select build_id from publication.builds where is_current"
            ).fetchall() == [(version,)]
        return version, rows
