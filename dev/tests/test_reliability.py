from pathlib import Path

import reliability

ROOT = Path(__file__).parents[2]


def test_every_line_of_the_table_is_a_module_that_its_suites_run():
    targets = [word for _, words, _ in reliability.SUITES for word in words if not word.startswith("--")]
    modules = {path.stem for target in targets for path in [ROOT / target, *(ROOT / target).glob("test_*.py")]}
    assert all((ROOT / target).exists() for target in targets)
    # all that runs has a line, or its outcome could not be counted
    assert {module for module in modules if module.startswith("test_")} - set(reliability.LINES) == set()
    assert set(reliability.LINES) <= modules
