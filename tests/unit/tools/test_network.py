"""The network stays shut while tests run."""

import http.client
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.plugins.network import NetworkShut, is_this_machine


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.3.2.1", "::1", "localhost", "", None, "0.0.0.0", b"127.0.0.1"]
)
def test_it_knows_this_machine(host):
    assert is_this_machine(host)


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "clinic.example", "169.254.169.254"]
)
def test_it_knows_other_machines(host):
    assert not is_this_machine(host)


def test_it_refuses_to_connect_to_another_machine():
    with socket.socket() as line, pytest.raises(NetworkShut, match=r"192\.0\.2\.1"):
        line.connect(("192.0.2.1", 80))


def test_it_refuses_a_datagram_to_another_machine():
    with socket.socket(type=socket.SOCK_DGRAM) as line, pytest.raises(NetworkShut):
        line.sendto(b"x", ("192.0.2.1", 53))


def test_it_refuses_to_look_up_a_name():
    with pytest.raises(NetworkShut, match=r"clinic\.example"):
        socket.getaddrinfo("clinic.example", 443)


def test_no_library_gets_around_it():
    with pytest.raises(NetworkShut):
        http.client.HTTPConnection("192.0.2.1", timeout=1).request("GET", "/")


def test_it_leaves_this_machine_reachable():
    class Hello(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        line = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
        line.request("GET", "/")
        assert line.getresponse().status == 204
        line.close()
        thread.join()
