/** The sidecar's stderr as events: JSON lines, the mark of readiness, and whatever else comes. */

import { StringDecoder } from "node:string_decoder";

export type LogLevel = "debug" | "info" | "warning" | "error";

export interface LogEvent {
  level: LogLevel;
  /** What happened, in one word such as `job_done`; `text` for a line that is not the log's. */
  event: string;
  message: string;
  /** All that the line has besides, by the names of the log. */
  fields: Record<string, unknown>;
}

/** Where events go: `console`, `electron-log` and their like fit. */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

export const READY_MARK = "[SERVICE_READY]";
export const MAX_LINE_CHARS = 64 * 1024;
const LEVELS: readonly unknown[] = ["debug", "info", "warning", "error"];

/** Lines from chunks that are split anywhere. What a line has beyond the limit is left out. */
export class Lines {
  #decoder = new StringDecoder("utf8");
  #line = "";

  constructor(private readonly take: (line: string) => void) {}

  push(chunk: Buffer): void {
    const parts = this.#decoder.write(chunk).split("\n");
    const last = parts.pop() ?? "";
    for (const part of parts) {
      this.#append(part);
      this.#finish();
    }
    this.#append(last);
  }

  /** The stream is over: a last line needs no line feed. */
  end(): void {
    this.#append(this.#decoder.end());
    this.#finish();
  }

  #append(part: string): void {
    this.#line += part.slice(0, MAX_LINE_CHARS - this.#line.length);
  }

  #finish(): void {
    const line = this.#line.trimEnd();
    this.#line = "";
    if (line) this.take(line);
  }
}

/** A line that is not of the log itself, a traceback for example, is a warning. */
export function logEvent(line: string): LogEvent {
  const record = parsed(line);
  if (record === null) return { level: "warning", event: "text", message: line, fields: {} };
  const { level, event, message, ...fields } = record;
  return {
    level: LEVELS.includes(level) ? (level as LogLevel) : "info",
    event: String(event),
    message: typeof message === "string" ? message : String(event),
    fields,
  };
}

/** Hands an event on to a logger. */
export function tell(logger: Logger, { level, message, fields }: LogEvent): void {
  logger[level === "warning" ? "warn" : level](`asr-sidecar: ${message}`, fields);
}

function parsed(line: string): Record<string, unknown> | null {
  if (!line.startsWith("{")) return null;
  try {
    const record = JSON.parse(line) as Record<string, unknown>;
    return "event" in record ? record : null;
  } catch {
    return null;
  }
}
