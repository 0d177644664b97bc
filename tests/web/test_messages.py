"""Webhooks and e-mail: signed, sent again until they arrive, and never into a private network."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller
from studios import config_of, done_job, made_studio, signed_in, studio

from impasto.web import messages
from impasto.web.config import Mail
from impasto.web.messages import NotSent, Sender, address_of, check_url, signature


class Listener:
    """A server that keeps what it is sent, and answers with statuses in turn."""

    def __init__(self, *statuses):
        self.heard, left = [], list(statuses)
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append((dict(self.headers), body))
                self.send_response(left.pop(0) if left else 200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/told?by=impasto"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener():
    made = []

    def listen(*statuses):
        made.append(Listener(*statuses))
        return made[-1]

    yield listen
    for one in made:
        one.server.shutdown()
        one.server.server_close()


@pytest.fixture
def sender(tmp_path):
    """A studio that may send to this machine, and its sender, which sends when it is told to."""
    with made_studio(config_of(tmp_path, private=True)) as client:
        inner = client.app.state.studio
        inner.sender.close()
        yield client, Sender(inner.database, inner.config, "http://x/pictures")


def test_a_job_that_ends_is_told_with_a_signature(sender, listener):
    client, one = sender
    ada, heard = signed_in(client, "ada"), listener()
    hook = ada.post("/api/me/hooks", json={"url": heard.url}).json()
    job = done_job(client, ada)
    assert one.send_due() == 1
    headers, body = heard.heard[0]
    told = json.loads(body)
    assert told["type"] == "job.done" and told["data"]["id"] == job
    which, moment = headers["webhook-id"], headers["webhook-timestamp"]
    key = base64.b64decode(hook["secret"].removeprefix("whsec_"))
    signed = hmac.new(key, f"{which}.{moment}.".encode() + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(signed).decode()
    assert abs(int(moment) - time.time()) < 60
    assert one.send_due() == 0  # it is told once


def test_a_webhook_that_fails_is_told_again_under_the_same_id(sender, listener, monkeypatch):
    client, one = sender
    ada, heard = signed_in(client, "ada"), listener(500, 302, 200)
    ada.post("/api/me/hooks", json={"url": heard.url})
    done_job(client, ada)
    monkeypatch.setattr(messages, "PAUSES", (0, 0, 0))
    assert one.send_due() == 1
    ids = {headers["webhook-id"] for headers, _ in heard.heard}
    assert len(heard.heard) == 3 and len(ids) == 1  # a redirect is not followed
    assert ada.get("/api/me/hooks").json()[0]["error"] == ""


def test_a_webhook_is_given_up_after_all_tries_and_its_owner_sees_why(sender, listener, monkeypatch):
    client, one = sender
    ada, heard = signed_in(client, "ada"), listener(500, 500, 500, 500)
    ada.post("/api/me/hooks", json={"url": heard.url})
    done_job(client, ada)
    monkeypatch.setattr(messages, "PAUSES", (0, 0))
    assert one.send_due() == 0 and len(heard.heard) == 3
    assert ada.get("/api/me/hooks").json()[0]["error"] == "127.0.0.1 answered 500"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "::1"]
)
def test_a_private_address_is_sent_nothing(host):
    with pytest.raises(NotSent, match="private network"):
        address_of(host, 80, private=False)


@pytest.mark.parametrize(
    "url", ["ftp://example.org", "https://", "https://user@example.org", "http://a b", "x", "http://[::1"]
)
def test_what_is_no_address_is_refused(studio, url):
    assert check_url(url)
    assert signed_in(studio, "ada").post("/api/me/hooks", json={"url": url}).status_code == 422


def test_hooks_are_ones_own(studio):
    ada, ben = signed_in(studio, "ada"), signed_in(studio, "ben")
    hook = ada.post("/api/me/hooks", json={"url": "https://example.org/x"}).json()
    assert "secret" not in ada.get("/api/me/hooks").json()[0]
    assert ben.get("/api/me/hooks").json() == []
    assert ben.delete(f"/api/me/hooks/{hook['id']}").status_code == 404
    assert ada.delete(f"/api/me/hooks/{hook['id']}").status_code == 204
    for _ in range(10):
        ada.post("/api/me/hooks", json={"url": "https://example.org/x"})
    assert ada.post("/api/me/hooks", json={"url": "https://example.org/x"}).json()["code"] == "limit"


def test_signatures_are_those_of_standard_webhooks():
    # the example of its specification
    body = b'{"test": 2432232314}'
    found = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


class Post:
    """A mail server that keeps letters."""

    def __init__(self):
        self.letters = []

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


def test_an_e_mail_says_that_a_long_job_is_done(tmp_path):
    post = Post()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        mail = Mail(host="127.0.0.1", port=port, sender="studio@example.org", tls=False)
        with made_studio(config_of(tmp_path, mail=mail)) as client:
            inner, ada = client.app.state.studio, signed_in(client, "ada")
            inner.sender.close()
            sender = Sender(inner.database, inner.config, inner.url("/pictures"))
            done_job(client, ada, seconds=30)
            assert sender.send_due() == 0
            job = done_job(client, ada, seconds=90)
            assert sender.send_due() == 1
            ada.patch("/api/me", json={"mail": False})
            done_job(client, ada, seconds=90)
            assert sender.send_due() == 0
    finally:
        controller.stop()
    to, text = post.letters[0]
    assert to == ["ada@example.org"] and f"http://testserver/pictures/{job}" in text
    assert "Your picture is done" in text and len(post.letters) == 1
