"""What doctor makes of what it finds."""

import json
import sys

import pytest

from sidecar.commands.doctor import judged
from sidecar.commands.finding import Diagnosis, Finding, line_of
from sidecar.commands.inspection import concluded, run_probes
from sidecar.commands.machine import parsed_cpuinfo
from sidecar.commands.probes import PROBES
from sidecar.serve.sample import sample
from tests.commands.outcomes import result

INTEL = "processor : 0\nmodel name : Some CPU\nflags : fpu avx avx2\n\nprocessor : 1\nflags : x\n"
ARM = "processor : 0\nBogoMIPS : 50\nFeatures : fp asimd\n"


def line(name: str) -> str:
    return json.dumps({"name": name, "mark": "ok", "text": "1.0"}) + "\n"


def test_a_library_that_ends_the_process_is_named() -> None:
    names = list(PROBES)
    lines = "".join(map(line, names[:3])) + "noise of a library\n"
    *_, last = concluded(lines.encode(), "crashed the process (SIGSEGV)")
    assert last.name == names[3]
    assert last.mark == "fail"
    assert "SIGSEGV" in last.text
    assert names[4] in last.text


def test_nothing_is_missing_when_all_probes_reported() -> None:
    findings = concluded("".join(map(line, PROBES)).encode(), None)
    assert [finding.name for finding in findings] == list(PROBES)
    assert Diagnosis.of(findings).ok


@pytest.mark.skipif("sys.platform == 'win32'")
def test_a_crash_is_told_by_its_signal() -> None:
    program = "import os; os.kill(os.getpid(), 11)"
    _, ending = run_probes([sys.executable, "-c", program], 60.0)
    assert ending == "crashed the process (SIGSEGV)"


def test_a_library_that_hangs_is_killed_at_the_deadline() -> None:
    program = "import sys, threading; sys.stdout.write('said\\n'); sys.stdout.flush(); "
    program += "threading.Event().wait()"
    lines, ending = run_probes([sys.executable, "-c", program], 1.0)
    assert lines.strip() in (b"said", b"")
    assert ending == "hangs: killed after 1 s"


def test_one_failure_makes_the_diagnosis_bad() -> None:
    findings = [Finding("a", "ok", "1"), Finding("b", "fail", "broken"), Finding("c", "info", "")]
    assert not Diagnosis.of(findings).ok
    assert line_of(findings[1]).startswith("FAIL  b ")


def test_the_features_of_a_processor_are_read() -> None:
    assert parsed_cpuinfo(INTEL) == ("Some CPU", frozenset({"fpu", "avx", "avx2"}))
    assert parsed_cpuinfo(ARM) == ("", frozenset({"fp", "asimd"}))
    assert parsed_cpuinfo("") == ("", frozenset())


def test_the_built_in_model_must_have_every_word_of_the_sample() -> None:
    text = sample().text
    assert judged(result(text.upper())).mark == "ok"
    assert judged(result(text.replace("twenty five", "25"))).mark == "fail"


def test_other_models_may_spell_some_words_their_own_way() -> None:
    text = sample().text
    assert judged(result(text.replace("twenty five", "25"), model="large-v3")).mark == "ok"
    assert judged(result("thank you for watching", model="large-v3")).mark == "fail"
