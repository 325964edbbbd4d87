"use strict";
// The page: records or opens a file, and shows what comes back while it comes.

const [record, file, cancel, limit, status, progress, error, segments] = [
  "record", "file", "cancel", "limit", "status", "progress", "error", "segments",
].map((id) => document.getElementById(id));

const PHASES = {
  queue: "Waiting", load: "Loading the model", decode: "Reading", vad: "Finding the speech",
  features: "Listening", language: "Finding the language", encode: "Listening",
  generate: "Writing", align: "Placing the words", segments: "Writing",
};
let recorder = null;
let job = null;

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function show(text) {
  status.textContent = text;
}

function add({ start, text }) {
  const item = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = clock(start);
  item.append(time, text.trim());
  segments.append(item);
}

function fail(words) {
  error.textContent = words;
  error.hidden = false;
}

function working(on) {
  record.disabled = file.disabled = on;
  cancel.disabled = !on;
  progress.hidden = !on;
}

async function transcribe(bytes) {
  job = crypto.randomUUID();
  segments.replaceChildren();
  error.hidden = true;
  progress.value = 0;
  working(true);
  show("Sending");
  try {
    const result = await window.speech.transcribe(job, bytes, limit.valueAsNumber || 30);
    if (result.error) {
      const kept = result.error.text ? " What was understood until then is below." : "";
      const retry = result.error.retry ? " You can try again." : "";
      if (result.error.kind === "cancelled") show(`${result.error.words}${kept}`);
      else fail(`${result.error.words}${kept}${retry}`);
      if (result.error.kind !== "cancelled") show("Not done.");
    } else {
      const took = `${result.durationS.toFixed(1)} s of sound in ${result.tookS.toFixed(2)} s`;
      show(result.text ? `Done: ${took}.` : `No speech was found: ${took}.`);
    }
  } catch {
    fail("The app could not reach the recognizer.");
    show("Not done.");
  } finally {
    job = null;
    working(false);
  }
}

async function startRecording() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    fail("The microphone is not available. Allow it in the system's settings, or open a file.");
    return;
  }
  const parts = [];
  const began = performance.now();
  recorder = new MediaRecorder(stream, { mimeType: "audio/webm;codecs=opus" });
  const ticking = setInterval(() => show(`Recording ${clock((performance.now() - began) / 1000)}`), 250);
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.onstop = async () => {
    clearInterval(ticking);
    recorder = null;
    record.classList.remove("live");
    record.textContent = "Record";
    stream.getTracks().forEach((track) => track.stop());
    await transcribe(new Uint8Array(await new Blob(parts).arrayBuffer()));
  };
  recorder.start();
  error.hidden = true;
  record.classList.add("live");
  record.textContent = "Stop";
  file.disabled = true;
  show("Recording 0:00");
}

record.addEventListener("click", () => (recorder ? recorder.stop() : startRecording()));
cancel.addEventListener("click", () => window.speech.cancel(job));
file.addEventListener("change", async () => {
  const [chosen] = file.files;
  file.value = "";
  if (chosen) await transcribe(new Uint8Array(await chosen.arrayBuffer()));
});
window.speech.onNews((news) => {
  if (news.jobId !== job) return;
  if (news.segment) add(news.segment);
  if (news.progress) {
    progress.value = news.progress.fraction;
    show(PHASES[news.progress.phase] ?? "Working");
  }
});
