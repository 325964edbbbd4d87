import assert from "node:assert/strict";
import { test } from "node:test";
import { ERRORS } from "../src/generated.js";
import * as client from "../src/index.js";
import { errorOfAnswer } from "../src/errors.js";

const CLASSES = client as unknown as Record<string, typeof client.AsrError>;

for (const [kind, { code, retryable }] of Object.entries(ERRORS)) {
  test(`an answer of the kind ${kind} becomes its class`, () => {
    const error = errorOfAnswer("in words", { kind, phase: "load" });
    const words = kind.replace("_error", "").split("_");
    const name = `Asr${words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join("")}Error`;
    assert.equal(error.name, name);
    assert.ok(error instanceof (CLASSES[name] ?? assert.fail(`${name} is not exported`)));
    assert.ok(error instanceof client.AsrError);
    assert.deepEqual([error.kind, error.code, error.retryable], [kind, code, retryable]);
    assert.equal(error.message, "in words");
  });
}

test("an answer of a kind that only a newer server knows keeps its data", () => {
  for (const kind of ["quota_exceeded", "constructor", 5, undefined]) {
    const error = errorOfAnswer("new", { kind, limit: 1 });
    assert.ok(error instanceof client.AsrInternalError);
    assert.deepEqual(error.data, { kind, limit: 1 });
  }
  for (const data of [null, "text", undefined]) {
    assert.ok(errorOfAnswer("odd", data) instanceof client.AsrInternalError);
  }
});

test("data is typed by the class", () => {
  const error: client.AsrError = errorOfAnswer("late", { kind: "timeout", budget: "total", budget_s: 3 });
  assert.ok(error instanceof client.AsrTimeoutError);
  const budget: "total" | "segments" = error.data.budget;
  assert.equal(budget, "total");
  assert.equal(error.data.budget_s satisfies number, 3);
});

test("an error survives as JSON, with its data", () => {
  const error = errorOfAnswer("too many", { kind: "busy", retry_after_s: 2 });
  assert.deepEqual(JSON.parse(JSON.stringify(error)), {
    name: "AsrBusyError",
    kind: "busy",
    code: -32013,
    message: "too many",
    retryable: true,
    data: { kind: "busy", retry_after_s: 2 },
  });
});

test("the client's own errors have no code, and say whether to try again", () => {
  const data = { exitCode: 1, signal: null, stderrTail: "" };
  const exited = new client.AsrSidecarExitedError("sidecar_exited", "gone", data);
  assert.deepEqual([exited.code, exited.retryable], [null, true]);
  const stopped = new client.AsrSidecarStoppedError("sidecar_stopped", "over", {});
  assert.deepEqual([stopped.code, stopped.retryable], [null, false]);
});
