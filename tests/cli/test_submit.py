"""From frames and a checkpoint to a submission, and back to what a test says of the frames."""
from __future__ import annotations

import argparse
import re
import shlex
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.cli import test
from mmfer.cli.common import add_cfg_options
from mmfer.cli.submit import main
from mmfer.configuration import load_config
from mmfer.evaluation import read_predictions
from mmfer.evaluation.submission import EDITIONS
from mmfer.protocols import Protocol, Split, write_protocol
from mmfer.registry import MODELS

ROOT = Path(__file__).resolve().parents[2]
CONFIG = 'configs/cbam_blstm/r101_cbam_blstm_affwild2.py'
# not in the order of the codes
CLASSES = ('happiness', 'neutral', 'surprise', 'anger', 'sadness', 'fear', 'disgust')
GONE = {'v0': (3, ), 't0': (1, 5), 't1_left': (2, 19)}
LAST = {'v0': 9, 't0': 12, 't1_left': 19}
TESTED = ('t1_left', 't0')
LENGTHS = {'t1_left': 21, 't0': 12}


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
    """Frames of three videos; the annotation labels every fifth frame of them -1."""
    root = tmp_path_factory.mktemp('affwild2')
    rng = np.random.default_rng(0)
    rows = []
    for name, last in LAST.items():
        (root / 'frames' / name).mkdir(parents=True)
        numbers = [n for n in range(1, last + 1) if n not in GONE[name]]
        for number in numbers:
            image = np.full((36, 36, 3), rng.integers(0, 256, 3), np.uint8)
            image[:, :18] = rng.integers(0, 256, 3)
            assert cv2.imwrite(str(root / 'frames' / name / f'{number:05d}.jpg'), image)
        rows.append(dict(clip=name, frames=name, num_frames=len(numbers),
                         filename_tmpl='{:05d}.jpg', frame_numbers=numbers,
                         frame_labels=[-1 if n % 5 == 0 else n % 7 for n in range(1, last + 1)]))
    write_annotations(root / 'annotations.json', make_metainfo('tiny', CLASSES, rows), rows)
    annotations = read_annotations(root / 'annotations.json')
    write_protocol(root / 'protocol.json', Protocol('tiny', annotations.hash, False, 0, (
        Split('split1', train=('v0', ), selection=(), test=tuple(sorted(TESTED))), )))
    (root / 'videos.txt').write_text('\n'.join(TESTED) + '\n')
    (root / 'lengths.csv').write_text(''.join(f'{v},{n}\n' for v, n in LENGTHS.items()))
    (root / 'example.txt').write_text('header\n' + ''.join(
        f'{v}/{n:05d}.jpg,\n' for v, last in LENGTHS.items() for n in range(1, last + 1)))
    return root


@pytest.fixture(scope='module')
def model(corpus):
    """Config and checkpoint of first weights, and options."""
    options = [
        f'annotation.file={corpus / "annotations.json"}', f'annotation.root={corpus / "frames"}',
        f'protocol.file={corpus / "protocol.json"}', 'model.backbone.depth=18',
        'model.backbone.base_channels=4', 'model.backbone.stem_channels=4',
        'model.cls_head.hidden_channels=4', 'test_dataloader.num_workers=0',
        'test_dataloader.persistent_workers=False',
        'test_dataloader.dataset.pipeline.1.size=(32,32)']
    parser = argparse.ArgumentParser()
    add_cfg_options(parser)
    cfg = load_config(CONFIG, parser.parse_args(['--cfg-options', *options]).cfg_options)
    torch.manual_seed(0)
    built = MODELS.build(cfg.model)
    for parameter in built.cls_head.parameters():  # answers that are not all the same
        torch.nn.init.normal_(parameter, std=5)
    torch.save(dict(state_dict=built.state_dict(), meta={}), corpus / 'model.pth')
    return [CONFIG, str(corpus / 'model.pth')], ['--cfg-options', *options]


@pytest.fixture(scope='module')
def tested(corpus, model):
    """Predictions of the labelled frames, as ``tools/test.py`` dumps them."""
    words, options = model
    assert test.main([*words, '--work-dir', str(corpus / 'work'), '--dump',
                      str(corpus / 'predictions.parquet'), *options]) == 0
    read = read_predictions(corpus / 'predictions.parquet')
    given = {(track.clip, int(number)): CLASSES[scores.argmax()] for track in read.tracks
             for number, scores in zip(track.frame_numbers, track.scores)}
    assert len(set(given.values())) > 1
    return given


def predict(corpus, model, *further, edition='abaw1', out='out'):
    words, options = model
    shutil.rmtree(corpus / out, ignore_errors=True)
    return ['predict', *words, '--root', str(corpus / 'frames'), '--edition', edition, '--device',
            'cpu', '--out', str(corpus / out), *map(str, further), *options]


def codes_in(folder, edition):
    """Names of the answers, by video and frame."""
    names = EDITIONS[edition].classes
    found = {}
    if EDITIONS[edition].one_file:
        for line in (folder / 'predictions.txt').read_text().split('\n')[1:-1]:
            place, code = line.split(',')
            video, image = place.split('/')
            found[video, int(image[:5])] = names[int(code)]
        return found
    for path in folder.iterdir():
        for number, code in enumerate(path.read_text().split('\n')[1:-1], start=1):
            found[path.stem, number] = names[int(code)] if code != '-1' else None
    return found


def test_tool_answers_every_frame(run, corpus, model, tested, capsys):
    done = run('tools/submit.py', *predict(corpus, model, '--lengths', corpus / 'lengths.csv'))
    assert '2 videos, 33 frames' in done.stdout
    found = codes_in(corpus / 'out', 'abaw1')
    assert {key: name for key, name in found.items() if key in tested} == tested
    for video, last in LENGTHS.items():
        for number in range(1, last + 1):
            faceless = number in GONE[video] or number > LAST[video]
            assert (found[video, number] is None) == faceless
    assert '6 frames without an answer: -1' in done.stdout
    assert main(['validate', str(corpus / 'out'), '--edition', 'abaw1', '--lengths',
                 str(corpus / 'lengths.csv')]) == 0
    assert 'valid for abaw1: 2 videos, 33 frames' in capsys.readouterr().out


def test_one_file_in_the_order_of_the_example(corpus, model, tested, capsys):
    args = ['--example', str(corpus / 'example.txt')]
    assert main(predict(corpus, model, *args, edition='abaw5')) == 0
    assert 'the answer for the nearest frame' in capsys.readouterr().out
    found = codes_in(corpus / 'out', 'abaw5')
    assert list(found) == [(video, number) for video, last in LENGTHS.items()
                           for number in range(1, last + 1)]
    assert {key: found[key] for key in tested} == tested
    assert found['t0', 1] == found['t0', 2] and found['t1_left', 21] == found['t1_left', 18]
    assert main(['validate', str(corpus / 'out'), '--edition', 'abaw6', *args]) == 0
    assert main(['validate', str(corpus / 'out'), '--edition', 'abaw1', *args]) == 1
    assert 'belongs to no video' in capsys.readouterr().err


def test_without_lengths_the_last_face_ends_a_video(corpus, model, capsys):
    assert main(predict(corpus, model, '--videos', corpus / 'videos.txt', '--missing', 'nearest',
                        edition='abaw3')) == 0
    out = capsys.readouterr().out
    assert 'taken to end at its last frame with a face' in out and '2 videos, 30 frames' in out
    lines = (corpus / 'out' / 't1_left.txt').read_text().split('\n')
    assert lines[0].endswith('Surprise,Other') and len(lines) == 18 + 2 and '-1' not in lines


def test_a_video_without_a_face(corpus, model, capsys):
    lengths = corpus / 'more.csv'
    lengths.write_text('none,4\nt0,12\n')
    assert main(predict(corpus, model, '--lengths', lengths, edition='abaw5')) == 0
    out = capsys.readouterr().out
    assert 'none: ' in out and '1 videos without any answer, all neutral: none' in out
    text = (corpus / 'out' / 'predictions.txt').read_text()
    assert 'none/00001.jpg,0\nnone/00002.jpg,0\nnone/00003.jpg,0\nnone/00004.jpg,0\nt0/' in text


def test_predict_refuses(corpus, model, capsys):
    def error(*further, **settings):
        assert main(predict(corpus, model, *further, **settings)) == 1
        return capsys.readouterr().err

    assert 'which videos are tested' in error()
    (corpus / 'seen.txt').write_text('t0\nv0\n')
    assert "'v0' trained or selected this model" in error('--videos', corpus / 'seen.txt')
    (corpus / 'unknown.txt').write_text('t0\nnone\n')
    assert "how many frames video 'none' has" in error('--videos', corpus / 'unknown.txt')
    assert '--originals does not tell which' in error('--originals', corpus)
    assert "take 'nearest'" in error('--lengths', corpus / 'lengths.csv', '--missing', 'ignore',
                                     edition='abaw5')
    words, options = model
    clip = ([*words], [*options, 'model.cls_head.answer=clip'])
    assert main(predict(corpus, clip, '--lengths', corpus / 'lengths.csv')) == 1
    assert 'the model answers for clips' in capsys.readouterr().err
    assert not list((corpus / 'out').glob('*'))


def test_commands_of_the_page(corpus, model, tested, tmp_path):
    """Every command of docs/submissions.md, on this corpus and with this model."""
    blocks = re.findall(r'```shell\n(.*?)```', (ROOT / 'docs' / 'submissions.md').read_text(),
                        re.DOTALL)
    here = {'work_dirs/affwild2/iter_60000.pth': 'model.pth', 'frames.csv': 'lengths.csv',
            'data/affwild2/cropped_aligned': 'frames', 'test_set_release.txt': 'videos.txt',
            'test_set_example.txt': 'example.txt', 'predictions.parquet': 'predictions.parquet',
            'data/affwild2/annotations.json': 'annotations.json'}
    used = set()
    for command in '\n'.join(blocks).replace('\\\n', ' ').splitlines():
        python, tool, *words = shlex.split(command)
        assert (python, tool) == ('python', 'tools/submit.py')
        used |= here.keys() & set(words)
        words = [str(corpus / here[word]) if word in here else
                 str(tmp_path / word) if word.startswith('submission/') else word
                 for word in words]
        assert main([*words, *(model[1] if words[0] == 'predict' else [])]) == 0
    assert used == here.keys()
    assert len(list((tmp_path / 'submission' / '2020').iterdir())) == 2
    assert (tmp_path / 'submission' / '2024' / 'predictions.txt').is_file()


class TestConvert:

    def words(self, corpus, *further, edition='abaw1'):
        shutil.rmtree(corpus / 'converted', ignore_errors=True)
        return ['convert', str(corpus / 'predictions.parquet'), '--annotations',
                str(corpus / 'annotations.json'), '--edition', edition, '--out',
                str(corpus / 'converted'), *map(str, further)]

    def test_labelled_videos(self, corpus, tested, capsys):
        assert main(self.words(corpus)) == 0
        found = codes_in(corpus / 'converted', 'abaw1')
        assert {key: name for key, name in found.items() if name is not None} == tested
        assert len(found) == 12 + 19 and 'subjects shared' in capsys.readouterr().out

    def test_lists(self, corpus, tested):
        videos = ['--videos', corpus / 'videos.txt', '--example', corpus / 'example.txt']
        assert main(self.words(corpus, *videos, edition='abaw6')) == 0
        found = codes_in(corpus / 'converted', 'abaw6')
        assert len(found) == 33 and {key: found[key] for key in tested} == tested

    def test_refuses(self, corpus, tested, tmp_path, capsys):
        other = read_annotations(corpus / 'annotations.json')
        rows = [dict(row, scene='x') for row in other.rows]
        write_annotations(tmp_path / 'other.json', other.metainfo, rows)
        words = self.words(corpus)
        words[words.index('--annotations') + 1] = str(tmp_path / 'other.json')
        assert main(words) == 1
        assert 'other.json: its hash is' in capsys.readouterr().err
        (tmp_path / 'list.txt').write_text('v0\n')
        assert main(self.words(corpus, '--videos', tmp_path / 'list.txt')) == 1
        assert "'v0' has no answers" in capsys.readouterr().err
