"""Corpora on disk -> annotation rows: one module per layout, one shared traversal."""
from mmfer.corpora.report import Conversion, Report

__all__ = ['Conversion', 'Report']
