/** Which program the sidecar is: in a packaged app, in development, and in tests. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { AsrSidecarNotFoundError } from "./errors.js";

/** A program, and what its command line begins with. */
export interface Command {
  command: string;
  args: string[];
  cwd?: string;
}

export interface Surroundings {
  /** Electron's `process.resourcesPath`. */
  resourcesPath?: string | undefined;
  /** A checkout of asr-sidecar: development runs it from source. */
  checkout?: string | undefined;
  env?: NodeJS.ProcessEnv;
  platform?: NodeJS.Platform;
  exists?: (path: string) => boolean;
}

/**
 * The first of these that there is:
 * - packaged: `asr-sidecar/asr-sidecar` in the app's resources,
 * - test: the executable that the variable `ASR_SIDECAR_EXECUTABLE` names,
 * - development: `python -m sidecar` in `checkout`, with the Python that `ASR_SIDECAR_PYTHON`
 *   names, or that of the checkout's `.venv`, or the one on the path,
 * - `python -m sidecar` with the Python that `ASR_SIDECAR_PYTHON` names.
 *
 * The packaged one is first, so that the environment does not choose what a shipped app runs.
 *
 * @throws AsrSidecarNotFoundError when there is none, or when a named one does not exist.
 */
export function resolveExecutable(surroundings: Surroundings = {}): Command {
  const { checkout, env = process.env, platform = process.platform } = surroundings;
  const { exists = existsSync } = surroundings;
  const { resourcesPath = (process as { resourcesPath?: string }).resourcesPath } = surroundings;
  const searched: string[] = [];
  const found = (path: string): boolean => {
    searched.push(path);
    return exists(path);
  };
  const program = platform === "win32" ? "asr-sidecar.exe" : "asr-sidecar";
  if (resourcesPath !== undefined) {
    const packaged = join(resourcesPath, "asr-sidecar", program);
    if (found(packaged)) return { command: packaged, args: [] };
  }
  const named = env["ASR_SIDECAR_EXECUTABLE"];
  if (named) {
    if (found(named)) return { command: named, args: [] };
    throw notFound(searched);
  }
  const python = env["ASR_SIDECAR_PYTHON"];
  if (checkout !== undefined && found(join(checkout, "sidecar", "__main__.py"))) {
    const venv = join(checkout, ".venv", ...VENV_PYTHON[platform === "win32" ? "win32" : "posix"]);
    const fallback = platform === "win32" ? "python" : "python3";
    return { ...fromPython(python || (exists(venv) ? venv : fallback)), cwd: checkout };
  }
  if (python) return fromPython(python);
  throw notFound(searched);
}

/** `python -m sidecar`, which needs the package installed, or its checkout as the folder. */
export function fromPython(python: string): Command {
  return { command: python, args: ["-m", "sidecar"] };
}

const VENV_PYTHON = { win32: ["Scripts", "python.exe"], posix: ["bin", "python"] };

function notFound(searched: string[]): AsrSidecarNotFoundError {
  const where = searched.length ? `: looked for ${searched.join(", ")}` : "";
  const message = `there is no asr-sidecar${where}`;
  return new AsrSidecarNotFoundError("sidecar_not_found", message, { searched });
}
