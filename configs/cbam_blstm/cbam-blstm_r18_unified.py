_base_ = ['../_base_/models/cbam-blstm_r18.py', '../_base_/recipes/unified.py']
