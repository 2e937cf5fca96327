import importlib
import sys

import pytest

from mmfer.compat.patching import Overlay, after_import


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    (tmp_path / 'some_host_module.py').write_text('value = 1')
    monkeypatch.syspath_prepend(tmp_path)
    yield 'some_host_module'
    sys.modules.pop('some_host_module', None)


def test_waits_for_the_import_then_runs_in_order(fresh):
    after_import(fresh, lambda module: setattr(module, 'value', module.value + 1))
    after_import(fresh, lambda module: setattr(module, 'value', module.value * 10))
    assert fresh not in sys.modules
    assert importlib.import_module(fresh).value == 20
    after_import(fresh, lambda module: setattr(module, 'value', 7))
    assert sys.modules[fresh].value == 7


def test_overlay_replaces_some_names():
    import math
    overlay = Overlay(math, pi=3)
    assert overlay.pi == 3 and overlay.e == math.e and math.pi != 3
    with pytest.raises(AttributeError):
        overlay.nothing
