"use strict";
// A line client without any dependency.

const readline = require("node:readline");
const { EXPECTED, LATE_MS, SAMPLE, SLOW, assert, closed, run, start, within } = require("./sidecar");

class Client {
  constructor() {
    this.child = start("--no-degrade");
    this.waiting = new Map();
    this.told = [];
    this.lastId = 0;
    readline.createInterface({ input: this.child.stdout }).on("line", (line) => {
      const message = JSON.parse(line);
      if ("method" in message) this.told.push(message);
      else this.waiting.get(message.id)?.(message);
    });
  }

  write(text) {
    this.child.stdin.write(text + "\n");
  }

  request(method, params) {
    const id = ++this.lastId;
    const answer = new Promise((done) => this.waiting.set(id, done));
    this.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return within(30000, method, answer);
  }
}

run(async () => {
  const client = new Client();
  const { child } = client;

  assert.equal((await client.request("ping")).result.pong, true);

  const audio = { path: SAMPLE };
  const { result } = await client.request("transcribe", { audio, language: "en", stream: true });
  assert.equal(result.text, EXPECTED);
  const segments = client.told.filter((one) => one.method === "job/segment");
  assert.deepEqual(segments.map((one) => one.params.segment), result.segments);

  const began = performance.now();
  const slow = { audio, language: "en", options: SLOW };
  const late = await client.request("transcribe", { ...slow, timeout_s: 1 });
  assert.equal(late.error.code, -32010);
  assert.equal(late.error.data.device_released, true);
  const lateMs = performance.now() - began - 1000;
  console.log(`timeout: ${lateMs.toFixed(1)} ms after the deadline`);
  assert.ok(lateMs <= LATE_MS, `${lateMs} ms late`);

  const cancelled = client.request("transcribe", slow);
  const cancel = await client.request("cancel", { id: client.lastId });
  assert.deepEqual(cancel.result, { cancelled: true });
  assert.equal((await cancelled).error.code, -32800);

  const bad = await client.request("transcribe", { audio, options: { beam_sise: 1 } });
  assert.equal(bad.error.code, -32602);
  assert.equal(bad.error.data.path, "options.beam_sise");
  const broken = new Promise((done) => client.waiting.set(null, done));
  client.write("{");
  assert.equal((await within(5000, "the answer", broken)).error.code, -32700);

  const again = await client.request("transcribe", { audio, language: "en" });
  assert.equal(again.result.text, EXPECTED);

  const end = closed(child);
  child.stdin.end();
  assert.equal(await end, 0);

  // Killed with its worker running: the worker holds neither pipe.
  const other = new Client();
  await other.request("ping");
  const killed = closed(other.child);
  other.request("transcribe", slow).catch(() => {});
  other.child.kill("SIGKILL");
  await killed;
});
