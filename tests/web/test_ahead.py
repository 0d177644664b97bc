"""Before a job: what it will take, and glances at looks, from one warm process."""

import io

import pytest
from PIL import Image
from studios import png, signed_in, studio, upload

from impasto.web.paper import papers


def test_a_plan_says_memory_time_and_papers_and_a_glance_is_painted_at_once(studio):
    ada, ben = signed_in(studio, "ada"), signed_in(studio, "ben")
    photo = upload(ada, png(1, (240, 320)), "a.png")
    painting = ada.get("/api/paintings").json()[0]["id"]
    form = dict(content=photo["id"], styles=[dict(id=painting)], settings={"size": 512, "steps": 20})
    plan = ada.post("/api/plan", json=form)
    assert plan.status_code == 200, plan.text
    found = plan.json()
    assert (found["width"], found["height"]) == (512, 384)
    assert found["memory"] > 1e8 and found["seconds"] > 0 and found["scales"][-1]["width"] == 512
    assert ada.post("/api/plan", json=form | {"settings": {"size": 5}}).json()["code"] == "settings_error"
    assert ben.post("/api/plan", json=form).status_code == 404
    path = f"/api/pictures/{photo['id']}/looks"
    glance = ada.get(f"{path}/look-night_cafe", params=dict(size=160, strength=70))
    assert glance.headers["content-type"] == "image/jpeg", glance.text
    assert Image.open(io.BytesIO(glance.content)).size == (160, 120)
    same = ada.get(f"{path}/{painting}", params=dict(size=160, strength=70))
    assert same.content == glance.content  # the painting of that look
    assert ada.get(f"{path}/look-none").status_code == 404
    assert ben.get(f"{path}/look-night_cafe").status_code == 404
    assert not list(studio.app.state.studio.config.folder.glob("*.png"))


def test_films_have_no_plan(studio):
    ada = signed_in(studio, "ada")
    file, frames = io.BytesIO(), [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    clip, painting = upload(ada, file.getvalue(), "a.gif"), ada.get("/api/paintings").json()[0]["id"]
    form = dict(kind="video", content=clip["id"], styles=[dict(id=painting)])
    answer = ada.post("/api/plan", json=form)
    assert (answer.status_code, answer.json()["code"]) == (422, "settings_error")


@pytest.mark.parametrize(
    ("size", "names", "dpi"),
    [
        ((1024, 768), ["A6", "A5"], 186),  # 768 px over 105 mm
        ((4096, 2304), ["A6", "A5", "A4", "A3", "A2", "A1"], 703),  # 4096 px over 148 mm
        ((300, 300), [], 0),
    ],
)
def test_papers_are_those_that_are_not_coarse(size, names, dpi):
    found = papers(*size)
    assert [paper.name for paper in found] == names
    assert not found or found[0].dpi == dpi
    for paper in found:
        assert paper.width * paper.dpi / 2.54 == pytest.approx(size[0], rel=0.02)
