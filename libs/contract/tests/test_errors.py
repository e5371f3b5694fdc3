import errno
import re

import pytest

from contract import errors
from contract.errors import ExitCode, StepError, code_for


def test_every_exception_of_ours_has_a_code_of_its_own():
    kinds = StepError.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds) == 8
    assert StepError.code not in {kind.code for kind in kinds}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.DataError("x"), 65),
        (PermissionError(errno.EACCES, "denied"), 77),
        (OSError(errno.ENOSPC, "full"), 73),
        (OSError(errno.EROFS, "read-only"), 73),
        (OSError(errno.EIO, "broken"), 74),
        (OSError("without a number"), 70),
        (MemoryError(), 75),
        (ValueError("a bug"), 70),
    ],
)
def test_whatever_ends_a_step_has_its_exit_code(error, code):
    assert code_for(error) == code


def test_codes_follow_sysexits():
    assert {code.name: int(code) for code in ExitCode if code != ExitCode.GATE_REFUSED} == {
        "DONE": 0, "USAGE": 64, "DATA": 65, "NO_INPUT": 66, "UNAVAILABLE": 69, "BUG": 70, "CANNOT_WRITE": 73,
        "IO": 74, "TEMPORARY": 75, "NOT_PERMITTED": 77, "CONFIG": 78,
    }  # fmt: skip


def test_a_code_can_be_had_by_its_number_and_says_what_it_means():
    assert (ExitCode(66), ExitCode(66).meaning) == (ExitCode.NO_INPUT, "an input is missing")
    assert len({code.meaning for code in ExitCode}) == len(ExitCode)


def test_the_tree_of_exceptions_is_the_one_in_the_code():
    drawn = re.findall(r"^[├└]── (\w+) +(\d+)$", errors.__doc__, re.MULTILINE)
    assert dict(drawn) == {kind.__name__: str(kind.code.value) for kind in StepError.__subclasses__()}
