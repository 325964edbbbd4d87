export * from "./errors.js";
export { AsrSidecar, type StartOptions, type TranscribeOptions } from "./sidecar.js";
export { TranscribeJob, type JobCallbacks } from "./job.js";
export { resolveExecutable, type Command, type Surroundings } from "./executable.js";
export type { FileBytes, SampleFormat, Samples } from "./audio.js";
export type { RestartPolicy } from "./backoff.js";
export type { LogEvent, LogLevel, Logger } from "./log.js";
export type { Restart, SidecarEvents, SidecarState } from "./supervisor.js";
export type {
  DecodingOptions,
  DecodingWindow,
  Initialized,
  JobErrorData,
  JobProgressParams,
  ModelInfo,
  ModelList,
  ModelLoaded,
  PartialTranscript,
  Pong,
  Segment,
  Span,
  Status,
  Timings,
  TranscribeResult,
  VadOff,
  VadSilero,
  VadWebrtc,
  Word,
  WorkerStamp,
} from "./generated.js";
