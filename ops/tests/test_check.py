"""What `make check` gives a step, and what it shows of its words."""

import sys

import pytest

from pipelines import check


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_only_what_is_of_the_level_info_is_left_out(level, capfd):
    told = f"2026-01-01 00:00:00,000 {level} generate: column 'CUSTOMER INFO ID' must be there\n"
    quiet = "2026-01-01 00:00:00,000 INFO generate: an ERROR of 1 row\n"
    words = [sys.executable, "-c", "import sys; sys.stderr.write(sys.argv[1]); sys.exit(65)", quiet + told]
    assert check._quietly(words, {}) == 65
    assert capfd.readouterr().err == told
