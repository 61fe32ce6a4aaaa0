"""Macros that make SQL of texts, rendered without a dbt run."""

import jinja2
from harness import ROOT

# Where macros lie that need no database to render.
FOLDERS = ("evaluation", "numbers")


def macro(name):
    """The macro `name` as a function that returns its SQL."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals["return"] = lambda value: value
    paths = [
        path for folder in FOLDERS for path in (ROOT / "macros" / folder).glob("*.sql")
    ]
    for path in paths:
        environment.globals[path.stem] = _late(environment, path)
    return environment.globals[name]


def _late(environment, path):
    def call(*arguments, **settings):
        module = environment.from_string(path.read_text()).module
        return str(getattr(module, path.stem)(*arguments, **settings)).strip()

    return call
