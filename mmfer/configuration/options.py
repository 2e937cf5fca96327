"""``--cfg-options``: changes of a config from the command line, each of them checked."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from mmengine import Config

from mmfer.configuration.arguments import accepted
from mmfer.errors import ConfigError


def merge_options(cfg: Config, options: Mapping[str, Any] | None) -> None:
    """Sets dotted keys (``model.neck.relation``, ``param_scheduler.0.gamma``) in a config.

    A key that the config lacks is taken only where the part that it belongs to has such
    an argument. A part that is None may be opened: ``model.neck.type=FANNeck``. Hooks may
    be added under new names: ``default_hooks.ema.type=EMAHook``.

    Raises:
        ConfigError: A key is unknown; the message names the nearest existing one.
    """
    for key in options or {}:
        _check_option(cfg, key, options or {})
    cfg.merge_from_dict(dict(options or {}), allow_list_keys=True)


def _check_option(cfg: Config, key: str, options: Mapping[str, Any]) -> None:
    node: Any = cfg._cfg_dict
    done: list[str] = []
    parts = key.split('.')
    for position, part in enumerate(parts):
        if isinstance(node, Mapping):
            if part not in node:
                if done == ['default_hooks'] and f'default_hooks.{part}.type' in options:
                    return
                kind = options.get('.'.join([*done, 'type']))
                seen = node if kind is None else {**node, 'type': kind}
                known = accepted(cfg, seen, tuple(done))
                if known is not None and part not in known:
                    raise ConfigError(_unknown(cfg, key, done, part))
                return
            if node[part] is None and position + 1 < len(parts):
                node[part] = {}  # type: ignore[index]
                return
            node = node[part]
        elif isinstance(node, Sequence) and not isinstance(node, str):
            if not part.isdigit() or int(part) >= len(node):
                raise ConfigError(
                    f"--cfg-options {key}: '{'.'.join(done)}' is a list of {len(node)} "
                    f"entries, 0 to {len(node) - 1}; '{part}' is none of them.")
            node = node[int(part)]
        else:
            raise ConfigError(
                f"--cfg-options {key}: '{'.'.join(done)}' is the value {node!r} and has no "
                f"'{part}' inside.")
        done.append(part)


def _unknown(cfg: Config, key: str, done: list[str], part: str) -> str:
    existing = dotted_keys(cfg._cfg_dict)
    near = get_close_matches(key, existing, n=1, cutoff=0.5)
    hint = f" The nearest existing key is '{near[0]}'." if near else ''
    inside = f"'{'.'.join(done)}' has" if done else 'the config has'
    return f"--cfg-options {key}: {inside} no key '{part}'.{hint}"


def dotted_keys(node: Any, prefix: str = '') -> list[str]:
    """All keys below ``node``, dotted, list positions included."""
    if isinstance(node, Mapping):
        items = [(str(k), v) for k, v in node.items()]
    elif isinstance(node, (list, tuple)):
        items = [(str(i), v) for i, v in enumerate(node)]
    else:
        return []
    keys = []
    for name, value in items:
        keys.append(prefix + name)
        keys.extend(dotted_keys(value, f'{prefix}{name}.'))
    return keys
