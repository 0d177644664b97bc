"""The whole document, as nobody, as a user and as an administrator: no error of ours, answers as it says."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance
from studios import accounts_of, config_of, done_job, made_studio, signed_in

LEFT_OUT = "/api/events", "/api/plan", "/api/pictures/{picture}/looks/{look}", "/api/session"
"""A stream that does not end, what asks the process with torch, and what ends the session of the test."""

EXAMPLES = 8


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    with made_studio(config_of(tmp_path_factory.mktemp("studio"))) as client:
        root = signed_in(client, "root", admin=True)
        done_job(client, root)
        yield client


@pytest.fixture(scope="module")
def tokens(studio):
    found = {"nobody": ""}
    for name, admin in (("user", False), ("admin", True)):
        user = accounts_of(studio).add(f"{name}@example.org", name, "three plain words", admin=admin)
        found[name] = accounts_of(studio).make_token(user.id, "tests", ["read", "write"])[1]
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("who", ["nobody", "user", "admin"])
def test_no_request_of_the_document_is_an_error_of_ours(studio, tokens, who, monkeypatch):
    app = studio.app
    monkeypatch.setattr(app.state.studio, "remove_user", lambda user: True)  # else nobody would be left
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    headers = {"Authorization": f"Bearer {tokens[who]}"} if tokens[who] else {}
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in LEFT_OUT:
            continue

        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case):
            checks = [not_a_server_error, content_type_conformance, response_schema_conformance]
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=checks)

        ask()
        tried += 1
    assert tried > 45
