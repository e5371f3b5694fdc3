"""Every test here runs against every step's image; an image that is not built is skipped with its reason.

With MICROSTEP_TEST_ALL=1 nothing is skipped: what is not there fails.
"""

import os

import pytest
from chain import Chain
from images import STEPS, give_to_owner, missing


@pytest.fixture(scope="session", params=STEPS)
def step(request):
    """The name of a step whose image is there."""
    if missing(request.param):
        pytest.skip(f"the image microstep-{request.param} is not built (make build)")
    return request.param


@pytest.fixture(scope="session")
def chain(tmp_path_factory):
    return Chain(tmp_path_factory.mktemp("chain"))


@pytest.fixture
def config(chain):
    """The configuration file that the chain's data was made with."""
    return chain.config


@pytest.fixture
def before(chain, step, tmp_path):
    """A data root of this test's own with everything that the step reads, and nothing of what it writes."""
    return chain.before(step, tmp_path)


@pytest.fixture
def after(chain, step, tmp_path):
    """A data root of this test's own in which the step has done its day."""
    return chain.after(step, tmp_path)


@pytest.fixture
def empty(tmp_path):
    """A data root with nothing in it."""
    (tmp_path / "empty").mkdir()
    return give_to_owner(tmp_path / "empty")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and os.environ.get("MICROSTEP_TEST_ALL") == "1":
        report.outcome = "failed"
        report.longrepr = f"left out, which MICROSTEP_TEST_ALL=1 forbids: {report.longrepr[2]}"
    return report
