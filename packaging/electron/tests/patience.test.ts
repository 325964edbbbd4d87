import assert from "node:assert/strict";
import { test } from "node:test";
import { TICK_S, patience, settles, type Clock } from "../src/patience.js";

/** Time that passes when it is told to. */
class FakeClock implements Clock {
  #nowS = 100;
  #acts = new Map<object, { atS: number; act: () => void }>();

  now = (): number => this.#nowS;

  later = (afterS: number, act: () => void): (() => void) => {
    const key = {};
    this.#acts.set(key, { atS: this.#nowS + afterS, act });
    return () => this.#acts.delete(key);
  };

  /** Awake: each timer acts when it is due. */
  pass(seconds: number): void {
    const untilS = this.#nowS + seconds;
    for (;;) {
      const [next] = [...this.#acts].sort(([, a], [, b]) => a.atS - b.atS);
      if (next === undefined || next[1].atS > untilS) break;
      this.#nowS = Math.max(this.#nowS, next[1].atS);
      this.#acts.delete(next[0]);
      next[1].act();
    }
    this.#nowS = untilS;
  }

  /** Asleep: the clock goes on, and no timer acts. */
  sleep(seconds: number): void {
    this.#nowS += seconds;
  }

  get idle(): boolean {
    return this.#acts.size === 0;
  }
}

function waiting(limitS: number) {
  const clock = new FakeClock();
  const seen = { expired: 0, clock, stop: (): void => undefined };
  seen.stop = patience(limitS, () => (seen.expired += 1), clock);
  return seen;
}

test("it ends when the limit is over, once", () => {
  const seen = waiting(10);
  seen.clock.pass(9.99);
  assert.equal(seen.expired, 0);
  seen.clock.pass(0.02);
  assert.equal(seen.expired, 1);
  seen.clock.pass(100);
  assert.equal(seen.expired, 1);
  assert.ok(seen.clock.idle);
});

test("a limit below a tick is kept as well", () => {
  const seen = waiting(TICK_S / 10);
  seen.clock.pass(TICK_S / 9);
  assert.equal(seen.expired, 1);
});

test("a night asleep counts for two ticks", () => {
  const seen = waiting(10);
  seen.clock.pass(4);
  seen.clock.sleep(8 * 3600);
  seen.clock.pass(0.1);
  seen.clock.pass(10 - 4 - 2 * TICK_S - 0.2);
  assert.equal(seen.expired, 0);
  seen.clock.pass(0.2 + TICK_S);
  assert.equal(seen.expired, 1);
});

test("who stops waiting leaves no timer", () => {
  const seen = waiting(10);
  seen.clock.pass(5);
  seen.stop();
  assert.ok(seen.clock.idle);
  seen.clock.pass(100);
  assert.equal(seen.expired, 0);
});

test("a promise settles in time, either way, or it does not", async () => {
  assert.equal(await settles(Promise.resolve(1), 10), true);
  assert.equal(await settles(Promise.reject(new Error("no")), 10), true);
  assert.equal(await settles(new Promise(() => undefined), 0.01), false);
});
