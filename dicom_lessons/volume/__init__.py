"""Slices become a body (PS3.3 C.7.6.2): sorted, checked, stacked, cut and exported."""

from dicom_lessons.volume.explorer import explore_planes, explore_slice_order
from dicom_lessons.volume.planes import cut, maximum_intensity, plane, resample
from dicom_lessons.volume.series import check_series, sort_slices
from dicom_lessons.volume.stack import Volume, build_volume

__all__ = [
    "Volume",
    "build_volume",
    "check_series",
    "cut",
    "explore_planes",
    "explore_slice_order",
    "maximum_intensity",
    "plane",
    "resample",
    "sort_slices",
]
