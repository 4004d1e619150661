"""The network is shut while tests run, except for this machine itself.

An audit hook hears of every connection and every look-up of a name in this process, whichever library
makes it, so a test that reaches out fails at the spot. Processes that a test starts (Chromium,
PostgreSQL) are not heard; they are started with addresses of this machine only.
"""

import ipaddress
import socket
import sys
from typing import Any

import pytest

OWN_NAMES = {"localhost", "localhost.localdomain", "ip6-localhost", socket.gethostname()}
# Event -> which of its arguments holds the address or the name.
WATCHED = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}

_shut = False


class NetworkShut(RuntimeError):
    """A test tried to reach another machine. No OSError, lest code under test take it for a bad line."""


def is_this_machine(host: object) -> bool:
    """Say whether an address or name means this machine; unix sockets and empty addresses do."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host == "" or host in OWN_NAMES:
        return True
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _listen(event: str, args: tuple[Any, ...]) -> None:
    place = WATCHED.get(event)
    if place is None or not _shut:
        return
    target = args[place]
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        if not isinstance(target, tuple):
            return  # a unix socket's path, or a socket that is connected already
        target = target[0]
    if not is_this_machine(target):
        raise NetworkShut(f"A test tried to reach '{target}' ({event}). Tests talk to this machine only.")


def pytest_configure(config: pytest.Config) -> None:
    global _shut
    if not _shut:
        sys.addaudithook(_listen)
    _shut = True
