import assert from "node:assert/strict";
import { test } from "node:test";
import { Lines, MAX_LINE_CHARS, logEvent, tell } from "../src/log.js";

function lines(chunks: Iterable<Buffer>): string[] {
  const taken: string[] = [];
  const splitter = new Lines((line) => taken.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return taken;
}

test("lines come whole, wherever the chunks are split", () => {
  const text = '{"event":"größe"}\r\n[SERVICE_READY]\n\n\nТекст 🎙 to the end';
  const expected = ['{"event":"größe"}', "[SERVICE_READY]", "Текст 🎙 to the end"];
  const bytes = Buffer.from(text);
  assert.deepEqual(lines([bytes]), expected);
  assert.deepEqual(lines([...bytes].map((byte) => Buffer.from([byte]))), expected);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    assert.deepEqual(lines([bytes.subarray(0, cut), bytes.subarray(cut)]), expected);
  }
});

test("a line without an end takes no more memory than the longest one", () => {
  const long = Array.from({ length: 100 }, () => Buffer.alloc(10_000, "x"));
  const taken = lines([...long, Buffer.from("\nnext")]);
  assert.deepEqual(taken.map((line) => line.length), [MAX_LINE_CHARS, 4]);
});

test("a line of the log becomes an event, with the rest as its fields", () => {
  const line = '{"time":"2026-01-01T00:00:00.000Z","event":"job_done","level":"error","phase_s":0.5}';
  const fields = { time: "2026-01-01T00:00:00.000Z", phase_s: 0.5 };
  assert.deepEqual(logEvent(line), { level: "error", event: "job_done", message: "job_done", fields });
  const told = logEvent('{"event":"e","message":"in words"}');
  assert.deepEqual([told.level, told.message], ["info", "in words"]);
});

for (const line of ["Traceback (most recent call last):", "{", '{"a":1}', "null", '"event"', "[1]"]) {
  test(`a line that is not of the log is a warning in its own words: ${line}`, () => {
    assert.deepEqual(logEvent(line), { level: "warning", event: "text", message: line, fields: {} });
  });
}

test("a logger is told at the event's level", () => {
  const told: unknown[] = [];
  const at = (name: string) => (...values: unknown[]) => told.push([name, ...values]);
  const logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  tell(logger, logEvent("not of the log"));
  tell(logger, logEvent('{"event":"started","level":"debug","pid":1}'));
  assert.deepEqual(told, [
    ["warn", "asr-sidecar: not of the log", {}],
    ["debug", "asr-sidecar: started", { pid: 1 }],
  ]);
});
