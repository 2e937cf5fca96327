"""Which results are there, and which are of another run."""
import json
import os

import pytest

from mmfer.cli.analysis_record import clear_results, is_finished, source_facts

FACTS = dict(config_hash='a', source=dict(bytes=3))


@pytest.fixture
def folder(tmp_path):
    """A finished one, with a file of somebody else."""
    for name in ('timeline_1.csv', 'timeline_12.json', 'report.html', 'annotated.mp4',
                 'timeline_mine.csv'):
        (tmp_path / name).write_text('content')
    (tmp_path / 'analysis.json').write_text(json.dumps(dict(
        made_of=FACTS, files=['timeline_1.csv', 'report.html'])))
    return tmp_path


def test_what_is_finished(folder):
    assert is_finished(folder, FACTS) and not is_finished(folder, {**FACTS, 'config_hash': 'b'})
    (folder / 'report.html').unlink()
    assert not is_finished(folder, FACTS)


@pytest.mark.parametrize('content', ['', '{', '[]', '3', '{"made_of": 1}', '{"files": []}',
                                     '{"made_of": null, "files": 3}'])
def test_records_that_are_none(folder, content):
    (folder / 'analysis.json').write_text(content)
    assert not is_finished(folder, FACTS)
    assert not is_finished(folder / 'nowhere', FACTS)


def test_only_results_are_removed(folder):
    clear_results(folder)
    assert [path.name for path in folder.iterdir()] == ['timeline_mine.csv']
    clear_results(folder)
    clear_results(folder / 'nowhere')


def test_the_record_goes_first(folder, monkeypatch):
    """Whenever it is broken off, what is left does not claim to be finished."""
    def interrupted(self, missing_ok=False):
        os.unlink(self)
        raise KeyboardInterrupt

    monkeypatch.setattr('pathlib.Path.unlink', interrupted)
    with pytest.raises(KeyboardInterrupt):
        clear_results(folder)
    assert not (folder / 'analysis.json').exists() and (folder / 'report.html').exists()


def test_a_source_that_has_changed(tmp_path):
    video = tmp_path / 'a.mp4'
    video.write_bytes(b'123')
    facts = source_facts(video)
    assert facts == source_facts(video) and (facts['files'], facts['bytes']) == (1, 3)
    os.utime(video, ns=(0, 5))
    assert source_facts(video) == dict(files=1, bytes=3, changed_ns=5)
    (tmp_path / 'b.png').write_bytes(b'4567')
    assert source_facts(tmp_path)['files'] == 2 and source_facts(tmp_path)['bytes'] == 7
