"use strict";
// How both clients start the sidecar, as an Electron main process would.

const { spawn } = require("node:child_process");
const assert = require("node:assert/strict");

const [command, ...before] = JSON.parse(process.env.SIDECAR_COMMAND);
const SAMPLE = process.env.SIDECAR_SAMPLE;
const EXPECTED = process.env.SIDECAR_EXPECTED;
const LATE_MS = 50;

function start(...args) {
  const child = spawn(command, [...before, "serve", "--model", "selftest", ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
  });
  child.stderr.resume();
  return child;
}

// Rejects rather than hang: every wait has an end.
function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// "close" comes when the process has ended and nobody holds its pipes: no worker may.
function closed(child) {
  return within(3000, "close", new Promise((done) => child.on("close", (code) => done(code))));
}

// Many wide attempts at one window: minutes of native decoding.
const SLOW = {
  beam_size: 100,
  best_of: 100,
  temperature: [0, ...Array(200).fill(1)],
  log_prob_threshold: 0,
  compression_ratio_threshold: 0.01,
  no_speech_threshold: null,
};

function run(main) {
  within(60000, "the end of the script", main()).then(
    () => process.exit(0),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}

module.exports = { EXPECTED, LATE_MS, SAMPLE, SLOW, assert, closed, run, start, within };
