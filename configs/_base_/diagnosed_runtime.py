# What each component does is measured as the run goes.
_base_ = './default_runtime.py'

custom_hooks = [*_base_.custom_hooks, dict(type='DiagnosisHook', interval=100)]
