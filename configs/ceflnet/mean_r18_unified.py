_base_ = ['../_base_/models/mean_r18.py', '../_base_/recipes/unified.py']
