/** What an app uses. */

import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { audioParams, type FileBytes, type SampleFormat, type Samples } from "./audio.js";
import { RESTARTS, type RestartPolicy } from "./backoff.js";
import { AsrAudioTooLongError } from "./errors.js";
import { fromPython, resolveExecutable, type Command } from "./executable.js";
import type { Initialized, Methods, ModelList, ModelLoaded, Pong, Status, TranscribeResult } from "./generated.js";
import { TranscribeJob, type JobCallbacks, type JobNews, type Run } from "./job.js";
import { tell, type Logger } from "./log.js";
import type { Calls } from "./session.js";
import { Supervisor, type SidecarEvents, type SidecarState } from "./supervisor.js";

export interface StartOptions {
  /** The program, and its arguments before `serve`. Without it: `resolveExecutable()`. */
  executable?: string | Command;
  /** Instead of a program: the Python that has the package, for development. */
  python?: string;
  /** The folder to start it in. */
  cwd?: string;
  /** Name of an installed model, a folder, or `selftest`. */
  model?: string;
  /** More of the command line of `asr-sidecar serve`, such as `--device cuda`. */
  args?: string[];
  /** Added to this process's environment. */
  env?: Record<string, string | undefined>;
  /** Gets the sidecar's log; so does the event `log`. */
  logger?: Logger;
  /** Until the first answer. It does not load the model for that. */
  startTimeoutS?: number;
  /** Who does not answer a ping for so long, while a call is pending, hangs and is restarted. */
  unresponsiveAfterS?: number;
  restarts?: Partial<RestartPolicy>;
}

type Params = Methods["transcribe"]["params"];

/** The client's own options; `options` and `vad` are passed on, by the wire's names. */
export interface TranscribeOptions extends JobCallbacks {
  /** Cancels the job. The promise settles when the device is free. */
  signal?: AbortSignal;
  /** The budget of the whole job, the wait for a sidecar that is being restarted included. */
  timeoutS?: number;
  /** The budget for iterating the segments. */
  segmentsTimeoutS?: number;
  language?: string;
  languages?: string[];
  task?: "transcribe" | "translate";
  options?: NonNullable<Params["options"]>;
  vad?: NonNullable<Params["vad"]>;
  priority?: number;
  jobId?: string;
  traceId?: string;
  profile?: boolean;
}

const SHUTDOWN_GRACE_S = 5;
const SHUTDOWN_STEP_S = 1;
/** Beyond its deadline an answer is late for what the wire's own promise allows, and then some. */
const MARGIN_S = 10;
/** What a message has besides its parameters. */
const ENVELOPE_BYTES = 200;

export class AsrSidecar extends EventEmitter<SidecarEvents> {
  readonly models = {
    list: (): Promise<ModelList> => this.#call("models.list", {}, MARGIN_S),
    /** Serve with this model from now on, after a restart of the sidecar too. */
    load: async (model?: string): Promise<ModelLoaded> => {
      const loaded = await this.#call("models.load", model === undefined ? {} : { model });
      this.#model = model ?? this.#model;
      return loaded;
    },
    /** Free the device until the next job. */
    unload: async (): Promise<void> => {
      await this.#call("models.unload", {});
    },
  };
  #supervisor: Supervisor;
  #model: string | undefined;
  #startTimeoutS: number;

  /**
   * Starts the sidecar; settles with its first answer, while it still loads the model.
   *
   * @throws AsrError when it does not start.
   */
  static async start(options: StartOptions = {}): Promise<AsrSidecar> {
    const sidecar = new AsrSidecar(options);
    await sidecar.#supervisor.start();
    return sidecar;
  }

  private constructor(private readonly given: StartOptions) {
    super();
    this.#model = given.model;
    this.#startTimeoutS = given.startTimeoutS ?? 60;
    this.#supervisor = new Supervisor(
      {
        command: () => this.#command(),
        env: { ...process.env, ...given.env },
        client: { name: "@asr-sidecar/client", pid: process.pid },
        restarts: { ...RESTARTS, ...given.restarts },
        startTimeoutS: this.#startTimeoutS,
        unresponsiveAfterS: given.unresponsiveAfterS ?? 10,
      },
      (event, ...values) => this.#tell(event, values),
    );
    if (given.logger) this.on("log", (event) => tell(given.logger as Logger, event));
  }

  get state(): SidecarState {
    return this.#supervisor.state;
  }

  get pid(): number | undefined {
    return this.#supervisor.pid;
  }

  /** Who the server is, and its limits. */
  get server(): Initialized | undefined {
    return this.#supervisor.server;
  }

  /** Speech to text. Fails with an `AsrError`; see `TranscribeJob` for what to do with a job. */
  transcribe(audio: string | FileBytes, options?: TranscribeOptions): TranscribeJob;
  transcribe(
    audio: Samples,
    options: TranscribeOptions & SampleFormat & { sampleRate: number },
  ): TranscribeJob;
  transcribe(
    audio: string | FileBytes | Samples,
    options: TranscribeOptions & SampleFormat = {},
  ): TranscribeJob {
    const jobId = options.jobId ?? randomUUID();
    const params: Params = { audio: audioParams(audio, options), ...wired(options), job_id: jobId };
    const run: Run = (signal, news) => this.#transcribe(params, options.timeoutS, signal, news);
    return new TranscribeJob(jobId, run, options, options.signal);
  }

  /** Whether there was such a job to cancel. */
  async cancel(jobId: string): Promise<boolean> {
    return (await this.#call("cancel", { job_id: jobId }, MARGIN_S)).cancelled;
  }

  /** What it is doing; with `deep` it transcribes its built-in sample for it. */
  status({ deep = false }: { deep?: boolean } = {}): Promise<Status> {
    return this.#call("status", { deep }, deep ? undefined : MARGIN_S);
  }

  ping(): Promise<Pong> {
    return this.#call("ping", {}, MARGIN_S);
  }

  /** The server's OpenRPC document. */
  discover(): Promise<Record<string, unknown>> {
    return this.#call("rpc.discover", {}, MARGIN_S);
  }

  /**
   * Ends the sidecar; may be called at any time, and more than once. Running jobs may finish within
   * `graceS`; 4 s later, at the very latest, no process is left.
   */
  shutdown({ graceS = SHUTDOWN_GRACE_S }: { graceS?: number } = {}): Promise<void> {
    return this.#supervisor.shutdown(graceS, SHUTDOWN_STEP_S);
  }

  async #transcribe(
    params: Params,
    timeoutS: number | undefined,
    signal: AbortSignal,
    news: JobNews,
  ): Promise<TranscribeResult> {
    const { session, server, waitedS } = await this.#supervisor.connected(
      timeoutS ?? this.#startTimeoutS,
      signal,
    );
    const limit = server.limits.max_message_bytes;
    if (sizeOf(params) > limit) throw tooLong(limit);
    const unfollow = session.follow(params.job_id as string, news);
    const leftS = timeoutS === undefined ? undefined : timeoutS - waitedS;
    const limitS = leftS === undefined ? undefined : leftS + MARGIN_S;
    try {
      const call = { ...params, stream: true, ...(leftS !== undefined && { timeout_s: leftS }) };
      return await session.call("transcribe", call, { signal, limitS });
    } finally {
      unfollow();
    }
  }

  async #call<M extends keyof Calls>(
    method: M,
    params: Calls[M]["params"],
    limitS?: number,
  ): Promise<Calls[M]["result"]> {
    const { session } = await this.#supervisor.connected(limitS ?? this.#startTimeoutS);
    return session.call(method, params, { limitS });
  }

  #command(): Command {
    const { executable, python, args = [], cwd } = this.given;
    const named = typeof executable === "string" ? { command: executable, args: [] } : executable;
    const found = named ?? (python === undefined ? resolveExecutable() : fromPython(python));
    const model = this.#model === undefined ? [] : ["--model", this.#model];
    const line = [...found.args, "serve", "--framing", "header", ...model, ...args];
    return { ...found, args: line, ...(cwd !== undefined && { cwd }) };
  }

  /** A listener that throws is the app's bug, and shall be seen; but not stop the supervision. */
  #tell<E extends keyof SidecarEvents>(event: E, values: SidecarEvents[E]): void {
    try {
      (this as EventEmitter).emit(event, ...values);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

function wired(options: TranscribeOptions): Omit<Params, "audio"> {
  const { language, languages, task, options: decoding, vad, priority, profile } = options;
  const params = {
    language,
    languages,
    task,
    options: decoding,
    vad,
    priority,
    profile,
    timeout_s: options.timeoutS,
    segments_timeout_s: options.segmentsTimeoutS,
    trace_id: options.traceId,
  };
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
}

/** In bytes; base64 has one byte a character, and is not copied for this. */
function sizeOf({ audio, ...rest }: Params): number {
  const { data, ...format } = audio;
  const parameters = JSON.stringify({ audio: format, ...rest });
  return (data?.length ?? 0) + Buffer.byteLength(parameters) + ENVELOPE_BYTES;
}

function tooLong(limit_bytes: number): AsrAudioTooLongError {
  const message = `the audio is too long for a message of ${limit_bytes} bytes: give the path of a file`;
  return new AsrAudioTooLongError("audio_too_long", message, { limit_bytes });
}
