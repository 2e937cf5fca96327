"""Which results are there, and which are of another run."""
import json
import os

import pytest

from mmfer.cli.analysis_record import check_folder, clear_results, is_finished, source_facts
from mmfer.errors import ConfigError

FACTS = dict(config_hash='a', source=dict(bytes=3))


@pytest.fixture
def folder(tmp_path):
    """A finished one, with a file of somebody else."""
    for name in ('timeline_1.csv', 'timeline_12.json', 'report.html', 'annotated.mp4',
                 'timeline_mine.csv'):
        (tmp_path / name).write_text('content')
    (tmp_path / 'analysis.json').write_text(json.dumps(dict(
        video='/videos/a.mp4', made_of=FACTS, files=['timeline_1.csv', 'report.html'])))
    return tmp_path


def test_what_is_finished(folder):
    assert is_finished(folder, FACTS) and not is_finished(folder, {**FACTS, 'config_hash': 'b'})
    (folder / 'report.html').unlink()
    assert not is_finished(folder, FACTS)


@pytest.mark.parametrize('content', [
    '', '{', '[]', '3', '{"made_of": {}}', '{"video": "a", "made_of": {}, "files": 3}',
    '{"video": 1, "made_of": {}, "files": []}', '{"video": "a", "made_of": {}, "files": [3]}'])
def test_records_that_are_none(folder, content):
    (folder / 'analysis.json').write_text(content)
    assert not is_finished(folder, FACTS)
    check_folder(folder, folder.parent / 'b.mp4')
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


def test_results_of_another_video_are_kept(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp('other')
    with pytest.raises(ConfigError, match='holds the results of /videos/a.mp4; give another --out '
                                          'for .*b.mp4.*delete that folder'):
        check_folder(folder, other / 'b.mp4')
    record = json.loads((folder / 'analysis.json').read_text())
    (folder / 'analysis.json').write_text(json.dumps({**record, 'video': str(other / 'b.mp4')}))
    (other / 'link').symlink_to(other)
    check_folder(folder, other / 'link' / '..' / other.name / 'b.mp4')


@pytest.mark.parametrize(('video', 'out'), [
    ('frames', 'frames'), ('frames', 'frames/results/frames'), ('link', 'frames'),
    ('frames', 'link'), ('annotated/annotated.mp4', 'annotated')])
def test_results_do_not_lie_in_the_source(tmp_path, video, out):
    for name in ('frames', 'annotated'):
        (tmp_path / name).mkdir()
    (tmp_path / 'link').symlink_to(tmp_path / 'frames')
    with pytest.raises(ConfigError, match='another --out'):
        check_folder(tmp_path / out, tmp_path / video)


def test_folders_that_will_do(tmp_path):
    (tmp_path / 'frames').mkdir()
    for video, out in (('frames', 'out'), ('frames', 'frames2'), ('out/talk/talk.mp4', 'out/talk'),
                       ('annotated.mp4', 'annotated')):
        check_folder(tmp_path / out, tmp_path / video)
    (tmp_path / 'out').write_text('text')
    with pytest.raises(ConfigError, match='out, where the results belong, is a file'):
        check_folder(tmp_path / 'out', tmp_path / 'a.mp4')
