/** A transcription under way: a promise of its result, and an iterable of its segments. */

import type { JobProgressParams, Segment, TranscribeResult } from "./generated.js";

export interface JobCallbacks {
  /** Each segment, once, as it is decoded. */
  onSegment?: ((segment: Segment) => void) | undefined;
  /** At each phase and window: what is being done, and which fraction of the audio is. */
  onProgress?: ((progress: JobProgressParams) => void) | undefined;
}

/** What the sidecar says about a job before its answer. */
export interface JobNews {
  segment(segment: Segment): void;
  progress(progress: JobProgressParams): void;
}

/** Does the work and tells the news; `signal` cancels it. */
export type Run = (signal: AbortSignal, news: JobNews) => Promise<TranscribeResult>;

/**
 * `await job` for the result, `for await (const segment of job)` for the segments, or both. An
 * iteration that is left early cancels the job, and goes on when the device is free. Segments are
 * kept until the job is dropped, so each iteration begins with the first one.
 */
export class TranscribeJob implements PromiseLike<TranscribeResult>, AsyncIterable<Segment> {
  readonly result: Promise<TranscribeResult>;
  #segments: Segment[] = [];
  #known = new Set<number>();
  #thrown: { error: unknown } | undefined;
  #settled = false;
  #changed = (): void => undefined;
  #change = this.#nextChange();
  #abort = new AbortController();

  constructor(
    readonly jobId: string,
    run: Run,
    private readonly callbacks: JobCallbacks,
    signal?: AbortSignal,
  ) {
    this.result = this.#run(run, signal);
    // Who only iterates, or only awaits, is told once, not twice.
    this.result.catch(() => undefined);
  }

  /** Cancels it: the result is an `AsrCancelledError`, unless it was complete already. */
  cancel(reason?: unknown): void {
    this.#abort.abort(reason);
  }

  then<R = TranscribeResult, E = never>(
    fulfilled?: ((result: TranscribeResult) => R | PromiseLike<R>) | null,
    rejected?: ((error: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.result.then(fulfilled, rejected);
  }

  catch<E = never>(rejected?: ((error: unknown) => E | PromiseLike<E>) | null): Promise<TranscribeResult | E> {
    return this.result.catch(rejected);
  }

  finally(act?: (() => void) | null): Promise<TranscribeResult> {
    return this.result.finally(act);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Segment, void, undefined> {
    let next = 0;
    try {
      for (;;) {
        const segment = this.#segments[next];
        if (segment !== undefined) {
          next += 1;
          yield segment;
        } else if (this.#settled) {
          break;
        } else {
          await this.#change;
        }
      }
    } finally {
      if (!this.#settled) {
        this.cancel();
        await this.result.catch(() => undefined);
      }
    }
    await this.result;
  }

  async #run(run: Run, signal: AbortSignal | undefined): Promise<TranscribeResult> {
    const abort = (): void => this.cancel(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    const news: JobNews = {
      segment: (segment) => this.#add(segment),
      progress: (progress) => this.#call(this.callbacks.onProgress, progress),
    };
    try {
      const result = await run(this.#abort.signal, news);
      // Who does not read in time loses news, but no answer: it has every segment.
      result.segments.forEach((segment) => this.#add(segment));
      this.#complain();
      return result;
    } catch (error) {
      this.#complain();
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#settled = true;
      this.#changed();
    }
  }

  #add(segment: Segment): void {
    if (this.#known.has(segment.id)) return;
    this.#known.add(segment.id);
    this.#segments.push(segment);
    this.#call(this.callbacks.onSegment, segment);
    this.#changed();
    this.#change = this.#nextChange();
  }

  #call<T>(callback: ((value: T) => void) | undefined, value: T): void {
    if (this.#thrown !== undefined) return;
    try {
      callback?.(value);
    } catch (error) {
      this.#thrown = { error };
      this.cancel(error);
    }
  }

  /** What a callback threw is the reason to tell, not the cancellation that it led to. */
  #complain(): void {
    if (this.#thrown !== undefined) throw this.#thrown.error;
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => (this.#changed = resolve));
  }
}
