"""Using a trained model: features of images, and galleries of them."""

from aanet.apis.gallery import Gallery
from aanet.apis.inferencer import ReIDInferencer

__all__ = ['Gallery', 'ReIDInferencer']
