"""What dbt does over and over in the runs of one process, done once or not at all.

The tests build hundreds of tiny shops, and what dbt does around their SQL takes most
of the time. Nothing here changes which SQL is run: runs of the
command line itself (`command_line=True`, `make build`, `make test-reference`) go
without it.
"""

import functools

import jinja2
import parsedatetime
from dbt.compilation import Compiler
from dbt_common.clients import jinja as dbt_jinja
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.tests import enable_test_caching


def drop_debug_events():
    """No one reads them here, but dbt makes, formats and scrubs thousands a run.

    The message of an event is made when something asks for it.
    """
    make, look_up = BaseEvent.__init__, BaseEvent.__getattr__
    fire = EventManager.fire_event

    def keep(self, *arguments, **content):
        self.__dict__["made_of"] = arguments, content

    def make_and_look_up(self, name):
        if "pb_msg" not in self.__dict__:
            arguments, content = self.made_of
            make(self, *arguments, **content)
        return look_up(self, name)

    def fire_unless_debug(self, event, level=None, *arguments, **settings):
        if (level or event.level_tag()) != EventLevel.DEBUG:
            fire(self, event, level, *arguments, **settings)

    BaseEvent.__init__ = keep
    BaseEvent.__getattr__ = make_and_look_up
    EventManager.fire_event = fire_unless_debug


def compile_templates_once():
    """The same text of a model gives the same code, whatever the settings."""
    compiled = jinja2.Environment.compile
    codes = {}

    def compile_once(self, source, *arguments, **settings):
        key = (type(self), source, arguments, tuple(sorted(settings.items())))
        if key not in codes:
            codes[key] = compiled(self, source, *arguments, **settings)
        return codes[key]

    for environment in (
        dbt_jinja.MacroFuzzEnvironment,
        dbt_jinja.NativeSandboxEnvironment,
    ):
        environment.compile = compile_once


def link_nodes_once():
    """The arrows between the nodes of one project are the same in all its runs."""
    link = Compiler.compile
    graphs = {}

    def link_once(self, manifest, *arguments, **settings):
        key = (frozenset(manifest.nodes), frozenset(manifest.unit_tests))
        if key in graphs:
            self.initialize()
            manifest.build_parent_and_child_maps()
        else:
            graphs[key] = link(self, manifest, *arguments, **settings)
        return graphs[key]

    Compiler.compile = link_once


def share_date_patterns():
    """Each result of a query would compile the patterns of dates written out."""
    parsedatetime.Constants = functools.cache(parsedatetime.Constants)


def take_all():
    """Take every shortcut in this process, and those that dbt has for its own tests."""
    enable_test_caching()
    drop_debug_events()
    compile_templates_once()
    link_nodes_once()
    share_date_patterns()
