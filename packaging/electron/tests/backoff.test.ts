import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff, RESTARTS } from "../src/backoff.js";

const policy = { firstPauseS: 1, maxPauseS: 5, limit: 4, stableAfterS: 60 };

test("the pauses double up to the longest one, and then there are no more", () => {
  const backoff = new Backoff(policy);
  assert.deepEqual(Array.from({ length: 6 }, () => backoff.pauseS(1)), [1, 2, 4, 5, null, null]);
  assert.equal(backoff.attempts, 4);
});

test("a stable run lets them begin anew", () => {
  const backoff = new Backoff(policy);
  assert.deepEqual([0, 0, 59.9, 60, 0].map((ranS) => backoff.pauseS(ranS)), [1, 2, 4, 1, 2]);
});

test("after the limit a stable run may be restarted again", () => {
  const backoff = new Backoff({ ...policy, limit: 1 });
  assert.deepEqual([0, 0, 60].map((ranS) => backoff.pauseS(ranS)), [1, null, 1]);
});

test("the default gives up within two minutes of pauses", () => {
  const backoff = new Backoff(RESTARTS);
  const pauses = Array.from({ length: RESTARTS.limit }, () => backoff.pauseS(0) ?? 0);
  assert.ok(pauses.reduce((sum, pause) => sum + pause) < 120);
});
