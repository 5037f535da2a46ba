"""By which addresses other machines reach what is served here."""

from __future__ import annotations

import ipaddress

import pytest

from kit.network import EVERYWHERE, addresses_of


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1"])
def test_no_other_machine_reaches_a_loopback_address(host: str) -> None:
    assert addresses_of(host) == ()


def test_an_address_of_the_network_is_reached_as_it_is() -> None:
    assert addresses_of("192.168.1.20") == ("192.168.1.20",)


def test_of_all_addresses_those_of_this_machine_alone_are_left_out() -> None:
    found = addresses_of(EVERYWHERE)
    assert not any(ipaddress.ip_address(each).is_loopback or each == EVERYWHERE for each in found)
    assert len(set(found)) == len(found)
