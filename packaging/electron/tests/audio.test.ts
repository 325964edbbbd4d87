import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { audioParams } from "../src/audio.js";

test("a path is made absolute: the sidecar may be in another folder", () => {
  assert.deepEqual(audioParams("a.wav", {}), { path: resolve("a.wav") });
});

test("bytes of a file go as they are, from any kind of view", () => {
  const bytes = Buffer.from("xxRIFFyy");
  const data = Buffer.from("RIFF").toString("base64");
  assert.deepEqual(audioParams(bytes.subarray(2, 6), {}), { data });
  assert.deepEqual(audioParams(new Uint8Array([82, 73, 70, 70]), {}), { data });
  assert.deepEqual(audioParams(new Uint8Array([82, 73, 70, 70]).buffer, {}), { data });
});

test("samples go as little-endian numbers, with their rate and channels", () => {
  const f32 = audioParams(new Float32Array([9, 0.5, -1]).subarray(1), { sampleRate: 48_000 });
  assert.equal(f32.format, "f32");
  assert.equal(f32.sample_rate, 48_000);
  assert.deepEqual([...Buffer.from(f32.data ?? "", "base64")], [0, 0, 0, 63, 0, 0, 128, 191]);
  const pcm = audioParams(new Int16Array([1, -2]), { sampleRate: 8000, channels: 2 });
  assert.deepEqual(pcm, { data: "AQD+/w==", format: "pcm16", sample_rate: 8000, channels: 2 });
});

test("what is no audio is a TypeError", () => {
  for (const wrong of [undefined, null, 5, {}, [1, 2], new Float64Array(1)]) {
    assert.throws(() => audioParams(wrong as never, {}), TypeError);
  }
});
