"""Who may do what: every route of the document, as nobody, as another user, and with odd ids."""

import re

import pytest
from studios import done_job, png, signed_in, studio, upload

OPEN = {
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("post", "/api/session"),
    ("get", "/api/links/{secret}"),
    ("post", "/api/links/{secret}/account"),
    ("post", "/api/links/{secret}/password"),
    ("get", "/api/shared/{secret}"),
    ("get", "/api/shared/{secret}/picture"),
    ("get", "/api/shared/{secret}/preview"),
}
"""What is answered without a session."""

METHODS = ("get", "post", "put", "patch", "delete")


def routes(client):
    """Every method and path of the document."""
    paths = client.app.openapi()["paths"]
    return sorted((method, path) for path, found in paths.items() for method in found if method in METHODS)


def test_without_a_session_every_route_but_a_few_answers_401(studio):
    found = routes(studio)
    assert len(found) > 50 and set(found) >= OPEN
    for method, path in found:
        answer = studio.request(method, re.sub(r"{\w+}", "x", path), json={})
        if (method, path) in OPEN:
            assert answer.status_code != 401 or path == "/api/session", (method, path)
        else:
            assert answer.status_code == 401, (method, path, answer.status_code)
            assert answer.json()["code"] == "signed_out"


def test_every_id_of_another_user_answers_404(studio):
    ada, ben = signed_in(studio, "ada"), signed_in(studio, "ben")
    job, picture = done_job(studio, ada), upload(ada, png(7), "a.png")["id"]
    share = ada.post(f"/api/jobs/{job}/shares", json={}).json()["id"]
    hook = ada.post("/api/me/hooks", json={"url": "https://example.org/x"}).json()["id"]
    token = ada.post("/api/me/tokens", json={"name": "t"}).json()["id"]
    session = ada.get("/api/me/sessions").json()[0]["id"]
    ids = dict(job=job, picture=picture, share=share, hook=hook, token=token, session=session)
    ids |= dict(look="look-night_cafe")
    bodies = {
        "/api/jobs/{job}/change": {"settings": {"strength": 1}},
        "/api/pictures/{picture}": {"title": "x"},
        "/api/jobs/{job}": {"name": "x"},
    }
    tried = 0
    for method, path in routes(studio):
        names = re.findall(r"{(\w+)}", path)
        if not names or (method, path) in OPEN or not set(names) <= set(ids) or names == ["look"]:
            continue
        answer = ben.request(method, path.format(**ids), json=bodies.get(path, {}))
        assert answer.status_code == 404, (method, path, answer.status_code, answer.text)
        tried += 1
    assert tried >= 25
    assert ada.get(f"/api/jobs/{job}").status_code == 200  # and nothing has happened to it
    assert ada.get(f"/api/pictures/{picture}").json()["title"] == "a"


def test_what_is_for_administrators_is_refused_to_others(studio):
    ada = signed_in(studio, "ada")
    refused = [("get", "/metrics"), ("get", "/api/users"), ("post", "/api/users/invitations")]
    user = ada.get("/api/me").json()["id"]
    refused += [("put", f"/api/users/{user}/limits"), ("delete", f"/api/users/{user}")]
    for method, path in refused:
        assert ada.request(method, path, json={"limits": {}}).status_code == 403, path


def test_metrics_count_requests_and_jobs_and_name_nobody(studio):
    ada, root = signed_in(studio, "ada"), signed_in(studio, "root", admin=True)
    done_job(studio, ada)
    text = root.get("/metrics").text
    assert 'impasto_jobs_ended_total{kind="stylize",state="done"} 1.0' in text
    assert "impasto_requests_total" in text and "ada" not in text and "photo.png" not in text


@pytest.mark.parametrize("which", ["", "..", "%2e%2e%2f", "'", "x" * 3000, "\x00", "☃", "%00", "a/b", "-1"])
def test_odd_ids_are_404_and_no_error_of_ours(studio, which):
    ada = signed_in(studio, "ada")
    for path in (
        "/api/jobs/{}",
        "/api/jobs/{}/result",
        "/api/pictures/{}/thumbnail",
        "/api/looks/{}/thumbnail",
    ):
        answer = ada.get(path.format(which.replace("\x00", "%00")))
        assert answer.status_code in (404, 405, 200, 307), (path, which, answer.status_code)
        assert answer.status_code != 200 or which == ""


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a\x00b.png", "C:\\x\\y.png", "💥.png", ".png", "x" * 400 + ".png", "a\nb"],
)
def test_odd_names_of_files_are_only_names(studio, name):
    ada = signed_in(studio, "ada")
    answer = ada.post("/api/pictures", files={"file": (name, png(1))})
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 201:
        shown = answer.json()["name"]
        assert "/" not in shown and "\\" not in shown and len(shown) <= 200 and shown.isprintable()
    assert not [path for path in studio.app.state.studio.config.folder.iterdir() if path.suffix != ".jpg"]


def test_a_local_studio_asks_for_no_account_but_answers_this_machine_alone(tmp_path):
    from studios import config_of, made_studio

    with made_studio(config_of(tmp_path, local=True)) as client:
        client.base_url = "http://127.0.0.1"
        assert client.get("/api/me").json()["local"]
        assert client.get("/api/me", headers={"Host": "evil.example.org"}).status_code == 403
        forged = client.post("/api/jobs", json={}, headers={"Sec-Fetch-Site": "cross-site"})
        assert forged.status_code == 403


def test_security_headers_are_on_every_answer(studio):
    for path in ("/healthz", "/api/me", "/nowhere"):
        headers = studio.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
