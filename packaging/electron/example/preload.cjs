// The page's only door: three functions, and no Node.

const { contextBridge, ipcRenderer } = require("electron");

contextBridge.exposeInMainWorld("speech", {
  /** A recording's bytes to text: the result, or `{ error }` in words. */
  transcribe: (jobId, bytes, timeoutS) => ipcRenderer.invoke("transcribe", jobId, bytes, timeoutS),
  cancel: (jobId) => ipcRenderer.invoke("cancel", jobId),
  /** Has `take` told the segments and the progress of all jobs. */
  onNews: (take) => {
    ipcRenderer.on("news", (_, news) => take(news));
  },
});
