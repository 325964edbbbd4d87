// Errors, said to people.

const seconds = (count) => `${count} ${count === 1 ? "second" : "seconds"}`;

const WORDS = {
  timeout: ({ data }) => `It took longer than the ${seconds(data.budget_s)} it may take, and was stopped.`,
  cancelled: () => "Cancelled.",
  busy: ({ data }) => `Too much is waiting already. Try again in ${seconds(Math.ceil(data.retry_after_s))}.`,
  audio_invalid: () => "There is no sound in this file that can be read.",
  audio_too_long: () => "This recording is too long.",
  model_unavailable: () => "The speech model is not installed.",
  out_of_memory: () => "There was not enough memory.",
  worker_crashed: () => "The recognizer broke down. It has been started again.",
  worker_stalled: () => "The recognizer hung. It has been started again.",
  sidecar_exited: () => "The recognizer broke down. It is being started again.",
  sidecar_unresponsive: () => "The recognizer hung. It is being started again.",
};

/** What an `AsrError` says to the one who speaks: what happened, what there is, whether to retry. */
export function inWords(error) {
  const words = WORDS[error.kind]?.(error) ?? "This could not be transcribed.";
  return { kind: error.kind, words, retry: error.retryable, text: error.data.partial?.text ?? "" };
}
