/** One process of the sidecar: its pipes, its stderr, and how it ends. */

import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { AsrSidecarNotFoundError, AsrSidecarExitedError, AsrSpawnFailedError, type AsrError } from "./errors.js";
import type { Command } from "./executable.js";
import { Lines } from "./log.js";
import { settles } from "./patience.js";

/** What is left in the pipes of a process that ended is read within this time. */
const DRAIN_S = 1;
const TAIL_CHARS = 4096;

/** So that nothing is left when the app ends without a word: `exit` is the last chance. */
const living = new Set<ChildProcess>();
const killAll = (): void => living.forEach((child) => child.kill("SIGKILL"));

export class SidecarProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Settles, and never rejects, when it has ended and its pipes are read; says why. */
  readonly ended: Promise<AsrError>;
  #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #tail = "";

  /** @throws AsrSpawnFailedError where the system refuses at once; otherwise `ended` tells. */
  constructor(private readonly command: Command, env: NodeJS.ProcessEnv, onLine: (line: string) => void) {
    const { command: program, args, cwd } = command;
    try {
      // No shell, and nothing inherited: an app's own descriptors are no business of a child.
      this.#child = spawn(program, args, { cwd, env, stdio: "pipe", windowsHide: true });
    } catch (error) {
      throw spawnFailed(command, error as NodeJS.ErrnoException);
    }
    if ((this.#child.stdin as Writable | undefined) === undefined) {
      // Node makes no pipes where it has no descriptor left, and tells of it by an event as well.
      this.#child.on("error", () => undefined);
      throw spawnFailed(command, Object.assign(new Error("no file descriptor is left"), { code: "EMFILE" }));
    }
    this.stdin = this.#child.stdin;
    this.stdout = this.#child.stdout;
    // A stream's error says that the process is gone, which `ended` tells in better words.
    for (const stream of this.#child.stdio) stream?.on("error", () => undefined);
    this.#readStderr(onLine);
    this.ended = this.#end();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.#child.kill(signal);
  }

  /**
   * The end, at the latest after three times `stepS`: of its own accord when its stdin ends, by
   * SIGTERM, by SIGKILL. On Windows the signals are one and the same.
   */
  async stop(stepS: number): Promise<void> {
    this.stdin.end();
    if (await settles(this.ended, stepS)) return;
    this.kill("SIGTERM");
    if (await settles(this.ended, stepS)) return;
    this.kill("SIGKILL");
    await settles(this.ended, stepS);
  }

  #readStderr(onLine: (line: string) => void): void {
    const lines = new Lines((line) => {
      this.#tail = `${this.#tail}${line}\n`.slice(-TAIL_CHARS);
      onLine(line);
    });
    this.#child.stderr.on("data", (chunk: Buffer) => lines.push(chunk));
    this.#child.stderr.on("end", () => lines.end());
  }

  #end(): Promise<AsrError> {
    const child = this.#child;
    if (living.add(child).size === 1) process.on("exit", killAll);
    return new Promise((resolve) => {
      const gone = (error: AsrError): void => {
        living.delete(child);
        if (living.size === 0) process.off("exit", killAll);
        resolve(error);
      };
      child.on("error", (error) => {
        // Later it is about a signal that could not be sent: the process may live.
        if (child.pid === undefined) gone(spawnFailed(this.command, error));
      });
      child.once("exit", (exitCode, signal) => {
        const closed = new Promise((done) => child.once("close", done));
        void settles(closed, DRAIN_S).then(() => gone(this.#exited(exitCode, signal)));
      });
    });
  }

  #exited(exitCode: number | null, signal: NodeJS.Signals | null): AsrError {
    const how = signal === null ? `with exit code ${exitCode}` : `by ${signal}`;
    const last = this.#tail.trimEnd().split("\n").at(-1);
    const words = last && !last.startsWith("{") && !last.startsWith("[") ? `: ${last}` : "";
    return new AsrSidecarExitedError("sidecar_exited", `the sidecar ended ${how}${words}`, {
      exitCode,
      signal,
      stderrTail: this.#tail,
    });
  }
}

function spawnFailed({ command, cwd }: Command, error: NodeJS.ErrnoException): AsrError {
  const options = { cause: error };
  // Node names the program where it is the folder that is missing.
  if (cwd !== undefined && !existsSync(cwd)) {
    const message = `there is no folder ${cwd} to start the sidecar in`;
    return new AsrSpawnFailedError("spawn_failed", message, { command, errno: "ENOENT" }, options);
  }
  if (error.code === "ENOENT") {
    const searched = [command];
    return new AsrSidecarNotFoundError("sidecar_not_found", `there is no ${command}`, { searched }, options);
  }
  const message = `${command} cannot be started: ${error.message}`;
  const data = { command, errno: error.code ?? null };
  return new AsrSpawnFailedError("spawn_failed", message, data, options);
}
