"""The pages without a browser: who gets which, what they load, and those that work without JavaScript."""

import gzip
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from studios import PASSWORD, accounts_of, config_of, done_job, made_studio, signed_in, studio

from impasto.web.routes.site import LATER, SCREENS, SITE


class Tags(HTMLParser):
    """The tags of a page, and what they have."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def of(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def test_the_screens_are_one_page_for_who_is_signed_in(studio):
    ada = signed_in(studio, "ada")
    for path in SCREENS:
        page = ada.get(path.replace("{picture}", "x"))
        assert page.status_code == 200 and "site/app.js" in page.text
        out = studio.get(path.replace("{picture}", "x"), follow_redirects=False)
        assert (out.status_code, out.headers["location"]) == (303, "/login")


def test_nothing_is_inline_or_from_elsewhere(studio):
    ada = signed_in(studio, "ada")
    for path in ("/", "/login", "/link/x", "/share/x"):
        tags = Tags(ada.get(path).text)
        assert all("src" in one for one in tags.of("script"))
        assert not tags.of("style")
        assert not [one for _, one in tags.found if any(name.startswith("on") for name in one)]
        loaded = [one.get("src") or one.get("href") for _, one in tags.found]
        assert not [address for address in loaded if address and re.match(r"(https?:)?//", address)]
    for file in SITE.rglob("*.js"):
        text = file.read_text(encoding="utf-8")
        assert not re.findall(r"""(?:import|from)\s*["'](?![./])""", text), file


def test_all_that_the_page_loads_is_there_and_small(studio):
    ada = signed_in(studio, "ada")
    page = Tags(ada.get("/").text)
    modules = {one["href"] for one in page.of("link") if one["rel"] == "modulepreload"}
    files = {f"site/{path.relative_to(SITE).as_posix()}" for path in SITE.rglob("*.js")}
    later = {f"site/{name}" for name in LATER}
    assert files - {"site/worker.js"} == modules | later and ada.get("/worker.js").status_code == 200
    scripts = sum(len(gzip.compress(ada.get(f"/{module}").content)) for module in modules | later)
    styles = sum(len(gzip.compress(path.read_bytes())) for path in SITE.rglob("*.css"))
    assert scripts < 70_000 and styles < 20_000
    manifest = ada.get("/manifest.webmanifest").json()
    for picture in (*manifest["icons"], *manifest["screenshots"]):
        assert ada.get(picture["src"]).status_code == 200


def test_vendored_files_are_as_published():
    listed = json.loads((SITE / "vendor" / "versions.json").read_text())
    files = (SITE / "vendor").iterdir()
    assert set(listed) == {path.name for path in files if path.suffix in (".js", ".css")}
    for name, about in listed.items():
        found = hashlib.sha256((SITE / "vendor" / name).read_bytes()).hexdigest()
        assert found == about["sha256"], f"{name} was changed; run python scripts/vendor.py"


def test_one_signs_in_by_a_form(studio):
    accounts_of(studio).add("ada@example.org", "Ada", PASSWORD)
    wrong = studio.post("/login", data=dict(email="ada@example.org", password="wrong words here"))
    assert wrong.status_code == 401 and "do not belong together" in wrong.text
    assert 'value="ada@example.org"' in wrong.text
    right = studio.post(
        "/login", data=dict(email="ada@example.org", password=PASSWORD), follow_redirects=False
    )
    assert (right.status_code, right.headers["location"]) == (303, "/")
    assert studio.get("/api/me").json()["name"] == "Ada"


def test_an_invitation_is_accepted_by_a_form(studio):
    secret = accounts_of(studio).invite()
    assert "Welcome" in studio.get(f"/link/{secret}").text
    given = dict(email="ada@example.org", name="<b>Ada</b>", password="short")
    wrong = studio.post(f"/link/{secret}", data=given)
    assert wrong.status_code == 422 and "&lt;b&gt;Ada" in wrong.text and "10 to 200" in wrong.text
    right = studio.post(f"/link/{secret}", data=given | dict(password=PASSWORD), follow_redirects=False)
    assert right.status_code == 303 and studio.get("/api/me").json()["email"] == "ada@example.org"
    assert "works no more" in studio.get(f"/link/{secret}").text


def test_another_password_is_set_by_a_form(studio):
    user = accounts_of(studio).add("ada@example.org", "Ada", PASSWORD)
    secret = accounts_of(studio).reset_link(user.id)
    done = studio.post(f"/link/{secret}", data=dict(password="other plain words"), follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/login")
    given = dict(email="ada@example.org", password="other plain words")
    assert studio.post("/login", data=given, follow_redirects=False).status_code == 303


def test_a_shared_picture_is_a_page_with_a_picture_for_messengers(studio):
    ada = signed_in(studio, "ada")
    job = done_job(studio, ada)
    made = ada.post(f"/api/jobs/{job}/shares", json={"recipe": True}).json()
    path = made["url"].removeprefix("http://testserver")
    page = studio.get(path)
    assert page.status_code == 200 and "&#34;command&#34;: &#34;stylize&#34;" in page.text
    image = next(one for one in Tags(page.text).of("meta") if one.get("property") == "og:image")
    assert image["content"].startswith("http://testserver/api/shared/")
    assert "photo.png" not in page.text and "ada" not in page.text
    ada.delete(f"/api/shares/{made['id']}")
    gone = studio.get(path)
    assert gone.status_code == 404 and "There is no picture here" in gone.text


def test_a_form_of_another_site_is_refused(studio):
    forged = {"Origin": "https://evil.example.org", "Sec-Fetch-Site": "cross-site"}
    assert studio.post("/login", data=dict(email="a@b.c", password="x"), headers=forged).status_code == 403


def test_many_results_come_as_one_file(studio):
    import io
    import zipfile

    ada, ben = signed_in(studio, "ada"), signed_in(studio, "ben")
    made = [done_job(studio, ada, text) for text in (b"one", b"two")]
    answer = ada.get("/api/jobs.zip", params={"job": made})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [b"one", b"two"]
        assert archive.namelist() == ["001 stylize.png", "002 stylize.png"]
    assert ben.get("/api/jobs.zip", params={"job": made}).status_code == 404
    assert not list(studio.app.state.studio.config.folder.glob("*.zip"))


@pytest.mark.parametrize("base", ["", "/studio"])
def test_paths_are_below_the_base(tmp_path, base):
    with made_studio(config_of(tmp_path, local=True, base_path=base)) as client:
        client.base_url = "http://127.0.0.1"
        page = client.get("/")
        assert f'<base href="{base}/">' in page.text
        assert client.get("/manifest.webmanifest").json()["start_url"] == f"{base}/"
