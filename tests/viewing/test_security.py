import socket

import pytest

from tilegan.viewing.options import ViewOptions

security = pytest.importorskip("tilegan.viewing.security")
view = pytest.importorskip("tilegan.pipelines.view").view


@pytest.fixture
def client(served, picture):
    return served(view(picture, options=ViewOptions(port=0)))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.1:1", "LOCALHOST:80", "[::1]:80", "localhost."])
def test_its_own_names_are_answered(client, host):
    assert client.get("/info.json", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["example.org", "example.org:8765", "127.0.0.1.example.org", "127.0.0.2", "", "localhost@example.org", "[::2]"],
)
def test_other_names_are_refused(client, host):
    for path in ("/", "/info.json", "/tiles/result/0/0/0.png", "/static/leaflet/leaflet.js"):
        answer = client.get(path, Host=host)
        assert answer.status == 421
        assert b"310" not in answer.body


def test_hosts_of_headers():
    assert security.host_of("A.example:80") == "a.example"
    assert security.host_of("[::1]:80") == "[::1]"
    assert security.host_of("[::1") == "[::1]"


def test_pages_of_other_sites_are_refused(client):
    assert client.get("/tiles/result/0/0/0.png", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403
    assert client.get("/info.json", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="cors").status == 403
    opened = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert client.get("/", **opened, Sec_Fetch_Dest="document").status == 200  # somebody follows a link
    assert client.get("/", **opened, Sec_Fetch_Dest="iframe").status == 200  # browsers obey the policy, see below
    assert client.get("/", **opened, Sec_Fetch_Dest="object").status == 403
    assert client.get("/", Sec_Fetch_Site="same-origin").status == 200
    assert "Access-Control-Allow-Origin" not in client.get("/info.json").headers


def test_a_site_that_is_named_may_read(served, picture):
    client = served(view(picture, options=ViewOptions(port=0, allow_origin="https://example.org")))
    answer = client.get("/info.json", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="cors")
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://example.org"
    assert client.get("/info.json", Host="example.org").status == 421


@pytest.mark.parametrize("path", ["/", "/info.json", "/nothing", "/tiles/result/0/0/0.png"])
def test_headers_of_all_answers(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy, _, framed_by = headers["Content-Security-Policy"].partition("; frame-ancestors ")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "http" not in policy
    assert framed_by == "'self' http://127.0.0.1:* http://localhost:*"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Server" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_nothing_can_be_changed(client, method):
    answer = client.get("/info.json", method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"


def test_requests_are_small(client):
    assert client.get("/info.json?" + "a" * 3000).status == 414
    with socket.create_connection(("127.0.0.1", client.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde")
        assert b" 413 " in connection.recv(100)
    with socket.create_connection(("127.0.0.1", client.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"a" * 100_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 4")


def test_requests_are_counted(client, monkeypatch):
    assert client.get("/info.json").status == 200
    monkeypatch.setattr(security, "BURST", 3.0)
    monkeypatch.setattr(security, "A_SECOND", 0.0)
    assert [client.get("/info.json").status for _ in range(5)] == [200, 200, 200, 429, 429]


def test_requests_at_once_are_counted(client, monkeypatch):
    monkeypatch.setattr(security, "AT_ONCE", 0)
    assert client.get("/info.json").status == 503
