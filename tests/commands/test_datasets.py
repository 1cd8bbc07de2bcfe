"""Commands about data: labels that are probably wrong."""

import json

from core.__main__ import main


def write_table(folder, n=12):
    """Reviews, one of the good ones called bad."""
    rows = ["comment,label", "I love it and would buy it again at once,bad"]
    for number in range(n):
        rows += [f"I love number {number} and would buy it again,good", f"I hate number {number} give me my money,bad"]
    table = folder / "reviews.csv"
    table.write_text("\n".join(rows))
    return table


def test_a_wrong_label_is_named_with_what_it_rather_is(capsys, tmp_path):
    code = main(["suspects", str(write_table(tmp_path)), "--workspace", str(tmp_path / "work"), "--json"])
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert (answer["model"], answer["n_asked"]) == ("minilm-l6", 25)
    first = answer["suspects"][0]
    assert (first["given"], first["proposed"], first["source"]) == ("bad", "good", "reviews.csv row 2")
    assert first["text"] == "I love it and would buy it again at once"
    assert 0 <= first["p_given"] < first["p_proposed"] <= 1


def test_people_get_a_line_per_suspect(capsys, tmp_path):
    main(["suspects", str(write_table(tmp_path)), "--workspace", str(tmp_path / "work")])
    about, first = capsys.readouterr().out.splitlines()[:2]
    assert "of 25 labels are probably wrong" in about
    assert first.startswith("reviews.csv row 2 (")
    assert "rather good" in first


def test_a_dataset_is_written_to_a_file_by_its_id(capsys, tmp_path):
    work = ["--workspace", str(tmp_path / "work"), "--json"]
    main(["inspect", str(write_table(tmp_path)), *work])
    dataset = json.loads(capsys.readouterr().out.splitlines()[-1])["dataset"]
    assert main(["export-data", dataset, str(tmp_path / "out.jsonl"), *work]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (answer["n_samples"], answer["bytes"]) == (25, (tmp_path / "out.jsonl").stat().st_size)
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 25
    assert main(["export-data", dataset, str(tmp_path / "out.pdf"), *work]) == 2
