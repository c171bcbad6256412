"""Who sends bad credentials waits, longer each time; nobody else does."""

from __future__ import annotations

import pytest

from service.throttle import FREE, LONGEST_S, WINDOW_S, Throttle

ADDRESS = "192.0.2.7"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def fail(throttle: Throttle, times: int, address: str = ADDRESS) -> None:
    for _ in range(times):
        throttle.failed(address)


def test_a_few_failures_cost_nothing(throttle: Throttle) -> None:
    fail(throttle, FREE - 1)
    assert throttle.check(ADDRESS) == 0


def test_the_fifth_failure_within_a_minute_costs_a_second(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, FREE)
    assert throttle.check(ADDRESS) == 1
    clock.now += 0.75
    assert throttle.check(ADDRESS) == 0.25
    clock.now += 0.25
    assert throttle.check(ADDRESS) == 0


def test_failures_that_are_far_apart_cost_nothing(throttle: Throttle, clock: Clock) -> None:
    for _ in range(50):
        throttle.failed(ADDRESS)
        clock.now += WINDOW_S / (FREE - 1) + 0.1
    assert throttle.check(ADDRESS) == 0


def test_each_further_failure_doubles_the_wait_up_to_a_minute(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, FREE)
    waits = []
    for _ in range(9):
        waits.append(throttle.check(ADDRESS))
        clock.now += waits[-1]
        throttle.failed(ADDRESS)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_what_was_under_way_when_the_wait_began_does_not_lengthen_it(throttle: Throttle) -> None:
    fail(throttle, FREE + 100)
    assert throttle.check(ADDRESS) == 1


def test_asking_while_it_has_to_wait_does_not_lengthen_it(throttle: Throttle) -> None:
    fail(throttle, FREE)
    assert {throttle.check(ADDRESS) for _ in range(100)} == {1}


def test_a_minute_of_quiet_after_the_wait_clears_an_address(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, FREE)
    clock.now += 1 + WINDOW_S
    fail(throttle, FREE - 1)
    assert throttle.check(ADDRESS) == 0
    fail(throttle, 1)
    assert throttle.check(ADDRESS) == 1


def test_short_of_a_minute_of_quiet_the_next_failure_counts_on(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, FREE)
    clock.now += WINDOW_S
    throttle.failed(ADDRESS)
    assert throttle.check(ADDRESS) == 2


def test_a_good_credential_brings_the_next_wait_back_to_a_second(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, FREE)
    for _ in range(6):
        clock.now += throttle.check(ADDRESS)
        throttle.failed(ADDRESS)
    clock.now += LONGEST_S
    throttle.succeeded(ADDRESS)
    throttle.failed(ADDRESS)
    assert throttle.check(ADDRESS) == 1


def test_a_neighbours_good_credential_does_not_end_a_wait(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, FREE)
    clock.now += 1
    throttle.failed(ADDRESS)
    throttle.succeeded(ADDRESS)
    assert throttle.check(ADDRESS) == 2
    clock.now += 2
    throttle.failed(ADDRESS)
    assert throttle.check(ADDRESS) == 4


def test_good_credentials_in_between_leave_a_bad_one_a_second_at_best(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, FREE)
    tries = 0
    for _ in range(100):
        clock.now += 0.25
        throttle.succeeded(ADDRESS)
        if throttle.check(ADDRESS) == 0:
            throttle.failed(ADDRESS)
            tries += 1
    assert tries == 25


def test_a_good_credential_of_somebody_unknown_is_not_remembered(throttle: Throttle) -> None:
    throttle.succeeded(ADDRESS)
    assert len(throttle) == 0


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("", "", True),
        ("not an address", "192.0.2.7", False),
    ],
)
def test_an_address_is_an_ipv4_address_or_an_ipv6_network(
    throttle: Throttle, one: str, other: str, *, are_one: bool
) -> None:
    fail(throttle, FREE, one)
    assert (throttle.check(one), throttle.check(other)) == (1, 1 if are_one else 0)


def test_what_is_remembered_is_bounded_and_the_longest_quiet_is_forgotten_first(clock: Clock) -> None:
    throttle = Throttle(clock, most=100)
    fail(throttle, FREE, "192.0.2.1")
    for number in range(99):
        throttle.failed(f"198.51.100.{number}")
    assert (len(throttle), throttle.check("192.0.2.1")) == (100, 1)
    throttle.failed("192.0.2.1")
    throttle.failed("203.0.113.1")
    assert (len(throttle), throttle.check("192.0.2.1")) == (100, 1)
    for number in range(100):
        throttle.failed(f"203.0.113.{number}")
    assert (len(throttle), throttle.check("192.0.2.1")) == (100, 0)
