/** The sidecar under test: from source, or the program that `ASR_SIDECAR_EXECUTABLE` names. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StartOptions } from "../src/index.js";

/** Of the repository; this file runs in `build/tests`. */
export const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
export const SAMPLE = `${ROOT}sidecar/assets/sample.flac`;
export const EXPECTED = JSON.parse(readFileSync(`${ROOT}sidecar/assets/sample.json`, "utf8")) as {
  text: string;
  duration_s: number;
};
/** Where `make test` and its like have installed the sidecar. */
const VENV = join(ROOT, ".venv", ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));
const PYTHON = process.env["ASR_SIDECAR_PYTHON"] ?? (existsSync(VENV) ? VENV : "python3");
const EXECUTABLE = process.env["ASR_SIDECAR_EXECUTABLE"];

export function testCommand(): StartOptions {
  const program = EXECUTABLE ? { executable: EXECUTABLE } : { python: PYTHON, cwd: ROOT };
  return { ...program, model: "selftest", startTimeoutS: 60 };
}
