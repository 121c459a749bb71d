import signal
import threading
from collections.abc import Iterator

import pytest

from graftwork.training.interrupt import first_interrupt_waits


@pytest.fixture(autouse=True)
def interrupts_are_not_ignored() -> Iterator[None]:
    """A shell lets what it runs in the background ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_interrupt_is_noted_and_told_and_comes_at_the_end_of_the_block() -> None:
    said: list[str] = []
    seen: list[bool] = []
    with pytest.raises(KeyboardInterrupt), first_interrupt_waits(said.append) as noted:
        seen.append(noted())
        signal.raise_signal(signal.SIGINT)
        seen.append(noted())
    assert seen == [False, True]
    assert said == ["saving and stopping; Ctrl-C once more stops without saving"]


def test_the_second_one_interrupts_at_once() -> None:
    reached: list[str] = []
    with pytest.raises(KeyboardInterrupt), first_interrupt_waits(lambda text: None):
        signal.raise_signal(signal.SIGINT)
        reached.append("after the first")
        signal.raise_signal(signal.SIGINT)
        reached.append("after the second")
    assert reached == ["after the first"]


def test_without_one_nothing_happens() -> None:
    with first_interrupt_waits(lambda text: None) as noted:
        assert not noted()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_afterwards_an_interrupt_is_as_ever() -> None:
    with pytest.raises(ValueError, match="inside"), first_interrupt_waits(lambda text: None):
        raise ValueError("inside")
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_who_ignores_interrupts_goes_on_ignoring_them() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with first_interrupt_waits(lambda text: None) as noted:
            signal.raise_signal(signal.SIGINT)
            assert not noted()
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_nothing_is_changed() -> None:
    found: list[object] = []

    def work() -> None:
        with first_interrupt_waits(lambda text: None):
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
