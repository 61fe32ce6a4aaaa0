"""What dbt does over and over in the runs of one process, done once or not at all.

The tests build hundreds of tiny shops, and what dbt does around their SQL takes most
of the time. Nothing here changes which SQL is run: runs of the
command line itself (`command_line=True`, `make build`, `make test-reference`) go
without it.
"""

import collections
import functools

import jinja2
import parsedatetime
from dbt.compilation import Compiler
from dbt.context import macros, manifest, providers
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


class Chain(collections.ChainMap):
    """A chain of dicts that asks one after the other, without a generator for each."""

    def __contains__(self, key):
        """Whether some dict has the key."""
        for found in self.maps:  # noqa: SIM110
            if key in found:
                return True
        return False

    def __getitem__(self, key):
        """What the first dict with the key says."""
        for found in self.maps:
            if key in found:
                return found[key]
        raise KeyError(key)


def look_up_names_at_once():
    """Names in templates are looked up in one dict of macros, not package by package.

    It is made once a run, in the order of dbt: the project's macros go first.
    """
    build = macros.MacroNamespaceBuilder.build_namespace
    merged = {}, {}

    def build_merged(self, macros_by_package, ctx):
        nonlocal merged
        namespace = build(self, macros_by_package, ctx)
        if merged[0] is not macros_by_package:
            merged = macros_by_package, {}
        packages = merged[1]
        if self.search_package not in packages:
            names = {}
            for found in reversed(namespace.maps):
                names.update(found)
            packages[self.search_package] = names
        namespace.maps = [packages[self.search_package]]
        return namespace

    macros.MacroNamespaceBuilder.build_namespace = build_merged
    macros.MacroNamespace.__contains__ = Chain.__contains__
    for module in (macros, manifest, dbt_jinja):
        module.ChainMap = Chain


def tell_arguments_once():
    """Each node's context tells the arguments of the command, the same in a run."""
    tell = providers.args_to_dict
    told = None, None

    def tell_once(arguments):
        nonlocal told
        if told[0] is not arguments:
            told = arguments, tell(arguments)
        return dict(told[1])

    providers.args_to_dict = tell_once


def share_date_patterns():
    """Each result of a query would compile the patterns of dates written out."""
    parsedatetime.Constants = functools.cache(parsedatetime.Constants)


def take_all():
    """Take every shortcut in this process, and those that dbt has for its own tests."""
    enable_test_caching()
    drop_debug_events()
    compile_templates_once()
    link_nodes_once()
    look_up_names_at_once()
    tell_arguments_once()
    share_date_patterns()
