# The row cites another paper and gives no widths: 256 states in each direction, 512 together, and
# then as in the CNN-RNN row.
_base_ = './vgg16-fc.py'

model = dict(
    neck=dict(
        _delete_=True,
        type='LSTMNeck',
        hidden_channels=256,
        num_layers=1,
        bidirectional=True,
        pooling='attention'),
    cls_head=dict(hidden=(256, )))
