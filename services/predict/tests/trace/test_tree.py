from predict.trace.links import Link
from predict.trace.tree import tree


def test_a_name_that_commands_a_terminal_is_shown_and_not_obeyed():
    text = tree([Link(depth=1, subject="inbox/a\x1b[2J.csv", state="ok", detail="by \u202eme")])
    assert text == "ok         inbox/a\\u001b[2J.csv  by \\u202eme"
