import pytest
from fake_variables import Variables

from microstep_airflow.machines import look
from microstep_airflow.machines.look import MachinesOperator
from microstep_airflow.machines.workers import NoBrokerError, Worker

TASKS = {"b": "end_orphans_b", "c": "end_orphans_c"}


class Stack:
    """Machines that answer or not, and the mails that were sent about them."""

    def __init__(self):
        self.mails = []
        self.operator = MachinesOperator(
            task_id="look_at_machines", tasks=TASKS, tell=self.mails.append, old=lambda: self.old
        )
        self.old = ()
        self.alive = ()

    def answering(self):
        if self.alive is None:
            raise NoBrokerError("the broker does not answer: refused")
        return {name: Worker(("steps",), 0) for name in self.alive}

    def look(self, *alive):
        self.alive = alive
        return self.operator.choose_branch({})

    def subjects(self):
        return [mail.subject for mail in self.mails]


@pytest.fixture
def stack(monkeypatch):
    stack = Stack()
    monkeypatch.setattr(look, "Variable", Variables())
    monkeypatch.setattr(look, "answering", stack.answering)
    return stack


def test_the_engines_of_machines_that_answer_are_looked_after(stack):
    assert stack.look("head", "b", "c") == ["end_orphans_b", "end_orphans_c"]
    assert stack.look("head", "c") == ["end_orphans_c"]
    assert stack.look() == []


def test_a_machine_that_answers_again_at_the_next_look_is_not_told_of(stack):
    for _ in range(3):
        stack.look("head", "b")
        stack.look("head", "b", "c")
    assert stack.mails == []


def test_a_machine_that_does_not_answer_is_told_of_once_and_once_when_it_does(stack):
    for alive in ("head b", "head b", "head b", "head b c", "head b c"):
        stack.look(*alive.split())
    assert stack.subjects() == ["[microstep] no answer from c", "[microstep] c again there"]
    assert "make token REVOKE=NAME" in stack.mails[0].plain()


def test_of_several_machines_each_is_told_of(stack):
    for alive in ("b", "b", "", ""):
        stack.look(*alive.split())
    assert stack.subjects() == ["[microstep] no answer from c, head", "[microstep] no answer from b"]


def test_a_broker_that_does_not_answer_is_named_and_asks_nobody(stack):
    stack.alive = None
    assert [stack.operator.choose_branch({}) for _ in range(2)] == [[], []]
    assert stack.subjects() == ["[microstep] no answer from b, c, head"]
    assert stack.mails[0].facts["Why"] == "the broker does not answer: refused"


def test_a_machine_whose_file_is_removed_is_forgotten(stack):
    stack.look("head", "b")
    stack.look("head", "b")
    stack.operator.tasks = {"b": "end_orphans_b"}
    stack.look("head", "b")
    assert look.Variable[look.SILENT] == {}
    assert stack.subjects() == ["[microstep] no answer from c"]


def test_a_machine_with_another_version_than_the_head_is_told_of_once_and_not_while_it_is_being_brought_out(stack):
    stack.old = ("b",)
    stack.look("head", "b", "c")
    assert stack.mails == []
    for _ in range(3):
        stack.look("head", "b", "c")
    assert stack.subjects() == ["[microstep] b: another version than the head's"]
    assert "docker load" in stack.mails[0].plain()
    stack.old = ()
    stack.look("head", "b", "c")
    assert len(stack.mails) == 1
    assert look.Variable[look.OLD] == {}


def test_a_machine_that_is_off_is_told_of_as_silent_alone(stack):
    stack.old = ("b",)
    for _ in range(3):
        stack.look("head", "c")
    assert stack.subjects() == ["[microstep] no answer from b"]
