import time

import pytest

from impasto.errors import AccountError
from impasto.web import accounts as module
from impasto.web.accounts import LINK, SESSION, Accounts
from impasto.web.database import Database
from impasto.web.tables import metadata, sessions, tokens

PASSWORD = "three plain words"


@pytest.fixture
def accounts(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'studio.sqlite'}")
    metadata.create_all(database.engine)
    yield Accounts(database)
    database.close()


@pytest.fixture
def ada(accounts):
    return accounts.add("Ada@Example.org ", "Ada", PASSWORD)


def later(monkeypatch, seconds):
    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + seconds)


def test_address_and_password_open_a_session(accounts, ada):
    secret = accounts.signed_in("ada@example.org", PASSWORD, "Firefox")
    assert accounts.by_session(secret).user == ada
    (session,) = accounts.listed(sessions, ada.id)
    assert session["agent"] == "Firefox" and "secret" not in session
    assert accounts.end(sessions, ada.id, session["id"]) and accounts.by_session(secret) is None


@pytest.mark.parametrize("email", ["ada@example.org", "bob@example.org", ""])
def test_wrong_ones_do_not(accounts, ada, email):
    assert accounts.signed_in(email, "another password") is None
    assert accounts.by_session("guessed") is None and accounts.by_token("impasto_guessed") is None


def test_secrets_and_passwords_are_not_in_the_database(accounts, ada, tmp_path):
    secret = accounts.signed_in("ada@example.org", PASSWORD)
    _, token = accounts.make_token(ada.id, "script", ["read"])
    link = accounts.invite()
    accounts.database.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ada@example.org" in content
    assert not any(text.encode() in content for text in (PASSWORD, secret, token, link))


def test_an_unused_session_ends_and_a_used_one_does_not(accounts, ada, monkeypatch):
    secret = accounts.signed_in("ada@example.org", PASSWORD)
    later(monkeypatch, 0.9 * SESSION)
    assert accounts.by_session(secret)
    later(monkeypatch, 0.9 * SESSION)
    assert accounts.by_session(secret)
    later(monkeypatch, 1.1 * SESSION)
    assert accounts.by_session(secret) is None
    accounts.forget_expired()
    assert accounts.listed(sessions, ada.id) == []


def test_a_token_does_what_its_scopes_say_until_it_expires(accounts, ada, monkeypatch):
    which, secret = accounts.make_token(ada.id, "script", ["read"], expires=time.time() + 60)
    caller = accounts.by_token(secret)
    assert (caller.user, caller.id, caller.scopes) == (ada, which, ("read",))
    assert secret.startswith("impasto_") and not accounts.end(tokens, "another", which)
    later(monkeypatch, 61)
    assert accounts.by_token(secret) is None


def test_an_invitation_makes_one_account(accounts, ada):
    link = accounts.invite(admin=True)
    assert accounts.purpose_of(link) == "invitation"
    with pytest.raises(AccountError, match="10 to 200 characters, got 5"):
        accounts.accept(link, "eve@example.org", "Eve", "short")
    with pytest.raises(AccountError, match="'nobody' is no e-mail address"):
        accounts.accept(link, "nobody", "Eve", PASSWORD)
    with pytest.raises(AccountError, match="there is an account with 'ada@example.org' already"):
        accounts.accept(link, "ada@example.org", "Eve", PASSWORD)
    assert accounts.accept(link, "eve@example.org", "", PASSWORD).admin
    with pytest.raises(AccountError, match="works no more"):
        accounts.accept(link, "mallory@example.org", "Mallory", PASSWORD)
    assert [user.name for user in accounts.people()] == ["Ada", "eve"]


def test_a_reset_signs_all_browsers_out(accounts, ada):
    session = accounts.signed_in("ada@example.org", PASSWORD)
    link = accounts.reset_link(ada.id)
    accounts.choose(link, "four other plain words")
    assert accounts.by_session(session) is None
    assert accounts.signed_in("ada@example.org", PASSWORD) is None
    assert accounts.signed_in("ada@example.org", "four other plain words")
    with pytest.raises(AccountError, match="works no more"):
        accounts.choose(link, PASSWORD)


def test_links_expire(accounts, monkeypatch):
    link = accounts.invite()
    later(monkeypatch, LINK + 1)
    assert accounts.purpose_of(link) is None


def test_what_belongs_to_a_user_goes_with_them(accounts, ada):
    secret = accounts.signed_in("ada@example.org", PASSWORD)
    accounts.make_token(ada.id, "script", ["read"])
    assert accounts.remove(ada.id) and not accounts.remove(ada.id)
    assert accounts.by_session(secret) is None and accounts.listed(tokens, ada.id) == []
