/** The client with the real sidecar: real processes, real signals. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { setTimeout as after } from "node:timers/promises";
import {
  AsrAudioInvalidError,
  AsrCancelledError,
  AsrInvalidParamsError,
  AsrSidecar,
  AsrSidecarExitedError,
  AsrSidecarFailedError,
  AsrSidecarNotFoundError,
  AsrSidecarStoppedError,
  AsrSidecarUnresponsiveError,
  AsrTimeoutError,
  type LogEvent,
  type Segment,
  type StartOptions,
} from "../src/index.js";
import { EXPECTED, SAMPLE, testCommand } from "./command.js";

const GONE_MS = 1000;
/** Minutes of native decoding, in one window: only a kill ends it. */
const SLOW = {
  beam_size: 100,
  best_of: 100,
  temperature: [0, ...Array<number>(200).fill(1)],
  log_prob_threshold: 0,
  compression_ratio_threshold: 0.01,
  no_speech_threshold: null,
};
const posix = { skip: process.platform === "win32" ? "signals as POSIX has them" : false };

async function started(context: TestContext, options: StartOptions = {}): Promise<AsrSidecar> {
  const sidecar = await AsrSidecar.start({ ...testCommand(), ...options });
  context.after(() => sidecar.shutdown({ graceS: 0 }));
  return sidecar;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<boolean> {
  const until = performance.now() + GONE_MS;
  while (alive(pid) && performance.now() < until) await after(10);
  return !alive(pid);
}

async function workerPid(sidecar: AsrSidecar): Promise<number> {
  for (;;) {
    const { workers } = await sidecar.status();
    const pid = workers.find((worker) => worker.state === "idle" || worker.state === "busy")?.pid;
    if (typeof pid === "number") return pid;
    await after(20);
  }
}

test("a file is transcribed, and its segments come before the result", async (context) => {
  const sidecar = await started(context);
  const told: Segment[] = [];
  const fractions: number[] = [];
  const job = sidecar.transcribe(SAMPLE, {
    language: "en",
    onSegment: (segment) => told.push(segment),
    onProgress: ({ fraction }) => fractions.push(fraction),
  });
  const iterated: Segment[] = [];
  for await (const segment of job) iterated.push(segment);
  const result = await job;
  assert.equal(result.text, EXPECTED.text);
  assert.deepEqual(told, result.segments);
  assert.deepEqual(iterated, result.segments);
  assert.deepEqual(fractions, [...fractions].sort((a, b) => a - b));
  assert.ok(fractions.length > 0);
});

test("audio may be the bytes of a file, or samples", async (context) => {
  const sidecar = await started(context);
  const file = await sidecar.transcribe(readFileSync(SAMPLE), { language: "en" });
  assert.equal(file.text, EXPECTED.text);
  for (const samples of [new Float32Array(48_000 * 2), new Int16Array(48_000 * 2)]) {
    const options = { sampleRate: 48_000, channels: 2, language: "en" };
    const silence = await sidecar.transcribe(samples, options);
    assert.equal(silence.duration_s, 1);
    assert.equal(silence.text, "");
  }
});

test("a job that runs out of time says so, and the device is free", async (context) => {
  // It would otherwise do less, and be in time.
  const sidecar = await started(context, { args: ["--no-degrade"] });
  await workerPid(sidecar);
  const job = sidecar.transcribe(SAMPLE, { language: "en", timeoutS: 1, options: SLOW });
  await assert.rejects(job.result, (error) => {
    assert.ok(error instanceof AsrTimeoutError);
    assert.equal(error.kind, "timeout");
    assert.equal(error.retryable, true);
    assert.equal(error.data.budget, "total");
    assert.equal(error.data.device_released, true);
    return true;
  });
  assert.equal((await sidecar.transcribe(SAMPLE, { language: "en" })).text, EXPECTED.text);
});

test("what is wrong is an error of its own class", async (context) => {
  const sidecar = await started(context);
  const misspelt = { beam_sise: 1 } as object;
  await assert.rejects(sidecar.transcribe(SAMPLE, { options: misspelt }).result, (error) => {
    assert.ok(error instanceof AsrInvalidParamsError);
    assert.equal(error.data.path, "options.beam_sise");
    assert.equal(error.retryable, false);
    return true;
  });
  const noise = Buffer.from("not audio at all");
  await assert.rejects(sidecar.transcribe(noise).result, AsrAudioInvalidError);
});

test("a signal cancels, and one that came before sends nothing", async (context) => {
  const sidecar = await started(context);
  await workerPid(sidecar);
  const abort = new AbortController();
  const job = sidecar.transcribe(SAMPLE, { language: "en", options: SLOW, signal: abort.signal });
  await after(300);
  abort.abort(new Error("the user has left"));
  await assert.rejects(job.result, (error) => {
    assert.ok(error instanceof AsrCancelledError);
    assert.equal((error.cause as Error).message, "the user has left");
    assert.equal(error.data.device_released, true);
    return true;
  });
  const late = sidecar.transcribe(SAMPLE, { signal: abort.signal });
  await assert.rejects(late.result, AsrCancelledError);
  assert.equal((await sidecar.status()).counters["cancelled"], 1);
});

test("who leaves the iteration early cancels the job", async (context) => {
  const sidecar = await started(context);
  const job = sidecar.transcribe(SAMPLE, { language: "en" });
  for await (const segment of job) {
    assert.ok(segment.text.length > 0);
    break;
  }
  // It may have been complete already.
  await job.result.catch((error: unknown) => assert.ok(error instanceof AsrCancelledError));
  assert.equal((await sidecar.status()).queue.depth, 0);
});

test("models are listed, loaded and unloaded", async (context) => {
  const sidecar = await started(context);
  assert.ok((await sidecar.models.list()).models.some(({ name }) => name === "selftest"));
  assert.equal((await sidecar.models.load("selftest")).model.name, "selftest");
  await sidecar.models.unload();
  assert.equal(await sidecar.cancel("nobody"), false);
  assert.equal((await sidecar.ping()).pong, true);
});

test("the log arrives as events, and readiness is told", async (context) => {
  const told: LogEvent[] = [];
  const sidecar = await started(context, { args: ["--log-level", "info"] });
  sidecar.on("log", (event) => told.push(event));
  await once(sidecar, "ready");
  await sidecar.transcribe(SAMPLE, { language: "en" });
  await sidecar.shutdown();
  assert.ok(told.some((event) => event.level === "info"));
});

test("a sidecar that is killed is restarted, and its calls are told", posix, async (context) => {
  const sidecar = await started(context, { restarts: { firstPauseS: 0.05 } });
  const worker = await workerPid(sidecar);
  const first = sidecar.pid as number;
  const states: string[] = [];
  sidecar.on("state", (state) => states.push(state));
  const job = sidecar.transcribe(SAMPLE, { language: "en", options: SLOW });
  await after(200);
  process.kill(first, "SIGKILL");
  await assert.rejects(job.result, (error) => {
    assert.ok(error instanceof AsrSidecarExitedError);
    assert.equal(error.data.signal, "SIGKILL");
    assert.equal(error.retryable, true);
    return true;
  });
  assert.equal((await sidecar.transcribe(SAMPLE, { language: "en" })).text, EXPECTED.text);
  assert.notEqual(sidecar.pid, first);
  assert.deepEqual(states, ["restarting", "running"]);
  assert.ok(await gone(worker));
});

test("a sidecar that is frozen is killed and restarted", posix, async (context) => {
  const sidecar = await started(context, { unresponsiveAfterS: 1, restarts: { firstPauseS: 0.05 } });
  process.kill(sidecar.pid as number, "SIGSTOP");
  const job = sidecar.transcribe(SAMPLE, { language: "en" });
  await assert.rejects(job.result, AsrSidecarUnresponsiveError);
  assert.equal((await sidecar.transcribe(SAMPLE, { language: "en" })).text, EXPECTED.text);
});

test("a sidecar that ends again and again is given up", posix, async (context) => {
  const sidecar = await started(context, { restarts: { firstPauseS: 0.01, limit: 2 } });
  const kill = (): void => void process.kill(sidecar.pid as number, "SIGKILL");
  sidecar.on("state", (state) => state === "running" && setImmediate(kill));
  kill();
  while (sidecar.state !== "failed") await once(sidecar, "state");
  await assert.rejects(sidecar.ping(), AsrSidecarFailedError);
  await sidecar.shutdown();
  assert.equal(sidecar.state, "stopped");
});

test("what is not there is not started", async () => {
  await assert.rejects(AsrSidecar.start({ executable: "/no/such/asr-sidecar" }), (error) => {
    assert.ok(error instanceof AsrSidecarNotFoundError);
    assert.deepEqual(error.data.searched, ["/no/such/asr-sidecar"]);
    return true;
  });
  await assert.rejects(
    AsrSidecar.start({ ...testCommand(), args: ["--no-such-option"] }),
    AsrSidecarExitedError,
  );
});

test("shutdown leaves no process, and may be called twice", posix, async () => {
  const sidecar = await AsrSidecar.start(testCommand());
  const worker = await workerPid(sidecar);
  const server = sidecar.pid as number;
  const job = sidecar.transcribe(SAMPLE, { language: "en", options: SLOW });
  const ended = assert.rejects(job.result);
  await after(100);
  await Promise.all([sidecar.shutdown({ graceS: 0.2 }), sidecar.shutdown()]);
  await ended;
  assert.equal(sidecar.state, "stopped");
  assert.ok(await gone(server));
  assert.ok(await gone(worker));
  await assert.rejects(sidecar.ping(), AsrSidecarStoppedError);
});

for (const end of ["process.exit(0)", "process.kill(process.pid, 'SIGKILL')"]) {
  test(`nothing is left when the app ends by ${end}`, posix, async () => {
    const app = `
      import { AsrSidecar } from ${JSON.stringify(new URL("../src/index.js", import.meta.url).href)};
      const sidecar = await AsrSidecar.start(${JSON.stringify(testCommand())});
      let worker;
      while (!worker) worker = (await sidecar.status()).workers.find(({ state }) => state === "idle")?.pid;
      sidecar.transcribe(${JSON.stringify(SAMPLE)}, { options: ${JSON.stringify(SLOW)} });
      setTimeout(() => {
        process.stdout.write(sidecar.pid + " " + worker, () => { ${end} });
      }, 200);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", app], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await once(child, "close");
    const pids = said.split(" ").map(Number);
    assert.equal(pids.length, 2);
    for (const pid of pids) assert.ok(await gone(pid), `${pid} is left`);
  });
}
