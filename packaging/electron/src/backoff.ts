/** When a process that ended may be started again. */

export interface RestartPolicy {
  /** Before the first restart; each further one waits twice as long. */
  firstPauseS: number;
  maxPauseS: number;
  /** So many restarts in a row; after that the sidecar counts as failed. */
  limit: number;
  /** Having run so long, a process is no failure: the pauses and the count begin anew. */
  stableAfterS: number;
}

export const RESTARTS: RestartPolicy = {
  firstPauseS: 0.25,
  maxPauseS: 30,
  limit: 8,
  stableAfterS: 60,
};

/** Counts the restarts in a row. */
export class Backoff {
  #attempts = 0;

  constructor(private readonly policy: RestartPolicy) {}

  /** How many restarts there have been since the last stable run. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The pause before the next start of what ran for `ranS`; null when the limit is reached. */
  pauseS(ranS: number): number | null {
    const { firstPauseS, maxPauseS, limit, stableAfterS } = this.policy;
    if (ranS >= stableAfterS) this.#attempts = 0;
    if (this.#attempts >= limit) return null;
    this.#attempts += 1;
    return Math.min(maxPauseS, firstPauseS * 2 ** (this.#attempts - 1));
  }
}
