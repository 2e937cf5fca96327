"""Children of MMAction2's registries under the scope ``mmfer``.

With ``default_scope = 'mmfer'`` in a config, own types and mmaction's resolve by their
plain names, and mmpretrain's with the prefix ``mmpretrain.``. The modules that hold the
registered classes are imported at the first look-up, so importing this file stays cheap.
Every registry that a runner asks has its child, also where mmfer registers nothing: a
plug-in may, and MMEngine warns of each one that is missing.
"""
from mmaction import registry as host
from mmengine.registry import Registry


def _child(name: str, *locations: str) -> Registry:
    parent: Registry = getattr(host, name)
    # without a location MMEngine looks for a `mmfer.utils` and warns that mmfer is missing
    return Registry(
        parent.name, parent=parent, scope='mmfer', locations=list(locations or ('mmfer', )))


DATASETS = _child('DATASETS', 'mmfer.datasets')
DATA_SAMPLERS = _child('DATA_SAMPLERS', 'mmfer.datasets')
EVALUATOR = _child('EVALUATOR')
# mmaction has no faces, so this one has no parent
FACE_DETECTORS = Registry('face detector', scope='mmfer', locations=['mmfer.faces.detectors'])
FUNCTION = _child('FUNCTION')
HOOKS = _child('HOOKS', 'mmfer.engine')
LOG_PROCESSORS = _child('LOG_PROCESSORS')
LOOPS = _child('LOOPS', 'mmfer.engine')
METRICS = _child('METRICS', 'mmfer.evaluation')
MODELS = _child('MODELS', 'mmfer.models')
MODEL_WRAPPERS = _child('MODEL_WRAPPERS')
OPTIMIZERS = _child('OPTIMIZERS')
OPTIM_WRAPPERS = _child('OPTIM_WRAPPERS')
OPTIM_WRAPPER_CONSTRUCTORS = _child('OPTIM_WRAPPER_CONSTRUCTORS')
PARAM_SCHEDULERS = _child('PARAM_SCHEDULERS')
RUNNERS = _child('RUNNERS')
RUNNER_CONSTRUCTORS = _child('RUNNER_CONSTRUCTORS')
TASK_UTILS = _child('TASK_UTILS')
TRANSFORMS = _child('TRANSFORMS', 'mmfer.datasets')
VISBACKENDS = _child('VISBACKENDS')
VISUALIZERS = _child('VISUALIZERS')
WEIGHT_INITIALIZERS = _child('WEIGHT_INITIALIZERS')
