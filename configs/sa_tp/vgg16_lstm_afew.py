_base_ = './vgg16_tp_afew.py'

# the row cites another paper; sizes are not given
model = dict(
    neck=dict(type='LSTMNeck', hidden_channels=512, num_layers=1, pooling='last'),
    cls_head=dict(type='LinearHead'))
