"""Command line over environment over default, and bad values refused by name."""

import argparse
import os
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.errors import ModelUnavailable
from sidecar.settings import TABLE, BadSetting, Settings, add_arguments, describe, load

INHERITED = {
    "MAX_WAIT_SECONDS": ("90", "timeout_s", 90.0),
    "ASR_BEAM_SIZE": ("3", "beam_size", 3),
    "ASR_MODEL": ("small", "model", "small"),
    "ASR_MODEL_PATH": ("/m", "model_path", "/m"),
    "ASR_DEVICE": ("cuda", "device", "cuda"),
    "ASR_COMPUTE_TYPE": ("int8", "compute_type", "int8"),
    "WHISPER_CACHE_DIR": ("/c", "models_dir", "/c"),
    "ASR_TEMPERATURE": ("0.0, 0.5", "temperature", (0.0, 0.5)),
    "ASR_PATIENCE": ("1.5", "patience", 1.5),
    "ASR_COMPRESSION_RATIO_THRESHOLD": ("2.1", "compression_ratio_threshold", 2.1),
    "ASR_LOG_PROB_THRESHOLD": ("-0.5", "log_prob_threshold", -0.5),
    "ASR_NO_SPEECH_THRESHOLD": ("0.7", "no_speech_threshold", 0.7),
    "MAX_AUDIO_DURATION_SEC": ("600", "max_audio_s", 600.0),
}


def parsed(*arguments: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return vars(parser.parse_args(arguments))


def settings(*arguments: str, environ: Mapping[str, str] | None = None) -> Settings:
    return load(parsed(*arguments), environ or {})[0]


@pytest.mark.parametrize("variable", INHERITED)
def test_the_names_of_the_predecessor_work(variable: str) -> None:
    text, field, value = INHERITED[variable]
    assert getattr(settings(environ={variable: text}), field) == value


def test_every_setting_has_a_name_of_its_own_everywhere() -> None:
    assert [setting.field for setting in TABLE] == list(Settings.__struct_fields__)
    assert len({setting.variable for setting in TABLE}) == len(TABLE)
    assert len({setting.flag for setting in TABLE}) == len(TABLE)


def test_without_anything_all_settings_have_their_defaults() -> None:
    loaded, sources = load(parsed(), {})
    assert loaded == Settings()
    assert {source.source for source in sources.values()} == {"default"}


@given(
    st.none() | st.integers(1, 100),
    st.none() | st.integers(1, 100),
)
def test_the_command_line_goes_before_the_environment_before_the_default(
    flag: int | None, variable: int | None
) -> None:
    arguments = [] if flag is None else ["--beam-size", str(flag)]
    environ = {} if variable is None else {"ASR_BEAM_SIZE": str(variable)}
    loaded, sources = load(parsed(*arguments), environ)
    assert loaded.beam_size == (flag or variable or 5)
    where = "command line (--beam-size)" if flag else "environment (ASR_BEAM_SIZE)"
    assert sources["beam_size"].source == (where if flag or variable else "default")


def test_an_empty_variable_is_no_value() -> None:
    assert settings(environ={"ASR_BEAM_SIZE": " ", "ASR_MODEL": ""}) == Settings()


@pytest.mark.parametrize("text", ["1", "true", "Yes", "ON"])
def test_booleans_are_true_in_many_spellings(text: str) -> None:
    assert settings(environ={"ASR_LOG_TEXT": text}).log_text is True


@pytest.mark.parametrize("text", ["0", "false", "No", "OFF"])
def test_booleans_are_false_in_many_spellings(text: str) -> None:
    assert settings(environ={"ASR_DEGRADE": text}).degrade is False


def test_booleans_have_a_flag_and_its_negation() -> None:
    environ = {"ASR_DEGRADE": "1"}
    assert settings("--no-degrade", environ=environ).degrade is False
    assert settings("--log-text").log_text is True


@given(st.lists(st.floats(0, 2), min_size=1, max_size=6))
def test_temperatures_are_a_list(temperatures: list[float]) -> None:
    text = ",".join(map(str, temperatures))
    assert settings("--temperature", text).temperature == tuple(temperatures)
    assert settings(environ={"ASR_TEMPERATURE": text}).temperature == tuple(temperatures)


folders = st.lists(
    st.text(
        st.characters(exclude_characters=os.pathsep + "\0", exclude_categories=["Cs"]), min_size=1
    ).filter(lambda text: text == text.strip()),
    min_size=1,
    max_size=4,
)


@given(folders)
def test_folders_are_separated_as_in_path(given_folders: list[str]) -> None:
    environ = {"ASR_ALLOW_DIR": os.pathsep.join(given_folders)}
    assert settings(environ=environ).allow_dir == tuple(given_folders)


def test_the_flag_for_folders_is_repeatable_and_taken_as_it_is() -> None:
    odd = f"/a{os.pathsep}b"
    assert settings("--allow-dir", odd, "--allow-dir", "/c").allow_dir == (odd, "/c")


BAD = {
    "beam_size": ("0", "x", "1.5", "101"),
    "timeout_s": ("0", "-1", "nan", "inf", "soon"),
    "device": ("gpu",),
    "degrade": ("maybe", "2"),
    "temperature": ("", ",", "3", "0,x", "nan"),
    "no_speech_threshold": ("1.1", "nan"),
    "log_prob_threshold": ("nan", "-inf"),
    "patience": ("0", "inf"),
    "compression_ratio_threshold": ("nan",),
    "language": ("e",),
    "vad": ("on",),
    "workers": ("0",),
    "standby": ("cold",),
    "log_level": ("loud",),
    "cpu_threads": ("-1",),
    "model_path": ("caf\udce9",),
    "allow_dir": ("/media/caf\udce9",),
}


@pytest.mark.parametrize(
    ("field", "text"), [(field, text) for field, texts in BAD.items() for text in texts]
)
def test_a_bad_value_is_refused_with_the_name_it_was_given_by(field: str, text: str) -> None:
    setting = next(setting for setting in TABLE if setting.field == field)
    with pytest.raises(BadSetting) as flagged:
        load({field: text}, {})
    assert str(flagged.value).startswith(f"{setting.flag}=")
    if text:
        with pytest.raises(BadSetting) as exported:
            load({}, {setting.variable: text})
        assert str(exported.value).startswith(f"{setting.variable}=")


def test_each_setting_is_described_with_its_value_and_source() -> None:
    _, sources = load(parsed("--vad", "silero"), {"ASR_ALLOW_DIR": "/a", "ASR_MODEL": "small"})
    lines = {line.split()[0]: line for line in describe(sources)}
    assert list(lines) == [setting.field for setting in TABLE]
    assert lines["vad"].split(maxsplit=2)[1:] == ["silero", "command line (--vad)"]
    assert lines["allow_dir"].split(maxsplit=2)[1:] == ["/a", "environment (ASR_ALLOW_DIR)"]
    assert lines["queue_limit"].split()[1:] == ["8", "default"]


def test_an_explicit_limit_is_obeyed_as_it_is_and_a_default_grows_with_the_audio() -> None:
    assert settings().total_budget(5.0).limit_s(100.0) == 5.0
    assert settings().total_budget(None).limit_s(100.0) == 200.0
    assert settings().segments_budget(None).limit_s(90.0) == pytest.approx(120.0)


def test_without_a_model_the_hint_names_what_to_type() -> None:
    with pytest.raises(ModelUnavailable, match="--model selftest"):
        settings().model_spec()
