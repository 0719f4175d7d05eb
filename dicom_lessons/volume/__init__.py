"""Slices become a body (PS3.3 C.7.6.2): sorted, checked, stacked, cut and exported."""

from dicom_lessons.volume.explorer import coronal_series, explore_planes, explore_slice_order
from dicom_lessons.volume.faults import check_series
from dicom_lessons.volume.series import sort_slices
from dicom_lessons.volume.stack import Volume, build_volume
from dicom_lessons.volume.suv import compute_suv

__all__ = [
    "Volume",
    "build_volume",
    "check_series",
    "compute_suv",
    "coronal_series",
    "explore_planes",
    "explore_slice_order",
    "sort_slices",
]
