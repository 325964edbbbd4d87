import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { AsrSidecarNotFoundError, resolveExecutable, type Surroundings } from "../src/index.js";

/** Surroundings in which only `files` exist. */
function where(files: string[], more: Surroundings = {}): Surroundings {
  return { env: {}, platform: "linux", exists: (path) => files.includes(path), ...more };
}

const MAIN = join("src", "sidecar", "__main__.py");
const PACKAGED = join("res", "asr-sidecar", "asr-sidecar");

test("a packaged app runs what is in its resources, whatever the environment says", () => {
  const env = { ASR_SIDECAR_EXECUTABLE: "other", ASR_SIDECAR_PYTHON: "py" };
  const packaged = where([PACKAGED, "other", MAIN], { resourcesPath: "res", checkout: "src", env });
  assert.deepEqual(resolveExecutable(packaged), { command: PACKAGED, args: [] });
  const windows = where([`${PACKAGED}.exe`], { resourcesPath: "res", platform: "win32" });
  assert.equal(resolveExecutable(windows).command, `${PACKAGED}.exe`);
});

test("a test names the executable, and is told when it is not there", () => {
  const env = { ASR_SIDECAR_EXECUTABLE: "built" };
  const surroundings = { resourcesPath: "res", checkout: "src", env };
  assert.deepEqual(resolveExecutable(where(["built", MAIN], surroundings)), {
    command: "built",
    args: [],
  });
  assert.throws(() => resolveExecutable(where([MAIN], surroundings)), AsrSidecarNotFoundError);
});

test("development runs the checkout, with the Python of its virtual environment", () => {
  const venv = join("src", ".venv", "bin", "python");
  const found = resolveExecutable(where([MAIN, venv], { checkout: "src" }));
  assert.deepEqual(found, { command: venv, args: ["-m", "sidecar"], cwd: "src" });
  const scripts = join("src", ".venv", "Scripts", "python.exe");
  const windows = where([MAIN, scripts], { checkout: "src", platform: "win32" });
  assert.equal(resolveExecutable(windows).command, scripts);
  assert.equal(resolveExecutable(where([MAIN], { checkout: "src" })).command, "python3");
  const env = { ASR_SIDECAR_PYTHON: "py" };
  assert.equal(resolveExecutable(where([MAIN, venv], { checkout: "src", env })).command, "py");
});

test("a Python that has the package needs no checkout", () => {
  const found = resolveExecutable(where([], { env: { ASR_SIDECAR_PYTHON: "py" } }));
  assert.deepEqual(found, { command: "py", args: ["-m", "sidecar"] });
});

test("where there is none, the error says where it was looked for", () => {
  const nowhere = where([], { resourcesPath: "res", checkout: "src" });
  assert.throws(
    () => resolveExecutable(nowhere),
    (error: unknown) => {
      assert.ok(error instanceof AsrSidecarNotFoundError);
      assert.deepEqual(error.data.searched, [PACKAGED, MAIN]);
      return true;
    },
  );
});
