"""A studio behind nginx, under a path and with TLS, by the lines of deploy/nginx.conf."""

import io
import re
import shutil
import ssl
import time

import httpx2
import numpy as np
import pytest
from PIL import Image
from proxies import answers, nginx
from studios import PASSWORD, config_of, png, running

from conftest import until
from impasto.web import server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("nginx") or not shutil.which("openssl"), reason="needs nginx"),
]


@pytest.fixture
def proxied(tmp_path):
    """A running studio, and a client that reaches it through nginx."""
    with server.listening("127.0.0.1", 0, 0) as free:
        port = server.port_of(free)
    address = f"https://localhost:{port}"
    config = config_of(tmp_path, base_path="/studio", address=address)
    with running(config, proxy="127.0.0.1") as found:
        process = nginx(tmp_path, port, found.url)
        trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        try:
            with httpx2.Client(base_url=f"{address}/studio", verify=trust, timeout=60) as client:
                until(lambda: answers(client), "nginx")
                found.studio.accounts.add("ada@example.org", "ada", PASSWORD)
                yield found, client
        finally:
            process.terminate()
            process.wait(20)


def test_all_of_it_works_behind_nginx_under_a_path_with_tls(proxied):
    found, client = proxied
    signed = client.post("/api/session", json=dict(email="ada@example.org", password=PASSWORD))
    assert signed.status_code == 204
    cookie = signed.headers["set-cookie"]
    assert "Secure" in cookie and "Path=/studio" in cookie and "HttpOnly" in cookie
    origin = str(client.base_url).removesuffix("/studio/").removesuffix("/studio")
    mine = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    assert client.patch("/api/me", json={"name": "A"}, headers=mine).status_code == 200
    other = {"Origin": "https://evil.example.org"}
    assert client.patch("/api/me", json={"name": "B"}, headers=other).status_code == 403
    invitation = found.studio.url("/link/x")
    assert invitation.startswith(f"{origin}/studio/")


def test_events_arrive_live_and_large_uploads_pass(proxied):
    _, client = proxied
    client.post("/api/session", json=dict(email="ada@example.org", password=PASSWORD))
    noise = np.random.default_rng(0).integers(0, 255, (3600, 5600, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG", compress_level=0)
    assert len(file.getvalue()) > 60e6
    photo = client.post("/api/pictures", files={"file": ("large.png", file.getvalue())})
    assert photo.status_code == 201, photo.text
    painting = client.post("/api/pictures", files={"file": ("a.png", png(2))}).json()
    with client.stream("GET", "/api/events") as stream:
        form = dict(content=photo.json()["id"], styles=[dict(id=painting["id"])])
        job = client.post("/api/jobs", json=form).json()["id"]
        began = time.monotonic()
        line = next(line for line in stream.iter_lines() if re.search(job, line))
        assert '"state": "waiting"' in line or '"state":"waiting"' in line
        assert time.monotonic() - began < 5  # not held back by the proxy
