// The main process: a window, and the sidecar behind it.

import { fileURLToPath } from "node:url";
import { AsrSidecar, resolveExecutable } from "@asr-sidecar/client";
import { BrowserWindow, app, ipcMain, session } from "electron";
import { connect } from "./transcriber.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const sidecar = await AsrSidecar.start({
  executable: resolveExecutable({ checkout: here("../../..") }),
  model: process.env.ASR_MODEL ?? "selftest",
  logger: console,
});
connect(ipcMain, sidecar);

await app.whenReady();
// The page may use the microphone, and nothing else.
session.defaultSession.setPermissionRequestHandler((_, permission, answer) => answer(permission === "media"));
const window = new BrowserWindow({
  width: 720,
  height: 640,
  webPreferences: { preload: here("preload.cjs"), sandbox: true, contextIsolation: true },
});
await window.loadFile("index.html");

app.on("window-all-closed", () => app.quit());
let ended = false;
app.on("before-quit", (event) => {
  if (ended) return;
  event.preventDefault();
  void sidecar.shutdown({ graceS: 1 }).finally(() => {
    ended = true;
    app.quit();
  });
});
