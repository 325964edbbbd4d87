/** Waiting with a limit that does not count the time in which this process did not run. */

/** What happens at a given time; a test has its own. */
export interface Clock {
  /** Seconds, never going back. */
  now(): number;
  /** Calls `act` in `afterS` seconds, unless the function that it returns is called before. */
  later(afterS: number, act: () => void): () => void;
}

export const clock: Clock = {
  now: () => performance.now() / 1000,
  later(afterS, act) {
    const timer = setTimeout(act, afterS * 1000);
    return () => clearTimeout(timer);
  },
};

export const TICK_S = 0.5;
const LONGEST_TICK_S = 2 * TICK_S;
/** Less is what rounding leaves, and no time. */
const NOTHING_S = 1e-6;

/**
 * Calls `expired` after `limitS` seconds awake. Where the clock goes on while a laptop sleeps, or
 * while JavaScript blocks the loop, all timers are due at once afterwards, though nobody had a
 * chance to answer: a tick that comes late counts as `LONGEST_TICK_S`, no more.
 *
 * @returns what stops the waiting.
 */
export function patience(limitS: number, expired: () => void, { now, later }: Clock = clock): () => void {
  let leftS = limitS;
  let lastS = now();
  const wait = (): (() => void) => later(Math.min(leftS, TICK_S), tick);
  const tick = (): void => {
    leftS -= Math.min(now() - lastS, LONGEST_TICK_S);
    lastS = now();
    if (leftS > NOTHING_S) stop = wait();
    else expired();
  };
  let stop = wait();
  return () => stop();
}

/** Whether `done` settled within `limitS` seconds awake. Never rejects. */
export function settles(done: Promise<unknown>, limitS: number): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = patience(limitS, () => resolve(false));
    const settled = (): void => {
      stop();
      resolve(true);
    };
    done.then(settled, settled);
  });
}
