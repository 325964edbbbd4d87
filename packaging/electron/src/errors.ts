/**
 * What can go wrong, as types: a class for each kind of the wire's errors, and for each way in
 * which the sidecar itself can be missing. All extend `AsrError` and are named after their kind.
 */

import { ERRORS, type JobErrorData } from "./generated.js";

type MaybeJobData = Partial<JobErrorData>;

/** `error.data` by kind, with the members of that kind alone, by the wire's names. */
export interface WireErrorData {
  parse_error: object;
  invalid_request: { limit_bytes?: number };
  method_not_found: { method: string };
  invalid_params: { path: string };
  internal: MaybeJobData;
  timeout: JobErrorData & { budget: "total" | "segments"; budget_s: number };
  worker_crashed: JobErrorData;
  worker_stalled: JobErrorData & { stall_timeout_s: number };
  busy: JobErrorData & { retry_after_s: number; queue_depth: number };
  worker_unavailable: MaybeJobData & { reason?: string; failed_starts?: number };
  model_unavailable: MaybeJobData & { model?: string; missing?: string[]; searched?: string[] };
  audio_invalid: JobErrorData;
  audio_too_long: MaybeJobData & { limit_s?: number; limit_bytes?: number };
  out_of_memory: MaybeJobData;
  shutting_down: MaybeJobData;
  file_unreadable: JobErrorData & { path?: string };
  poisoned_input: JobErrorData & { kills: number; retry_after_s: number };
  cancelled: MaybeJobData;
}

/** The client's own errors: about the process, not about a job. */
export interface ClientErrorData {
  /** There is no executable where it was looked for. */
  sidecar_not_found: { searched: string[] };
  /** There is one, but the system does not start it. */
  spawn_failed: { command: string; errno: string | null };
  /** It ended while it was needed. */
  sidecar_exited: { exitCode: number | null; signal: string | null; stderrTail: string };
  /** It did not answer in time, and was killed. */
  sidecar_unresponsive: { waitedS: number };
  /** It is being restarted, and was not back in time. */
  sidecar_unavailable: { waitedS: number };
  /** It ended too often and is not restarted any more; `cause` is the last reason. */
  sidecar_failed: { attempts: number };
  /** `shutdown()` was called. */
  sidecar_stopped: object;
}

export type ErrorData = WireErrorData & ClientErrorData;
export type ErrorKind = keyof ErrorData;
export type WireErrorKind = keyof WireErrorData & keyof typeof ERRORS;

const WORTH_A_RETRY: readonly ErrorKind[] = [
  "sidecar_exited",
  "sidecar_unresponsive",
  "sidecar_unavailable",
];

/** Any error of the sidecar or of the client. */
export class AsrError<K extends ErrorKind = ErrorKind> extends Error {
  /** The wire's code; null for the client's own errors. */
  readonly code: number | null;
  /** Whether the same call may succeed when it is made again. */
  readonly retryable: boolean;

  constructor(
    readonly kind: K,
    message: string,
    readonly data: ErrorData[K],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = nameOf(kind);
    this.code = isWireKind(kind) ? ERRORS[kind].code : null;
    this.retryable = isWireKind(kind) ? ERRORS[kind].retryable : WORTH_A_RETRY.includes(kind);
  }

  /** For Electron's IPC, which keeps nothing of an error but its message. */
  toJSON() {
    const { name, kind, code, message, retryable, data } = this;
    return { name, kind, code, message, retryable, data };
  }
}

export class AsrParseError extends AsrError<"parse_error"> {}
export class AsrInvalidRequestError extends AsrError<"invalid_request"> {}
export class AsrMethodNotFoundError extends AsrError<"method_not_found"> {}
export class AsrInvalidParamsError extends AsrError<"invalid_params"> {}
export class AsrInternalError extends AsrError<"internal"> {}
export class AsrTimeoutError extends AsrError<"timeout"> {}
export class AsrWorkerCrashedError extends AsrError<"worker_crashed"> {}
export class AsrWorkerStalledError extends AsrError<"worker_stalled"> {}
export class AsrBusyError extends AsrError<"busy"> {}
export class AsrWorkerUnavailableError extends AsrError<"worker_unavailable"> {}
export class AsrModelUnavailableError extends AsrError<"model_unavailable"> {}
export class AsrAudioInvalidError extends AsrError<"audio_invalid"> {}
export class AsrAudioTooLongError extends AsrError<"audio_too_long"> {}
export class AsrOutOfMemoryError extends AsrError<"out_of_memory"> {}
export class AsrShuttingDownError extends AsrError<"shutting_down"> {}
export class AsrFileUnreadableError extends AsrError<"file_unreadable"> {}

/** This audio has killed workers again and again; it is refused for `retry_after_s`. */
export class AsrPoisonedInputError extends AsrError<"poisoned_input"> {}
export class AsrCancelledError extends AsrError<"cancelled"> {}
export class AsrSidecarNotFoundError extends AsrError<"sidecar_not_found"> {}
export class AsrSpawnFailedError extends AsrError<"spawn_failed"> {}
export class AsrSidecarExitedError extends AsrError<"sidecar_exited"> {}
export class AsrSidecarUnresponsiveError extends AsrError<"sidecar_unresponsive"> {}
export class AsrSidecarUnavailableError extends AsrError<"sidecar_unavailable"> {}
export class AsrSidecarFailedError extends AsrError<"sidecar_failed"> {}
export class AsrSidecarStoppedError extends AsrError<"sidecar_stopped"> {}

type Constructor = new (kind: never, message: string, data: never, options?: ErrorOptions) => AsrError;

const OF_THE_WIRE: Record<keyof typeof ERRORS, Constructor> = {
  parse_error: AsrParseError,
  invalid_request: AsrInvalidRequestError,
  method_not_found: AsrMethodNotFoundError,
  invalid_params: AsrInvalidParamsError,
  internal: AsrInternalError,
  timeout: AsrTimeoutError,
  worker_crashed: AsrWorkerCrashedError,
  worker_stalled: AsrWorkerStalledError,
  busy: AsrBusyError,
  worker_unavailable: AsrWorkerUnavailableError,
  model_unavailable: AsrModelUnavailableError,
  audio_invalid: AsrAudioInvalidError,
  audio_too_long: AsrAudioTooLongError,
  out_of_memory: AsrOutOfMemoryError,
  shutting_down: AsrShuttingDownError,
  file_unreadable: AsrFileUnreadableError,
  poisoned_input: AsrPoisonedInputError,
  cancelled: AsrCancelledError,
};

/**
 * The error of an answer. One of a kind that this client does not know, which a newer server may
 * send, is an `AsrInternalError`; its `data.kind` says the kind.
 */
export function errorOfAnswer(message: string, data: unknown, options?: ErrorOptions): AsrError {
  const told = (typeof data === "object" && data !== null ? data : {}) as { kind?: unknown };
  const kind = isWireKind(told.kind) ? told.kind : "internal";
  return new OF_THE_WIRE[kind](kind as never, message, told as never, options);
}

function isWireKind(kind: unknown): kind is WireErrorKind {
  return typeof kind === "string" && Object.hasOwn(ERRORS, kind);
}

/** Not taken from the constructor, whose name bundlers shorten. */
function nameOf(kind: string): string {
  const words = kind.split("_").filter((word) => word !== "error");
  return `Asr${words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("")}Error`;
}
