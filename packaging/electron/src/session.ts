/** A process and the JSON-RPC connection to it: calls, each of which ends, and jobs' news. */

import {
  CancellationStrategy,
  CancellationTokenSource,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
  createMessageConnection,
  type CancellationId,
  type MessageConnection,
  type MessageStrategy,
} from "vscode-jsonrpc/node.js";
import { AsrCancelledError, AsrSidecarUnresponsiveError, errorOfAnswer, type AsrError } from "./errors.js";
import { PROTOCOL, type Initialized, type Methods, type Notifications } from "./generated.js";
import type { JobNews } from "./job.js";
import { patience, settles } from "./patience.js";
import type { SidecarProcess } from "./process.js";

export interface Calls extends Methods {
  /** The document that describes all others, and not itself. */
  "rpc.discover": { params: Record<string, never>; result: Record<string, unknown> };
}

export interface CallOptions {
  /** Cancels the call; it is still answered, when the device is free. */
  signal?: AbortSignal | undefined;
  /** Without an answer after so many seconds the sidecar hangs. */
  limitS?: number | undefined;
}

/** While calls are pending, the sidecar has to answer a ping this often. */
const PING_EVERY_S = 1;
/** A process that closed its stdout is of no use: what each step of its end may take. */
const CLOSED_STEP_S = 1;
/** Turns of the event loop without a message after which none is left to be handled. */
const QUIET_TURNS = 4;

/** The library's own, which throws at whoever cancels when the connection is gone. */
const CANCELLATION = {
  receiver: CancellationStrategy.Message.receiver,
  sender: {
    sendCancellation: async (connection: MessageConnection, id: CancellationId) =>
      connection.sendNotification("$/cancelRequest", { id }),
    cleanup: () => undefined,
  },
};

export class Session {
  /** Settles, and never rejects, when it is over and no call is pending; says why. */
  readonly ended: Promise<AsrError>;
  #connection: MessageConnection;
  #news = new Map<string, JobNews>();
  #pending = 0;
  #watching = false;
  #handled = 0;
  #verdict: AsrError | undefined;

  constructor(private readonly process: SidecarProcess, private readonly unresponsiveAfterS: number) {
    const reader = new StreamMessageReader(process.stdout);
    // Its timer would outlive the process.
    reader.partialMessageTimeout = 0;
    reader.onError((error) => this.#abandon(`the sidecar broke the protocol: ${error.message}`, 0));
    reader.onClose(() => void this.process.stop(CLOSED_STEP_S));
    const handleMessage: MessageStrategy["handleMessage"] = (message, next) => {
      this.#handled += 1;
      next(message);
    };
    const options = { messageStrategy: { handleMessage }, cancellationStrategy: CANCELLATION };
    this.#connection = createMessageConnection(reader, quiet(process.stdin), undefined, options);
    this.#on("job/segment", ({ job_id, segment }) => this.#news.get(job_id)?.segment(segment));
    this.#on("job/progress", (progress) => this.#news.get(progress.job_id)?.progress(progress));
    this.#connection.listen();
    this.ended = this.#end();
  }

  /** The first call: who is there, and whether it speaks this protocol. */
  initialize(client: object, limitS: number): Promise<Initialized> {
    return this.call("initialize", { client: { ...client }, protocol: PROTOCOL }, { limitS });
  }

  /**
   * A call and its answer. It always ends: by the answer, or when the sidecar ended or hangs.
   *
   * @throws AsrError
   */
  async call<M extends keyof Calls>(
    method: M,
    params: Calls[M]["params"],
    { signal, limitS }: CallOptions = {},
  ): Promise<Calls[M]["result"]> {
    if (signal?.aborted) throw cancelled(signal);
    const source = new CancellationTokenSource();
    const cancel = (): void => source.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    const overdue = (): void => this.#abandon(`the sidecar did not answer ${method}`, limitS ?? 0);
    const stop = limitS === undefined ? undefined : patience(limitS, overdue);
    this.#pending += 1;
    if (method !== "initialize") void this.#watch();
    try {
      return await this.#connection.sendRequest<Calls[M]["result"]>(method, params, source.token);
    } catch (error) {
      throw await this.#translated(error, signal);
    } finally {
      this.#pending -= 1;
      stop?.();
      signal?.removeEventListener("abort", cancel);
      source.dispose();
    }
  }

  /** Has `news` told what is said about a job; returns what ends that. */
  follow(jobId: string, news: JobNews): () => void {
    // The second of that name is refused by the sidecar, and has no news.
    if (this.#news.has(jobId)) return () => undefined;
    this.#news.set(jobId, news);
    return () => this.#news.delete(jobId);
  }

  /** The end, at the latest after `graceS` and four times `stepS`. Jobs may finish within the grace. */
  async shutdown(graceS: number, stepS: number): Promise<void> {
    const answer = this.call("shutdown", { grace_s: graceS });
    if (await settles(answer, graceS + stepS)) {
      await this.#exit().catch(() => undefined);
    }
    await this.process.stop(stepS);
  }

  #on<N extends keyof Notifications>(name: N, take: (params: Notifications[N]) => void): void {
    this.#connection.onNotification(name, take);
  }

  async #end(): Promise<AsrError> {
    const ended = await this.process.ended;
    this.#verdict ??= ended;
    await this.#readAll();
    this.#connection.dispose();
    return this.#verdict;
  }

  /** The library hands on one message a turn, and forgets on `dispose` those that wait. */
  async #readAll(): Promise<void> {
    let quietTurns = 0;
    while (quietTurns < QUIET_TURNS) {
      const handled = this.#handled;
      await new Promise((resolve) => setImmediate(resolve));
      quietTurns = handled === this.#handled ? quietTurns + 1 : 0;
    }
  }

  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    const limitS = this.unresponsiveAfterS;
    while (this.#pending > 0 && !(await settles(this.ended, PING_EVERY_S)) && this.#pending > 0) {
      if (await settles(this.#ping(), limitS)) continue;
      this.#abandon("the sidecar did not answer a ping", limitS);
      break;
    }
    this.#watching = false;
  }

  async #exit(): Promise<void> {
    await this.#connection.sendNotification("exit");
  }

  async #ping(): Promise<unknown> {
    return this.#connection.sendRequest("ping");
  }

  #abandon(reason: string, waitedS: number): void {
    const message = waitedS > 0 ? `${reason} within ${waitedS} s` : reason;
    this.#verdict ??= new AsrSidecarUnresponsiveError("sidecar_unresponsive", message, { waitedS });
    this.process.kill();
  }

  async #translated(error: unknown, signal: AbortSignal | undefined): Promise<AsrError> {
    // The library's own errors, of this class too, carry no data: the connection is gone.
    if (!(error instanceof ResponseError) || error.data === undefined) return this.ended;
    const options = signal?.aborted ? { cause: signal.reason as unknown } : undefined;
    return errorOfAnswer(error.message, error.data, options);
  }
}

export function cancelled(signal: AbortSignal): AsrError {
  const options = { cause: signal.reason as unknown };
  return new AsrCancelledError("cancelled", "the call was cancelled before it was sent", {}, options);
}

/**
 * A writer whose `write` never rejects. The library throws what a write throws once more, from
 * where nobody can catch it; that the process is gone is told by the process.
 */
function quiet(stdin: NodeJS.WritableStream): StreamMessageWriter {
  const writer = new StreamMessageWriter(stdin);
  const write = writer.write.bind(writer);
  writer.write = (message) => write(message).catch(() => undefined);
  return writer;
}
