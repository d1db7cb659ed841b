from .aam_neck import AAMNeck

__all__ = ['AAMNeck']
