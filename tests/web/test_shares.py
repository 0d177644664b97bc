"""Sharing a result: by a link that nobody guesses, that ends, and that carries no name."""

import time

import pytest
from studios import done_job, signed_in, studio


def test_a_link_shows_the_result_to_whoever_has_it_until_it_is_revoked(studio):
    ada = signed_in(studio, "ada")
    job = done_job(studio, ada, b"the picture")
    share = ada.post(f"/api/jobs/{job}/shares", json={}).json()
    secret = share["url"].rpartition("/")[2]
    anyone = studio
    assert anyone.get(f"/api/shared/{secret}").json()["recipe"] is None
    picture = anyone.get(f"/api/shared/{secret}/picture")
    assert picture.content == b"the picture" and picture.headers["cache-control"] == "no-store"
    assert "picture.png" in picture.headers["content-disposition"]
    assert [one["id"] for one in ada.get(f"/api/jobs/{job}/shares").json()] == [share["id"]]
    assert ada.delete(f"/api/shares/{share['id']}").status_code == 204
    for path in ("", "/picture", "/preview"):
        assert anyone.get(f"/api/shared/{secret}{path}").status_code == 404


def test_a_link_expires(studio, monkeypatch):
    ada = signed_in(studio, "ada")
    job = done_job(studio, ada)
    share = ada.post(f"/api/jobs/{job}/shares", json={"days": 1}).json()
    secret = share["url"].rpartition("/")[2]
    assert studio.get(f"/api/shared/{secret}").status_code == 200
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86500)
    assert studio.get(f"/api/shared/{secret}").status_code == 404


def test_the_recipe_is_shown_if_its_owner_says_so_and_without_names(studio):
    ada = signed_in(studio, "ada")
    job = done_job(studio, ada)
    secret = ada.post(f"/api/jobs/{job}/shares", json={"recipe": True}).json()["url"].rpartition("/")[2]
    recipe = studio.get(f"/api/shared/{secret}").json()["recipe"]
    assert recipe["command"] == "stylize" and not any("name" in item for item in recipe["inputs"])


def test_a_deleted_job_is_shared_no_more(studio):
    ada = signed_in(studio, "ada")
    job = done_job(studio, ada)
    secret = ada.post(f"/api/jobs/{job}/shares", json={}).json()["url"].rpartition("/")[2]
    ada.delete(f"/api/jobs/{job}")
    assert studio.get(f"/api/shared/{secret}").status_code == 404


def test_only_a_result_of_ones_own_is_shared(studio):
    ada, ben = signed_in(studio, "ada"), signed_in(studio, "ben")
    job = done_job(studio, ada)
    share = ada.post(f"/api/jobs/{job}/shares", json={}).json()
    assert ben.post(f"/api/jobs/{job}/shares", json={}).status_code == 404
    assert ben.get(f"/api/jobs/{job}/shares").status_code == 404
    assert ben.delete(f"/api/shares/{share['id']}").status_code == 404


def test_what_is_not_done_cannot_be_shared(studio):
    ada = signed_in(studio, "ada")
    job = done_job(studio, ada, state="waiting")
    answer = ada.post(f"/api/jobs/{job}/shares", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_done")


@pytest.mark.parametrize("secret", ["", "x", "../../api/me", "a" * 500])
def test_a_wrong_link_leads_nowhere(studio, secret):
    assert studio.get(f"/api/shared/{secret}").status_code in (404, 401)
