"""What a config says of several corpora at once: checked, and handed to its datasets.

``corpora = {name: dict(annotation=..., protocol=...)}`` stands in the place of ``annotation``;
``joining = dict(classes=..., outside=...)`` says how their classes are joined; ``protocol``
keeps ``selection``, and a ``split`` for those corpora that name none of their own.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mmengine import Config

from mmfer.errors import ConfigError

RULES = ('classes', 'outside')
FACTS = ('ann_file', 'data_root', 'protocol_file', 'split')
SINGLE, JOINT = 'ExpressionDataset', 'JointDataset'
_NAME = re.compile(r'[A-Za-z0-9_-]+')
_OF_MEMBER = {'annotation': ('file', 'root'), 'protocol': ('file', 'split')}


def joining_rules(cfg: Mapping[str, Any]) -> dict[str, Any]:
    """``classes`` and ``outside``, with their defaults ``'intersection'`` and ``'drop'``."""
    joining = cfg.get('joining') or {}
    return {'classes': joining.get('classes') or 'intersection',
            'outside': joining.get('outside') or 'drop'}


def joint_members(cfg: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """For each corpus the arguments of its dataset, its split filled in.

    Raises:
        ConfigError: ``corpora`` or ``joining`` is malformed, or contradicts ``annotation`` or
            ``protocol``; or a corpus has no split.
    """
    corpora, protocol = cfg['corpora'], cfg.get('protocol') or {}
    unknown = sorted(set(cfg.get('joining') or {}) - set(RULES))
    if unknown:
        raise ConfigError(f'joining has no key {unknown[0]!r}; it takes {", ".join(RULES)}.')
    if cfg.get('annotation') or protocol.get('file'):
        raise ConfigError('the config names corpora, and annotation or protocol.file as well: each '
                          'of the corpora has an annotation and a protocol of its own.')
    if not isinstance(corpora, Mapping) or len(corpora) < 2:
        raise ConfigError('corpora names at least two: '
                          'dict(ckplus=dict(annotation=..., protocol=...), mmi=...).')
    return {name: _member(name, member, protocol.get('split'))
            for name, member in corpora.items()}


def _member(name: str, member: Mapping[str, Any], split: str | None) -> dict[str, Any]:
    where = f'corpora.{name}'
    if not _NAME.fullmatch(name):
        raise ConfigError(f'{where}: names are of letters, digits, "_" and "-"; clips are called '
                          'NAME/clip.')
    member = member or {}
    for part, keys in _OF_MEMBER.items():
        given = member.get(part) or {}
        if set(member) - set(_OF_MEMBER) or set(given) - {*keys, 'selection', 'score'}:
            raise ConfigError(f'{where} takes annotation=dict(file, root) and '
                              'protocol=dict(file, split).')
        if given.get('selection', 'last') != 'last' or given.get('score'):
            raise ConfigError(f'{where}.protocol: selection and score are of all corpora together; '
                              'set protocol.selection and protocol.score.')
    annotation, protocol = member.get('annotation') or {}, member.get('protocol') or {}
    result = {'ann_file': annotation.get('file'), 'data_root': annotation.get('root'),
              'protocol_file': protocol.get('file'), 'split': protocol.get('split') or split}
    for key, value in result.items():
        if value is None:
            what = {'ann_file': 'annotation.file', 'data_root': 'annotation.root',
                    'protocol_file': 'protocol.file', 'split': 'protocol.split'}[key]
            raise ConfigError(f'{where} has no {what}; without one its clips could be trained on '
                              'and tested.' if 'protocol' in what else f'{where} has no {what}.')
    return result


def divisions(cfg: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Protocol file and split of a config, or those of each of its corpora."""
    if not cfg.get('corpora'):
        return [(cfg['protocol']['file'], cfg['protocol']['split'])]
    return [(member['protocol_file'], member['split']) for member in joint_members(cfg).values()]


def pinned_splits(cfg: Mapping[str, Any]) -> dict[str, str | None]:
    """The split that each corpus names itself, None where it takes ``protocol.split``."""
    return {name: (member.get('protocol') or {}).get('split')
            for name, member in cfg['corpora'].items()}


def resolve_split(cfg: Config, members: Mapping[str, Mapping[str, Any]]) -> None:
    """Sets ``protocol.split``, where there is none, to what the corpora name themselves.

    Raises:
        ConfigError: There is one, but no corpus takes it.
    """
    splits = [member['split'] for member in members.values()]
    own = splits[0] if len(set(splits)) == 1 else '+'.join(splits)
    given = (cfg.get('protocol') or {}).get('split')
    if given is None:
        cfg.protocol = {**(cfg.get('protocol') or {}), 'split': own}
    elif all(pinned_splits(cfg).values()) and given != own:
        raise ConfigError(f"protocol.split='{given}' has no effect: each of the corpora names a "
                          f'split of its own ({", ".join(splits)}).')


def join_dataset(dataset: dict[str, Any], members: Mapping[str, Mapping[str, Any]],
                 rules: Mapping[str, Any]) -> None:
    """Turns the config of a dataset of one corpus into that of all, in place."""
    if dataset.get('type') == JOINT and dataset.get('ann_file'):
        return
    if dataset.get('type') not in (SINGLE, JOINT):
        raise ConfigError(f'corpora are read by {SINGLE}; the config has {dataset.get("type")}.')
    for key in ('ann_file', 'classes', 'outside', 'corpus'):
        if dataset.get(key) is not None:
            raise ConfigError(f'the config names corpora, and {key} in one of its datasets as '
                              'well; say it in corpora and joining.')
    by_corpus = {fact: {name: member[fact] for name, member in members.items()}
                 for fact in FACTS}
    dataset.update(type=JOINT, **by_corpus, **rules)


def of_one_corpus(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """A config of a dataset without what :func:`join_dataset` made of it."""
    if dataset.get('type') != JOINT:
        return dict(dataset)
    left = {key: value for key, value in dataset.items() if key not in (*FACTS, *RULES)}
    return {**left, 'type': SINGLE}
