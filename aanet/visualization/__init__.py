"""Pictures of what a model finds and looks at."""

from aanet.visualization.attention_sheet import attention_sheet
from aanet.visualization.feature_file import extract_features, load_features
from aanet.visualization.metric_ranking import MetricRanking, find_reid_metric
from aanet.visualization.model_attention import Attention, look_at, stripe_maps
from aanet.visualization.model_loading import load_model
from aanet.visualization.person_choice import (
    choose_people,
    spread_over_cameras,
)
from aanet.visualization.pictures import save_png
from aanet.visualization.query_choice import CHOICES, choose_queries
from aanet.visualization.ranked_list import RankedList, ranked_lists
from aanet.visualization.ranking_page import ranking_page
from aanet.visualization.ranking_row import LEGEND, RankingRow, ranking_rows
from aanet.visualization.ranking_sheet import ranking_sheet

__all__ = [
    'CHOICES',
    'LEGEND',
    'Attention',
    'MetricRanking',
    'RankedList',
    'RankingRow',
    'attention_sheet',
    'choose_people',
    'choose_queries',
    'extract_features',
    'find_reid_metric',
    'load_features',
    'load_model',
    'look_at',
    'ranked_lists',
    'ranking_page',
    'ranking_rows',
    'ranking_sheet',
    'save_png',
    'spread_over_cameras',
    'stripe_maps',
]
