"""Jobs over HTTP, carried out by a real worker: created, followed, changed, paused, branched, deleted."""

import io
import json
import time

import pytest
from PIL import Image
from studios import SMALL, config_of, known, png, running, signed_in, studio, upload

from conftest import until as until_what
from impasto.media.clip import Clip
from impasto.media.film import even
from queue_worker import Process


@pytest.fixture
def worker(studio, nursery, tmp_path):
    """A worker of the studio's queue."""
    config = studio.app.state.studio
    process = Process(nursery, config.config.database, config.service.store.url, tmp_path / "worker", "quick")
    yield process
    process.kill()


def until(condition):
    until_what(condition, "what the test waits for")


def order(client, **changes):
    photo, painting = upload(client, png(1), "my secret.png"), upload(client, png(2), "wave.png")
    form = dict(content=photo["id"], styles=[dict(id=painting["id"])], settings=SMALL)
    return form | changes


def create(client, **changes):
    answer = client.post("/api/jobs", json=order(client, **changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


def state(client, job):
    return client.get(f"/api/jobs/{job['id']}").json()["state"]


def test_a_job_is_painted_and_its_result_carries_no_name(studio, worker):
    ada = signed_in(studio, "ada")
    job = create(ada, name="First")
    assert (job["state"], job["kind"], job["name"]) == ("waiting", "stylize", "First")
    until(lambda: state(ada, job) == "done")
    done = ada.get(f"/api/jobs/{job['id']}").json()
    assert done["result"]["width"] == 48 and done["result"]["bytes"] > 0 and done["preview"] > 0
    result = ada.get(f"/api/jobs/{job['id']}/result")
    assert result.headers["content-disposition"].endswith('"First.png"')
    with Image.open(io.BytesIO(result.content)) as image:
        assert image.size == (48, 36) if image.width > image.height else image.size == (36, 48)
    assert b"secret" not in result.content
    recipe = ada.get(f"/api/jobs/{job['id']}/recipe").json()
    assert [item["name"] for item in recipe["inputs"]] == ["content.png", "style.png"]
    assert ada.get(f"/api/jobs/{job['id']}/preview").headers["content-type"] == "image/jpeg"
    kinds = {event["kind"] for event in ada.get(f"/api/jobs/{job['id']}/events").json()}
    assert {"step", "done"} <= kinds


def test_the_jobs_of_others_do_not_exist(studio):
    ada, ben = signed_in(studio, "ada"), signed_in(studio, "ben")
    job = create(ada)
    for path in ("", "/events", "/preview", "/result", "/recipe"):
        assert ben.get(f"/api/jobs/{job['id']}{path}").status_code == 404, path
    for path in ("/pause", "/resume", "/cancel", "/restore"):
        assert ben.post(f"/api/jobs/{job['id']}{path}").status_code == 404, path
    assert ben.post(f"/api/jobs/{job['id']}/branch", json={}).status_code == 404
    assert ben.post(f"/api/jobs/{job['id']}/change", json={"settings": {"strength": 3}}).status_code == 404
    assert ben.delete(f"/api/jobs/{job['id']}").status_code == 404
    mine = order(ben)
    assert ben.post("/api/jobs", json=mine | {"content": job["content"]}).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"settings": {"weights": "/etc/passwd"}}, 422, "weights cannot be given here"),
        ({"settings": {"flow": "/tmp"}}, 422, "flow cannot be given here"),
        ({"settings": {"init": "/etc/passwd"}}, 404, "no such picture"),
        ({"settings": {"style_mask": ["../../x"]}}, 404, "no such picture"),
        ({"settings": {"strength": 700}}, 422, "strength must be"),
        ({"settings": {"strenght": 70}}, 422, "unknown setting 'strenght'"),
        ({"kind": "sculpture"}, 422, "there is no kind 'sculpture'"),
        ({"kind": "video"}, 422, "a film is painted from a clip"),
        ({"content": None}, 422, "a photo is missing"),
        ({"styles": []}, 422, "a painting is missing"),
        ({"preset": "texture"}, 422, "preset 'texture' is for"),
        ({"format": "exe"}, 422, "there is no format 'exe'"),
        ({"format": "jpg", "settings": {"depth": 16}}, 422, "cannot hold 16 bits"),
        ({"content": "bundled-mona_lisa"}, 404, "no such picture"),
    ],
)
def test_what_cannot_be_painted_is_refused_in_words(studio, changes, status, words):
    ada = signed_in(studio, "ada")
    answer = ada.post("/api/jobs", json=order(ada, **changes))
    assert answer.status_code == status and words in answer.json()["detail"], answer.text
    assert ada.get("/api/jobs").json()["items"] == []


def test_a_job_is_paused_resumed_changed_and_cancelled(studio, worker):
    ada = signed_in(studio, "ada")
    job = create(ada, settings=SMALL | {"steps": 100_000, "size": 48})
    until(lambda: state(ada, job) == "running")
    path = f"/api/jobs/{job['id']}"
    assert ada.post(f"{path}/change", json={"settings": {"strength": 70}}).json()["change"] == "strength 70"
    until(lambda: "changed" in {event["kind"] for event in ada.get(f"{path}/events").json()})
    assert ada.post(f"{path}/pause").json()["state"] == "paused"
    until(lambda: "paused" in {event["kind"] for event in ada.get(f"{path}/events").json()})
    assert ada.post(f"{path}/resume").json()["state"] in ("waiting", "running")
    until(lambda: state(ada, job) == "running")
    ada.post(f"{path}/cancel")
    until(lambda: state(ada, job) == "cancelled")
    assert ada.post(f"{path}/pause").status_code == 409


def test_a_branch_continues_from_what_another_job_has_painted(studio, worker):
    ada = signed_in(studio, "ada")
    job = create(ada)
    until(lambda: state(ada, job) == "done")
    branch = ada.post(f"/api/jobs/{job['id']}/branch", json={"at": 1})
    assert branch.status_code == 201 and branch.json()["source"] == job["id"]
    until(lambda: state(ada, branch.json()) == "done")
    assert ada.post(f"/api/jobs/{job['id']}/branch", json={"at": 99}).json()["code"] == "no_branch"


def test_the_stages_of_a_picture_are_kept_and_make_a_film(studio, worker, tmp_path):
    ada = signed_in(studio, "ada")
    job = create(ada)
    path = f"/api/jobs/{job['id']}"
    assert ada.get(f"{path}/making").status_code == 404
    until(lambda: state(ada, job) == "done")
    stages = ada.get(f"{path}/previews").json()
    places = [(stage["number"], stage["scale"], stage["step"]) for stage in stages]
    assert len(places) > 1 and places == sorted(places) and places[-1][2] == 60
    last = ada.get(f"{path}/preview").content
    assert ada.get(f"{path}/preview", params={"number": places[-1][0]}).content == last
    assert ada.get(f"{path}/preview", params={"number": places[0][0]}).content != last
    assert ada.get(f"{path}/preview", params={"number": 999}).status_code == 404
    (tmp_path / "making.mp4").write_bytes(ada.get(f"{path}/making").content)
    film = Clip.open(tmp_path / "making.mp4")
    with Image.open(io.BytesIO(last)) as image:
        assert film.size == even((image.height, image.width))
    assert 1.5 < film.seconds <= 10 and not list(studio.app.state.studio.config.folder.iterdir())


def test_the_same_key_creates_one_job(studio):
    ada, key = signed_in(studio, "ada"), {"Idempotency-Key": "tuesday"}
    form = order(ada)
    made = [ada.post("/api/jobs", json=form, headers=key).json()["id"] for _ in range(3)]
    assert len(set(made)) == 1 and len(ada.get("/api/jobs").json()["items"]) == 1
    other = ada.post("/api/jobs", json=form | {"name": "other"}, headers=key)
    assert other.json()["code"] == "key_reused"


def test_a_deleted_job_is_gone_until_that_is_undone(studio):
    ada = signed_in(studio, "ada")
    job = create(ada)
    assert ada.delete(f"/api/jobs/{job['id']}").status_code == 204
    assert ada.get("/api/jobs").json()["items"] == []
    assert [one["id"] for one in ada.get("/api/jobs?deleted=true").json()["items"]] == [job["id"]]
    assert not ada.post(f"/api/jobs/{job['id']}/restore").json()["deleted"]
    assert [one["id"] for one in ada.get("/api/jobs").json()["items"]] == [job["id"]]


def test_a_purged_job_returns_its_bytes(studio, worker):
    ada, inner = signed_in(studio, "ada"), studio.app.state.studio
    job = create(ada)
    until(lambda: state(ada, job) == "done")
    until(lambda: ada.get(f"/api/jobs/{job['id']}").json()["ended"])
    sha256 = inner.jobs.row(ada.get("/api/me").json()["id"], job["id"])["result"]["sha256"]
    assert inner.files.store.place(sha256).is_file()
    for picture in ada.get("/api/pictures").json()["items"]:
        ada.delete(f"/api/pictures/{picture['id']}")
    inner.jobs.purge(job["id"])
    kept = [path for path in inner.files.store.place(sha256).parents[1].rglob("*") if path.is_file()]
    assert not kept and not known(studio)


def test_search_favourites_and_pages(studio):
    ada = signed_in(studio, "ada")
    made = [create(ada, name=f"Castle {i}") for i in range(3)]
    ada.patch(f"/api/jobs/{made[1]['id']}", json={"favourite": True, "name": "Palace"})
    names = [job["name"] for job in ada.get("/api/jobs?search=castle").json()["items"]]
    assert names == ["Castle 2", "Castle 0"]
    assert [job["name"] for job in ada.get("/api/jobs?favourite=true").json()["items"]] == ["Palace"]
    assert len(ada.get("/api/jobs?search=wave stylize").json()["items"]) == 3
    page = ada.get("/api/jobs?limit=2").json()
    rest = ada.get("/api/jobs", params={"limit": 2, "cursor": page["next"]}).json()
    assert len(page["items"]) == 2 and len(rest["items"]) == 1 and not rest["next"]


def test_users_take_turns_and_drafts_go_first(studio):
    ada, ben = signed_in(studio, "ada"), signed_in(studio, "ben")
    limits = {"limits": {"running": 0}}
    root = signed_in(studio, "root", admin=True)
    for one in (ada, ben):
        assert (
            root.put(f"/api/users/{one.get('/api/me').json()['id']}/limits", json=limits).status_code == 200
        )
    a = [create(ada)["id"] for _ in range(3)]
    b = [create(ben)["id"] for _ in range(2)]
    draft = create(ada, draft=True, settings=SMALL | {"size": 32})["id"]
    queue = studio.app.state.studio.service.queue
    ranked = sorted(queue.jobs(), key=lambda job: -job.priority)
    assert [job.identity for job in ranked] == [draft, a[0], b[0], a[1], b[1], a[2]]


def test_a_user_has_so_many_jobs_at_a_time_and_the_next_follows(studio):
    ada = signed_in(studio, "ada")
    made = [create(ada) for _ in range(3)]
    inner = studio.app.state.studio
    user = ada.get("/api/me").json()["id"]
    assert [inner.jobs.row(user, job["id"])["held"] for job in made] == [False, False, True]
    ada.post(f"/api/jobs/{made[0]['id']}/cancel")
    until(lambda: not inner.jobs.row(user, made[2]["id"])["held"])


def test_limits_are_refused_with_a_way_out(studio):
    ada, root = signed_in(studio, "ada"), signed_in(studio, "root", admin=True)
    path = f"/api/users/{ada.get('/api/me').json()['id']}/limits"
    form = order(ada)
    root.put(path, json={"limits": {"waiting": 1}})
    assert ada.post("/api/jobs", json=form).status_code == 201
    over = ada.post("/api/jobs", json=form)
    assert (over.status_code, over.json()["code"]) == (429, "limit")
    root.put(path, json={"limits": {"megapixels_a_day": 0.003}})
    assert "megapixels in 24 hours" in ada.post("/api/jobs", json=form).json()["detail"]


def test_a_draft_makes_a_long_picture_yield_which_then_continues(studio, worker):
    ada, ben = signed_in(studio, "ada"), signed_in(studio, "ben")
    long = create(ada, settings=SMALL | {"steps": 100_000})
    until(lambda: (ada.get(f"/api/jobs/{long['id']}").json()["progress"] or {}).get("done", 0) > 20)
    draft = create(ben, draft=True, settings=SMALL | {"steps": 20})
    until(lambda: state(ben, draft) == "done")
    path = f"/api/jobs/{long['id']}"
    until(lambda: [event for event in ada.get(f"{path}/events").json() if event["kind"] == "resumed"])
    resumed = [event for event in ada.get(f"{path}/events").json() if event["kind"] == "resumed"]
    assert resumed[0]["done"] > 20 and state(ada, long) == "running"
    ada.post(f"/api/jobs/{long['id']}/cancel")


def test_an_instant_picture_is_painted_by_a_look_of_the_package(studio, worker):
    ada = signed_in(studio, "ada")
    looks = ada.get("/api/looks").json()
    assert len(looks) >= 12 and all(look["title"] for look in looks)
    form = order(ada, kind="instant", styles=[dict(id=looks[0]["id"])], settings={"size": 64})
    job = ada.post("/api/jobs", json=form).json()
    until(lambda: state(ada, job) == "done")
    assert ada.get(f"/api/jobs/{job['id']}").json()["preview"] > 0
    small = ada.get(f"/api/looks/{looks[0]['id']}/thumbnail")
    assert small.headers["content-type"] == "image/jpeg"
    assert ada.post("/api/jobs", json=form | {"styles": [dict(id="look-none")]}).status_code == 404


def test_a_bundled_painting_and_a_mask_are_inputs_by_their_ids(studio, worker):
    ada = signed_in(studio, "ada")
    mask = upload(ada, png(3), "mask.png", purpose="mask")
    painting = ada.get("/api/paintings").json()[0]
    settings = SMALL | {"style_mask": [mask["id"]]}
    job = create(ada, styles=[dict(id=painting["id"])], settings=settings)
    until(lambda: state(ada, job) == "done")
    roles = [item["role"] for item in ada.get(f"/api/jobs/{job['id']}/recipe").json()["inputs"]]
    assert roles == ["content", "style", "style_mask"]


def test_the_settings_of_a_kind_are_a_schema_without_files_of_the_server(studio):
    ada = signed_in(studio, "ada")
    found = ada.get("/api/settings/stylize").json()["properties"]
    assert "strength" in found and not {"weights", "flow"} & set(found)
    assert ada.get("/api/settings/sculpture").status_code == 404
    assert "stylize" in ada.get("/api/kinds").json()
    assert any(one["name"] == "gatys2016" for one in ada.get("/api/presets").json())


def test_events_are_snapshots_with_ids_from_which_a_stream_goes_on(tmp_path, nursery):
    with running(config_of(tmp_path)) as server:
        ada = server.signed_in("ada")
        job = create(ada)
        with ada.stream("GET", "/api/events") as stream:
            assert stream.headers["x-accel-buffering"] == "no"
            lines = stream.iter_lines()
            first = read_event(lines)
            assert first["event"] == "job" and first["data"]["id"] == job["id"]
            ada.post(f"/api/jobs/{job['id']}/cancel")
            while True:
                event = read_event(lines)
                if event["data"]["state"] == "cancelled":
                    break
        other = create(ada)
        with ada.stream("GET", "/api/events", headers={"Last-Event-ID": event["id"]}) as stream:
            lines, found = stream.iter_lines(), []
            while not found or found[-1]["id"] != other["id"]:
                found.append(read_event(lines)["data"])
            assert all(one["ended"] for one in found[:-1])  # noted after the event that was read last
        began = time.monotonic()
        with ada.stream("GET", "/api/events") as stream:
            lines = stream.iter_lines()
            read_event(lines)
            server.stop()
            list(lines)
        assert time.monotonic() - began < 10


def read_event(lines):
    """Return the next event of a stream."""
    found = {}
    for line in lines:
        if not line and found:
            return found
        name, colon, text = line.partition(": ")
        if colon and name:
            found[name] = json.loads(text) if name == "data" else text
    raise AssertionError("the stream ended")
