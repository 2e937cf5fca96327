"""Own types, MMAction2's and mmpretrain's resolve side by side, without warnings."""
import subprocess
import sys

import pytest
from mmaction import registry as host
from mmengine.registry import Registry

from mmfer import registry


@pytest.mark.parametrize(('root', 'key', 'module'), [
    ('MODELS', 'ExpressionRecognizer', 'mmfer.'),
    ('MODELS', 'Recognizer3D', 'mmaction.'),
    ('MODELS', 'mmpretrain.ResNet', 'mmpretrain.'),
    ('TRANSFORMS', 'LoadFrames', 'mmfer.'),
    ('TRANSFORMS', 'Flip', 'mmaction.'),
    ('DATASETS', 'ExpressionDataset', 'mmfer.'),
    ('DATA_SAMPLERS', 'EpochSampler', 'mmfer.'),
    ('METRICS', 'ExpressionMetric', 'mmfer.'),
    ('HOOKS', 'EMAHook', 'mmengine.'),
    ('OPTIMIZERS', 'SGD', 'torch.'),
    ('MODEL_WRAPPERS', 'MMDistributedDataParallel', 'mmengine.'),
])
def test_types_resolve(root, key, module):
    assert getattr(registry, root).get(key).__module__.startswith(module)


def test_every_registry_of_the_host_has_a_child():
    # what a runner builds; tokenizers and inferencers are not built from a config's scope
    names = {name for name, value in vars(host).items()
             if isinstance(value, Registry) and not name.startswith('MMENGINE_')}
    missing = names - set(vars(registry)) - {'TOKENIZER', 'INFERENCERS'}
    assert not missing


def test_look_ups_warn_of_nothing():
    code = ('import mmfer.registry as r\n'
            'from mmengine.registry import init_default_scope\n'
            'init_default_scope("mmfer")\n'
            'r.OPTIMIZERS.get("SGD"); r.PARAM_SCHEDULERS.get("MultiStepLR")\n'
            'r.WEIGHT_INITIALIZERS.get("Pretrained")')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert 'not installed' not in done.stdout + done.stderr
    assert 'Failed to' not in done.stdout + done.stderr
