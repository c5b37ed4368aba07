"""Where the server listens: every value of the options is taken, or refused in one sentence."""

import ipaddress
import socket
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.server.address import Address, check_free, parse_address
from engine.errors import InputError

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
NEAR = st.text(st.sampled_from("labx.:-_/~[]%0123456789 \n@?#"), max_size=20)
ADDRESSES = st.one_of(st.ip_addresses().map(str), st.ip_addresses(v=6).map("[{}]".format))


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch):
    """Only numbers and localhost have an address: no test asks a name server."""
    found = socket.getaddrinfo

    def only_here(host, *words, **options):
        if host == "localhost":
            host = "127.0.0.1"
        return found(host, *words, **{**options, "flags": socket.AI_NUMERICHOST})

    monkeypatch.setattr(socket, "getaddrinfo", only_here)


@pytest.mark.parametrize(
    ("given", "host", "url", "local"),
    [
        ("127.0.0.1", "127.0.0.1", "http://127.0.0.1:8501/", True),
        ("localhost", "127.0.0.1", "http://127.0.0.1:8501/", True),
        ("127.0.0.2", "127.0.0.2", "http://127.0.0.2:8501/", True),
        ("::1", "::1", "http://[::1]:8501/", True),
        ("[::1]", "::1", "http://[::1]:8501/", True),
        ("0:0:0:0:0:0:0:1", "::1", "http://[::1]:8501/", True),
        ("0.0.0.0", "0.0.0.0", "http://127.0.0.1:8501/", False),
        ("::", "::", "http://[::1]:8501/", False),
        ("192.168.1.5", "192.168.1.5", "http://192.168.1.5:8501/", False),
        ("2001:db8::5", "2001:db8::5", "http://[2001:db8::5]:8501/", False),
    ],
)
def test_the_printed_address_is_the_one_it_listens_on(given, host, url, local):
    address = parse_address(given, 8501)
    assert (address.host, address.url, address.is_local) == (host, url, local)
    assert address.is_wildcard or host in address.known_hosts


def test_host_names_and_prefix():
    address = parse_address("127.0.0.1", 80, ["Lab.Example.org", "[2001:db8::1]"], "lab/one/")
    assert address.url == "http://127.0.0.1:80/lab/one/"
    assert {"localhost", "127.0.0.1", "::1", "lab.example.org", "2001:db8::1"} == set(address.known_hosts)
    assert parse_address("::1", 80, prefix="/").url == "http://[::1]:80/"


@pytest.mark.parametrize(
    "values",
    [
        {"address": ""},
        {"address": "[]"},
        {"address": "256.1.1.1"},
        {"address": "http://127.0.0.1"},
        {"address": "x" * 300},
        {"address": "\ud800"},
        {"port": 0},
        {"port": 65536},
        {"host_names": ["lab.example.org:80"]},
        {"host_names": ["http://lab"]},
        {"host_names": ["*"]},
        {"host_names": ["*.example.org"]},
        {"host_names": [""]},
        {"prefix": "/lab/../x"},
        {"prefix": "/lab?x"},
        {"prefix": "https://lab.example.org/lab"},
        {"prefix": "/_stcore"},
        {"prefix": "/static/x"},
        {"prefix": "/a b"},
        {"prefix": "/lab\n"},
    ],
)
def test_wrong_values_are_refused(values):
    with pytest.raises(InputError):
        parse_address(**{"address": "127.0.0.1", "port": 8501} | values)


@given(address=st.one_of(ADDRESSES, WORDS, NEAR), names=st.lists(st.one_of(ADDRESSES, WORDS, NEAR), max_size=3))
def test_any_address_and_name_is_taken_or_refused_in_a_sentence(address, names):
    found = _parsed(address, 8501, names)
    if found is not None:
        ipaddress.ip_address(found.host)
        assert urlsplit(found.url).port == 8501 and urlsplit(found.url).path == "/"
        for host in found.known_hosts:
            assert host == host.lower() and not set(host) & set("/@?#*[] \n")


@given(port=st.integers(), prefix=st.one_of(WORDS, NEAR))
def test_any_port_and_prefix_is_taken_or_refused_in_a_sentence(port, prefix):
    found = _parsed("127.0.0.1", port, (), prefix)
    if found is not None:
        assert 1 <= found.port <= 65535
        assert urlsplit(found.url).path == f"{found.prefix}/"
        assert ".." not in found.prefix.split("/") and "//" not in found.prefix


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_taken_port_is_refused_in_its_family(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as taken:
        taken.bind((host, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match="a free port"):
            check_free(Address(host, port))
    check_free(Address(host, port))


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(InputError, match=r"\[2001:db8::7\]:8501"):
        check_free(Address("2001:db8::7", 8501))


def _parsed(*values) -> Address | None:
    try:
        return parse_address(*values)
    except InputError as error:
        message = str(error)
        assert message.startswith("Expected ") and "\n" not in message and "None" not in message
        return None
