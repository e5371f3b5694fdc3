"""A night, simulated: Airflow's scheduler, API server, pool and workers, the machines' processors and the data root.

A task is asked for by the scheduler, starts a process, tells the API server, runs a step or only looks, and ends. Each
of these takes processor seconds that were measured, on processors that all who are at work share equally.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from itertools import count
from typing import Any

import simpy
from costs import Costs
from shared import Shared
from work import Plan, Run, Task, runs, there_before

Process = Generator[simpy.Event, Any, None]
DEFERRED_LOOK = 2.5
"""Seconds until a thing that has come is seen: half of the sensors' interval."""


@dataclass(frozen=True)
class Night:
    """What came of it."""

    seconds: float
    tasks: int
    """That had a process."""
    containers: int
    runs: int
    busy: dict[str, float]
    """The fraction of the night in which each thing was used."""
    waited: float
    """Mean seconds of a task from ready to its start."""
    longest_chain: float
    """Seconds of the containers of the pipeline that has most of them, one after the other."""


def background(plan: Plan, costs: Costs) -> float:
    """Processors of the head that the stack takes whatever it does: its idle parts, and the reading of DAG files."""
    reading = (costs.parsing["fixed"] + costs.parsing["per_pipeline"] * plan.pipelines) / costs.parsing["interval"]
    return sum(costs.idle.values()) + min(reading, costs.parsing["processes"])


class Simulation:
    """Of one night."""

    def __init__(self, plan: Plan, costs: Costs) -> None:
        self.plan, self.costs = plan, costs
        self.environment = simpy.Environment()
        head = max(plan.processors - background(plan, costs), 0.05 * plan.processors)
        sizes = [head, *[plan.processors] * (plan.machines - 1)]
        self.processors = [Shared(self.environment, size, most=1.0) for size in sizes]
        shared = costs.machine["line" if plan.machines > 1 else "disk"]
        self.storage = Shared(self.environment, shared)
        self.api = simpy.Resource(self.environment, capacity=1)
        self.running = [0] * plan.machines
        self.stepping = [0] * plan.machines
        self.ready: dict[bool, list[tuple[int, int, float, Run, Task]]] = {False: [], True: []}
        self.open = deque(runs(plan))
        self.order = {id(run): number for number, run in enumerate(self.open)}
        self.there = {(pipeline, thing) for pipeline in range(plan.pipelines) for thing in there_before(plan)}
        self.at_work: set[tuple[int, str]] = set()
        self.comes: dict[tuple[int, str], simpy.Event] = {}
        self.number = count()
        self.ended = self.tasks = self.containers = self.finished = 0
        self.waited = self.scheduler_busy = self.api_busy = self.slot_seconds = 0.0
        self.chains = [0.0] * plan.pipelines

    def night(self) -> Night:
        """Let it pass."""
        total = len(self.open)
        self.environment.run(until=self.environment.process(self._scheduler()))
        seconds, plan = self.environment.now, self.plan
        used = sum(machine.used() for machine in self.processors) + background(plan, self.costs) * seconds
        return Night(
            seconds=seconds,
            tasks=self.tasks,
            containers=self.containers,
            runs=total - len(self.open),
            busy={
                "processors": used / (plan.machines * plan.processors * seconds),
                "head": self.processors[0].used() / (self.processors[0].capacity * seconds),
                "scheduler": self.scheduler_busy / seconds,
                "API server": self.api_busy / seconds,
                "storage": self.storage.used() / (self.storage.capacity * seconds),
                "slots": self.slot_seconds / (plan.slots * plan.machines * seconds),
            },
            waited=self.waited / self.tasks,
            longest_chain=max(self.chains),
        )

    def _scheduler(self) -> Process:
        cost = self.costs.scheduler
        while self.open:
            ended, self.ended = self.ended, 0
            looked = min(cost.runs_per_loop, len(self.open))
            for _ in range(looked):
                run = self.open.popleft()
                if self._advance(run):
                    self.open.append(run)
            asked = self._ask(cost.tasks_per_loop)
            begin = self.environment.now
            yield self.processors[0].use(cost.loop + cost.per_run * looked + cost.per_task * len(asked))
            self.scheduler_busy += self.environment.now - begin
            for machine, since, run, task in asked:
                self.waited += self.environment.now - since
                self.environment.process(self._task(machine, run, task))
            if not asked and not ended:
                yield self.environment.timeout(cost.sleep)

    def _advance(self, run: Run) -> bool:
        """Begin the next stage of a run where the one before is done; False when there is none."""
        if run.begun and not run.left:
            del run.stages[0]
            run.begun = False
        if not run.stages:
            self.finished += 1
            return False
        if not run.begun:
            run.begun, run.left = True, len(run.stages[0])
            for task in run.stages[0]:
                self._put(run, task)
        return True

    def _put(self, run: Run, task: Task) -> None:
        entry = (self.order[id(run)], next(self.number), self.environment.now, run, task)
        heapq.heappush(self.ready[task.kind == "step"], entry)

    def _ask(self, most: int) -> list[tuple[int, float, Run, Task]]:
        """Take what may start now: the oldest run's first, steps only while the pool has a place."""
        plan = self.plan
        asked: list[tuple[int, float, Run, Task]] = []
        while len(asked) < most and sum(self.running) < plan.parallelism * plan.machines:
            pool_is_open = sum(self.stepping) < plan.slots * plan.machines
            queues = [self.ready[steps] for steps in (False, True) if self.ready[steps] and (pool_is_open or not steps)]
            if not queues:
                break
            _, _, since, run, task = heapq.heappop(min(queues, key=lambda queue: queue[0][:2]))
            busy = self.stepping if task.kind == "step" else self.running
            machine = min(range(plan.machines), key=lambda number: (busy[number], self.running[number]))
            self.running[machine] += 1
            self.stepping[machine] += task.kind == "step"
            asked.append((machine, since, run, task))
        return asked

    def _task(self, machine: int, run: Run, task: Task) -> Process:
        cost, key, begin = self.costs.task, (run.pipeline, task.thing), self.environment.now
        self.tasks += 1
        yield self.processors[machine].use(cost.process)
        with self.api.request() as turn:
            yield turn
            since = self.environment.now
            yield self.processors[0].use(cost.api)
            self.api_busy += self.environment.now - since
        yield self.processors[0].use(cost.database)
        self.processors[0].use(cost.around)  # nobody waits for it
        if task.kind == "step" and key not in self.there:
            if key in self.at_work:  # one of another run: its end is waited for
                yield self.comes.setdefault(key, self.environment.event())
            else:
                self.at_work.add(key)
                yield from self._container(machine, run, task.step)
                self._has_come(key)
                if task.step == "validate":
                    self._has_come((run.pipeline, "champion"))
        elif task.kind == "step":  # it looks whether every byte is as it was
            size = self.costs.steps[task.step].bytes_per_row * self.plan.rows_each
            yield self.processors[machine].use(size / self.costs.machine["hash"])
        self.running[machine] -= 1
        self.ended += 1
        if task.kind == "step":
            self.stepping[machine] -= 1
            self.slot_seconds += self.environment.now - begin
        if task.kind == "wait" and key not in self.there:
            self.environment.process(self._deferred(run, task))
            return
        run.left -= 1

    def _deferred(self, run: Run, task: Task) -> Process:
        key = (run.pipeline, task.thing)
        if key not in self.there:
            yield self.comes.setdefault(key, self.environment.event())
        yield self.environment.timeout(DEFERRED_LOOK)
        self._put(run, task)

    def _has_come(self, key: tuple[int, str]) -> None:
        self.there.add(key)
        if (event := self.comes.pop(key, None)) is not None:
            event.succeed()

    def _container(self, machine: int, run: Run, step: str) -> Process:
        begin, cost, plan = self.environment.now, self.costs.steps[step], self.plan
        self.containers += 1
        rows = plan.window_rows if step in ("train", "validate") else plan.rows_each
        used = cost.fixed + cost.per_row * rows + cost.per_fitted_row * plan.fitted_rows
        yield self.environment.timeout(self.costs.container["seconds"])
        yield self.processors[machine].use(self.costs.container["processor"])
        work = [self.processors[machine].use(used), self.storage.use(cost.bytes_per_row * rows)]
        if cost.registry:
            work.append(self.processors[0].use(cost.registry))
        yield self.environment.all_of(work)
        self.chains[run.pipeline] += self.environment.now - begin
