import assert from "node:assert/strict";
import { test } from "node:test";
import { TranscribeJob, type Segment, type TranscribeResult } from "../src/index.js";
import type { JobCallbacks, JobNews } from "../src/job.js";

const segment = (id: number): Segment => ({ id, text: `${id}` }) as Segment;
const result = (...ids: number[]) => ({ segments: ids.map(segment) }) as TranscribeResult;

/** A job whose sidecar is this test. */
function begun(callbacks: JobCallbacks = {}, signal?: AbortSignal) {
  let news!: JobNews;
  let cancelled!: AbortSignal;
  let resolve!: (result: TranscribeResult) => void;
  let reject!: (error: unknown) => void;
  const job = new TranscribeJob(
    "a",
    (signal, told) => {
      [news, cancelled] = [told, signal];
      return new Promise((yes, no) => ([resolve, reject] = [yes, no]));
    },
    callbacks,
    signal,
  );
  return { job, news, cancelled, resolve, reject };
}

async function all(job: TranscribeJob): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of job) ids.push(id);
  return ids;
}

test("segments come as they are told, and what was not told comes with the result", async () => {
  const seen: number[] = [];
  const { job, news, resolve } = begun({ onSegment: ({ id }) => seen.push(id) });
  const iterated = all(job);
  news.segment(segment(1));
  await null;
  news.segment(segment(2));
  resolve(result(1, 2, 3));
  assert.deepEqual(await iterated, [1, 2, 3]);
  assert.deepEqual(seen, [1, 2, 3]);
  assert.deepEqual((await job).segments.length, 3);
});

test("every iteration begins with the first segment, even after the end", async () => {
  const { job, news, resolve } = begun();
  news.segment(segment(1));
  const one = all(job);
  resolve(result(1, 2));
  await job;
  assert.deepEqual([await one, await all(job)], [[1, 2], [1, 2]]);
});

test("an iteration fails with the job, after the segments there are", async () => {
  const { job, news, reject } = begun();
  news.segment(segment(1));
  const seen: number[] = [];
  const iterated = (async () => {
    for await (const { id } of job) seen.push(id);
  })();
  reject(new Error("late"));
  await assert.rejects(iterated, /late/);
  assert.deepEqual(seen, [1]);
  // Nobody awaits the job itself: a rejection that nobody handles would fail this test.
});

test("who leaves an iteration cancels the job, and goes on when it has ended", async () => {
  const { job, news, cancelled, reject } = begun();
  news.segment(segment(1));
  news.segment(segment(2));
  const order: string[] = [];
  cancelled.addEventListener("abort", () => {
    order.push("cancelled");
    setImmediate(() => (order.push("answered"), reject(new Error("cancelled"))));
  });
  for await (const { id } of job) {
    assert.equal(id, 1);
    break;
  }
  assert.deepEqual(order, ["cancelled", "answered"]);
});

test("who leaves the iteration of a job that is done cancels nothing", async () => {
  const { job, cancelled, resolve } = begun();
  resolve(result(1, 2));
  await job;
  for await (const { id } of job) if (id === 1) break;
  assert.equal(cancelled.aborted, false);
});

test("the caller's signal cancels with its reason, and is let go of at the end", async () => {
  const controller = new AbortController();
  const { job, cancelled, reject } = begun({}, controller.signal);
  controller.abort("changed my mind");
  assert.equal(cancelled.reason, "changed my mind");
  reject(new Error("cancelled"));
  await assert.rejects(job.result);

  const later = new AbortController();
  const done = begun({}, later.signal);
  done.resolve(result());
  await done.job;
  later.abort();
  assert.equal(done.cancelled.aborted, false);
});

for (const end of ["resolve", "reject"] as const) {
  test(`a callback that throws cancels the job and is its error, when it was to ${end}`, async () => {
    let calls = 0;
    const onSegment = (): void => {
      calls += 1;
      throw new Error("the app's own");
    };
    const { job, news, cancelled, resolve, reject } = begun({ onSegment });
    news.segment(segment(1));
    news.segment(segment(2));
    assert.equal(cancelled.aborted, true);
    if (end === "resolve") resolve(result(1, 2));
    else reject(new Error("cancelled"));
    await assert.rejects(job.result, /the app's own/);
    assert.equal(calls, 1);
  });
}

test("a job is as good as a promise", async () => {
  const { job, resolve } = begun();
  let finished = false;
  const text = job.finally(() => (finished = true)).then(({ segments }) => segments.length);
  resolve(result(1));
  assert.deepEqual([await text, finished, (await Promise.all([job]))[0].segments.length], [1, true, 1]);
  const failed = begun();
  failed.reject(new Error("no"));
  assert.equal(await failed.job.catch((error) => (error as Error).message), "no");
});
