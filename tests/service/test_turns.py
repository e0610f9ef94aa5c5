"""Turns go to who asked first; whoever gives up leaves no trace."""

from __future__ import annotations

import threading

import pytest
from waiting import wait_until

from service.lm.queue import FifoLock


def waiting(turns: FifoLock) -> int:
    return len(turns._queue)


class Queue:
    """Threads that ask for a turn one after the other; `order` says who got one."""

    def __init__(self) -> None:
        self.turns = FifoLock()
        self.order: list[int] = []
        self._threads: list[threading.Thread] = []

    def ask(self, number: int, seconds: float = 10) -> None:
        thread = threading.Thread(target=self._go, args=(number, seconds))
        already = waiting(self.turns)
        thread.start()
        self._threads.append(thread)
        wait_until(lambda: waiting(self.turns) == already + 1 or not thread.is_alive())

    def _go(self, number: int, seconds: float) -> None:
        if self.turns.take(seconds):
            self.order.append(number)
            self.turns.give_back()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(10)


def test_turns_go_in_the_order_of_asking():
    queue = Queue()
    assert queue.turns.take(0)
    for number in range(8):
        queue.ask(number)
    queue.turns.give_back()
    queue.join()
    assert queue.order == [*range(8)]
    assert queue.turns.take(0)  # and it is free again


def test_who_waits_too_long_leaves_and_the_next_one_comes():
    queue = Queue()
    assert queue.turns.take(0)
    assert not queue.turns.take(0)
    assert not queue.turns.take(0.01)
    queue.ask(1)
    queue.turns.give_back()
    queue.join()
    assert (queue.order, waiting(queue.turns)) == ([1], 0)


def test_what_the_check_raises_ends_the_wait():
    turns = FifoLock()
    assert turns.take(0)

    def gone() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        turns.take(10, gone)
    assert waiting(turns) == 0
    turns.give_back()
    assert turns.take(0)


def test_how_long_a_turn_would_take_to_come_follows_from_the_turns_before():
    now = [0.0]
    turns = FifoLock(clock=lambda: now[0])
    assert turns.expected_wait() == 0
    assert turns.take(0)
    assert turns.expected_wait() == 0  # nothing is known yet
    now[0] = 4.0
    turns.give_back()
    assert turns.expected_wait() == 0  # free
    assert turns.take(0)
    assert turns.expected_wait() == 4
    now[0] = 7.0
    assert turns.expected_wait() == 1
    now[0] = 30.0
    assert turns.expected_wait() == 0  # it takes longer than ever: any moment now
    turns.give_back()
    assert turns.take(0)
    assert turns.expected_wait() == pytest.approx(0.7 * 4 + 0.3 * 26)
