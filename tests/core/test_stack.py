"""Reading faulthandler's dumps."""

import faulthandler
import tempfile

from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.stack import MAX_FRAMES, split_dump

DUMP = """a warning
Timeout (0:00:00.1)!
Thread 0x00007f (most recent call first):
  File "/usr/lib/python3.11/threading.py", line 331 in wait

Thread 0x00007e (most recent call first):
  File "/opt/app/site-packages/faster_whisper/transcribe.py", line 12 in encode
  File "C:\\app\\sidecar\\worker\\main.py", line 84 in _work
"""


def test_the_main_thread_is_the_last_and_paths_are_cut() -> None:
    rest, frames = split_dump(DUMP)
    assert rest == "a warning"
    assert frames[0] == "site-packages/faster_whisper/transcribe.py:12 encode"
    assert frames[1].endswith("worker/main.py:84 _work")


def test_a_real_dump_is_read() -> None:
    with tempfile.TemporaryFile("w+") as file:
        file.write("Timeout (0:00:01)!\n")
        file.flush()
        faulthandler.dump_traceback(file)
        file.seek(0)
        _, frames = split_dump(file.read())
    assert any("test_a_real_dump_is_read" in frame for frame in frames)


def test_what_killed_the_process_stays_in_the_text() -> None:
    rest, frames = split_dump(
        'Fatal Python error: Aborted\n\nThread 0x1 (x):\n  File "a", line 1 in f'
    )
    assert rest == "Fatal Python error: Aborted"
    assert frames == ("a:1 f",)


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    _, frames = split_dump(f"Timeout (1)!\n{text}")
    assert len(frames) <= MAX_FRAMES
