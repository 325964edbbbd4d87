/** Keeps a session: starts the sidecar, starts it again when it ended, and ends it for good. */

import { Backoff, type RestartPolicy } from "./backoff.js";
import {
  AsrSidecarFailedError,
  AsrSidecarStoppedError,
  AsrSidecarUnavailableError,
  type AsrError,
} from "./errors.js";
import type { Command } from "./executable.js";
import type { Initialized } from "./generated.js";
import { READY_MARK, logEvent, type LogEvent } from "./log.js";
import { clock } from "./patience.js";
import { SidecarProcess } from "./process.js";
import { Session, cancelled } from "./session.js";

/**
 * `starting` until it answers, `running`, `restarting` from its unexpected end to its next answer,
 * `failed` when it ended too often, `stopping` and `stopped` after `shutdown()`.
 */
export type SidecarState = "starting" | "running" | "restarting" | "failed" | "stopping" | "stopped";

export interface Restart {
  /** Counts from the last stable run. */
  attempt: number;
  pauseS: number;
  reason: AsrError;
}

export interface SidecarEvents {
  state: [state: SidecarState, previous: SidecarState];
  /** A model is loaded: jobs begin at once. Once for each process. */
  ready: [];
  /** A process ended though nobody asked for it. */
  exit: [reason: AsrError];
  /** It will be started again, after a pause. */
  restart: [restart: Restart];
  log: [event: LogEvent];
}

export type Tell = <E extends keyof SidecarEvents>(event: E, ...values: SidecarEvents[E]) => void;

export interface Plan {
  /** Asked before each start. */
  command: () => Command;
  env: NodeJS.ProcessEnv;
  /** Who this is, for the sidecar's log. */
  client: Record<string, unknown>;
  restarts: RestartPolicy;
  startTimeoutS: number;
  unresponsiveAfterS: number;
}

/** What a call gets: the session, who is there, and how long it waited for that. */
export interface Connected {
  session: Session;
  server: Initialized;
  waitedS: number;
}

export class Supervisor {
  #state: SidecarState = "starting";
  #process: SidecarProcess | undefined;
  #connected: Omit<Connected, "waitedS"> | undefined;
  #failure: AsrError | undefined;
  #waiting = new Set<() => void>();
  #loop: Promise<void> | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(private readonly plan: Plan, private readonly tell: Tell) {}

  get state(): SidecarState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get server(): Initialized | undefined {
    return this.#connected?.server;
  }

  /**
   * The first start. It is not tried again: what is wrong with it is wrong with the app.
   *
   * @throws AsrError
   */
  async start(): Promise<void> {
    const session = await this.#open();
    this.#loop = this.#run(session);
  }

  /**
   * The session, as soon as there is one.
   *
   * @throws AsrError when there will be none, when there is none within `limitS`, or on `signal`.
   */
  async connected(limitS: number, signal?: AbortSignal): Promise<Connected> {
    const began = clock.now();
    for (let waitedS = 0; ; waitedS = clock.now() - began) {
      if (signal?.aborted) throw cancelled(signal);
      if (this.#state === "running" && this.#connected) return { ...this.#connected, waitedS };
      if (this.#state !== "starting" && this.#state !== "restarting") throw this.#refusal();
      if (waitedS >= limitS) {
        const message = `the sidecar is being restarted, and was not back within ${limitS} s`;
        throw new AsrSidecarUnavailableError("sidecar_unavailable", message, { waitedS });
      }
      await this.#change(limitS - waitedS, signal);
    }
  }

  /** Ends it, whatever it is doing, within `graceS` and four times `stepS`. */
  shutdown(graceS: number, stepS: number): Promise<void> {
    return (this.#shutdown ??= this.#stop(graceS, stepS));
  }

  async #stop(graceS: number, stepS: number): Promise<void> {
    if (this.#state !== "failed") {
      const session = this.#state === "running" ? this.#connected?.session : undefined;
      this.#enter("stopping");
      await (session?.shutdown(graceS, stepS) ?? this.#process?.stop(stepS));
      await this.#loop;
    }
    this.#enter("stopped");
  }

  /** One process after the other, until it is stopped or has ended too often. */
  async #run(first: Session): Promise<void> {
    const backoff = new Backoff(this.plan.restarts);
    let session: Session | undefined = first;
    let startedS = clock.now();
    while (!this.#ending()) {
      const reason = session ? await session.ended : this.#failure;
      if (this.#ending() || reason === undefined) return;
      this.tell("exit", reason);
      const pauseS = backoff.pauseS(clock.now() - startedS);
      if (pauseS === null) return this.#giveUp(reason, backoff.attempts);
      this.#enter("restarting");
      this.tell("restart", { attempt: backoff.attempts, pauseS, reason });
      await this.#pause(pauseS);
      if (this.#ending()) return;
      startedS = clock.now();
      session = await this.#open().catch((error: AsrError) => {
        this.#failure = error;
        return undefined;
      });
    }
  }

  async #open(): Promise<Session> {
    const { command, env, client, startTimeoutS, unresponsiveAfterS } = this.plan;
    const process = new SidecarProcess(command(), env, (line) => this.#line(line));
    const session = new Session(process, unresponsiveAfterS);
    this.#process = process;
    try {
      const server = await session.initialize(client, startTimeoutS);
      this.#connected = { session, server };
    } catch (error) {
      process.kill();
      await session.ended;
      throw error;
    }
    if (!this.#ending()) this.#enter("running");
    return session;
  }

  #line(line: string): void {
    if (line === READY_MARK) this.tell("ready");
    else this.tell("log", logEvent(line));
  }

  #giveUp(reason: AsrError, attempts: number): void {
    const message = `the sidecar was restarted ${attempts} times in vain: ${reason.message}`;
    const options = { cause: reason };
    this.#failure = new AsrSidecarFailedError("sidecar_failed", message, { attempts }, options);
    this.#enter("failed");
  }

  #refusal(): AsrError {
    if (this.#state === "failed" && this.#failure) return this.#failure;
    return new AsrSidecarStoppedError("sidecar_stopped", "the sidecar was shut down", {});
  }

  #ending(): boolean {
    return this.#shutdown !== undefined;
  }

  #enter(state: SidecarState): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    [...this.#waiting].forEach((wake) => wake());
    this.tell("state", state, previous);
  }

  async #pause(forS: number): Promise<void> {
    const untilS = clock.now() + forS;
    for (let leftS = forS; leftS > 0 && !this.#ending(); leftS = untilS - clock.now()) {
      await this.#change(leftS);
    }
  }

  /** Until the state changes, the time is up, or `signal` says so. */
  #change(withinS: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        stop();
        this.#waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const stop = clock.later(withinS, wake);
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }
}
