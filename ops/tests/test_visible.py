import importlib.util
import sys

from checkout.settings import ROOT
from checkout.visible import visible


def test_it_hides_what_the_steps_hide():
    spec = importlib.util.spec_from_file_location("steps_visible", ROOT / "libs/contract/contract/visible.py")
    steps = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(steps)
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    assert visible(every, keep="\n") == steps.visible(every, keep="\n") != every
