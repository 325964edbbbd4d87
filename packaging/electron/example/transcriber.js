// What the page may ask of the sidecar. It knows of Electron only what it is given.

import { AsrError } from "@asr-sidecar/client";
import { inWords } from "./words.js";

/**
 * Answers the page's calls: `transcribe` with a job id, the bytes of a recording and a limit in
 * seconds, `cancel` with a job id. Segments and progress go to whoever asked, as `news`.
 */
export function connect(ipcMain, sidecar) {
  const jobs = new Map();
  ipcMain.handle("transcribe", async (event, jobId, bytes, timeoutS) => {
    const tell = (news) => {
      if (!event.sender.isDestroyed()) event.sender.send("news", { jobId, ...news });
    };
    const job = sidecar.transcribe(bytes, {
      timeoutS,
      vad: { engine: "silero" },
      onSegment: ({ start, end, text }) => tell({ segment: { start, end, text } }),
      onProgress: ({ fraction, phase }) => tell({ progress: { fraction, phase } }),
    });
    jobs.set(jobId, job);
    try {
      const { text, language, duration_s, timings, degraded } = await job;
      return { text, language, durationS: duration_s, tookS: timings.total_s, degraded };
    } catch (error) {
      // Errors lose their class and their data on the way to a page: it gets words.
      if (!(error instanceof AsrError)) throw error;
      return { error: inWords(error) };
    } finally {
      jobs.delete(jobId);
    }
  });
  ipcMain.handle("cancel", (_, jobId) => jobs.get(jobId)?.cancel());
}
