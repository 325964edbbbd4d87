/** Audio as the wire takes it. */

import { resolve } from "node:path";
import type { AudioParams } from "./generated.js";

/** The content of a file of any kind: what `MediaRecorder` yields, a WAV, an m4a. */
export type FileBytes = Uint8Array | ArrayBuffer;
/** Raw samples, interleaved if there is more than one channel. */
export type Samples = Float32Array | Int16Array;

export interface SampleFormat {
  sampleRate?: number;
  channels?: number;
}

/**
 * The parameter `audio`. A relative path is taken from this process's folder, not the sidecar's.
 *
 * @throws TypeError for what is no audio at all.
 */
export function audioParams(audio: string | FileBytes | Samples, format: SampleFormat): AudioParams {
  if (typeof audio === "string") return { path: resolve(audio), ...wired(format) };
  if (audio instanceof Float32Array) return { data: base64(audio), format: "f32", ...wired(format) };
  if (audio instanceof Int16Array) return { data: base64(audio), format: "pcm16", ...wired(format) };
  if (audio instanceof Uint8Array) return { data: base64(audio), ...wired(format) };
  if (audio instanceof ArrayBuffer) return { data: base64(new Uint8Array(audio)), ...wired(format) };
  throw new TypeError("audio is a path, a file's bytes, a Float32Array or an Int16Array");
}

function wired({ sampleRate, channels }: SampleFormat): AudioParams {
  return {
    ...(sampleRate !== undefined && { sample_rate: sampleRate }),
    ...(channels !== undefined && { channels }),
  };
}

/** The wire is little-endian, and so is every platform that Electron runs on. */
function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
