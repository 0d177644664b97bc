import pytest
from fastapi.testclient import TestClient
from studios import PASSWORD, accounts_of, config_of, signed_in, studio

from impasto.web.app import application


def code_of(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_browser_signs_in_and_out(studio):
    assert code_of(studio.get("/api/me")) == (401, "signed_out")
    ada = signed_in(studio, "ada")
    assert ada.get("/api/me").json()["name"] == "ada"
    (cookie,) = ada.cookies.jar
    assert cookie.has_nonstandard_attr("HttpOnly") and cookie.get_nonstandard_attr("SameSite") == "lax"
    (session,) = ada.get("/api/me/sessions").json()
    assert session["current"]
    assert ada.delete("/api/session").status_code == 204
    assert ada.get("/api/me").status_code == 401


def test_wrong_passwords_are_refused_and_slowed_down(studio):
    accounts_of(studio).add("ada@example.org", "Ada", PASSWORD)
    form = dict(email="ada@example.org", password="another password")
    for _ in range(10):
        assert code_of(studio.post("/api/session", json=form)) == (401, "wrong_password")
    answer = studio.post("/api/session", json=form | dict(password=PASSWORD))
    assert code_of(answer) == (429, "too_many") and answer.headers["retry-after"] == "300"


def test_a_token_acts_for_its_user_as_far_as_its_scopes_go(studio):
    ada = signed_in(studio, "ada")
    made = ada.post("/api/me/tokens", json=dict(name="script", scopes=["read"])).json()
    program = TestClient(studio.app, headers={"Authorization": f"Bearer {made['secret']}"})
    assert program.get("/api/me").json()["name"] == "ada"
    assert code_of(program.post("/api/me/tokens", json=dict(name="more"))) == (403, "forbidden")
    assert ada.get("/api/me/tokens").json()[0]["name"] == "script"
    assert ada.delete(f"/api/me/tokens/{made['id']}").status_code == 204
    assert code_of(program.get("/api/me")) == (401, "signed_out")


def test_sessions_and_tokens_of_others_do_not_exist(studio):
    ada, bob = signed_in(studio, "ada"), signed_in(studio, "bob")
    (session,) = ada.get("/api/me/sessions").json()
    token = ada.post("/api/me/tokens", json=dict(name="script")).json()["id"]
    assert code_of(bob.delete(f"/api/me/sessions/{session['id']}")) == (404, "not_found")
    assert code_of(bob.delete(f"/api/me/tokens/{token}")) == (404, "not_found")
    assert ada.get("/api/me").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.org"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.org"},
        {"Origin": "null"},
    ],
)
def test_requests_of_other_sites_change_nothing(studio, headers):
    ada = signed_in(studio, "ada")
    answer = ada.post("/api/me/tokens", json=dict(name="theirs"), headers=headers)
    assert code_of(answer) == (403, "forbidden") and ada.get("/api/me/tokens").json() == []
    same = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
    assert ada.post("/api/me/tokens", json=dict(name="mine"), headers=same).status_code == 201


def test_another_password_signs_other_browsers_out(studio):
    ada = signed_in(studio, "ada")
    other = TestClient(studio.app)
    assert (
        other.post("/api/session", json=dict(email="ada@example.org", password=PASSWORD)).status_code == 204
    )
    wrong = dict(old="no password of hers", new="four other plain words")
    assert code_of(ada.put("/api/me/password", json=wrong)) == (403, "wrong_password")
    short = dict(old=PASSWORD, new="short")
    assert code_of(ada.put("/api/me/password", json=short)) == (422, "account_error")
    right = dict(old=PASSWORD, new="four other plain words")
    assert ada.put("/api/me/password", json=right).status_code == 204
    assert ada.get("/api/me").status_code == 200 and other.get("/api/me").status_code == 401


def test_an_administrator_invites_limits_resets_and_removes(studio):
    root, ada = signed_in(studio, "root", admin=True), signed_in(studio, "ada")
    assert code_of(ada.get("/api/users")) == (403, "forbidden")
    link = root.post("/api/users/invitations", json={}).json()["url"].removeprefix("http://testserver/link/")
    guest = TestClient(studio.app)
    assert guest.get(f"/api/links/{link}").json() == {"purpose": "invitation"}
    form = dict(email="bob@example.org", name="Bob", password=PASSWORD)
    assert guest.post(f"/api/links/{link}/account", json=form).status_code == 204
    bob = guest.get("/api/me").json()
    assert (bob["name"], bob["admin"]) == ("Bob", False)
    assert code_of(guest.get(f"/api/links/{link}")) == (404, "not_found")

    limited = root.put(f"/api/users/{bob['id']}/limits", json=dict(limits=dict(running=5)))
    assert limited.json()["limits"]["running"] == 5
    bad = root.put(f"/api/users/{bob['id']}/limits", json=dict(limits=dict(walking=5)))
    assert code_of(bad) == (422, "invalid")

    reset = root.post(f"/api/users/{bob['id']}/reset").json()["url"].removeprefix("http://testserver/link/")
    form = dict(password="four other plain words")
    assert guest.post(f"/api/links/{reset}/password", json=form).status_code == 204
    assert guest.get("/api/me").status_code == 401
    assert root.delete(f"/api/users/{bob['id']}").status_code == 204
    assert code_of(root.delete(f"/api/users/{bob['id']}")) == (404, "not_found")
    me = root.get("/api/me").json()["id"]
    assert code_of(root.delete(f"/api/users/{me}")) == (409, "conflict")


def test_a_local_studio_has_one_user_and_answers_this_machine_alone(tmp_path):
    with TestClient(application(config_of(tmp_path, local=True)), base_url="http://127.0.0.1:8300") as here:
        me = here.get("/api/me").json()
        assert me["local"] and me["admin"]
        assert here.get("/api/me").json() == me
        rebound = here.get("/api/me", headers={"Host": "evil.example.org"})
        assert code_of(rebound) == (403, "forbidden")


def test_a_form_that_makes_no_sense_says_where(studio):
    answer = studio.post("/api/session", json=dict(email="ada@example.org"))
    assert code_of(answer) == (422, "invalid") and answer.json()["detail"].startswith("password: ")
    assert code_of(studio.get("/api/nothing")) == (404, "not_found")
    assert "default-src 'self'" in studio.get("/healthz").headers["content-security-policy"]
    assert studio.get("/readyz").json() == {"status": "ready"}
