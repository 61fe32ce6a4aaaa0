"""Fixtures that every test of built marts shares."""

import pytest
from harness import Project


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """The project, built in a temporary folder; its worker ends with the session."""
    project = Project(tmp_path_factory.mktemp("project"))
    yield project
    project.close()
