"""The wire against its own documents: the golden transcript, and what `rpc.discover` says."""

from typing import Any

import jsonschema
import pytest

from tests.e2e import golden
from tests.e2e.client import Client
from tests.e2e.jobs import patient, sample, silence


def test_the_conversation_is_the_golden_one() -> None:
    recorded = golden.GOLDEN.read_text("utf-8").splitlines()
    # `python -m tests.e2e.golden` writes it anew.
    assert golden.written(golden.transcript()).splitlines() == recorded


@pytest.fixture(scope="module")
def document(shared: Client) -> Any:
    return shared.call("rpc.discover")


class Schemas:
    """The schemas of a document, to validate what is really sent."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.methods = {method["name"]: method for method in document["methods"]}
        self.notified = {one["name"]: one["params"] for one in document["x-notifications"]}

    def check(self, schema: Any, value: Any) -> None:
        whole = {**schema, "components": self.document["components"]}
        jsonschema.Draft202012Validator.check_schema(whole)
        jsonschema.Draft202012Validator(whole).validate(value)

    def check_result(self, method: str, value: Any) -> None:
        self.check(self.methods[method]["result"]["schema"], value)


@pytest.fixture(scope="module")
def schemas(document: Any) -> Schemas:
    return Schemas(document)


def test_the_document_names_every_method_and_every_error(shared: Client, document: Any) -> None:
    offered = shared.call("initialize")["capabilities"]
    named = {method["name"] for method in document["methods"]}
    assert named | {"rpc.discover"} == set(offered["methods"])
    assert {one["name"] for one in document["x-notifications"]} == set(offered["notifications"])
    codes = [error["code"] for error in document["x-errors"]]
    assert len(set(codes)) == len(codes)
    assert {-32010, -32011, -32012, -32013, -32014, -32015, -32016, -32017} <= set(codes)
    assert {-32018, -32019, -32021, -32800} <= set(codes)


def test_results_are_what_the_document_says(shared: Client, schemas: Schemas) -> None:
    for method, params in (
        ("initialize", {}),
        ("ping", {}),
        ("cancel", {"id": 1}),
        ("status", {}),
        ("status", {"deep": True}),
        ("models.list", {}),
        ("models.load", {}),
        ("transcribe", sample(profile=True, options={"word_timestamps": True})),
        ("transcribe", {"audio": silence(2), "vad": {"engine": "webrtc"}}),
    ):
        schemas.check_result(method, shared.call(method, params))


def test_notifications_are_what_the_document_says(shared: Client, schemas: Schemas) -> None:
    shared.call("transcribe", sample(stream=True, workDoneToken=7))
    seen = set()
    for one in shared.messages:
        if "method" in one.message:
            schemas.check(schemas.notified[one.message["method"]], one.message["params"])
            seen.add(one.message["method"])
    assert seen == set(schemas.notified)


def test_the_errors_of_jobs_are_what_the_document_says(shared: Client, schemas: Schemas) -> None:
    schema = {"$ref": "#/components/schemas/JobErrorData"}
    cancelled = shared.request("transcribe", patient())
    shared.call("cancel", {"id": cancelled})
    schemas.check(schema, shared.answer(cancelled).message["error"]["data"])
    schemas.check(schema, shared.fail("transcribe", {"audio": {"path": "missing"}})["data"])


def test_parameters_are_what_the_document_says(document: Any, schemas: Schemas) -> None:
    described = {one["name"]: one for one in schemas.methods["transcribe"]["params"]}
    for name, value in sample(profile=True, timeout_s=3, vad={"engine": "silero"}).items():
        schemas.check(described[name]["schema"], value)
    assert described["audio"]["required"] is True
    with pytest.raises(jsonschema.ValidationError):
        schemas.check(described["task"]["schema"], "sing")
