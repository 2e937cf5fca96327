"""Class names of a model, and what does not fit together."""
from types import SimpleNamespace

import pytest
import torch

from mmfer.apis.loading import class_names, load_model
from mmfer.errors import CheckpointError, ConfigError

from .conftest import CLASSES, ROOT

FAN = ROOT / 'configs/fan/fan_r18_unified.py'
I3D = ROOT / 'configs/mmaction/i3d_r50_generic.py'
NARROW_I3D = {'model.backbone.base_channels': 2, 'model.cls_head.in_channels': 64}


def trained_on(*classes):
    return dict(meta=dict(dataset_meta=dict(classes=list(classes))))


def config(**dataset):
    return dict(test_dataloader=dict(dataset=dataset))


def test_names_come_from_the_first_that_tells_them(crops):
    annotated = config(ann_file=str(crops / 'clips.json'))
    assert class_names(annotated, {}) == CLASSES
    assert class_names(annotated, trained_on('a', 'b')) == ('a', 'b')
    assert class_names(config(classes=['x', 'y']), {}) == ('x', 'y')
    assert class_names(config(classes='union'), trained_on('a', 'b')) == ('a', 'b')
    assert class_names(annotated, trained_on('a', 'b'), given=('p', 'q')) == ('p', 'q')


@pytest.mark.parametrize(('cfg', 'checkpoint', 'error', 'words'), [
    ({}, {}, ConfigError, '--classes'),
    (config(ann_file='/nowhere.json'), {}, ConfigError, '--classes'),
    (config(classes=['x', 'y']), trained_on('y', 'x'), CheckpointError, 'y, x.*x, y'),
    ({}, trained_on('a', 'a'), CheckpointError, 'different names'),
    ({}, trained_on('a', 3), CheckpointError, 'different names'),
    ({}, trained_on(), CheckpointError, 'different names'),
    ({}, dict(meta=dict(dataset_meta=dict(classes='ab'))), CheckpointError, 'different names'),
    ({}, dict(meta='text'), ConfigError, '--classes'),
])
def test_names_are_checked(cfg, checkpoint, error, words):
    with pytest.raises(error, match=words):
        class_names(cfg, checkpoint)


def test_no_data_is_needed(small, tmp_path):
    settings, checkpoint = small('configs/fan/fan_r18_unified.py')
    settings = {**settings, 'annotation.file': str(tmp_path / 'gone.json')}
    loaded = load_model(FAN, checkpoint, 'cpu', frame_chunk=3, cfg_options=settings)
    assert loaded.classes == CLASSES and loaded.recognizer is loaded.model
    assert loaded.model.frame_chunk == 3 and not loaded.model.training


def test_the_wrapped_model_gets_the_chunk_too(small):
    settings, checkpoint = small('configs/fan/fan_r18_unified.py')
    loaded = load_model(FAN, checkpoint, 'cpu', frame_chunk=3, cfg_options=settings, tta=True)
    assert loaded.recognizer is None and loaded.model.module.frame_chunk == 3


def test_a_chunk_for_a_model_that_has_none_is_refused(small):
    settings, checkpoint = small(I3D, narrow=False, **NARROW_I3D)
    with pytest.raises(ConfigError, match='--frame-chunk 3: Recognizer3D does not encode'):
        load_model(I3D, checkpoint, 'cpu', frame_chunk=3, cfg_options=settings)
    assert load_model(I3D, checkpoint, 'cpu', cfg_options=settings).recognizer is None


def test_what_does_not_fit_is_refused(small, tmp_path):
    settings, checkpoint = small('configs/fan/fan_r18_unified.py')
    with pytest.raises(ConfigError, match='7 classes apart, but 2'):
        load_model(FAN, checkpoint, 'cpu', cfg_options=settings, classes=('a', 'b'))
    with pytest.raises(ConfigError, match='--device none'):
        load_model(FAN, checkpoint, 'none', cfg_options=settings)
    with pytest.raises(CheckpointError, match='does not exist'):
        load_model(FAN, tmp_path / 'gone.pth', 'cpu', cfg_options=settings)


def test_configuration_in_a_checkpoint_is_never_read(small, tmp_path):
    """A text that would run, were it taken for a config."""
    settings, checkpoint = small('configs/fan/fan_r18_unified.py')
    content = torch.load(checkpoint, weights_only=True)
    mark = tmp_path / 'executed'
    content['meta'].update(cfg=f'open({str(mark)!r}, "w")', config=f'open({str(mark)!r}, "w")')
    torch.save(content, tmp_path / 'model.pth')
    load_model(FAN, tmp_path / 'model.pth', 'cpu', cfg_options=settings)
    assert not mark.exists()
    torch.save(dict(content, extra=SimpleNamespace()), tmp_path / 'object.pth')
    with pytest.raises(CheckpointError, match='object.pth'):
        load_model(FAN, tmp_path / 'object.pth', 'cpu', cfg_options=settings)
