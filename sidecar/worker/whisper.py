"""faster-whisper, opened up where its time goes: what it encodes, decodes and aligns."""

from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.transcribe import pad_or_trim
from msgspec import Struct

from sidecar.core.request import Transcription
from sidecar.core.timing import Phase
from sidecar.worker.context import WINDOW_FRAMES, context_frames
from sidecar.worker.ladder import WINDOW_S, Costs
from sidecar.worker.record import Record, WindowRecord
from sidecar.worker.views import Extractor, Features, Native
from sidecar.worker.watch import Watch
from sidecar.worker.window import WindowDecoder


def open_model(path: str, device: str, compute_type: str, cpu_threads: int) -> Any:
    """faster-whisper's `WhisperModel` on the folder `path`; raises whatever that raises."""
    return WhisperModel(
        path,
        device=device,
        compute_type=compute_type,
        cpu_threads=cpu_threads,
        local_files_only=True,
    )


def first_inference(model: Any) -> None:
    """Encode a window of silence and generate a token."""
    features = model.feature_extractor(np.zeros(1600, np.float32))
    output = model.encode(pad_or_trim(features))
    start = model.hf_tokenizer.token_to_id("<|startoftranscript|>")
    model.model.generate(output, [[start]], max_length=2)


class _Encoding(Struct, frozen=True):
    features: Features
    output: Any
    at_s: float
    encode_s: float


class JobModel(WhisperModel):  # type: ignore[misc]  # untyped
    """A view of a loaded model for one job: the same weights, watched and bounded.

    It shares all that was loaded and owns what belongs to the job alone, the kept encoder
    output for one, so that dropping the view frees it.
    """

    def __init__(
        self, loaded: Any, watch: Watch, record: Record, costs: Costs, job: Transcription
    ) -> None:
        self.__dict__.update(vars(loaded))
        languages = job.languages if loaded.model.is_multilingual else ()
        self.model: Any = Native(loaded.model, watch.clock, languages)
        self.feature_extractor = Extractor(loaded.feature_extractor)
        self._fits = job.options.encoder_context == "fit"
        self._watch = watch
        self._record = record
        self._costs = costs
        self._to_hear_frames = 0
        self._first: _Encoding | None = None
        self._padded: Features = np.zeros((0, 0), np.float32)
        self._repeated: Any = None
        self._window = WindowRecord(0, 0.0, 0.0, 0.0)

    def detect_language(self, *, features: Features, **kwargs: Any) -> Any:
        """Detect as faster-whisper does, but on the frames that will be decoded.

        It passes one frame more than `generate_segments` decodes; without it the first window
        is the same in both, and is encoded once.
        """
        self._to_hear_frames = features.shape[-1] - 1
        try:
            return super().detect_language(features=features[..., :-1], **kwargs)
        finally:
            self._to_hear_frames = 0

    def encode(self, features: Features) -> Any:
        """Encode a padded window, or the part of it that the job wants to be seen.

        What language detection has encoded already is not encoded again.
        """
        if self._to_hear_frames:
            heard = self._encode(features, min(WINDOW_FRAMES, self._to_hear_frames))
            self._to_hear_frames -= min(WINDOW_FRAMES, self._to_hear_frames)
            if self._watch.thrift.reuse_encoding:
                self._first = self._first or heard
            return heard.output
        self._padded, self._repeated = features, None
        taken = self.feature_extractor.spectrogram.taken
        first, self._first = self._first, None
        shown = features[:, : context_frames(len(taken), fit=self._fits)]
        reused = first is not None and np.array_equal(first.features, shown)
        encoding = first if first and reused else self._encode(features, len(taken))
        frame_s = self.feature_extractor.time_per_frame
        start_s, end_s = taken.start * frame_s, taken.stop * frame_s
        self._watch.on_window(start_s)
        self._window = self._record.open_window(start_s, end_s, encoding.at_s)
        self._window.add_encoding(shown.shape[-1] * frame_s, encoding.encode_s, reused=reused)
        return encoding.output

    def _encode(self, padded: Features, audio_frames: int) -> _Encoding:
        self._watch.check()
        frames = context_frames(audio_frames, fit=self._fits)
        shown = padded[:, :frames]
        encoding = _Encoding(
            shown, *self._watch.timed(Phase.ENCODE, lambda: WhisperModel.encode(self, shown))
        )
        context_s = frames * self.feature_extractor.time_per_frame
        self._costs.add_encoding(context_s, encoding.encode_s)
        return encoding

    def generate_with_fallback(
        self, encoder_output: Any, prompt: list[int], tokenizer: Any, options: Any
    ) -> tuple[Any, float, float, float]:
        """Decode a window as `WindowDecoder` does."""
        spectrogram = self.feature_extractor.spectrogram
        decoder = WindowDecoder(
            generate=self.model.generate,
            encode_again=self._encode_again,
            tokenizer=tokenizer,
            options=options,
            prompt=prompt,
            window=self._window,
            content_s=self.feature_extractor.time_per_frame * (spectrogram.shape[-1] - 1),
            fits=self._fits,
            watch=self._watch,
            record=self._record,
            costs=self._costs,
        )
        return decoder.decode(encoder_output)

    def _encode_again(self) -> Any:
        """Encode all of a window of which only a part was shown."""
        encoding = self._encode(self._padded, WINDOW_FRAMES)
        self._window.add_encoding(WINDOW_S, encoding.encode_s)
        self._repeated = encoding.output
        return encoding.output

    def add_word_timestamps(
        self, segments: Any, tokenizer: Any, encoder_output: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Align words as faster-whisper does, with what the text was decoded from."""
        seen = encoder_output if self._repeated is None else self._repeated
        last_speech_s, _, align_s = self._watch.timed(
            Phase.ALIGN,
            lambda: WhisperModel.add_word_timestamps(
                self, segments, tokenizer, seen, *args, **kwargs
            ),
        )
        self._window.align_s = align_s
        self._costs.add_alignment(align_s)
        return last_speech_s
