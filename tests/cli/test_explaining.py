"""A checkpoint and the test clips of its split, as explanations take them."""
import argparse
from types import SimpleNamespace

import pytest
import torch

from mmfer.annotations import read_annotations
from mmfer.cli import explaining
from mmfer.cli.explaining import load_subject
from mmfer.cli.trained_model import TrainedModel, add_model_arguments
from mmfer.errors import ConfigError
from mmfer.models import ExpressionRecognizer
from mmfer.protocols import read_protocol


@pytest.fixture
def args(untrained):
    parser = argparse.ArgumentParser()
    add_model_arguments(parser)
    return parser.parse_args(untrained('configs/fan/fan_r18_unified.py'))


def test_clips_are_the_test_part_of_the_split(args, corpus):
    subject = load_subject(args)
    assert isinstance(subject.model, ExpressionRecognizer) and not subject.model.training
    annotations = read_annotations(corpus / 'annotations.json')
    labels = {row['clip']: row['label'] for row in annotations.rows}
    split = read_protocol(corpus / 'protocol.json', annotations).splits[0]
    found = dict(subject.clip_info(index) for index in subject.indices)
    assert found == {clip: labels[clip] for clip in split.test}
    assert len(subject.indices) == len(found)
    assert subject.classes == annotations.classes
    assert (subject.facts['split'], subject.facts['checkpoint']) == (split.name, args.checkpoint)


def test_videos_come_one_by_one_and_as_asked(args):
    subject = load_subject(args)
    chosen = [subject.indices[2], subject.indices[0]]
    videos = list(subject.videos(chosen))
    assert [(sample.clip, int(sample.gt_label)) for _, sample in videos] == [
        subject.clip_info(index) for index in chosen]
    assert all(len(inputs.lengths) == 1 for inputs, _ in videos)
    again, _ = next(subject.videos(chosen[1:]))
    assert torch.equal(again.frames, videos[1][0].frames)
    assert torch.equal(again.gather, videos[1][0].gather)


def test_what_cannot_be_explained_is_refused(args, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(explaining, 'load_trained_model',
                      lambda args: TrainedModel(None, torch.nn.Identity(), {}))
        with pytest.raises(ConfigError, match='Identity does not encode a video frame by frame'):
            load_subject(args)
    monkeypatch.setattr(explaining.Runner, 'build_dataloader',
                        lambda *args, **kwargs: SimpleNamespace(dataset=[]))
    with pytest.raises(ConfigError, match='list does not tell its clips'):
        load_subject(args)
