_base_ = [
    '../_base_/models/bot_r50.py',
    '../_base_/datasets/market1501-bot_256x128.py',
    '../_base_/schedules/adam-warmup_120e.py',
    '../_base_/default_runtime.py',
]
