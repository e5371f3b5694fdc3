"""What several use at the same time and at equal parts: processors, a disk, a line."""

from __future__ import annotations

import heapq
import math
from itertools import count

import simpy


class Shared:
    """Gives each user an equal part of what there is, and to none more than `most`.

    Processors: `capacity` their number, `most` 1. A line: `capacity` its bytes a second. All users are served alike, so
    one number says how much each has got since the beginning, and whoever needs least of it is next to be done.
    """

    def __init__(self, environment: simpy.Environment, capacity: float, most: float = math.inf) -> None:
        if not capacity > 0:
            raise ValueError(f"capacity must be above 0, got {capacity}")
        self.capacity = capacity
        self._environment = environment
        self._most = most
        self._got = 0.0
        """What each user has got that has been there from the beginning."""
        self._seen = environment.now
        self._used = 0.0
        self._users: list[tuple[float, int, simpy.Event]] = []
        self._number = count()
        self._look = 0
        """The number of the last look that was ordered; earlier ones are off."""

    def use(self, amount: float) -> simpy.Event:
        """An event that comes when so much of it has been got."""
        done = self._environment.event()
        if amount <= 0:
            return done.succeed()
        self._advance()
        heapq.heappush(self._users, (self._got + amount, next(self._number), done))
        self._order_look()
        return done

    def used(self) -> float:
        """How much of it was used until now."""
        self._advance()
        return self._used

    def _rate(self) -> float:
        return min(self._most, self.capacity / len(self._users)) if self._users else 0.0

    def _advance(self) -> None:
        each = (self._environment.now - self._seen) * self._rate()
        self._got += each
        self._used += each * len(self._users)
        self._seen = self._environment.now

    def _order_look(self) -> None:
        self._look += 1
        if self._users:
            wait = max(0.0, (self._users[0][0] - self._got) / self._rate())
            look = self._environment.timeout(wait, self._look)
            look.callbacks.append(self._done)

    def _done(self, look: simpy.Event) -> None:
        if look.value != self._look:
            return
        self._advance()
        # the one that this look was for, whatever the last digits say
        self._got = max(self._got, self._users[0][0])
        while self._users and self._users[0][0] <= self._got:
            heapq.heappop(self._users)[2].succeed()
        self._order_look()
