"""`patchprobe evaluate`, with real parts where they are fast."""

from __future__ import annotations

import json

import pytest

from patchprobe.cli import main


@pytest.fixture(autouse=True)
def no_data(monkeypatch):
    monkeypatch.delenv("PATCHPROBE_DATA", raising=False)


@pytest.fixture
def few_modalities(monkeypatch):
    from patchprobe.evaluation import shift_recovery

    monkeypatch.setattr(shift_recovery, "REPORT_A_MODALITIES", ("em",))
    monkeypatch.setattr(shift_recovery, "REPORT_B_MODALITIES", ("em", "tracking"))


def arguments(folder, what="registration"):
    return ["evaluate", what, "--quick", "--backbone", "placeholder-cnx-t", "--output", str(folder)]


def test_a_report_is_written_and_finished_parts_are_kept(few_modalities, tmp_path, capsys):
    assert main(arguments(tmp_path / "out")) == 0
    said = capsys.readouterr().out
    assert "Report A: registration" in said
    assert str(tmp_path / "out" / "report.html") in said
    before = (tmp_path / "out" / "parts" / "report_a_registration.json").stat().st_mtime_ns
    assert main([*arguments(tmp_path / "out"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["tables"]["report_a_table_2"][0]["error, ours"] == 0
    assert (tmp_path / "out" / "parts" / "report_a_registration.json").stat().st_mtime_ns == before


def test_an_interrupted_run_says_how_to_go_on(monkeypatch, tmp_path, capsys):
    from patchprobe.evaluation import shift_recovery

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(shift_recovery, "_mean_errors", interrupt)
    assert main(arguments(tmp_path)) == 130
    assert f"kept in {tmp_path}, and the same command goes on from there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("what", "options", "message"),
    [
        ("real", [], "left out: it needs real data"),
        ("real", ["--data", "nowhere"], "no folder nowhere"),
        ("heads", ["--backbone", "resnet"], "no backbone 'resnet'"),
    ],
)
def test_bad_input_is_said_in_a_line(tmp_path, capsys, what, options, message):
    assert main(["evaluate", what, *options, "--output", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_an_unknown_evaluation_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["evaluate", "report-c"])
    assert stop.value.code == 2
