from concurrent.futures import CancelledError
from threading import Event

import pytest

from tilegan.viewing import desk as module
from tilegan.viewing.desk import Desk, DroppedError, check_open, check_waited_for, doing, on_behalf_of


@pytest.fixture
def busy():
    """A desk of one thread that is busy until the event is set."""
    free, begun = Event(), Event()
    desk = Desk(1, "test")
    first = desk.ask("first", lambda: (begun.set(), free.wait()))
    begun.wait()
    yield desk, free, first
    free.set()
    desk.close()


def test_the_newest_is_done_first(busy):
    desk, free, _ = busy
    order = []
    asked = [desk.ask(name, lambda name=name: order.append(name)) for name in "abc"]
    desk.ask("a", lambda: order.append("a"))  # again
    assert desk.waiting == 3
    free.set()
    for each in asked:
        each.result()
    assert order == ["a", "c", "b"]


def test_what_several_ask_for_is_done_once(busy):
    desk, free, _ = busy
    done = []
    asked = [desk.ask("same", lambda: done.append(1) or len(done)) for _ in range(5)]
    asked[1].cancel()  # which leaves the others
    free.set()
    assert [each.result() for number, each in enumerate(asked) if number != 1] == [1] * 4
    assert done == [1]


def test_what_nobody_waits_for_is_not_begun(busy):
    desk, free, _ = busy
    done = []
    asked = [desk.ask(number, lambda number=number: done.append(number)) for number in range(400)]
    for each in asked[:-1]:
        each.cancel()
    assert desk.waiting == 1
    free.set()
    asked[-1].result()
    assert done == [399]
    assert (desk.waiting, desk.computing) == (0, 0) or desk.computing <= 1


def test_work_ends_when_nobody_waits_and_is_done_anew_for_who_comes_then():
    desk, begun, go_on = Desk(1, "test"), Event(), Event()
    ended = []

    def long():
        begun.set()
        go_on.wait()
        try:
            check_waited_for()
        except DroppedError:
            ended.append("dropped")
            raise
        ended.append("done")
        return "result"

    first = desk.ask("work", long)
    begun.wait()
    first.cancel()
    second = desk.ask("work", long)
    go_on.set()
    assert second.result() == "result"
    assert ended == ["dropped", "done"]
    desk.close()


def test_what_others_will_want_goes_on_until_the_desk_is_closed():
    desk, begun, go_on, ended = Desk(1, "test"), Event(), Event(), []

    def long():
        begun.set()
        go_on.wait()
        check_open()
        ended.append("not yet")
        desk.stop()
        try:
            check_open()
        except DroppedError:
            ended.append("closed")

    asked = desk.ask("work", long)
    begun.wait()
    asked.cancel()
    later = desk.ask("more", lambda: None)
    go_on.set()
    with pytest.raises(CancelledError):
        later.result()
    desk.close()
    assert ended == ["not yet", "closed"]


def test_elsewhere_nothing_is_checked():
    check_open()
    check_waited_for()


def test_errors_reach_who_waits(busy):
    desk, free, _ = busy
    asked = desk.ask("wrong", lambda: 1 // 0)
    free.set()
    with pytest.raises(ZeroDivisionError):
        asked.result()
    assert desk.ask("right", lambda: 1).result() == 1  # and the thread goes on


def test_a_closed_desk_does_nothing_more(busy):
    desk, free, first = busy
    waiting = desk.ask("later", lambda: pytest.fail("begun"))
    desk.stop()
    for each in (waiting, first, desk.ask("too late", lambda: pytest.fail("begun"))):
        with pytest.raises(CancelledError):
            each.result()
    free.set()
    desk.close()


def test_spare_work_is_done_while_nothing_is_asked_for(monkeypatch):
    monkeypatch.setattr(module, "QUIET", 0.001)
    left, done, ended = [1, 2, 3], [], Event()

    def spare():
        if not left:
            ended.set()
            return None
        return lambda: done.append(left.pop())

    desk = Desk(3, "test", spare=spare)
    ended.wait()
    desk.close()
    assert done == [3, 2, 1]


def test_spare_work_that_fails_is_not_tried_again(monkeypatch):
    monkeypatch.setattr(module, "QUIET", 0.001)
    tried, begun = [], Event()

    def fails():
        tried.append(1)
        begun.set()
        raise OSError("no room")

    desk = Desk(2, "test", spare=lambda: fails)
    begun.wait()
    assert desk.ask("more", lambda: "done").result() == "done"
    desk.close()
    assert tried == [1]


def test_threads_without_other_work_do_parts_of_what_is_done(monkeypatch):
    monkeypatch.setattr(module, "QUIET", 0.001)
    parts, done, ended = [], [], Event()

    def whole():
        parts.extend(range(4))
        ended.wait()
        return sorted(done)

    def part():
        if not parts:
            return None
        number = parts.pop()

        def do():
            done.append(number)
            if number == 0:
                ended.set()
            if number == 2:
                raise ValueError("who does the whole comes to it as well")

        return do

    desk = Desk(2, "test", parts=part)
    assert desk.ask("whole", whole).result() == [0, 1, 2, 3]
    desk.close()


def test_a_part_ends_with_the_whole():
    desk, begun, go_on, found = Desk(1, "test"), Event(), Event(), []

    def whole():
        found.append(doing())
        begun.set()
        go_on.wait()

    asked = desk.ask("whole", whole)
    begun.wait()
    with on_behalf_of(found[0]):
        check_waited_for()
        asked.cancel()
        with pytest.raises(DroppedError):
            check_waited_for()
    check_waited_for()
    go_on.set()
    desk.close()
