"""Questions to the file system, which may hang as one on a network does: asked in threads."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, NoReturn, TypeVar

from sidecar.core.errors import ModelUnavailable

AT_ONCE_S = 0.02
"""So long the loop itself waits: what is asked next shall not overtake what was asked before."""
LONGEST_S = 10.0
"""A disk that has to spin up first needs some of it."""
AT_A_TIME = 8

T = TypeVar("T")
Answer = Callable[[], T]
"""Returns what was asked for, or raises what asking raised."""
Then = Callable[[Answer[T]], None]


class Looks:
    """Asks in threads, tells in the loop. Its methods are for the loop's thread only."""

    def __init__(self, post: Callable[[Callable[[], None]], None]) -> None:
        """`post` has something run in the loop."""
        self._post = post
        self._open: list[_Look[Any]] = []
        self._awaited: dict[_Look[Any], tuple[Then[Any], threading.Timer]] = {}
        self._when_told: Callable[[], None] = _nothing

    def ask(self, question: Callable[[], T], then: Then[T]) -> None:
        """Have `then` called with the answer, once: at once, or within `LONGEST_S`.

        The answer raises what `question` raised; `ModelUnavailable` when that takes longer, or
        when `AT_A_TIME` others hang.
        """
        look = self._begin(question)
        if look.over.wait(AT_ONCE_S):
            then(look.answer)
            return
        timer = threading.Timer(LONGEST_S, look.tell)
        timer.daemon = True
        timer.start()
        self._awaited[look] = then, timer

    def glance(self, question: Callable[[], T], otherwise: T) -> T:
        """The answer, or `otherwise` if there is none at once."""
        look = self._begin(question)
        look.over.wait(AT_ONCE_S)
        try:
            return look.answer()
        except ModelUnavailable:
            return otherwise

    def when_told(self, call: Callable[[], None]) -> None:
        """Have `call` called once nobody waits for an answer."""
        self._when_told = call
        self._call_if_told()

    def _begin(self, question: Callable[[], T]) -> "_Look[T]":
        look = _Look(question, lambda: self._post(partial(self._tell, look)))
        self._open = [one for one in self._open if not one.over.is_set()]
        if len(self._open) == AT_A_TIME:
            look.over.set()
        else:
            threading.Thread(target=look.run, name="look", daemon=True).start()
            self._open.append(look)
        return look

    def _tell(self, look: "_Look[Any]") -> None:
        if look in self._awaited:
            then, timer = self._awaited.pop(look)
            timer.cancel()
            then(look.answer)
            self._call_if_told()

    def _call_if_told(self) -> None:
        if not self._awaited:
            self._when_told()


class _Look(Generic[T]):
    """One question. Without an answer yet, its answer is that there is none.

    A future would do, but its module imports logging, which the start is spared.
    """

    def __init__(self, question: Callable[[], T], tell: Callable[[], None]) -> None:
        self._question = question
        self.tell = tell
        self.over = threading.Event()
        self.answer: Answer[T] = _none_yet

    def run(self) -> None:
        try:
            answer = self._question()
            self.answer = lambda: answer
        except Exception as error:
            self.answer = partial(_raise, error)
        self.over.set()
        self.tell()


def _none_yet() -> NoReturn:
    raise ModelUnavailable("the file system does not answer")


def _raise(error: Exception) -> NoReturn:
    raise error


def _nothing() -> None:
    """What is done until something else is wanted."""
