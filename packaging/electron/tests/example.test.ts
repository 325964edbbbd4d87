/** The example app: its door as Electron opens it, and its page in a real browser. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
// The very package that the example gets: another copy would have error classes of its own.
import { AsrSidecar } from "@asr-sidecar/client";
import type { Browser, Page } from "playwright-core";
import { ROOT, SAMPLE, testCommand } from "./command.js";

const EXAMPLE = `${ROOT}packaging/electron/example/`;
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const BROWSER = process.env["CHROMIUM"] ?? BROWSERS.find((path) => existsSync(path));
const inBrowser = { skip: BROWSER === undefined ? "there is no Chromium; CHROMIUM names one" : false };
/** A folder here gets a picture of each state of the page. */
const PICTURES = process.env["PICTURES"];

type Handler = (event: object, ...args: unknown[]) => unknown;
interface Doors {
  handlers: Map<string, Handler>;
  connect: (ipcMain: object, sidecar: object) => void;
}

/** `transcriber.js` as the example has it, with the package found as an app would find it. */
async function example(): Promise<Doors> {
  const modules = join(EXAMPLE, "node_modules", "@asr-sidecar");
  if (!existsSync(join(modules, "client"))) {
    mkdirSync(modules, { recursive: true });
    symlinkSync(join(EXAMPLE, ".."), join(modules, "client"), "junction");
  }
  const { connect } = (await import(pathToFileURL(`${EXAMPLE}transcriber.js`).href)) as Pick<Doors, "connect">;
  return { handlers: new Map(), connect };
}

test("the page gets three functions and nothing else", () => {
  const asked: unknown[] = [];
  const listeners: ((event: object, news: object) => void)[] = [];
  const worlds: Record<string, Record<string, (...args: unknown[]) => unknown>> = {};
  const electron = {
    contextBridge: { exposeInMainWorld: (name: string, api: (typeof worlds)[string]) => (worlds[name] = api) },
    ipcRenderer: {
      invoke: (...args: unknown[]) => asked.push(args),
      on: (_: string, listener: (typeof listeners)[number]) => listeners.push(listener),
    },
  };
  runInNewContext(readFileSync(`${EXAMPLE}preload.cjs`, "utf8"), {
    require: (name: string) => (assert.equal(name, "electron"), electron),
  });
  assert.deepEqual(Object.keys(worlds), ["speech"]);
  const speech = worlds["speech"] ?? {};
  assert.deepEqual(Object.keys(speech).sort(), ["cancel", "onNews", "transcribe"]);
  const heard: unknown[] = [];
  speech["onNews"]?.((news: unknown) => heard.push(news));
  listeners[0]?.({ sender: "kept from the page" }, { jobId: "a" });
  assert.deepEqual(heard, [{ jobId: "a" }]);
  const bytes = new Uint8Array(1);
  speech["transcribe"]?.("a", bytes, 3);
  speech["cancel"]?.("a");
  assert.deepEqual(asked, [["transcribe", "a", bytes, 3], ["cancel", "a"]]);
});

let sidecar: AsrSidecar;
let browser: Browser;
let folder: string;

before(async () => {
  if (BROWSER === undefined) return;
  folder = mkdtempSync(join(tmpdir(), "asr-example-"));
  sidecar = await AsrSidecar.start({ ...testCommand(), args: ["--no-degrade"] });
  const wav = join(folder, "sample.wav");
  const first = await launched();
  writeFileSync(wav, await wavOf(first, readFileSync(SAMPLE)));
  await first.close();
  browser = await launched(
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${wav}%noloop`,
  );
});

async function launched(...args: string[]): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return chromium.launch({ executablePath: BROWSER ?? "", args: ["--no-sandbox", ...args] });
}

/** The only form in which the browser's false microphone takes sound, as decoded by the browser. */
async function wavOf(decoder: Browser, audio: Buffer): Promise<Buffer> {
  const page = await decoder.newPage();
  const samples = await page.evaluate(async (data) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const decoded = await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(bytes.buffer);
    return Array.from(decoded.getChannelData(0), (sample) => Math.round(sample * 32_767));
  }, audio.toString("base64"));
  const head = Buffer.from("RIFF....WAVEfmt ....................data....", "latin1");
  const sizes = [[4, 36 + 2 * samples.length], [16, 16], [24, 48_000], [28, 96_000], [40, 2 * samples.length]] as const;
  for (const [at, value] of sizes) head.writeUInt32LE(value, at);
  for (const [at, value] of [[20, 1], [22, 1], [32, 2], [34, 16]] as const) head.writeUInt16LE(value, at);
  return Buffer.concat([head, Buffer.from(Int16Array.from(samples).buffer)]);
}

after(async () => {
  await browser?.close();
  await sidecar?.shutdown({ graceS: 0 });
  if (folder) rmSync(folder, { recursive: true });
});

/** The page, with the example's own main process behind the door. */
async function opened(colorScheme: "light" | "dark" = "light", width = 720): Promise<Page> {
  const { handlers, connect } = await example();
  connect({ handle: (channel: string, handler: Handler) => handlers.set(channel, handler) }, sidecar);
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 560 } });
  const sender = {
    isDestroyed: () => page.isClosed(),
    // A page that is being closed takes no more news.
    send: (_: string, news: object) => void page.evaluate((told) => window.take(told), news).catch(() => undefined),
  };
  await page.exposeFunction("invoke", (channel: string, jobId: string, data?: string, timeoutS?: number) =>
    handlers.get(channel)?.({ sender }, jobId, data && Buffer.from(data, "base64"), timeoutS),
  );
  await page.addInitScript(DOOR);
  await page.goto(pathToFileURL(`${EXAMPLE}index.html`).href);
  return page;
}

declare global {
  interface Window {
    take(news: object): void;
  }
}
const DOOR = `
  const base64 = (bytes) => {
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  };
  window.speech = {
    transcribe: (jobId, bytes, timeoutS) => invoke("transcribe", jobId, base64(bytes), timeoutS),
    cancel: (jobId) => invoke("cancel", jobId),
    onNews: (told) => { window.take = told; },
  };`;

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

test("what is recorded is transcribed as it comes", inBrowser, async () => {
  const page = await opened();
  await picture(page, "idle");
  await page.click("#record");
  await page.waitForFunction(() => document.getElementById("status")?.textContent?.includes("0:11"));
  await picture(page, "recording");
  await page.click("#record");
  await page.waitForFunction(() => document.getElementById("status")?.textContent?.startsWith("Done"));
  const text = (await page.locator("#segments li").allInnerTexts()).join(" ");
  for (const words of ["good morning", "living room light", "good night"]) assert.ok(text.includes(words), text);
  await picture(page, "done");
  await page.close();
});

test("a file is transcribed, in the dark and on a narrow window too", inBrowser, async () => {
  const page = await opened("dark", 360);
  await page.setInputFiles("#file", SAMPLE);
  await page.waitForFunction(() => document.getElementById("status")?.textContent?.startsWith("Done"));
  assert.ok((await page.locator("#segments li").count()) >= 1);
  await picture(page, "dark-narrow");
  await page.close();
});

test("what is no audio is said in words", inBrowser, async () => {
  const page = await opened();
  await page.setInputFiles("#file", { name: "a.webm", mimeType: "audio/webm", buffer: Buffer.from("no audio") });
  await page.waitForSelector("#error:not([hidden])");
  assert.equal(await page.innerText("#error"), "There is no sound in this file that can be read.");
  await picture(page, "error");
  await page.close();
});

test("what takes too long is stopped, and said in words", inBrowser, async () => {
  const page = await opened("dark");
  await page.fill("#limit", "0.1");
  await page.setInputFiles("#file", join(folder, "sample.wav"));
  await page.waitForSelector("#error:not([hidden])");
  const words = await page.innerText("#error");
  assert.match(words, /^It took longer than the 0\.1 seconds it may take, and was stopped\..*You can try again\.$/);
  await picture(page, "timeout");
  await page.close();
});

test("a job can be cancelled, and the next one is served", inBrowser, async () => {
  const page = await opened();
  const other = sidecar.transcribe(SAMPLE, {
    options: { beam_size: 100, best_of: 100, temperature: [0, ...Array<number>(200).fill(1)], log_prob_threshold: 0 },
  });
  await page.setInputFiles("#file", SAMPLE);
  await page.waitForSelector("#cancel:not([disabled])");
  await picture(page, "working");
  await page.click("#cancel");
  await page.waitForFunction(() => document.getElementById("status")?.textContent === "Cancelled.");
  other.cancel();
  await other.result.catch(() => undefined);
  await page.setInputFiles("#file", SAMPLE);
  await page.waitForFunction(() => document.getElementById("status")?.textContent?.startsWith("Done"));
  await page.close();
});
