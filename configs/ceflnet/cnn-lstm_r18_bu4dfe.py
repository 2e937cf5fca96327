# Table 6, CNN-LSTM; its sizes are not given
_base_ = './mean_r18_bu4dfe.py'

model = dict(neck=dict(type='LSTMNeck', hidden_channels=512, num_layers=1, pooling='last'))
