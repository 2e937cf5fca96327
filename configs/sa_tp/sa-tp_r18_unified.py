_base_ = ['../_base_/models/sa-tp_r18.py', '../_base_/recipes/unified.py']
