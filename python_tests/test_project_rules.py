"""The rules of the house, checked on the parsed project."""

import re
import sys

import pytest
import yaml
from harness import ROOT, Shop

from ops import check_yaml

MACRO = re.compile(r"{%-?\s*(?:macro|test)\s+(\w+)\s*\(.*?-?%}(.*?){%-?\s*end", re.S)


@pytest.fixture(scope="module")
def manifest(project):
    return project.manifest()


@pytest.fixture(scope="module")
def marts(manifest):
    """Models that people outside the project read, by name."""
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in ("marts", "quality")
    }


def data_tests_of(manifest, name):
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("attached_node") or "").endswith("." + name)
    ]


def test_public_face(marts):
    assert {
        "touchpoint_credits",
        "channel_attribution",
        "channel_performance",
        "campaign_performance",
        "attribution_comparison",
        "budget_recommendations",
        "conversion_paths",
        "forecasts",
        "forecast_accuracy",
        "kpi_values",
        "model_drift",
        "model_metrics",
        "quarantined_rows",
        "return_calibration",
        "return_feature_importance",
        "return_predictions",
        "return_reasons",
        "return_thresholds",
    } <= set(marts)


def test_every_mart_is_contracted_public_owned_and_described(marts):
    for name, node in marts.items():
        assert node["contract"]["enforced"], name
        assert node["access"] == "public", name
        assert node["group"], name
        assert "Grain: one row per" in node["description"], name
        for column in node["columns"].values():
            assert column["data_type"], (name, column["name"])
            assert len(column["description"]) > 5, (name, column["name"])


def test_every_mart_tests_its_grain_and_has_a_unit_test(manifest, marts):
    unit_tested = {node["model"] for node in manifest["unit_tests"].values()}
    for name in marts:
        keys = [
            test["test_metadata"]["kwargs"]["columns"]
            for test in data_tests_of(manifest, name)
            if test["test_metadata"]["name"] == "is_primary_key"
        ] + [
            [test["column_name"]]
            for test in data_tests_of(manifest, name)
            if test["test_metadata"]["name"] == "unique"
        ]
        assert keys, name
        assert name in unit_tested, name


def test_columns_of_money_time_and_shares_name_their_unit(marts):
    units = {
        r"(_value|revenue|spend)$": "currency",
        r"(_at)$": "UTC",
        r"_share$": r"0 to 1|\(same unit\)",
        r"_days|days_": "[Dd]ays",
        r"_pct$": "percent",
    }
    # Of many units, or no money.
    exempt = {
        ("attribution_sensitivity", "setting_value"),
        ("incidents", "peak_value"),
        ("kpi_values", "value"),
        ("kpi_values", "previous_value"),
        ("return_reasons", "feature_value"),
        ("return_reasons", "shap_value"),
        ("shapley_values", "shapley_value"),
        ("statistical_tests", "p_value"),
        ("statistical_tests", "rows_without_value"),
        ("statistical_tests", "rows_without_finite_value"),
        ("test_group_statistics", "normality_p_value"),
    }
    for name, node in marts.items():
        for column in node["columns"].values():
            for pattern, unit in units.items():
                if re.search(pattern, column["name"]) and (
                    (name, column["name"]) not in exempt
                ):
                    assert re.search(unit, column["description"]), (
                        name,
                        column["name"],
                    )


def test_private_models_are_not_public(manifest):
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["name"].startswith(
            ("int_", "ml_", "base_")
        ):
            assert node["access"] != "public", node["name"]
            assert node["description"], node["name"]


def test_descriptions_stand_in_the_warehouse(manifest, project):
    # A table under a contract, one without, and a view.
    names = ["attribution_settings", "int_profile_email_events", "stg_email_events"]
    built = project.good(
        Shop().raw(), select=(names[0], f"+{names[1]}"), command_line=True
    )
    columns = built.rows(
        "select table_name, column_name, comment from duckdb_columns()"
    )
    relations = built.rows(
        "select table_name, comment from duckdb_tables()"
        " union all select view_name, comment from duckdb_views()"
    )
    for name in names:
        node = manifest["nodes"][f"model.insight_engine.{name}"]
        assert (name, node["description"]) in relations
        assert node["columns"]
        for column in node["columns"].values():
            assert (name, column["name"], column["description"]) in columns


def test_one_setting_seeds_every_fit(manifest):
    seeds = {
        node["name"]: node["unrendered_config"]["meta"]["seed"]
        for node in manifest["nodes"].values()
        if "seed" in node["config"].get("meta", {})
    }
    sources = (ROOT / "models").rglob("*.py")
    assert set(seeds) == {p.stem for p in sources if '"seed"' in p.read_text()}
    assert set(seeds.values()) == {"{{ var('random_seed') }}"}


def test_arrows_between_folders_run_one_way(manifest):
    order = ["staging", "customers", "returns", "attribution", "kpis", "quality"]
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model":
            continue
        folder = node["path"].split("/")[0]
        for parent in node["depends_on"]["nodes"]:
            if not parent.startswith("model."):
                continue
            above = manifest["nodes"][parent]["path"].split("/")[0]
            if folder in order and above in order:
                assert order.index(above) <= order.index(folder), (
                    node["name"],
                    parent,
                )


def test_every_macro_says_what_it_does():
    for path in sorted((ROOT / "macros").rglob("*.sql")):
        text = path.read_text()
        names = [name for name, _ in MACRO.findall(text)]
        documented = [
            name for name, body in MACRO.findall(text) if body.lstrip().startswith("{#")
        ]
        for name in names:
            implementation = re.match(r"(default|duckdb|spark)__(\w+)", name)
            public = implementation is None or implementation[2] not in names
            if public:
                assert name in documented, f"{path.name}: {name} has no docstring"


def test_one_public_macro_a_file():
    for path in sorted((ROOT / "macros").rglob("*.sql")):
        names = [name for name, _ in MACRO.findall(path.read_text())]
        public = [n for n in names if not re.match(r"(default|duckdb|spark)__", n)]
        # Or an engine's own way of a macro that is dbt's.
        own_ways = [re.sub(r"^(duckdb|spark)__", "", name) for name in names]
        assert [path.stem] in (public, own_ways), path.name


def test_python_edges_wait_for_each_other_to_import():
    edges = sorted((ROOT / "models").rglob("*.py"))
    assert edges
    known = {"edge_arrays": {"numpy", "threadpoolctl"}}
    known["edge_basics"] = known["edge_arrays"] | {"pandas", "scipy"}
    held_late = {"edge_basics": "scipy", "edge_learners": "sklearn"}
    for path in edges:
        imports = re.findall(r"^(?:import|from) (\w+)", path.read_text(), re.M)
        libraries = [name for name in imports if name not in sys.stdlib_module_names]
        first = libraries[0]
        assert first in ("edge_imports", *known), path.name
        if first in known:
            # Nothing that it does not hold itself.
            assert set(libraries) <= known[first] | {first, "grouped_edges"}, path.name
            basics = (ROOT / "plugins" / "edge_basics.py").read_text()
            for module in re.findall(r"^from (scipy[\w.]*)", path.read_text(), re.M):
                assert f"import {module}\n" in basics, path.name
        # What a function imports it imports after a module that others wait for.
        for body in re.split(r"^ *def ", path.read_text(), flags=re.M)[1:]:
            late = re.findall(r"^ +(?:import|from) (\w+)", body, re.M)
            late_first = late[0] if late else None
            assert late_first in (None, "edge_imports", *held_late), path.name
            if late_first in held_late:
                library = held_late[late_first]
                assert set(late) <= {late_first, library}, path.name
                holder = (ROOT / "plugins" / f"{late_first}.py").read_text()
                for module in re.findall(rf"^ +from ({library}[\w.]*)", body, re.M):
                    assert f"import {module}\n" in holder, path.name
    for name, wanted in (
        ("edge_imports", ["edge_basics", "edge_learners"]),
        ("edge_learners", ["edge_basics"]),
        ("edge_basics", ["edge_arrays"]),
    ):
        text = (ROOT / "plugins" / f"{name}.py").read_text()
        imports = re.findall(r"^(?:import|from) (\w+)", text, re.M)
        assert imports[: len(wanted)] == wanted


def test_engines_are_named_in_dispatched_macros_only():
    named = re.compile(r"duckdb|spark", re.I)
    for folder in ("models", "tests"):
        for ending in ("sql", "py", "yml", "md"):
            for path in sorted((ROOT / folder).rglob(f"*.{ending}")):
                assert not named.search(path.read_text()), path
    for path in sorted((ROOT / "macros").rglob("*.sql")):
        if path.parent.name != "engine":
            assert not named.search(path.read_text()), path


# Which files make an exposure.
EXPOSED = {
    "dashboard": ["dashboard"],
    "board_report": ["ops/report.py"],
    "alerts_sent": ["ops/notify.py"],
    "build_summary": ["ops/summary.py"],
}


def test_exposures_depend_on_every_mart_that_their_code_reads(manifest, marts):
    exposures = {entry["name"]: entry for entry in manifest["exposures"].values()}
    assert set(exposures) == set(EXPOSED)
    for name, places in EXPOSED.items():
        paths = [
            path
            for place in places
            for path in ([ROOT / place] if "." in place else (ROOT / place).rglob("*"))
            if path.suffix == ".py"
        ]
        code = "".join(path.read_text() for path in sorted(paths))
        read = set(re.findall(r"\b(?:marts|quality)\.(\w+)", code)) & set(marts)
        listed = {
            node.removeprefix("model.insight_engine.")
            for node in exposures[name]["depends_on"]["nodes"]
        }
        assert read, name
        assert listed == read, name
        assert exposures[name]["owner"]["email"], name
        assert len(exposures[name]["description"]) > 20, name


def test_metrics_beside_marts_are_simple():
    # dbt 1.12, reading only what changed, finds other kinds twice once their mart
    # was edited; they stand in models/semantic/metrics.yml.
    for path in sorted((ROOT / "models").rglob("*.yml")):
        for model in (yaml.safe_load(path.read_text()) or {}).get("models", []):
            for metric in model.get("metrics", []):
                assert metric["type"] == "simple", metric["name"]


def test_yaml_keys_are_known():
    problems = [
        problem
        for path in check_yaml.yaml_files(ROOT)
        for problem in check_yaml.problems_of(path, check_yaml.resources_schema())
    ]
    assert problems == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("models: [{name: a, descripton: b}]", "descripton"),
        ("models: [{name: a, columns: [{name: b, test: [unique]}]}]", "test"),
        ("models: [{name: a, config: {contract: {enforce: true}}}]", "enforce"),
        ("unit_tests: [{name: a, model: b, given: [], expects: {}}]", "expects"),
    ],
)
def test_a_misspelled_key_is_found(tmp_path, text, key):
    path = tmp_path / "a.yml"
    path.write_text(text)
    problems = check_yaml.problems_of(path, check_yaml.resources_schema())
    assert any(f"'{key}'" in problem for problem in problems)
