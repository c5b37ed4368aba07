"""Where the dashboard listens, and under which names and prefix browsers reach it."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import InputError, disk_words

LOOPBACK = "127.0.0.1"
HOST_NAME = re.compile(r"(?!.*\.\.)[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.IGNORECASE | re.ASCII)
PREFIX = re.compile(r"(/[A-Za-z0-9~_-][A-Za-z0-9._~-]*){0,8}", re.ASCII)
SERVER_PATHS = {"_stcore", "component", "media", "plotly.min.js", "static"}
"""First folders of the paths that the server itself uses."""


@dataclass(frozen=True)
class Address:
    """A numeric IPv4 or IPv6 address with a port, other host names, and a path prefix: "" or "/lab"."""

    host: str
    port: int
    host_names: tuple[str, ...] = ()
    prefix: str = ""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return _number(self.host).is_loopback

    @property
    def is_wildcard(self) -> bool:
        """Whether the server listens on all addresses of the machine."""
        return _number(self.host).is_unspecified

    @property
    def known_hosts(self) -> list[str]:
        """Hosts that the server answers to, IPv6 addresses without brackets."""
        own = [] if self.is_wildcard else [self.host]
        return list(dict.fromkeys(["localhost", LOOPBACK, "::1", *own, *self.host_names]))

    @property
    def url(self) -> str:
        """Address of the first page; a wildcard is shown as this machine's own address."""
        version = _number(self.host).version
        shown = {4: LOOPBACK, 6: "::1"}[version] if self.is_wildcard else self.host
        return f"http://{f'[{shown}]' if version == 6 else shown}:{self.port}{self.prefix}/"


def parse_address(address: str, port: int, host_names: Iterable[str] = (), prefix: str = "") -> Address:
    """The checked values; a name of this machine is replaced by its address.

    Raises:
        InputError: one of the values is not valid.
    """
    if not 1 <= port <= 65535:
        raise InputError("a port from 1 to 65535", port, "Choose another port with --port.")
    return Address(_resolved(address), port, tuple(map(_host_name, host_names)), _prefix(prefix))


def check_free(address: Address) -> None:
    """Raises InputError if the server cannot listen on this address and port."""
    family = socket.AF_INET6 if _number(address.host).version == 6 else socket.AF_INET
    shown = f"[{address.host}]" if family == socket.AF_INET6 else address.host
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address.host, address.port))
    except OSError as error:
        remedy = "Choose another port with --port or an address of this machine, or stop the process on this port."
        raise InputError("a free port", f"{shown}:{address.port} ({disk_words(error)})", remedy) from error


def _resolved(address: str) -> str:
    expected = "an address of this machine, such as 127.0.0.1 or ::1"
    remedy = "Choose another one with --address."
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    try:
        if not bare:
            raise OSError("empty")
        found = socket.getaddrinfo(bare, None, type=socket.SOCK_STREAM)
        host = min(found, key=lambda one: one[0] != socket.AF_INET)[4][0]  # 127.0.0.1 before ::1 for "localhost"
        return str(_number(str(host)))
    except (OSError, ValueError) as error:
        raise InputError(expected, repr(address), remedy) from error


def _host_name(name: str) -> str:
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    try:
        return str(_number(bare))
    except ValueError:
        if HOST_NAME.fullmatch(bare):
            return bare.lower()
    remedy = "Leave out the protocol, the port, and the path."
    raise InputError("a host name such as lab.example.org", repr(name), remedy)


def _prefix(prefix: str) -> str:
    path = "/" + prefix.strip("/") if prefix.strip("/") else ""
    if not PREFIX.fullmatch(path):
        remedy = "Use letters, digits, and . _ ~ - between slashes."
        raise InputError("a path prefix such as /lab", repr(prefix), remedy)
    if path.split("/")[1:2] and path.split("/")[1] in SERVER_PATHS:
        raise InputError("a path prefix such as /lab", f"{prefix!r}, which the server itself uses", "Choose another.")
    return path


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(host)
