"use strict";
// The JSON-RPC library of Visual Studio Code: headers, ids from 0, cancellation, progress.

const rpc = require("vscode-jsonrpc/node");
const { EXPECTED, SAMPLE, SLOW, assert, closed, run, start, within } = require("./sidecar");

run(async () => {
  const child = start("--cancel-grace", "0.2");
  const connection = rpc.createMessageConnection(
    new rpc.StreamMessageReader(child.stdout),
    new rpc.StreamMessageWriter(child.stdin),
  );
  const states = [];
  const segments = [];
  connection.onNotification("worker/state", (params) => states.push(params.state));
  connection.onNotification("job/segment", (params) => segments.push(params.segment));
  connection.onError((error) => assert.fail(String(error)));
  connection.listen();

  // The first id of this library is 0, and there are no params.
  const pong = await within(10000, "ping", connection.sendRequest("ping"));
  assert.equal(pong.pong, true);

  const kinds = [];
  const progress = new rpc.ProgressType();
  connection.onProgress(progress, "a-token", (value) => kinds.push(value.kind));
  const audio = { path: SAMPLE };
  const params = { audio, language: "en", stream: true, workDoneToken: "a-token" };
  const result = await within(30000, "the text", connection.sendRequest("transcribe", params));
  assert.equal(result.text, EXPECTED);
  assert.deepEqual(segments, result.segments);
  assert.equal(kinds[0], "begin");
  assert.equal(kinds.at(-1), "end");

  const source = new rpc.CancellationTokenSource();
  const begun = new Promise((done) => connection.onNotification("job/started", done));
  const slow = { audio, language: "en", options: SLOW, stream: true };
  const cancelled = connection.sendRequest("transcribe", slow, source.token);
  await within(10000, "the start", begun);
  source.cancel();
  await assert.rejects(within(5000, "the answer", cancelled), (error) => {
    assert.ok(error instanceof rpc.ResponseError);
    assert.equal(error.code, rpc.LSPErrorCodes?.RequestCancelled ?? -32800);
    assert.equal(error.data.device_released, true);
    return true;
  });

  await assert.rejects(connection.sendRequest("no.such.method"), { code: -32601 });
  await assert.rejects(connection.sendRequest("transcribe", { audio, timeout: 1 }), (error) => {
    assert.equal(error.code, -32602);
    assert.equal(error.data.path, "timeout");
    return true;
  });

  const shutdown = await within(15000, "the end", connection.sendRequest("shutdown"));
  assert.deepEqual(shutdown, { ok: true });
  const end = closed(child);
  await connection.sendNotification("exit");
  assert.equal(await end, 0);
  assert.ok(states.includes("busy"));
  connection.dispose();
});
