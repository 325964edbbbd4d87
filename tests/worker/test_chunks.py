"""Gathering stretches of speech into chunks."""

from itertools import pairwise

import numpy as np
from faster_whisper.vad import collect_chunks
from hypothesis import given
from hypothesis import strategies as st

from sidecar.worker.chunks import MAX_SAMPLES, Chunk, gather

stretches = st.lists(st.integers(1, MAX_SAMPLES), min_size=1, max_size=12)


@given(stretches)
def test_chunks_are_those_of_faster_whispers_batched_pipeline(lengths: list[int]) -> None:
    starts = np.cumsum([0, *lengths])
    spans = [
        {"start": int(start), "end": int(start) + length}
        for start, length in zip(starts, lengths, strict=False)
    ]
    samples = np.zeros(sum(lengths), np.float32)
    audio, _ = collect_chunks(samples, spans, max_duration=30.0)
    ours = gather(samples, lengths)
    assert [chunk.end_sample - chunk.start_sample for chunk in ours] == [
        len(chunk) for chunk in audio if len(chunk)
    ]


@given(st.lists(st.integers(1, 3 * MAX_SAMPLES), min_size=1, max_size=3))
def test_chunks_fit_a_window_and_are_all_of_the_audio(lengths: list[int]) -> None:
    chunks = gather(np.zeros(sum(lengths), np.float32), lengths)
    assert chunks[0].start_sample == 0
    assert chunks[-1].end_sample == sum(lengths)
    for chunk, following in pairwise(chunks):
        assert chunk.end_sample == following.start_sample
    assert all(0 < chunk.end_sample - chunk.start_sample <= MAX_SAMPLES for chunk in chunks)


def test_what_is_too_long_is_cut_in_its_quietest_pause() -> None:
    samples = np.ones(40 * 16_000, np.float32)
    samples[25 * 16_000 : 26 * 16_000] = 0
    first, second = gather(samples, [len(samples)])
    assert 25.0 <= first.end_s <= 26.0
    assert second == Chunk(first.end_sample, len(samples))
    assert second.audio_s == 40.0 - first.end_s
