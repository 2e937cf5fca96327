_base_ = ['../_base_/models/fan_r18.py', '../_base_/recipes/unified.py']
