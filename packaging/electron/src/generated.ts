// Written by `npm run generate` from the server's OpenRPC document. Not to be edited:
// a test compares it with what the running server says.

export const PROTOCOL = 1;

/** Either `path`, or `data` (base64) of a `format`; raw samples need `sample_rate` too. */
export interface AudioParams {
  path?: string | null;
  data?: string | null;
  format?: "f32" | "file" | "pcm16";
  sample_rate?: number | null;
  channels?: number | null;
}

/**
 * Whisper decoding, by the names and with the defaults of faster-whisper's `transcribe`.
 *
 * `encoder_context` and `batch_size` are this program's own.
 */
export interface DecodingOptions {
  beam_size?: number;
  best_of?: number;
  patience?: number;
  length_penalty?: number;
  repetition_penalty?: number;
  no_repeat_ngram_size?: number;
  temperature?: number | number[];
  compression_ratio_threshold?: number | null;
  log_prob_threshold?: number | null;
  no_speech_threshold?: number | null;
  condition_on_previous_text?: boolean;
  prompt_reset_on_temperature?: number;
  initial_prompt?: string | null;
  prefix?: string | null;
  hotwords?: string | null;
  suppress_blank?: boolean;
  suppress_tokens?: number[];
  without_timestamps?: boolean;
  max_initial_timestamp?: number;
  word_timestamps?: boolean;
  prepend_punctuations?: string;
  append_punctuations?: string;
  multilingual?: boolean;
  max_new_tokens?: number | null;
  clip_timestamps?: number[];
  hallucination_silence_threshold?: number | null;
  language_detection_threshold?: number;
  language_detection_segments?: number;
  encoder_context?: "fit" | "full";
  batch_size?: number;
}

/** All of the audio is transcribed. */
export interface VadOff {
  engine: "off";
}

/**
 * The voice activity detector of WebRTC, frame by frame, with hysteresis.
 *
 * Speech begins when `onset_ratio` of the frames in a sliding window of `window_ms` are
 * voiced, and ends when no more than `offset_ratio` are.
 */
export interface VadWebrtc {
  engine: "webrtc";
  aggressiveness?: number;
  frame_ms?: 10 | 20 | 30;
  window_ms?: number;
  onset_ratio?: number;
  offset_ratio?: number;
  min_speech_ms?: number;
  min_silence_ms?: number;
  padding_ms?: number;
}

/** Silero's voice activity detector, by the names and defaults of faster-whisper. */
export interface VadSilero {
  engine: "silero";
  threshold?: number;
  neg_threshold?: number | null;
  min_speech_duration_ms?: number;
  max_speech_duration_s?: number | null;
  min_silence_duration_ms?: number;
  speech_pad_ms?: number;
}

/** Result of `initialize`. */
export interface Initialized {
  server: ServerInfo;
  protocol: number;
  capabilities: Capabilities;
  limits: Limits;
  pid: number;
}

/** Who answers. */
export interface ServerInfo {
  name: string;
  version: string;
}

/** What this server can do. */
export interface Capabilities {
  methods: string[];
  notifications: string[];
  vad: string[];
  audio_formats: string[];
  framings: string[];
}

/** What is refused beyond. */
export interface Limits {
  max_message_bytes: number;
  max_audio_s: number;
  max_audio_bytes: number;
  queue_limit: number;
  workers: number;
}

/** Result of `ping`. */
export interface Pong {
  pong: boolean;
  uptime_s: number;
}

/** The result of `transcribe`. */
export interface TranscribeResult {
  job_id: string;
  trace_id: string;
  text: string;
  language: string | null;
  language_probability: number | null;
  language_probabilities: Record<string, number>;
  segments: Segment[];
  duration_s: number;
  speech: Span[] | null;
  duration_after_vad_s: number;
  timings: Timings;
  worker: WorkerStamp;
  model: ModelInfo;
  warnings: string[];
  degraded: boolean;
  windows?: DecodingWindow[] | null;
  spans?: PhaseSpan[] | null;
}

/** A segment as Whisper delimits it, with the figures of the attempt that yielded it. */
export interface Segment {
  id: number;
  start: number;
  end: number;
  text: string;
  avg_logprob: number;
  compression_ratio: number;
  no_speech_prob: number;
  temperature: number;
  words?: Word[] | null;
}

/** A word, its time, and the probability the model gave it. */
export interface Word {
  start: number;
  end: number;
  word: string;
  probability: number;
}

/** A stretch of audio, in seconds. */
export interface Span {
  start: number;
  end: number;
}

/**
 * Seconds spent in each phase.
 *
 * `segments_s` is the whole iteration over the segments: it contains the encoding, generating
 * and aligning done there, and `text_s`, the rest of it; it is the only entry that overlaps
 * others. `pipe_s` is the way to the worker and back. What no phase accounts for is `other_s`.
 */
export interface Timings {
  queue_s: number;
  load_s: number;
  pipe_s: number;
  decode_s: number;
  vad_s: number;
  features_s: number;
  language_s: number;
  encode_s: number;
  generate_s: number;
  align_s: number;
  text_s: number;
  segments_s: number;
  other_s: number;
  total_s: number;
}

/** Which worker process it was; `job_index` counts its jobs from 1. */
export interface WorkerStamp {
  pid: number;
  generation: number;
  uptime_s: number;
  job_index: number;
  exit_code?: number | null;
  signal?: string | null;
  stderr_tail?: string | null;
}

/** The model that is loaded. */
export interface ModelInfo {
  name: string;
  path: string;
  device: string;
  compute_type: string;
}

/**
 * One window of at most 30 s and what was spent on it.
 *
 * `start_s` and `end_s` are its place in the audio; its encoder pass began `at_s` seconds after
 * the request was read.
 */
export interface DecodingWindow {
  start_s: number;
  end_s: number;
  at_s: number;
  encode_s: number;
  encoding_reused: boolean;
  align_s: number;
  attempts: Attempt[];
}

/**
 * One decoding of one window, and why it was accepted or rejected.
 *
 * It began `at_s` seconds after the request was read.
 */
export interface Attempt {
  at_s: number;
  temperature: number;
  beam_size: number;
  context_s: number;
  tokens: number;
  max_tokens: number;
  generate_s: number;
  avg_logprob: number;
  compression_ratio: number;
  verdict: string;
}

/** One stay in a phase, with the inner phases in it: when it began, and seconds. */
export interface PhaseSpan {
  phase: Phase;
  at_s: number;
  took_s: number;
}

/** Where a job is. One at a time: entering an inner phase suspends the outer one. */
export interface Phase {
}

/** Result of `cancel`: whether there was something to cancel. */
export interface CancelResult {
  cancelled: boolean;
}

/** Result of `status`. */
export interface Status {
  state: string;
  uptime_s: number;
  workers: WorkerStatus[];
  queue: QueueStatus;
  counters: Record<string, number>;
  latency: Record<string, Percentiles>;
  rss_bytes: number;
  dropped_notifications: number;
  dropped_log_lines: number;
  problem: string | null;
  deep?: DeepStatus | null;
}

/** One worker slot. */
export interface WorkerStatus {
  worker: number;
  state: string;
  generation: number;
  pid: number | null;
  uptime_s: number;
  rss_bytes: number;
  jobs: number;
  job_id: string | null;
  phase: string | null;
  model: ModelInfo | null;
}

/** The queue: how many wait, how many may, and the jobs in the order they would run. */
export interface QueueStatus {
  depth: number;
  limit: number;
  job_ids: string[];
}

/** The median and the tail of recent jobs, in seconds. */
export interface Percentiles {
  p50_s: number;
  p95_s: number;
  p99_s: number;
}

/** The built-in sample, transcribed: `ok` is whether its text is what it should be. */
export interface DeepStatus {
  ok: boolean;
  text: string | null;
  expected: string;
  total_s: number;
  error: string | null;
}

/** Result of `models.list`. `configured` is the model that jobs get. */
export interface ModelList {
  models: InstalledModel[];
  configured: string | null;
  loaded: ModelInfo | null;
}

/** A folder that holds a whole CTranslate2 Whisper model. */
export interface InstalledModel {
  name: string;
  path: string;
  size_bytes: number;
}

/** Result of `models.load`. */
export interface ModelLoaded {
  model: ModelInfo;
  load_s: number;
}

/** Result of `shutdown` and `models.unload`. */
export interface Ok {
  ok: boolean;
}

/** Params of `job/started`. */
export interface JobStartedParams {
  job_id: string;
  trace_id: string;
  worker_generation: number;
  queue_s: number;
  load_s: number;
}

/** Params of `job/segment`. */
export interface JobSegmentParams {
  job_id: string;
  segment: Segment;
}

/** Params of `job/progress`: `fraction` of the audio that is done, within [0, 1]. */
export interface JobProgressParams {
  job_id: string;
  fraction: number;
  audio_s: number;
  phase: string;
}

/** Params of `worker/state`. */
export interface WorkerStateParams {
  worker: number;
  state: string;
  generation: number;
  pid: number | null;
  reason: string | null;
}

/** Params of `$/progress` (Language Server Protocol). */
export interface WorkDoneProgress {
  token: string | number;
  value: Record<string, unknown>;
}

/**
 * `error.data` of a job. `timeout_s` and what follows it: where a worker had begun on it.
 *
 * `windows` and `spans` only with a profile.
 */
export interface JobErrorData {
  kind: string;
  retryable: boolean;
  job_id: string;
  trace_id: string;
  phase: string;
  elapsed_s: number;
  timings: Timings;
  timeout_s?: number | null;
  partial?: PartialTranscript | null;
  device_released?: boolean | null;
  worker?: WorkerStamp | null;
  stack?: string[] | null;
  windows?: DecodingWindow[] | null;
  spans?: PhaseSpan[] | null;
}

/** What was transcribed before the job ended. It is never the whole. */
export interface PartialTranscript {
  text: string;
  segments: Segment[];
  language: string | null;
  covered_s: number;
}

/** What can be called, with its parameters by name. */
export interface Methods {
  "initialize": {
    params: {
      client?: Record<string, unknown> | string | null;
      protocol?: number | null;
    };
    result: Initialized;
  };
  "ping": {
    params: Record<string, never>;
    result: Pong;
  };
  "transcribe": {
    params: {
      audio: AudioParams;
      language?: string;
      languages?: string[];
      task?: "transcribe" | "translate";
      options?: DecodingOptions;
      vad?: VadOff | VadWebrtc | VadSilero;
      timeout_s?: number | null;
      segments_timeout_s?: number | null;
      priority?: number;
      job_id?: string | null;
      trace_id?: string | null;
      stream?: boolean;
      profile?: boolean;
      workDoneToken?: string | number | null;
    };
    result: TranscribeResult;
  };
  "cancel": {
    params: {
      id?: string | number | null;
      job_id?: string | null;
    };
    result: CancelResult;
  };
  "status": {
    params: {
      deep?: boolean;
    };
    result: Status;
  };
  "models.list": {
    params: Record<string, never>;
    result: ModelList;
  };
  "models.load": {
    params: {
      model?: string | null;
    };
    result: ModelLoaded;
  };
  "models.unload": {
    params: Record<string, never>;
    result: Ok;
  };
  "shutdown": {
    params: {
      grace_s?: number | null;
    };
    result: Ok;
  };
}

/** What the server says unasked. */
export interface Notifications {
  "job/started": JobStartedParams;
  "job/segment": JobSegmentParams;
  "job/progress": JobProgressParams;
  "worker/state": WorkerStateParams;
  "$/progress": WorkDoneProgress;
}

/** The errors of the wire, by their kind. */
export const ERRORS = {
  parse_error: { code: -32700, retryable: false },
  invalid_request: { code: -32600, retryable: false },
  method_not_found: { code: -32601, retryable: false },
  invalid_params: { code: -32602, retryable: false },
  internal: { code: -32603, retryable: false },
  timeout: { code: -32010, retryable: true },
  worker_crashed: { code: -32011, retryable: true },
  worker_stalled: { code: -32012, retryable: true },
  busy: { code: -32013, retryable: true },
  worker_unavailable: { code: -32014, retryable: false },
  model_unavailable: { code: -32015, retryable: false },
  audio_invalid: { code: -32016, retryable: false },
  audio_too_long: { code: -32017, retryable: false },
  out_of_memory: { code: -32018, retryable: true },
  shutting_down: { code: -32019, retryable: false },
  file_unreadable: { code: -32021, retryable: false },
  poisoned_input: { code: -32022, retryable: false },
  cancelled: { code: -32800, retryable: false },
} as const;
