_base_ = ['../_base_/models/tp_r18.py', '../_base_/recipes/unified.py']
