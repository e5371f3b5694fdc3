"""What holds for every service of the stack, whoever adds one."""

import pytest
from composed import composed, needs_compose

pytestmark = needs_compose


@pytest.fixture(scope="module")
def services():
    return composed(PWD="/srv/microstep")["services"]


def test_no_containers_log_grows_without_end(services):
    limits = {name: service.get("logging", {}) for name, service in services.items()}
    assert {name: limit.get("driver") for name, limit in limits.items()} == dict.fromkeys(services, "local")
    assert {name for name, limit in limits.items() if not {"max-size", "max-file"} <= {*limit["options"]}} == set()
