"""Configs: reading, options, resolution, and the check that nothing in them is ignored."""
from mmfer.configuration.arguments import check_arguments
from mmfer.configuration.loading import config_hash, load_config
from mmfer.configuration.options import dotted_keys, merge_options
from mmfer.configuration.resolution import resolve

__all__ = ['check_arguments', 'config_hash', 'dotted_keys', 'load_config', 'merge_options',
           'resolve']
