"""What evaluation hands over: the report of a run, and the answers to the questions about data, backbones and runs."""

from core.evaluation.records.calibration import (
    Calibration,
    CalibrationScores,
    CoveragePoint,
    HowScaled,
    Rejection,
    ReliabilityBin,
)
from core.evaluation.records.drift import Drift, StageDrift
from core.evaluation.records.feature_map import FeatureMap, MapMethod, Plane
from core.evaluation.records.folds import SMALL_DATA, CrossValidation
from core.evaluation.records.interval import FEW_SAMPLES, Interval
from core.evaluation.records.learning_curve import CurveBand, CurvePoint, CurveVerdict, Foretold, LearningCurve
from core.evaluation.records.ranking import NotRanked, RankedBackbone, Ranking
from core.evaluation.records.relation import ClassLikeness, SourceRelation
from core.evaluation.records.report import (
    BASELINE_TITLES,
    Baseline,
    BaselineName,
    ClassReport,
    Confusion,
    Report,
    SplitReport,
)
from core.evaluation.records.separation import ClassSeparation, Separation, SeparationCurves, TopAccuracy

__all__ = [
    "BASELINE_TITLES",
    "FEW_SAMPLES",
    "SMALL_DATA",
    "Baseline",
    "BaselineName",
    "Calibration",
    "CalibrationScores",
    "ClassLikeness",
    "ClassReport",
    "ClassSeparation",
    "Confusion",
    "CoveragePoint",
    "CrossValidation",
    "CurveBand",
    "CurvePoint",
    "CurveVerdict",
    "Drift",
    "FeatureMap",
    "Foretold",
    "HowScaled",
    "Interval",
    "LearningCurve",
    "MapMethod",
    "NotRanked",
    "Plane",
    "RankedBackbone",
    "Ranking",
    "Rejection",
    "ReliabilityBin",
    "Report",
    "Separation",
    "SeparationCurves",
    "SourceRelation",
    "SplitReport",
    "StageDrift",
    "TopAccuracy",
]
